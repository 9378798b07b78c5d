"""The hash that binds an act of the trail to the one before it, the same for who writes and for who checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256


def written(row: Mapping[str, object]) -> str:
    """The exact text of a row: sorted keys, no spaces, every value as it was recorded."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def row_hash(row: Mapping[str, object]) -> str:
    """`row` has estate, seq, tag, actor, actor_name, subject, old, new, reason, at and previous, and nothing else."""
    return sha256(written(row).encode()).hexdigest()
