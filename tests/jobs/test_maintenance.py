"""The job behind the clocks: each level is told once, a wait ends, nobody's silence closes more than it should."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.database import Database
from app.jobs import maintenance
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import OrderMove, WorkOrder
from app.models.maintenance.parties import PartyStaff
from app.models.outbox import Message
from app.models.proposals import ConsultationSettings
from app.models.trail import TrailRow
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.pauses import PauseReason, pause_until
from app.rules.maintenance.responsible import Basis
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance import sweeping
from app.services.maintenance.filing import join_report
from app.services.maintenance.handing import hand_to
from app.templating import render_message
from tests.fixtures.maintenance import Upkeep, actor_of

LEVELS = {"order_due_soon", "order_late", "order_overdue", "order_escalated", "order_street"}


@pytest.fixture
def filed(database: Database, upkeep: Upkeep, now: datetime) -> UUID:
    """A lamp, reported on Monday at 10:00 and in wang_wei's way too; its response is due by Tuesday 24:00."""
    maintenance.tick(database, now=now)
    with database.transaction() as session:
        order_id = upkeep.report(session, now)
        join_report(
            session,
            estate_id=upkeep.world.estate_id,
            order_id=order_id,
            account_id=upkeep.world.wang_wei.account_id,
            text="",
            now=now,
        )
    return order_id


def letters(database: Database, templates: set[str] | None = None) -> list[tuple[str, str]]:
    """(template, to whom) of the messages about clocks, oldest first."""
    with database.session(writing=False) as session:
        rows = session.exec(select(Message).order_by(Message.created_at, Message.template)).all()  # type: ignore[arg-type]
    return [
        (row.template, str(row.account_id or row.phone))
        for row in rows
        if row.template in (templates or LEVELS)
    ]


def state_of(database: Database, order_id: UUID) -> OrderState:
    with database.session(writing=False) as session:
        return session.get_one(WorkOrder, order_id).state


def next_look(session: Session, order_id: UUID) -> datetime | None:
    return session.get_one(WorkOrder, order_id).next_look_at


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of November 2026 by Beijing time, in UTC."""
    return datetime.fromisoformat(f"2026-11-{day:02d}T{hour:02d}:{minute:02d}:00+08:00")


def test_each_level_is_told_once_to_whom_it_concerns(database: Database, upkeep: Upkeep, filed: UUID) -> None:
    world = upkeep.world
    fitter, neighbours = str(world.ma_chao.account_id), (world.li_na, world.wang_wei)
    told = {str(person.account_id) for person in neighbours}
    # The response clock and the party's own have the same length: one message about both.
    assert maintenance.tick(database, now=at(24, 12) - timedelta(seconds=1)) == 0
    assert maintenance.tick(database, now=at(24, 12)) == 1
    assert maintenance.tick(database, now=at(24, 12)) == 0
    assert letters(database) == [("order_due_soon", fitter)]
    maintenance.tick(database, now=at(24, 20))
    assert letters(database)[1:] == [("order_due_soon", fitter)]
    maintenance.tick(database, now=at(25))
    assert letters(database)[2:3] == [("order_late", fitter)]
    assert {who for name, who in letters(database) if name == "order_overdue"} == told
    maintenance.tick(database, now=at(26))
    assert letters(database, {"order_escalated"}) == [("order_escalated", str(world.chen_jie.account_id))]
    before = letters(database)
    for _ in range(3):
        maintenance.tick(database, now=at(26, 1))
    assert letters(database) == before


def test_a_job_that_was_down_tells_only_of_the_highest_level(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    maintenance.tick(database, now=at(30))
    names = [name for name, _ in letters(database)]
    assert sorted(names) == ["order_escalated", "order_late", "order_overdue", "order_overdue"]
    with database.session(writing=False) as session:
        tag = TrailRow.tag == "maintenance:order:overdue"
        assert [row.new for row in session.exec(select(TrailRow).where(tag))] == [
            {"clock": "response", "level": 300, "street": False}
        ]
        assert session.get_one(OrderClock, (filed, ClockKind.RESPONSE, 0)).told == 300


def test_the_street_office_is_texted_where_it_left_a_number_and_only_then_said_to_be_told(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    with database.transaction() as session:
        session.add(
            ConsultationSettings(
                estate_id=upkeep.world.estate_id, support={}, answer={}, street_phone="+8613900000999"
            )
        )
    for _ in range(2):
        maintenance.tick(database, now=at(27))
    assert letters(database, {"order_street"}) == [("order_street", "+8613900000999")]
    with database.session(writing=False) as session:
        rows = session.exec(select(Message).where(Message.template == "order_overdue")).all()
    assert all("已短信告知街道办" in render_message(row.template, row.values) for row in rows)


def test_two_workers_at_once_tell_once(database: Database, upkeep: Upkeep, filed: UUID) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: maintenance.tick(database, now=at(25)), range(2)))
    assert sum(done) == 1
    assert [name for name, _ in letters(database)].count("order_late") == 1


def test_a_party_that_says_nothing_needs_a_ruling_and_the_committee_hears_of_it_once(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    for instant in (at(25), at(25, 1), at(28)):
        maintenance.tick(database, now=instant)
    chen_jie = str(upkeep.world.chen_jie.account_id)
    assert letters(database, {"order_needs_ruling"}) == [("order_needs_ruling", chen_jie)]


def test_a_party_that_was_ruled_to_take_it_is_not_ruled_upon_again(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    with database.transaction() as session:
        hand_to(
            session,
            upkeep.order(session, filed),
            party_id=upkeep.builder,
            basis=Basis.RULING,
            by={Cause.COMMITTEE},
            actor=actor_of(upkeep.world.chen_jie),
            now=at(23, 11),
            ruled=True,
        )
    maintenance.tick(database, now=at(28))
    assert letters(database, {"order_needs_ruling"}) == []


def test_without_anybody_of_the_party_the_committee_is_told_instead(
    database: Database, upkeep: Upkeep, filed: UUID, now: datetime
) -> None:
    with database.transaction() as session:
        row = session.get_one(PartyStaff, (upkeep.manager, upkeep.world.ma_chao.account_id))
        row.ended_at = now
        session.add(row)
    maintenance.tick(database, now=at(24, 12))
    assert letters(database) == [("order_due_soon", str(upkeep.world.chen_jie.account_id))]


def accept(session: Session, upkeep: Upkeep, order_id: UUID, when: datetime) -> None:
    upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, upkeep.world.ma_chao, when)


def test_a_wait_ends_on_its_last_day_and_the_clock_goes_on(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    with database.transaction() as session:
        accept(session, upkeep, filed, at(23, 11))
        upkeep.take(
            session,
            filed,
            OrderState.WAITING,
            Cause.PARTY,
            upkeep.world.ma_chao,
            at(24),
            pause=pause_until(PauseReason.PARTS, date(2026, 11, 26), at(24)),
            reason=PauseReason.PARTS,
        )
    maintenance.tick(database, now=at(26, 23, 59))
    assert state_of(database, filed) is OrderState.WAITING
    for _ in range(2):
        maintenance.tick(database, now=at(27))
    with database.session(writing=False) as session:
        order = session.get_one(WorkOrder, filed)
        assert order.state is OrderState.IN_PROGRESS
        # Seven days of repair from the 24th on, and three of waiting.
        assert order.due_at == at(30) + timedelta(days=4)
        last = session.exec(select(OrderMove).order_by(OrderMove.seq.desc())).first()  # type: ignore[attr-defined]
        assert last is not None
        assert (last.cause, last.actor_name) == (Cause.SYSTEM, "系统")
    assert len(letters(database, {"order_wait_over"})) == 1


@pytest.mark.parametrize("asked_by", [Cause.PARTY, Cause.COMMITTEE])
def test_an_unanswered_question_holds_nothing_up_after_its_day(
    database: Database, upkeep: Upkeep, filed: UUID, asked_by: Cause
) -> None:
    with database.transaction() as session:
        pause = pause_until(PauseReason.INFORMATION, date(2026, 11, 25), at(23, 12))
        who = upkeep.world.ma_chao if asked_by is Cause.PARTY else upkeep.world.chen_jie
        told = {"note": "哪一盏灯？", "pause": pause, "reason": PauseReason.INFORMATION}
        upkeep.take(session, filed, OrderState.NEED_INFO, asked_by, who, at(23, 12), **told)
    maintenance.tick(database, now=at(26))
    assert state_of(database, filed) is OrderState.ASSIGNED
    with database.session(writing=False) as session:
        # The same party goes on with the time it had left.
        assert session.get(OrderClock, (filed, ClockKind.PARTY_RESPONSE, 1)) is None


def test_a_question_before_anybody_was_asked_goes_back_to_triage(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    with database.transaction() as session:
        pause = pause_until(PauseReason.INFORMATION, date(2026, 11, 25), at(23, 12))
        for to, told in (
            (OrderState.DECLINED, {"note": "不属于小区"}),
            (OrderState.SUBMITTED, {}),
            (OrderState.NEED_INFO, {"note": "哪里？", "pause": pause, "reason": PauseReason.INFORMATION}),
        ):
            who = upkeep.world.chen_jie
            upkeep.take(session, filed, to, Cause.COMMITTEE, who, at(23, 12), **told)  # type: ignore[arg-type]
    maintenance.tick(database, now=at(26))
    assert state_of(database, filed) is OrderState.SUBMITTED


def test_what_nobody_confirms_is_reminded_of_and_then_closed_by_the_system(
    database: Database, upkeep: Upkeep, filed: UUID
) -> None:
    with database.transaction() as session:
        accept(session, upkeep, filed, at(23, 11))
        upkeep.take(
            session,
            filed,
            OrderState.REPAIRED,
            Cause.PARTY,
            upkeep.world.ma_chao,
            at(23, 12),
            proof=True,
        )
    maintenance.tick(database, now=at(27, 12))
    assert len(letters(database, {"order_confirm_soon"})) == 2
    assert letters(database, LEVELS) == []
    maintenance.tick(database, now=at(30) + timedelta(days=1))
    assert state_of(database, filed) is OrderState.AUTO_CLOSED
    with database.session(writing=False) as session:
        order = session.get_one(WorkOrder, filed)
        assert (order.rating, order.next_look_at) == (None, None)
    assert maintenance.tick(database, now=at(30) + timedelta(days=9)) == 0


def test_after_every_look_the_next_one_lies_ahead(
    database: Database, upkeep: Upkeep, filed: UUID, now: datetime
) -> None:
    for hours in range(0, 24 * 30, 7):
        instant = now + timedelta(hours=hours)
        maintenance.tick(database, now=instant)
        with database.session(writing=False) as session:
            ahead = next_look(session, filed)
        assert ahead is None or ahead > instant


def test_an_order_that_fails_does_not_hold_up_the_others(
    database: Database, upkeep: Upkeep, filed: UUID, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        other = upkeep.report(session, now)
    sweep = sweeping.sweep_order

    def broken(session: Session, *, order_id: UUID, **more: object) -> bool:
        if order_id == filed:
            raise RuntimeError("broken")
        return sweep(session, order_id=order_id, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "sweep_order", broken)
    assert maintenance.tick(database, now=at(25)) == 1
    with database.session(writing=False) as session:
        assert session.get_one(OrderClock, (other, ClockKind.RESPONSE, 0)).told == 100
        assert session.get_one(OrderClock, (filed, ClockKind.RESPONSE, 0)).told == 0


def test_a_held_report_is_nobodys_delay(database: Database, upkeep: Upkeep, now: datetime) -> None:
    with database.transaction() as session:
        upkeep.report(session, now, reporter_id=None, held=True, contact_phone="13900000000")
    maintenance.tick(database, now=now)
    assert maintenance.tick(database, now=at(30)) == 0
    assert letters(database) == []
