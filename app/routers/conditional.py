"""An answer that may be kept: its tag, and whether the one who asks has it already (RFC 9110 §13.1.2)."""

from __future__ import annotations

import hashlib


def etag_of(content: bytes) -> str:
    """A strong tag: the same bytes, the same tag."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the header names this tag; compared weakly, because a proxy that packs an answer weakens its tag."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
