"""Orders get the due times that the notices give: reports filed at known instants, by the table and by the library alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from app.models.maintenance.clocks import ClockRule, OrderClock
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.pauses import PauseReason, pause_until
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.terms import Measure
from app.rules.maintenance.workcalendar import midnight
from app.services.maintenance.calendar_loading import bring_up_to_date
from app.services.maintenance.clocks import follow_history, read_clocks
from tests.fixtures.maintenance import Upkeep

# Filed on, n working days, and the last day of the term.
VECTORS = (
    (date(2026, 2, 13), 3, date(2026, 2, 25)),
    (date(2026, 9, 18), 5, date(2026, 9, 24)),
    (date(2026, 9, 24), 3, date(2026, 9, 30)),
    (date(2026, 4, 30), 2, date(2026, 5, 7)),
    (date(2026, 10, 9), 1, date(2026, 10, 10)),
    (date(2025, 12, 31), 2, date(2026, 1, 5)),
)


def rule(session: Session, upkeep: Upkeep, amount: int, measure: Measure, **more: object) -> ClockRule:
    told = {
        "estate_id": upkeep.world.estate_id,
        "clock": ClockKind.RESPONSE,
        "measure": measure,
        "amount": amount,
        "valid_from": date(2020, 1, 1),
        "recorded_by": upkeep.world.chen_jie.account_id,
        "recorded_at": datetime(2020, 1, 1, tzinfo=UTC),
    }
    row = ClockRule(**{**told, **more})
    session.add(row)
    session.flush()
    return row


@pytest.fixture(params=["library", "table"])
def calendar(request: pytest.FixtureRequest, session: Session, now: datetime) -> str:
    """The same vectors before the table is filled and after."""
    if request.param == "table":
        assert bring_up_to_date(session, now=now) == 1
    return str(request.param)


@pytest.mark.parametrize(("filed", "days", "last"), VECTORS)
def test_a_term_in_working_days_ends_when_the_notice_says(
    session: Session, upkeep: Upkeep, calendar: str, filed: date, days: int, last: date
) -> None:
    rule(session, upkeep, days, Measure.WORKING_DAYS)
    at = midnight(filed) + timedelta(hours=10, minutes=30)
    order = upkeep.order(session, upkeep.report(session, at.astimezone(UTC)))
    assert order.due_at == midnight(last + timedelta(days=1))
    assert order.due_provisional is False


def test_across_a_year_without_a_notice_the_due_time_is_provisional(
    session: Session, upkeep: Upkeep, calendar: str
) -> None:
    rule(session, upkeep, 1, Measure.WORKING_DAYS)
    filed = midnight(date(2026, 12, 31)) + timedelta(hours=10)
    order = upkeep.order(session, upkeep.report(session, filed.astimezone(UTC)))
    # 1 January is a statutory holiday and a Friday.
    assert order.due_at == midnight(date(2027, 1, 5))
    assert order.due_provisional is True


def test_a_term_in_days_on_every_day_of_the_year_is_never_provisional(
    session: Session, upkeep: Upkeep, calendar: str
) -> None:
    rule(session, upkeep, 7, Measure.CALENDAR_DAYS)
    filed = midnight(date(2026, 12, 31)) + timedelta(hours=10)
    order = upkeep.order(session, upkeep.report(session, filed.astimezone(UTC)))
    assert (order.due_at, order.due_provisional) == (midnight(date(2027, 1, 8)), False)


def test_an_order_keeps_the_rule_of_its_first_day_and_the_next_gets_the_new_one(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    rule(session, upkeep, 2, Measure.WORKING_DAYS, valid_to=date(2026, 11, 23))
    rule(session, upkeep, 5, Measure.WORKING_DAYS, valid_from=date(2026, 11, 24))
    old = upkeep.order(session, upkeep.report(session, now))
    new = upkeep.order(session, upkeep.report(session, now + timedelta(days=1)))
    follow_history(session, old, now=now + timedelta(days=2))
    assert old.due_at == midnight(date(2026, 11, 26))
    assert new.due_at == midnight(date(2026, 12, 2))


def test_an_urgent_report_is_counted_in_hours_round_the_clock(session: Session, upkeep: Upkeep) -> None:
    night = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)  # a Sunday at 02:00 in Beijing
    order = upkeep.order(session, upkeep.report(session, night, category="power", answers={"sparks": ["no"]}))
    assert order.due_at == night + timedelta(hours=2)


def test_working_hours_are_those_of_the_party_and_begin_at_its_next_opening(
    session: Session, upkeep: Upkeep
) -> None:
    rule(session, upkeep, 4, Measure.WORKING_HOURS, clock=ClockKind.PARTY_RESPONSE)
    evening = datetime(
        2026, 11, 28, 11, 0, tzinfo=UTC
    )  # a Saturday at 19:00; the manager works daily from 8 to 18
    order_id = upkeep.report(session, evening)
    clock = session.get_one(OrderClock, (order_id, ClockKind.PARTY_RESPONSE, 0))
    assert clock.due_at == datetime(2026, 11, 29, 4, 0, tzinfo=UTC)


def test_a_wait_stops_the_repair_clock_until_its_end_date_and_no_longer(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    take, fitter = upkeep.take, upkeep.world.ma_chao
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, fitter, now)
    assert upkeep.order(session, order_id).due_at == midnight(date(2026, 12, 1))
    waits = midnight(date(2026, 11, 25))
    pause = pause_until(PauseReason.PARTS, date(2026, 11, 27), waits)
    take(
        session,
        order_id,
        OrderState.WAITING,
        Cause.PARTY,
        fitter,
        waits.astimezone(UTC),
        pause=pause,
        reason=PauseReason.PARTS,
    )
    assert upkeep.order(session, order_id).due_at == midnight(date(2026, 12, 4))
    earlier = midnight(date(2026, 11, 26)).astimezone(UTC)
    take(session, order_id, OrderState.IN_PROGRESS, Cause.PARTY, fitter, earlier)
    assert upkeep.order(session, order_id).due_at == midnight(date(2026, 12, 2))


def test_an_extension_moves_the_due_time_and_nothing_else(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, upkeep.world.ma_chao, now)
    row = session.get_one(OrderClock, (order_id, ClockKind.REPAIR, 0))
    row.extended = 3
    session.add(row)
    order = upkeep.order(session, order_id)
    follow_history(session, order, now=now)
    assert order.due_at == midnight(date(2026, 12, 4))
    assert row.amount == 7


def test_due_is_computed_on_read_where_no_job_ever_ran(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    late = now + timedelta(days=40)
    clocks = {clock.kind: clock for clock in read_clocks(session, order_id=order_id, now=late)}
    assert clocks[ClockKind.RESPONSE].overdue
    assert clocks[ClockKind.RESPONSE].level == 300
    told = session.exec(select(OrderClock.told).where(OrderClock.order_id == order_id)).all()
    assert set(told) == {0}
