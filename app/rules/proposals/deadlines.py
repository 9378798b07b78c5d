"""The answer a supported proposal is owed: by which working day, and what happens when it does not come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import Any, Self

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING

_LONGEST_REST = 60
_MOST_DAYS = 250


class Level(IntEnum):
    """How late an answer is; each level includes what the one before it does."""

    WITHIN = 0
    OVERDUE = 1
    ESCALATED = 2


LEVEL_NAMES = {
    Level.WITHIN: N_("在答复期限内"),
    Level.OVERDUE: N_("超期未答复"),
    Level.ESCALATED: N_("超期未答复，已报街道"),
}


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """Working days for the answer, and after that until the street office is told."""

    answer_days: int
    street_days: int

    def to_json(self) -> dict[str, Any]:
        return {"answer_days": self.answer_days, "street_days": self.street_days}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The same rules back; raises `Invalid` (`bad_answer_rules`)."""
        if not isinstance(value, Mapping) or value.keys() != {"answer_days", "street_days"}:
            raise _wrong("answer_days")
        for name, days in value.items():
            if type(days) is not int or not 1 <= days <= _MOST_DAYS:
                raise _wrong(name)
        return cls(value["answer_days"], value["street_days"])


def _wrong(field: str) -> Invalid:
    return Invalid(
        N_("答复期限请填工作日数，1 到 %(most)s 的整数"),
        code="bad_answer_rules",
        field=field,
        most=_MOST_DAYS,
    )


# No national rule says by when a proposal is answered; the estate may set its own.
DEFAULT = AnswerRules(answer_days=10, street_days=5)


def working_day_deadline(start: date, days: int, is_rest_day: Callable[[date], bool]) -> date:
    """The `days`-th working day after `start`, which itself is not counted (Civil Code art. 201).

    Raises `ValueError` for fewer than one day and for a calendar without working days.
    """
    if days < 1:
        raise ValueError("a deadline is at least one working day away")
    day = start
    for _ in range(days):
        day = _next_working_day(day, is_rest_day)
    return day


def _next_working_day(day: date, is_rest_day: Callable[[date], bool]) -> date:
    for ahead in range(1, _LONGEST_REST + 1):
        if not is_rest_day(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    raise ValueError("the calendar has no working day left")


def end_of(day: date) -> datetime:
    """24:00 of that day in Beijing, in UTC: the first instant that is too late (Civil Code art. 203)."""
    return datetime.combine(day + timedelta(days=1), time(), BEIJING).astimezone(UTC)


def answer_due(reached_at: datetime, rules: AnswerRules, is_rest_day: Callable[[date], bool]) -> datetime:
    """When the answer is due, counted from the day in Beijing on which the support was reached."""
    start = reached_at.astimezone(BEIJING).date()
    return end_of(working_day_deadline(start, rules.answer_days, is_rest_day))


def street_due(due: datetime, rules: AnswerRules, is_rest_day: Callable[[date], bool]) -> datetime:
    """When the street office is told, counted from the last day on which an answer was in time."""
    last = (due - timedelta(microseconds=1)).astimezone(BEIJING).date()
    return end_of(working_day_deadline(last, rules.street_days, is_rest_day))


def is_overdue(due: datetime, now: datetime) -> bool:
    return now >= due


def level_at(due: datetime, told_at: datetime | None, now: datetime) -> Level:
    """How late an unanswered proposal is: `due` comes from `answer_due`, `told_at` is when the street office was told.

    That it was due to be told is not enough: without its number nobody can tell it, and no page may say so.
    """
    if not is_overdue(due, now):
        return Level.WITHIN
    return Level.ESCALATED if told_at is not None and told_at <= now else Level.OVERDUE
