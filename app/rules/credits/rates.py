"""What a deed earns: the rate of its day, and limits so that doing a lot of the same is worth nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.errors import N_, Invalid
from app.rules.credits.reasons import EARNING, Reason

MOST_POINTS, MOST_TIMES = 100, 99
MOST_HOURS = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """Points for one deed, and how many such deeds count in a day and in a quarter; no points: it earns nothing."""

    points: int
    per_day: int
    per_quarter: int


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate as set, from a day on; a later `number` replaces an earlier one of the same day."""

    reason: Reason
    valid_from: date
    number: int
    rate: Rate


DEFAULTS = {
    Reason.PROPOSAL: Rate(5, 1, 3),
    Reason.POST: Rate(2, 2, 15),
    Reason.STATEMENTS: Rate(2, 2, 15),
    Reason.BALLOT: Rate(10, 5, 10),
    Reason.SURVEY: Rate(3, 2, 10),
    Reason.MEETING: Rate(8, 2, 10),
    Reason.QUESTION: Rate(2, 1, 5),
    Reason.REPORT: Rate(3, 2, 10),
    Reason.VOLUNTEER: Rate(10, 1, 20),
}


def rate_on(lines: Iterable[RateLine], reason: Reason, day: date) -> Rate:
    """The rate that holds on a day: of the lines that began by then the last one, or the default."""
    begun = [line for line in lines if line.reason is reason and line.valid_from <= day]
    return max(begun, key=lambda line: (line.valid_from, line.number)).rate if begun else DEFAULTS[reason]


def points_for(rate: Rate, *, counted_today: int, counted_this_quarter: int, times: int = 1) -> int:
    """What one more deed earns, 0 beyond the limits; `times` are the hours of volunteer work."""
    if counted_today >= rate.per_day or counted_this_quarter >= rate.per_quarter:
        return 0
    return rate.points * times


def check_line(line: RateLine, *, today: date) -> None:
    """A rate begins tomorrow at the earliest: what was done already is never worth something else. Raises `Invalid`."""
    if line.reason not in EARNING:
        raise Invalid(N_("请选择一种参与"), field="reason")
    if line.valid_from <= today:
        raise Invalid(N_("新的标准最早从明天开始，已经做过的事不受影响"), field="valid_from")
    if not 0 <= line.rate.points <= MOST_POINTS:
        raise Invalid(N_("每次积分请填 0 到 %(most)s"), field="points", most=MOST_POINTS)
    for field, value in (("per_day", line.rate.per_day), ("per_quarter", line.rate.per_quarter)):
        if not 1 <= value <= MOST_TIMES:
            raise Invalid(N_("次数请填 1 到 %(most)s"), field=field, most=MOST_TIMES)


def check_hours(hours: int) -> None:
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(N_("一次志愿服务请填 1 到 %(most)s 个小时"), field="hours", most=MOST_HOURS)
