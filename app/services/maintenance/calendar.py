"""The working calendar as orders use it: the table where it is filled, the library's notices where it is not."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays
import sqlalchemy as sa
from chinese_calendar import constants as notices
from sqlmodel import Session, col, select

from app.models.maintenance.clocks import CalendarDay, CalendarVersion, CalendarYear
from app.rules.maintenance.workcalendar import WorkCalendar

# How many years after the last notice get the statutory days alone, without the exchanged ones.
_YEARS_AHEAD = 3
_FIRST_YEAR = 2020
# From 1 November on the notice of the next year is due.
_NOTICE_EXPECTED = timedelta(days=61)


@lru_cache(maxsize=1)
def library_calendar() -> WorkCalendar:
    """What the libraries know: every year whose notice is out, and for some years more the statutory days.

    Those later years are not settled, so whatever crosses them is provisional.
    """
    days = {day: False for day in notices.holidays if day.year >= _FIRST_YEAR}
    days |= {day: True for day in notices.workdays if day.year >= _FIRST_YEAR}
    last = max(day.year for day in notices.holidays)
    ahead = range(last + 1, last + 1 + _YEARS_AHEAD)
    days |= {day: False for day in holidays.country_holidays("CN", years=ahead) if day.year in ahead}
    return WorkCalendar(version=0, settled=frozenset(range(_FIRST_YEAR, last + 1)), days=days)


def load_calendar(session: Session, *, version: int | None = None) -> WorkCalendar:
    """The calendar of that version, the newest by default; the library's while the table is empty.

    A version never changes, so a session reads each one once.
    """
    if version is None:
        version = newest_version(session)
    if not version:
        return library_calendar()
    read: dict[int, WorkCalendar] = session.info.setdefault("calendars", {})
    if version not in read:
        read[version] = _from_tables(session, version)
    return read[version]


def newest_version(session: Session) -> int:
    """The number of the newest version in the table; 0 while it is empty."""
    return session.exec(select(sa.func.max(CalendarVersion.version))).one() or 0


def _from_tables(session: Session, version: int) -> WorkCalendar:
    query = (
        sa.select(col(CalendarDay.day), col(CalendarDay.workday))
        .where(col(CalendarDay.version) <= version)
        .order_by(col(CalendarDay.version))
    )
    days = {row.day: row.workday for row in session.connection().execute(query)}
    years = session.exec(select(CalendarYear.year).where(CalendarYear.version <= version)).all()
    return WorkCalendar(version=version, settled=frozenset(years), days=days)


def year_missing(session: Session, *, today: date) -> int | None:
    """The first year whose notice is neither in the library nor written down by hand: this one, and from November the next.

    Read without the days of the calendar: the desk asks at every visit.
    """
    years = range(today.year, (today + _NOTICE_EXPECTED).year + 1)
    known = set(session.exec(select(CalendarYear.year).where(col(CalendarYear.year).in_(years))))
    if not newest_version(session):
        known |= library_calendar().settled
    return next((year for year in years if year not in known), None)
