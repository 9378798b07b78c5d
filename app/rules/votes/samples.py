"""A random sample of paper sheets, drawn so that anybody can draw it again: from a number announced in public and the chain's head."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

# Without an error among 298 sheets, fewer than one in a hundred of any number is wrong, with 95 % confidence; fewer are all compared.
ENOUGH: Final = 298
_ALL_BELOW: Final = 300


def sample_size(sheets: int) -> int:
    """How many of `sheets` to compare."""
    return sheets if sheets < _ALL_BELOW else ENOUGH


def draw(seed: str, head: str, serials: Iterable[str]) -> list[str]:
    """The serials to compare, in the order drawn.

    Each serial is ranked by SHA-256 over `seed`, `head` and itself, parted by line feeds, in UTF-8; the smallest are taken.
    """
    ranked = sorted(serials, key=lambda serial: sha256(f"{seed}\n{head}\n{serial}".encode()).digest())
    return ranked[: sample_size(len(ranked))]
