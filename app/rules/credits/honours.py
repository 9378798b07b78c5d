"""Honours of a quarter: for a kind of taking part above a threshold, without places and without points beside the names.

Nobody is honoured for ballots: who cast one is not put on a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from app.errors import N_, Invalid
from app.rules.credits.reasons import Reason


class Honour(StrEnum):
    """For which kind of taking part."""

    TALK = "talk"
    VOLUNTEER = "volunteer"
    CARE = "care"


HONOUR_NAMES = {
    Honour.TALK: N_("议事之星"),
    Honour.VOLUNTEER: N_("志愿服务之星"),
    Honour.CARE: N_("家园守护之星"),
}
HONOUR_HINTS = {
    Honour.TALK: N_("提议题、发言、表态、填问卷、参加议事会"),
    Honour.VOLUNTEER: N_("居委会登记的志愿服务"),
    Honour.CARE: N_("报修公共部位的问题，跟到办结"),
}
COUNTED = {
    Honour.TALK: frozenset(
        {Reason.PROPOSAL, Reason.POST, Reason.STATEMENTS, Reason.SURVEY, Reason.MEETING, Reason.QUESTION}
    ),
    Honour.VOLUNTEER: frozenset({Reason.VOLUNTEER}),
    Honour.CARE: frozenset({Reason.REPORT}),
}
# Deeds, not points, so that a change of the rates makes nobody a star; of volunteer work each entry is a deed.
THRESHOLDS = {Honour.TALK: 4, Honour.VOLUNTEER: 2, Honour.CARE: 2}


def earned(deeds: Mapping[Reason, int]) -> frozenset[Honour]:
    """The honours that deeds of one quarter are enough for."""
    return frozenset(
        honour
        for honour in Honour
        if sum(deeds.get(reason, 0) for reason in COUNTED[honour]) >= THRESHOLDS[honour]
    )


def quarter_of(day: date) -> str:
    """As in `2026Q4`."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def first_day(quarter: str) -> date:
    """The first day of a quarter. Raises `Invalid` for anything that is none."""
    year, _, number = quarter.partition("Q")
    if not (len(year) == 4 and year.isascii() and year.isdigit() and year > "2000" and number in set("1234")):
        raise Invalid(N_("没有这个季度，请从列表里选择"), field="quarter")
    return date(int(year), 3 * int(number) - 2, 1)


def after(quarter: str) -> str:
    return _moved(quarter, 1)


def before(quarter: str) -> str:
    return _moved(quarter, -1)


def _moved(quarter: str, by: int) -> str:
    start = first_day(quarter)
    months = start.year * 12 + start.month - 1 + 3 * by
    return quarter_of(date(months // 12, months % 12 + 1, 1))


def span(quarter: str) -> tuple[date, date]:
    """Its first day, and the first day after it."""
    return first_day(quarter), first_day(after(quarter))
