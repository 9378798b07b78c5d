"""The calendar table: filled once from the library, changed by hand, and brought to the orders it was provisional for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid
from app.jobs import maintenance
from app.models.maintenance.clocks import CalendarDay, CalendarVersion, CalendarYear, ClockRule, OrderClock
from app.models.maintenance.orders import WorkOrder
from app.models.trail import TrailRow
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.terms import Measure
from app.rules.maintenance.workcalendar import WorkCalendar, midnight
from app.services.maintenance import calendar, calendar_loading
from app.services.maintenance.calendar import library_calendar, load_calendar, year_missing
from app.services.maintenance.calendar_loading import bring_up_to_date, change_days, settle_year
from app.services.trail import SYSTEM
from tests.fixtures.maintenance import Upkeep, actor_of

# The notice for 2027 as it might come: three days off for New Year's Day, and a Sunday worked for them.
NEW_YEAR = {
    date(2027, 1, 1): False,
    date(2027, 1, 4): False,
    date(2027, 1, 10): True,
}


def knows_2027(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library after its next release."""
    old = library_calendar()
    days = {**{day: work for day, work in old.days.items() if day.year != 2027}, **NEW_YEAR}
    newer = WorkCalendar(version=0, settled=old.settled | {2027}, days=days)
    monkeypatch.setattr(calendar, "library_calendar", lambda: newer)
    monkeypatch.setattr(calendar_loading, "library_calendar", lambda: newer)


def test_two_libraries_agree_on_every_day_whose_notice_is_out() -> None:
    """A year on which they differ is not to be believed before somebody has read the notice."""
    years = library_calendar().settled
    other = holidays.country_holidays("CN", years=sorted(years))
    differing = [
        day
        for year in years
        for day in (date(year, 1, 1) + timedelta(days=count) for count in range(365))
        if chinese_calendar.is_workday(day) != other.is_working_day(day)
    ]
    assert differing == []


def test_the_table_says_what_the_library_says(session: Session, now: datetime) -> None:
    assert bring_up_to_date(session, now=now) == 1
    table, library = load_calendar(session), library_calendar()
    assert (table.version, table.settled) == (1, library.settled)
    days = [date(2020, 1, 1) + timedelta(days=count) for count in range(365 * 10)]
    assert [day for day in days if table.is_workday(day) != library.is_workday(day)] == []


def test_filling_it_again_does_nothing(session: Session, now: datetime) -> None:
    bring_up_to_date(session, now=now)
    assert bring_up_to_date(session, now=now) is None
    assert session.exec(select(CalendarVersion.version)).all() == [1]


def test_two_workers_fill_it_once(database: Database, now: datetime) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: maintenance.tick(database, now=now), range(2)))
    assert sum(done) == 1
    with database.session(writing=False) as session:
        assert session.exec(select(CalendarVersion.version)).all() == [1]


def test_no_year_raises_however_far(session: Session, upkeep: Upkeep, now: datetime) -> None:
    bring_up_to_date(session, now=now)
    for year in (2026, 2027, 2031, 2099):
        filed = midnight(date(year, 12, 31)) + timedelta(hours=10)
        order = upkeep.order(session, upkeep.report(session, filed.astimezone(UTC)))
        assert order.due_provisional is True
        assert order.due_at is not None


def test_a_new_year_becomes_a_new_version_and_the_old_one_stays(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date(session, now=now)
    knows_2027(monkeypatch)
    assert bring_up_to_date(session, now=now) == 2
    new, old = load_calendar(session), load_calendar(session, version=1)
    assert 2027 in new.settled
    assert 2027 not in old.settled
    assert (new.is_workday(date(2027, 1, 4)), old.is_workday(date(2027, 1, 4))) == (False, True)
    # What was guessed to be a holiday and is not in the notice is a working day again.
    assert old.is_workday(date(2027, 10, 1)) is False
    assert new.is_workday(date(2027, 10, 1)) is True


def test_what_was_written_by_hand_stands_when_the_year_is_loaded(
    session: Session, upkeep: Upkeep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    closure = {"first": date(2027, 1, 1), "last": date(2027, 1, 1), "workday": True}
    said = {"name": "元旦值守", "reason": "街道通知", "actor": actor_of(upkeep.world.chen_jie), "now": now}
    assert change_days(session, **closure, **said) == 2  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        change_days(session, **closure, **said)  # type: ignore[arg-type]
    knows_2027(monkeypatch)
    bring_up_to_date(session, now=now)
    rows = session.exec(select(CalendarDay.version).where(CalendarDay.day == date(2027, 1, 1))).all()
    assert sorted(rows) == [1, 2]
    assert load_calendar(session).is_workday(date(2027, 1, 1)) is True


def test_a_day_of_the_past_or_a_month_at_once_is_refused(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    said = {"name": "停工", "reason": "通知", "actor": actor_of(upkeep.world.chen_jie), "now": now}
    for first, last in (
        (date(2026, 11, 22), date(2026, 11, 24)),
        (date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 12, 2), date(2026, 12, 1)),
        (date(2031, 1, 1), date(2031, 1, 1)),
    ):
        with pytest.raises(Invalid):
            change_days(session, first=first, last=last, workday=False, **said)  # type: ignore[arg-type]
    assert session.exec(select(CalendarVersion)).all() == []


def test_from_the_first_of_november_next_years_notice_is_missed(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    assert year_missing(session, today=date(2026, 10, 31)) is None
    assert year_missing(session, today=date(2026, 11, 1)) == 2027
    assert year_missing(session, today=date(2025, 12, 31)) is None
    assert year_missing(session, today=date(2027, 1, 2)) == 2027
    settle_year(
        session, year=2027, source="国办发明电〔2026〕7号", actor=actor_of(upkeep.world.chen_jie), now=now
    )
    assert year_missing(session, today=date(2026, 11, 1)) is None
    assert year_missing(session, today=date(2027, 1, 2)) is None
    with pytest.raises(Invalid):
        settle_year(session, year=2028, source="早了", actor=actor_of(upkeep.world.chen_jie), now=now)


def filed_before_new_year(database: Database, upkeep: Upkeep) -> tuple[object, datetime]:
    filed = (midnight(date(2026, 12, 31)) + timedelta(hours=10)).astimezone(UTC)
    maintenance.tick(database, now=filed)
    with database.transaction() as session:
        return upkeep.report(session, filed), filed


def test_a_loaded_year_moves_provisional_due_times_once_and_says_so(
    database: Database, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, filed = filed_before_new_year(database, upkeep)
    with database.session(writing=False) as session:
        order = session.get_one(WorkOrder, order_id)
        assert (order.due_at, order.due_provisional) == (midnight(date(2027, 1, 5)), True)
    knows_2027(monkeypatch)
    soon = filed + timedelta(minutes=1)
    assert maintenance.tick(database, now=soon) == 2
    assert maintenance.tick(database, now=soon) == 0
    with database.session(writing=False) as session:
        order = session.get_one(WorkOrder, order_id)
        assert (order.due_at, order.due_provisional) == (midnight(date(2027, 1, 6)), False)
        row = session.get_one(OrderClock, (order_id, ClockKind.RESPONSE, 0))
        assert (row.calendar_version, row.amount) == (2, 1)
        told = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:order:recompute")).all()
        assert [line.actor_id for line in told] == [SYSTEM.id]
        assert set(told[0].new) == {"calendar", "response", "party_response", "refusal"}


def test_only_the_clocks_that_were_provisional_get_the_new_calendar(
    database: Database, upkeep: Upkeep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        session.add(
            ClockRule(
                estate_id=upkeep.world.estate_id,
                clock=ClockKind.RESPONSE,
                measure=Measure.CALENDAR_DAYS,
                amount=3,
                valid_from=date(2026, 1, 1),
                recorded_by=upkeep.world.chen_jie.account_id,
                recorded_at=now,
            )
        )
    order_id, filed = filed_before_new_year(database, upkeep)
    knows_2027(monkeypatch)
    maintenance.tick(database, now=filed + timedelta(minutes=1))
    with database.session(writing=False) as session:
        versions = {
            kind: session.get_one(OrderClock, (order_id, kind, 0)).calendar_version
            for kind in (ClockKind.RESPONSE, ClockKind.PARTY_RESPONSE)
        }
    assert versions == {ClockKind.RESPONSE: 1, ClockKind.PARTY_RESPONSE: 2}


def test_a_due_time_that_was_settled_does_not_move(database: Database, upkeep: Upkeep, now: datetime) -> None:
    maintenance.tick(database, now=now)
    with database.transaction() as session:
        order_id = upkeep.report(session, now)
        change_days(
            session,
            first=date(2026, 11, 24),
            last=date(2026, 11, 26),
            workday=False,
            name="防汛",
            reason="指挥部通知",
            actor=actor_of(upkeep.world.chen_jie),
            now=now,
        )
    maintenance.tick(database, now=now)
    with database.transaction() as session:
        assert upkeep.order(session, order_id).due_at == midnight(date(2026, 11, 25))
        # The next one is counted by the new version.
        assert upkeep.order(session, upkeep.report(session, now)).due_at == midnight(date(2026, 11, 28))
        assert session.exec(select(CalendarYear.year).where(CalendarYear.version > 1)).all() == []
