"""What the calendar page shows: the days of a year that differ from Monday to Friday, and who changed what when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.maintenance.clocks import CalendarDay, CalendarVersion, CalendarYear
from app.services.maintenance.calendar import library_calendar

MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day as the newest version has it; `by_hand` when an operator wrote it down."""

    day: date
    workday: bool
    name: str
    source: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version; `by` is empty for what came with the library."""

    version: int
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year the table has, or guesses: `source` is empty while its notice is not out."""

    year: int
    source: str


def days_of(session: Session, *, year: int) -> Sequence[DayLine]:
    """The days of that year in order, each as its newest version has it."""
    query = (
        select(CalendarDay, CalendarVersion.by)
        .join(CalendarVersion, col(CalendarVersion.version) == col(CalendarDay.version))
        .where(col(CalendarDay.day).between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(col(CalendarDay.version))
    )
    newest = {
        row.day: DayLine(row.day, row.workday, row.name, row.source, by is not None)
        for row, by in session.exec(query)
    }
    return [newest[day] for day in sorted(newest)]


def years_of(session: Session) -> list[YearLine]:
    """The settled years and those that are only guessed, the newest first."""
    settled = {row.year: row.source for row in session.exec(select(CalendarYear))}
    guessed = {day.year: "" for day in library_calendar().days}
    return [YearLine(year, source) for year, source in sorted({**guessed, **settled}.items(), reverse=True)]


def versions_of(session: Session) -> list[VersionLine]:
    """The latest versions, the newest first."""
    query = (
        select(CalendarVersion, Account.name)
        .outerjoin(Account, col(Account.id) == col(CalendarVersion.by))
        .order_by(col(CalendarVersion.version).desc())
        .limit(MOST_VERSIONS)
    )
    return [VersionLine(row.version, row.note, row.at, name or "") for row, name in session.exec(query)]
