"""Fill the calendar table: from the library once for every year it knows, and by hand for what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib.metadata import version as version_of

import holidays
import sqlalchemy as sa
from chinese_calendar import constants as notices
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid
from app.models.base import NO_ID, table_of
from app.models.maintenance.clocks import CalendarDay, CalendarVersion, CalendarYear
from app.rules.maintenance.workcalendar import SATURDAY, day_of
from app.rules.text import clean_line
from app.services import trail
from app.services.maintenance.calendar import library_calendar, load_calendar, newest_version
from app.services.trail import SYSTEM, Actor

MOST_DAYS = 31
MOST_NAME, MOST_REASON = 60, 200
# Nobody plans a closure further ahead.
_MOST_AHEAD = timedelta(days=730)
_NOTICE = "国务院办公厅节假日安排通知"
_STATUTE = "《全国年节及纪念日放假办法》"
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def is_behind(session: Session) -> bool:
    """Whether the library knows a year that the table has not: asked at every tick."""
    return not library_calendar().settled <= _known(session)


def _known(session: Session) -> frozenset[int]:
    return frozenset(session.exec(select(CalendarYear.year)).all())


def bring_up_to_date(session: Session, *, now: datetime) -> int | None:
    """Take over the years whose notice the library has and the table has not; the new version, or None.

    What an operator wrote down by hand stands. Of the years after the last notice the statutory days are taken too, as
    a guess: such a year is not settled.
    """
    library = library_calendar()
    known = _known(session)
    missing = library.settled - known
    if not missing:
        return None
    version = newest_version(session) + 1
    if not _claim(session, version, _note_of(missing), now):
        return None
    before = load_calendar(session, version=version - 1).days if version > 1 else {}
    by_hand = _by_hand(session)
    rows = {day: workday for day, workday in library.days.items() if day.year not in known}
    # A day that was guessed to be one of rest and is not named by the notice.
    guessed = {day: day.weekday() < SATURDAY for day in before if day.year in missing and day not in rows}
    _put_days(
        session,
        version,
        {day: workday for day, workday in {**guessed, **rows}.items() if day not in by_hand},
        {day: _label(day, workday) for day, workday in rows.items()},
    )
    session.add_all(
        CalendarYear(year=year, version=version, source=_source(), loaded_at=now) for year in sorted(missing)
    )
    _record(session, SYSTEM, "load", version, now, {"years": sorted(missing)}, _note_of(missing))
    return version


def _note_of(years: frozenset[int]) -> str:
    return f"{_source()}：{'、'.join(str(year) for year in sorted(years))} 年"


def _source() -> str:
    return f"{_NOTICE}（chinesecalendar {version_of('chinesecalendar')}）"


def _label(day: date, workday: bool) -> tuple[str, str]:
    """The day's name and where it comes from."""
    noticed = notices.workdays.get(day) or notices.holidays.get(day)
    if noticed:
        name = _NAMES.get(noticed, noticed)
        return (f"调休上班（{name}）" if workday else name), _source()
    name = str(holidays.country_holidays("CN", years=day.year).get(day, ""))
    return name[:MOST_NAME], f"{_STATUTE}（holidays {version_of('holidays')}）"


def _claim(session: Session, version: int, note: str, now: datetime, by: Actor | None = None) -> bool:
    """Take the next number; False when another transaction has it, which is waited for."""
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table_of(CalendarVersion)).values(
        version=version, note=note[:MOST_REASON], at=now, by=by.id if by else None
    )
    done = connection.execute(statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True))
    return done.rowcount == 1


def _by_hand(session: Session) -> frozenset[date]:
    days, versions = table_of(CalendarDay).c, table_of(CalendarVersion).c
    query = sa.select(days.day).where(days.version == versions.version, versions.by.is_not(None))
    return frozenset(session.connection().execute(query).scalars())


def _put_days(
    session: Session, version: int, days: Mapping[date, bool], labels: Mapping[date, tuple[str, str]]
) -> None:
    rows = [
        {
            "day": day,
            "version": version,
            "workday": workday,
            "name": labels.get(day, ("", _source()))[0],
            "source": labels.get(day, ("", _source()))[1],
        }
        for day, workday in days.items()
    ]
    if rows:
        session.connection().execute(sa.insert(table_of(CalendarDay)), rows)


def change_days(
    session: Session,
    *,
    first: date,
    last: date,
    workday: bool,
    name: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Make days of rest or of work by hand, from today on; the new version. The caller asked who may.

    Clocks that already run keep their due time unless it was provisional. Raises `Invalid` naming `first`, `last`,
    `name` or `reason`, `Conflict` (`no_change`) when the days are so already, (`overtaken`) when somebody was first.
    """
    today = day_of(now)
    if not today <= first <= today + _MOST_AHEAD:
        raise Invalid(N_("请填今天以后两年以内的日期"), code="bad_day", field="first")
    if not first <= last < first + timedelta(days=MOST_DAYS):
        raise Invalid(
            N_("最后一天不能早于第一天，一次最多 %(most)s 天"), code="bad_day", field="last", most=MOST_DAYS
        )
    name, reason = _said(name, "name", MOST_NAME), _said(reason, "reason", MOST_REASON)
    bring_up_to_date(session, now=now)
    calendar = load_calendar(session)
    span = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    changed = [day for day in span if calendar.is_workday(day) is not workday]
    if not changed:
        raise Conflict(N_("这些日子已经是这样了，没有要改的"), code="no_change", field="first")
    version = _next(session, reason, now, actor)
    _put_days(session, version, dict.fromkeys(changed, workday), dict.fromkeys(changed, (name, reason)))
    said: dict[str, object] = {"first": str(first), "last": str(last), "workday": workday, "name": name}
    _record(session, actor, "change", version, now, said, reason)
    return version


def settle_year(session: Session, *, year: int, source: str, actor: Actor, now: datetime) -> int:
    """Say that the whole notice of a year is in the table now, written down by hand; the new version.

    Raises `Invalid` for a year other than the next unsettled one, or without its source.
    """
    source = _said(source, "source", MOST_REASON)
    bring_up_to_date(session, now=now)
    calendar = load_calendar(session)
    if year != max(calendar.settled) + 1 or year > day_of(now).year + 1:
        raise Invalid(N_("只能确认通知已经发布、还没有录完的下一年"), code="bad_year", field="year")
    version = _next(session, source, now, actor)
    session.add(CalendarYear(year=year, version=version, source=source, loaded_at=now))
    _record(session, actor, "settle", version, now, {"year": year}, source)
    return version


def _said(text: str, field: str, most: int) -> str:
    text = clean_line(text, most=most, field=field)
    if not text:
        raise Invalid(N_("请填写这一项"), code="required", field=field)
    return text


def _next(session: Session, note: str, now: datetime, actor: Actor) -> int:
    version = newest_version(session) + 1
    if not _claim(session, version, note, now, actor):
        raise Conflict(N_("别人刚刚改过日历，请刷新页面再改"), code="overtaken")
    return version


def _record(
    session: Session,
    actor: Actor,
    verb: str,
    version: int,
    now: datetime,
    new: dict[str, object],
    reason: str,
) -> None:
    trail.record(
        session,
        tag=f"maintenance:calendar:{verb}",
        actor=actor,
        now=now,
        estate_id=NO_ID,
        subject_kind="calendar",
        new={"version": version, **new},
        reason=reason,
    )
    session.flush()
