"""A report becomes an order: who answers, whether it is under warranty, which clocks run, and that twice is once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotFound
from app.models.maintenance.orders import FaultCount, Joiner, OrderMove, WorkOrder
from app.models.outbox import Message
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.responsible import Basis
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.warranty import Cover
from app.services.maintenance.clocks import read_clocks
from app.services.maintenance.filing import join_report, release_report
from tests.fixtures.maintenance import Upkeep, actor_of


def test_a_report_goes_to_who_answers_and_its_clocks_run(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order = upkeep.order(session, upkeep.report(session, now))
    assert (order.number, order.state, order.party_id) == (1, OrderState.ASSIGNED, upkeep.manager)
    assert (order.basis, order.cover) == (Basis.CONTRACT, None)
    # Monday 10:00 in Beijing: a working day after the day of filing ends on Tuesday at midnight.
    assert order.due_at == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert order.due_clock is ClockKind.RESPONSE
    assert session.get_one(FaultCount, (upkeep.world.estate_id, "3")).open == 1
    told = session.exec(select(Message.template).where(Message.account_id == upkeep.world.ma_chao.account_id))
    assert list(told) == ["order_assigned"]


def test_a_leak_of_the_new_roof_is_the_contractors_while_the_warranty_lasts(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    asked = {"category": "roof_leak", "text": "602 天花板渗水"}
    order = upkeep.order(session, upkeep.report(session, now, **asked))
    assert (order.party_id, order.basis, order.cover) == (upkeep.builder, Basis.WARRANTY, Cover.COVERED)
    assert order.warranty_item_id == upkeep.roof
    late = upkeep.order(session, upkeep.report(session, datetime(2029, 5, 11, 2, tzinfo=UTC), **asked))
    assert (late.party_id, late.cover) == (upkeep.manager, Cover.EXPIRED)


def test_what_nobody_answers_for_is_the_committees(session: Session, upkeep: Upkeep, now: datetime) -> None:
    before = datetime(2023, 6, 1, 2, tzinfo=UTC)
    order = upkeep.order(session, upkeep.report(session, before))
    assert (order.party_id, order.basis) == (upkeep.committee, Basis.DEFAULT)


def test_a_report_sent_twice_is_one_order(session: Session, upkeep: Upkeep, now: datetime) -> None:
    form = uuid4()
    first = upkeep.report(session, now, id=form)
    assert upkeep.report(session, now + timedelta(minutes=1), id=form) == first
    assert len(session.exec(select(WorkOrder.id)).all()) == 1
    with pytest.raises(Conflict):
        upkeep.report(session, now, by=upkeep.world.wang_wei, id=form)


def test_a_place_of_another_estate_is_no_place(session: Session, upkeep: Upkeep, now: datetime) -> None:
    with pytest.raises(NotFound):
        upkeep.report(session, now, estate_id=upkeep.world.other_estate_id)


def test_four_thousand_characters_pass_and_one_more_does_not(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    upkeep.report(session, now, text="漏" * 4000)
    with pytest.raises(Invalid) as refusal:
        upkeep.report(session, now, text="漏" * 4001)
    assert refusal.value.field == "text"


def test_neither_words_nor_a_picture_is_no_report(session: Session, upkeep: Upkeep, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        upkeep.report(session, now, text="  ")
    assert refusal.value.field == "text"


def test_a_report_without_an_account_waits_and_is_not_counted_until_checked(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now, reporter_id=None, held=True, contact_phone="13900000000")
    held = upkeep.order(session, order_id)
    assert (held.state, held.listed, held.party_id) == (OrderState.SUBMITTED, False, None)
    assert session.get(FaultCount, (upkeep.world.estate_id, "3")) is None
    release_report(
        session,
        estate_id=upkeep.world.estate_id,
        order_id=order_id,
        actor=actor_of(upkeep.world.chen_jie),
        now=now + timedelta(hours=1),
    )
    assert (held.state, held.listed, held.party_id) == (OrderState.ASSIGNED, True, upkeep.manager)
    assert session.get_one(FaultCount, (upkeep.world.estate_id, "3")).open == 1


def test_a_fault_inside_a_flat_is_not_listed(session: Session, upkeep: Upkeep, now: datetime) -> None:
    home = upkeep.world.homes["301"].unit_id
    order = upkeep.order(session, upkeep.report(session, now, unit_id=home))
    assert (order.private, order.listed) == (True, False)


def test_a_fault_that_comes_back_is_linked_to_the_repair_before(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    first = upkeep.report(session, now)
    world, take = upkeep.world, upkeep.take
    take(session, first, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, first, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    take(session, first, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now)
    again = upkeep.report(session, now + timedelta(days=89))
    assert upkeep.order(session, again).follows_id == first
    much_later = upkeep.report(session, now + timedelta(days=91))
    assert upkeep.order(session, much_later).follows_id is None


def test_each_step_leaves_its_line_and_the_public_count_follows(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    world, take = upkeep.world, upkeep.take
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now)
    states = session.exec(select(OrderMove.state).order_by(OrderMove.seq))  # type: ignore[arg-type]
    assert list(states) == ["submitted", "assigned", "accepted", "repaired", "confirmed"]
    assert session.get_one(FaultCount, (world.estate_id, "3")).open == 0
    take(session, order_id, OrderState.REOPENED, Cause.REPORTER, world.li_na, now, note="又不亮了")
    assert session.get_one(FaultCount, (world.estate_id, "3")).open == 1
    kinds = {clock.kind for clock in read_clocks(session, order_id=order_id, now=now) if not clock.stopped_at}
    assert kinds == {ClockKind.REWORK}


def test_a_neighbour_joins_once_and_not_what_is_over(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now)
    asked = {"estate_id": upkeep.world.estate_id, "order_id": order_id, "text": "我家门口也不亮", "now": now}
    for _ in range(2):
        join_report(session, account_id=upkeep.world.wang_wei.account_id, **asked)  # type: ignore[arg-type]
    join_report(session, account_id=upkeep.world.li_na.account_id, **asked)  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).joiners == 1
    assert len(session.exec(select(Joiner)).all()) == 1
    with pytest.raises(Conflict):
        upkeep.take(session, order_id, OrderState.WITHDRAWN, Cause.REPORTER, upkeep.world.li_na, now)


def test_the_waterproofing_of_a_roof_says_nothing_of_the_door_downstairs(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order = upkeep.order(session, upkeep.report(session, now, category="stairwell", text="单元门关不上"))
    assert (order.cover, order.party_id) == (None, upkeep.manager)
