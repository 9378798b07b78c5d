"""Pages of a list by a mark: on from one, back from one, and none costs more than its own rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
_MARK = re.compile(r"[0-9]{1,9}(-[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page is wanted: on from a row's mark, or back from it; without a mark the first."""

    mark: str = ""
    back: bool = False

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the mark, none for the first page."""
        return tuple(int(part) for part in self.mark.split("-")) if self.mark else ()


FIRST = Turn()


def read_turn(before: str, after: str) -> Turn:
    """Out of an address: `before` goes on to what is older, `after` back to what is newer; nonsense is the first page."""
    if _MARK.fullmatch(after):
        return Turn(after, back=True)
    return Turn(before) if _MARK.fullmatch(before) else FIRST


@dataclass(frozen=True, slots=True)
class Leaf(Generic[Row]):
    """The rows of a page in the list's order, and the marks to go on and back from, "" where nothing is."""

    rows: tuple[Row, ...]
    older: str = ""
    newer: str = ""


def read_leaf(
    fetch: Callable[[Turn], Sequence[Row]], turn: Turn, *, size: int, mark_of: Callable[[Row], object]
) -> Leaf[Row]:
    """One page. `fetch` gives up to `size + 1` rows away from the mark: going back, the nearest first."""
    rows = fetch(turn)
    if turn.back and len(rows) <= size:
        # The top is reached: the first page, and a full one.
        turn = FIRST
        rows = fetch(turn)
    shown = rows[:size]
    page = tuple(reversed(shown) if turn.back else shown)
    if not page:
        return Leaf(())
    goes_on = turn.back or len(rows) > size
    return Leaf(
        page,
        older=str(mark_of(page[-1])) if goes_on else "",
        newer=str(mark_of(page[0])) if turn.mark else "",
    )
