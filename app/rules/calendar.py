"""Counting days as Civil Code arts. 200 to 204 do: first day out, a rest day at the end rolls on, 24:00."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

# China has one time zone and no daylight saving time.
BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
_LONGEST_HOLIDAY = 60


def period_end(start: datetime, days: int, is_rest_day: Callable[[date], bool]) -> datetime:
    """The first instant after a period of `days`, in UTC, so that `now < end` is "still within the period".

    The day of `start` in Beijing is not counted (art. 201); a last day that is a rest day gives way to the
    first day after the rest (art. 203 para. 1); the last day runs to 24:00 (art. 203 para. 2). `is_rest_day`
    knows the statutory holidays and the weekends worked in exchange for them.
    Raises `ValueError` for a start without an offset, for fewer than one day, and for a rest that never ends.
    """
    if start.tzinfo is None:
        raise ValueError("the start of a period needs an offset")
    if days < 1:
        raise ValueError("a period has at least one day")
    last = start.astimezone(BEIJING).date() + timedelta(days=days)
    for _ in range(_LONGEST_HOLIDAY):
        if not is_rest_day(last):
            return datetime.combine(last + timedelta(days=1), time(), BEIJING).astimezone(UTC)
        last += timedelta(days=1)
    raise ValueError("the calendar has no working day left")
