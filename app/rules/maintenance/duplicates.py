"""How likely two reports tell of the same fault: place, category, days and words, in exact points of a hundred."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Generic, TypeVar

from app.rules.proposals.similarity import similar, wording_of

Key = TypeVar("Key")

# Shown while filing from here on; the neighbour decides, so a needless hint costs less than a missed one.
THRESHOLD = Fraction(60)
WINDOW_DAYS = 30
_SAME_PLACE, _SAME_CATEGORY, _SAME_FAMILY, _SAME_DAY, _SAME_WORDS = 40, 30, 10, 10, 20


@dataclass(frozen=True, slots=True)
class Filed(Generic[Key]):
    """One report: its place from the estate down, such as (estate, building, entrance, facility), and its words.

    `private` is a fault inside a flat.
    """

    key: Key
    place: tuple[str, ...]
    category: str
    family: str
    filed_at: datetime
    terms: frozenset[str]
    private: bool = False


def terms_of(text: str) -> frozenset[str]:
    """The telling words of a report, to be stored with it."""
    return wording_of("", text).text


def likeness(mine: Filed[Key], other: Filed[Key]) -> Fraction:
    """Points of a hundred; none for reports too far apart in place or days, or from two different flats."""
    days = abs(mine.filed_at - other.filed_at) // timedelta(days=1)
    place = _place(mine, other)
    if not place or days > WINDOW_DAYS:
        return Fraction(0)
    top, bottom = similar(mine.terms, other.terms)
    return (
        place
        + _category(mine, other)
        + Fraction(_SAME_DAY * (WINDOW_DAYS - days), WINDOW_DAYS)
        + Fraction(_SAME_WORDS * top, bottom)
    )


def _place(mine: Filed[Key], other: Filed[Key]) -> Fraction:
    """All points for one place, fewer the earlier the ways down the tree part; none beyond the building."""
    if (mine.private or other.private) and mine.place != other.place:
        return Fraction(0)
    shared = 0
    for one, two in zip(mine.place, other.place, strict=False):
        if one != two:
            break
        shared += 1
    longest = max(len(mine.place), len(other.place))
    # The estate alone is no place: every report shares it, unless nothing nearer is known of either.
    if shared < min(2, longest):
        return Fraction(0)
    return Fraction(_SAME_PLACE * shared, longest) if longest else Fraction(0)


def _category(mine: Filed[Key], other: Filed[Key]) -> int:
    if mine.category == other.category:
        return _SAME_CATEGORY
    return _SAME_FAMILY if mine.family == other.family else 0


def rank(mine: Filed[Key], others: Iterable[Filed[Key]], *, most: int = 5) -> list[Key]:
    """The keys of those at least `THRESHOLD` alike, most alike first; equals keep the order they came in."""
    scored = [(likeness(mine, other), other.key) for other in others if other.key != mine.key]
    alike = sorted((pair for pair in scored if pair[0] >= THRESHOLD), key=lambda pair: -pair[0])
    return [key for _, key in alike[:most]]
