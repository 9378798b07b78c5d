"""Agreement with a statement by floor band, published so that nobody's mark can be read out of the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.errors import N_
from app.rules.deliberations.stances import Mark
from app.rules.estates.bands import Band

# A count of one or two points at a neighbour (PIPL arts. 6 and 25); so does the difference of two counts.
SMALLEST_CELL = 3
# In so many people one or two who think otherwise are not named by the word "broad".
MANY = 12


class Verdict(StrEnum):
    """What the counts come to in a word; an opinion, never a decision of the owners."""

    TOO_FEW = "too_few"
    BROAD = "broad"
    REJECTED = "rejected"
    CONTESTED = "contested"
    DIVIDED = "divided"


VERDICT_NAMES = {
    Verdict.TOO_FEW: N_("表态的人还少"),
    Verdict.BROAD: N_("普遍同意"),
    Verdict.REJECTED: N_("普遍不同意"),
    Verdict.CONTESTED: N_("不同楼层意见相反"),
    Verdict.DIVIDED: N_("意见不一"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Persons by what they said."""

    agree: int = 0
    disagree: int = 0
    unsure: int = 0

    @property
    def total(self) -> int:
        return self.agree + self.disagree + self.unsure

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.agree + other.agree, self.disagree + other.disagree, self.unsure + other.unsure)


@dataclass(frozen=True, slots=True)
class Row:
    """One published line: one band or several together; `disagree` and `unsure` are both or neither there."""

    bands: tuple[Band, ...]
    agree: int
    other: int
    disagree: int | None
    unsure: int | None

    @property
    def total(self) -> int:
        return self.agree + self.other


@dataclass(frozen=True, slots=True)
class Agreement:
    """What may be shown: how many marked, and the rows that are safe; `overall` is their sum or nothing."""

    total: int
    overall: Row | None
    rows: tuple[Row, ...]
    verdict: Verdict


def count_marks(marks: Iterable[tuple[Band, Mark]]) -> dict[Band, Counts]:
    """Persons per band, every band present."""
    counts = dict.fromkeys(Band, Counts())
    for band, mark in marks:
        counts[band] += Counts(**{mark.value: 1})
    return counts


_WHOLE = tuple(Band)
# From the finest to the coarsest. Low floors stay apart before high ones do: there a lift is won or lost.
_TOGETHER: tuple[tuple[tuple[Band, ...], ...], ...] = (
    ((Band.LOW,), (Band.MIDDLE,), (Band.HIGH,)),
    ((Band.LOW,), (Band.MIDDLE, Band.HIGH)),
    ((Band.LOW, Band.MIDDLE), (Band.HIGH,)),
)


def agreement(counts: Mapping[Band, Counts]) -> Agreement:
    """The finest table in which every cell is empty or at least `SMALLEST_CELL`.

    Two bands are put together first, then 不同意 with 说不清, then all bands, and last only the number of
    those who marked is left. Only one table is published and the overall row is the sum of its rows, so
    whatever is subtracted from whatever is again a sum of its cells.
    It does not hide who marked last from one who watches: renew what is shown in steps, not with every mark.
    """
    every = {band: counts.get(band, Counts()) for band in Band}
    total = sum(count.total for count in every.values())
    for apart in (True, False):
        for groups in _TOGETHER:
            rows = tuple(_row(group, every, apart) for group in groups)
            if all(map(_is_safe, rows)):
                overall = _row(_WHOLE, every, apart)
                return Agreement(total, overall, rows, _verdict(overall, rows))
    for apart in (True, False):
        overall = _row(_WHOLE, every, apart)
        if _is_safe(overall):
            return Agreement(total, overall, (), _verdict(overall, ()))
    return Agreement(total, None, (), _veiled_verdict(_row(_WHOLE, every, apart=False)))


def _row(bands: tuple[Band, ...], counts: Mapping[Band, Counts], apart: bool) -> Row:
    sum_ = sum((counts[band] for band in bands), Counts())
    other = sum_.disagree + sum_.unsure
    return Row(bands, sum_.agree, other, sum_.disagree if apart else None, sum_.unsure if apart else None)


def _is_safe(row: Row) -> bool:
    cells = (row.agree, row.other) if row.disagree is None else (row.agree, row.disagree, row.unsure or 0)
    return all(cell == 0 or cell >= SMALLEST_CELL for cell in cells)


def _verdict(overall: Row, rows: tuple[Row, ...]) -> Verdict:
    """Read from what is published alone: three quarters are broad, most here against most there contested.

    Where 不同意 and 说不清 are one number it is nobody's refusal, so there it neither contests nor rejects.
    """
    if overall.total < SMALLEST_CELL:
        return Verdict.TOO_FEW
    marked = [row for row in rows if row.total]
    for_it = [2 * row.agree > row.total for row in marked]
    against = [2 * (row.disagree or 0) > row.total for row in marked]
    if any(for_it) and any(against):
        return Verdict.CONTESTED
    if 4 * overall.agree >= 3 * overall.total and all(for_it):
        return Verdict.BROAD
    broad = 4 * (overall.disagree or 0) >= 3 * overall.total and all(against)
    return Verdict.REJECTED if broad else Verdict.DIVIDED


def _veiled_verdict(overall: Row) -> Verdict:
    if overall.total < MANY:
        return Verdict.TOO_FEW
    return Verdict.BROAD if 4 * overall.agree >= 3 * overall.total else Verdict.DIVIDED
