"""Working days by the notices of 2025 and 2026, working hours, and what is provisional."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.maintenance.workcalendar import (
    ALWAYS,
    OFFICE_HOURS,
    PROPERTY_HOURS,
    WORKING_DAYS,
    Hours,
    Span,
    WorkCalendar,
    add_time,
    next_midnight,
    read_hours,
    show_hours,
    time_between,
    working_day_after,
)
from tests.rules.maintenance.calendars import CALENDAR

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def beijing(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)


VECTORS = [
    (date(2026, 2, 13), 3, date(2026, 2, 25), False),
    (date(2026, 9, 18), 5, date(2026, 9, 24), False),
    (date(2026, 9, 24), 3, date(2026, 9, 30), False),
    (date(2026, 4, 30), 2, date(2026, 5, 7), False),
    (date(2026, 10, 9), 1, date(2026, 10, 10), False),
    (date(2025, 12, 31), 2, date(2026, 1, 5), False),
    (date(2026, 12, 31), 1, date(2027, 1, 4), True),
]


@pytest.mark.parametrize(("filed", "days", "last", "provisional"), VECTORS)
def test_the_reference_vectors_hold(filed: date, days: int, last: date, provisional: bool) -> None:
    assert working_day_after(filed, days, CALENDAR) == (last, provisional)


def test_the_last_week_of_a_year_waits_for_the_next_years_notice() -> None:
    assert CALENDAR.is_settled(date(2026, 12, 24))
    assert not CALENDAR.is_settled(date(2026, 12, 25))
    assert CALENDAR.is_settled(date(2025, 12, 31))
    assert not CALENDAR.is_settled(date(2027, 6, 1))


def test_a_term_that_ends_before_the_unknown_days_is_firm_and_one_on_every_day_always_is() -> None:
    assert working_day_after(date(2026, 12, 23), 1, CALENDAR) == (date(2026, 12, 24), False)
    assert working_day_after(date(2026, 12, 23), 2, CALENDAR)[1]
    assert not add_time(beijing(2026, 12, 31, 9), 48 * HOUR, ALWAYS, CALENDAR).provisional


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (beijing(2026, 6, 1, 10), 1 * HOUR, beijing(2026, 6, 1, 11)),
        (beijing(2026, 6, 1, 11), 2 * HOUR, beijing(2026, 6, 1, 15)),  # over lunch
        (beijing(2026, 6, 1, 7), 1 * HOUR, beijing(2026, 6, 1, 10)),  # before opening
        (beijing(2026, 6, 1, 20), 1 * HOUR, beijing(2026, 6, 2, 10)),  # after closing
        (beijing(2026, 6, 5, 17), 2 * HOUR, beijing(2026, 6, 8, 10)),  # Friday to Monday
        (beijing(2026, 6, 5, 17), 1 * HOUR, beijing(2026, 6, 5, 18)),  # to the closing itself
        (beijing(2026, 6, 1, 9), 7 * HOUR, beijing(2026, 6, 1, 18)),
        (beijing(2026, 9, 30, 17), 2 * HOUR, beijing(2026, 10, 8, 10)),  # over the National Day
    ],
)
def test_working_hours_start_at_the_next_opening_and_skip_lunch_and_rest_days(
    start: datetime, amount: timedelta, end: datetime
) -> None:
    assert add_time(start, amount, OFFICE_HOURS, CALENDAR).at == end
    assert time_between(start, end, OFFICE_HOURS, CALENDAR) == amount


def test_a_party_that_works_every_day_works_on_holidays() -> None:
    assert add_time(beijing(2026, 10, 1, 17), 2 * HOUR, PROPERTY_HOURS, CALENDAR).at == beijing(
        2026, 10, 2, 9
    )


def test_a_day_begins_in_beijing() -> None:
    assert next_midnight(datetime(2026, 6, 1, 15, 59, tzinfo=UTC)) == beijing(2026, 6, 2)
    assert next_midnight(datetime(2026, 6, 1, 16, tzinfo=UTC)) == beijing(2026, 6, 3)
    with pytest.raises(ValueError, match="offset"):
        next_midnight(datetime(2026, 6, 1))


def test_local_closures_are_rest_days() -> None:
    flood = WorkCalendar(2, CALENDAR.settled, {**CALENDAR.days, date(2026, 6, 2): False})
    assert working_day_after(date(2026, 6, 1), 1, flood)[0] == date(2026, 6, 3)


def test_a_calendar_without_working_days_and_a_term_of_nothing_are_faults() -> None:
    never = WorkCalendar(1, frozenset(), dict.fromkeys(_days(date(2026, 1, 1), 3000), False))
    with pytest.raises(ValueError, match="no working time"):
        add_time(beijing(2026, 1, 1, 9), HOUR, WORKING_DAYS, never)
    with pytest.raises(ValueError, match="some length"):
        add_time(beijing(2026, 1, 1, 9), 0 * HOUR, ALWAYS, CALENDAR)


def _days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range(count)]


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(lambda at: at.replace(tzinfo=UTC))
hours = st.sampled_from([ALWAYS, WORKING_DAYS, OFFICE_HOURS, PROPERTY_HOURS])


@given(starts, st.integers(1, 6_000), hours)
def test_adding_and_measuring_agree_to_the_minute(start: datetime, minutes: int, party: Hours) -> None:
    reached = add_time(start, minutes * MINUTE, party, CALENDAR).at
    assert time_between(start, reached, party, CALENDAR) == minutes * MINUTE
    assert time_between(start, reached - timedelta.resolution, party, CALENDAR) < minutes * MINUTE


@given(starts, st.integers(0, 10_000), st.integers(0, 10_000), hours)
def test_time_adds_up_and_never_runs_backwards(start: datetime, one: int, two: int, party: Hours) -> None:
    middle, end = start + one * MINUTE, start + (one + two) * MINUTE
    first, second = (
        time_between(start, middle, party, CALENDAR),
        time_between(middle, end, party, CALENDAR),
    )
    assert timedelta(0) <= first + second == time_between(start, end, party, CALENDAR) <= end - start
    assert time_between(end, start, party, CALENDAR) == timedelta(0)


def test_hours_are_read_as_they_are_shown_and_nonsense_is_refused() -> None:
    assert read_hours("09:00-12:00 14:00-18:00", every_day=False) == OFFICE_HOURS
    assert show_hours(OFFICE_HOURS) == "09:00-12:00 14:00-18:00"
    assert read_hours("00:00-24:00", every_day=True) == ALWAYS
    for wrong in ("", "9-12", "12:00-09:00", "09:00-12:00 11:00-18:00", "09:00-24:30", "09:00-12:00 x"):
        with pytest.raises(Invalid):
            read_hours(wrong, every_day=False)
    with pytest.raises(ValueError):
        Hours((Span(HOUR, HOUR),))
