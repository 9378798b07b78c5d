"""Holidays: whether a day is one of rest, by the State Council's yearly notice where it is out, by the weekend where not."""

from __future__ import annotations

from datetime import date

import chinese_calendar

SATURDAY = 5


def is_rest_day(day: date) -> bool:
    """True on weekends and statutory holidays, False on working days made up for them.

    For a year whose notice is not out yet only weekends are known; a term that ends there may still move.
    """
    try:
        return bool(chinese_calendar.is_holiday(day))
    except NotImplementedError:
        return day.weekday() >= SATURDAY
