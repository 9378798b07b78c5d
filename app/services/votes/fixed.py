"""Votes: what cannot change once a vote is open (triggers `vote_frozen`, `roll_fixed`), read once per process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

Kept = TypeVar("Kept")


class Fixed(Generic[Kept]):
    """What was found of each vote, kept up to a number of votes."""

    def __init__(self, most: int = 500) -> None:
        self.most, self.known = most, dict[UUID, Kept]()

    def read(self, vote_id: UUID, find: Callable[[], Kept], *, keep: bool) -> Kept:
        """`keep` only after the opening: a notice may still be undone with the transaction that writes it."""
        if vote_id in self.known:
            return self.known[vote_id]
        found = find()
        if keep:
            if len(self.known) >= self.most:
                self.known.clear()
            self.known[vote_id] = found
        return found
