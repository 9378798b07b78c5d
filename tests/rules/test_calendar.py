"""Civil Code arts. 200 to 204: which day is the last one, and when it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.rules.calendar import BEIJING, period_end

NATIONAL_DAY = {date(2026, 10, day) for day in range(1, 8)}


def beijing(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)


def never(_: date) -> bool:
    return False


def test_the_first_day_is_not_counted_and_the_last_runs_to_midnight() -> None:
    end = period_end(beijing(2026, 6, 1, 0, 0), 10, never)
    assert end == beijing(2026, 6, 12)
    assert end == period_end(beijing(2026, 6, 1, 23, 59, 59), 10, never)


def test_the_end_is_an_exclusive_instant_in_utc() -> None:
    end = period_end(beijing(2026, 6, 1, 9), 1, never)
    assert end == datetime(2026, 6, 2, 16, tzinfo=UTC)
    assert end.utcoffset() == timedelta(0)


def test_the_day_is_the_one_in_beijing_not_in_utc() -> None:
    assert period_end(datetime(2026, 6, 1, 16, tzinfo=UTC), 1, never) == beijing(2026, 6, 4)
    assert period_end(datetime(2026, 6, 1, 15, 59, tzinfo=UTC), 1, never) == beijing(2026, 6, 3)


def test_a_last_day_in_a_holiday_rolls_to_the_first_day_after_it() -> None:
    assert period_end(beijing(2026, 9, 25, 12), 10, NATIONAL_DAY.__contains__) == beijing(2026, 10, 9)


def test_rest_days_before_the_last_day_are_counted_like_any_other() -> None:
    assert period_end(beijing(2026, 9, 30, 12), 10, NATIONAL_DAY.__contains__) == beijing(2026, 10, 11)


def test_a_saturday_worked_in_exchange_is_no_rest_day() -> None:
    def rest(day: date) -> bool:
        return day.weekday() >= 5 and day != date(2026, 10, 10)

    assert period_end(beijing(2026, 10, 9, 12), 1, rest) == beijing(2026, 10, 11)
    assert period_end(beijing(2026, 10, 16, 12), 1, rest) == beijing(2026, 10, 20)


def test_leap_day_and_year_end_are_days() -> None:
    assert period_end(beijing(2028, 2, 28), 1, never) == beijing(2028, 3, 1)
    assert period_end(beijing(2026, 12, 31), 1, never) == beijing(2027, 1, 2)


def test_a_period_that_cannot_be_counted_is_a_fault() -> None:
    for start, days, rest in (
        (datetime(2026, 6, 1), 10, never),
        (beijing(2026, 6, 1), 0, never),
        (beijing(2026, 6, 1), 1, lambda _: True),
    ):
        with pytest.raises(ValueError, match=r".+"):
            period_end(start, days, rest)
