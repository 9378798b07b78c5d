"""The fingerprint of a roll: each line is hashed over all that decides its weight, and the roll over its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from app.rules.votes.evidence import canonical


def entry_hash(line: Mapping[str, object]) -> str:
    return sha256(canonical(line)).hexdigest()


def roll_hash(entry_hashes: Iterable[str]) -> str:
    """The fingerprint of a whole roll: order does not matter, every line does."""
    return sha256("\n".join(sorted(entry_hashes)).encode()).hexdigest()
