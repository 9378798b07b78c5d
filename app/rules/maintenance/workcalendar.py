"""Working days and working hours: the yearly notices as data, and time counted forwards and between instants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING

SATURDAY = 5
DAY = timedelta(days=1)
# The notice for a year may move working days of the last week before it: 29 December 2018 was one, the 31st was not.
_NEXT_YEARS_NOTICE = (12, 25)
_PIECE = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
# Longer than any term of a rule; a calendar without working days must not loop.
_MOST_DAYS = timedelta(days=2_000)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """One version of the calendar table.

    `days` holds what differs from Monday to Friday: holidays and local closures False, days made up for them
    True. `settled` are the years whose notice is out; in any other year only what is known so far stands in
    `days`, and a due time that crosses it is provisional.
    """

    version: int
    settled: frozenset[int]
    days: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        return self.days.get(day, day.weekday() < SATURDAY)

    def is_settled(self, day: date) -> bool:
        if day.year not in self.settled:
            return False
        return (day.month, day.day) < _NEXT_YEARS_NOTICE or day.year + 1 in self.settled


class Span(NamedTuple):
    """A piece of a day, from midnight in Beijing."""

    start: timedelta
    end: timedelta


WHOLE_DAY = (Span(timedelta(0), DAY),)


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works: pieces of the day in order, on working days only or on every day of the year."""

    spans: tuple[Span, ...]
    every_day: bool = False

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or edges != sorted(set(edges)) or edges[0] < timedelta(0) or edges[-1] > DAY:
            raise ValueError("hours are pieces of one day, in order, none empty")

    def on(self, day: date, calendar: WorkCalendar) -> tuple[Span, ...]:
        return self.spans if self.every_day or calendar.is_workday(day) else ()


_HOUR = timedelta(hours=1)
# Where a party has not told its own.
OFFICE_HOURS = Hours((Span(9 * _HOUR, 12 * _HOUR), Span(14 * _HOUR, 18 * _HOUR)))
PROPERTY_HOURS = Hours((Span(8 * _HOUR, 18 * _HOUR),), every_day=True)
ALWAYS = Hours(WHOLE_DAY, every_day=True)
WORKING_DAYS = Hours(WHOLE_DAY)


class Reached(NamedTuple):
    """An instant in UTC, and whether a notice not yet out may still move it."""

    at: datetime
    provisional: bool


def read_hours(text: str, *, every_day: bool) -> Hours:
    """Hours from `09:00-12:00 14:00-18:00`; raises `Invalid` (`bad_hours`)."""
    found = [_PIECE.fullmatch(piece) for piece in text.split()]
    try:
        spans = tuple(Span(_clock(*one.groups()[:2]), _clock(*one.groups()[2:])) for one in found if one)
        if len(spans) != len(found):
            raise ValueError("not a piece of a day")
        return Hours(spans, every_day)
    except ValueError:
        raise Invalid(
            N_("上班时间请写成“09:00-12:00 14:00-18:00”这样，按先后排列"), code="bad_hours", field="hours"
        ) from None


def show_hours(hours: Hours) -> str:
    """The same text back, for every hours made of whole minutes."""
    return " ".join("-".join(map(_shown, span)) for span in hours.spans)


def _clock(hour: str, minute: str) -> timedelta:
    return timedelta(hours=int(hour), minutes=int(minute))


def _shown(edge: timedelta) -> str:
    minutes = edge // timedelta(minutes=1)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)


def day_of(at: datetime) -> date:
    """The day in Beijing; raises `ValueError` for a time without an offset."""
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return at.astimezone(BEIJING).date()


def next_midnight(at: datetime) -> datetime:
    """From here a term in days counts: the day of the event is not counted (Civil Code art. 201)."""
    return midnight(day_of(at) + DAY).astimezone(UTC)


def _pieces(
    start: datetime, hours: Hours, calendar: WorkCalendar
) -> Iterator[tuple[date, datetime, datetime]]:
    """The pieces of working time from `start` on, each with its day; days without any give an empty one."""
    day = day_of(start)
    while True:
        zero = midnight(day)
        found = False
        for span in hours.on(day, calendar):
            begins = max(zero + span.start, start)
            if begins < zero + span.end:
                found = True
                yield day, begins, zero + span.end
        if not found:
            yield day, zero, zero
        day += DAY


def add_time(start: datetime, amount: timedelta, hours: Hours, calendar: WorkCalendar) -> Reached:
    """The first instant at which `amount` of working time has passed since `start`, the next opening if outside.

    Raises `ValueError` for an amount of nothing or less, and for a calendar that has no working time left.
    """
    if amount <= timedelta(0):
        raise ValueError("a term has some length")
    provisional = False
    left = amount
    for day, begins, ends in _pieces(start, hours, calendar):
        # What is counted on every day of the year no notice can move.
        provisional |= not hours.every_day and not calendar.is_settled(day)
        if left <= ends - begins:
            return Reached((begins + left).astimezone(UTC), provisional)
        left -= ends - begins
        if day - day_of(start) > _MOST_DAYS:
            break
    raise ValueError("the calendar has no working time left")


def time_between(start: datetime, end: datetime, hours: Hours, calendar: WorkCalendar) -> timedelta:
    """The working time from `start` to `end`; none when `end` is not later."""
    total = timedelta(0)
    if end <= start:
        return total
    if hours == ALWAYS:
        return end - start
    for _, begins, ends in _pieces(start, hours, calendar):
        if begins >= end:
            return total
        total += min(ends, end) - begins
    return total


def working_day_after(day: date, count: int, calendar: WorkCalendar) -> tuple[date, bool]:
    """The `count`-th working day after `day`, and whether it is provisional."""
    reached = add_time(midnight(day + DAY), count * DAY, WORKING_DAYS, calendar)
    return day_of(reached.at - timedelta.resolution), reached.provisional
