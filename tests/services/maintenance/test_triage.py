"""The committee's piles and the party's parts, page by page; several orders at once, all or none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.errors import Invalid, NotAllowed, NotFound
from app.models.maintenance.orders import OrderMove, WorkOrder
from app.models.maintenance.parties import PartyStaff
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance import bulk, refusing, triage, worklist
from app.services.maintenance.bulk import BulkDeed, BulkOrder, NamedRefusal
from app.services.maintenance.desk import Hand
from app.services.maintenance.triage import Asked, Pile, count_piles, list_triage
from app.services.maintenance.working import accept_order, ask_for_information, wait_with_order
from app.services.maintenance.worklist import Part, read_part, read_work
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hand(upkeep: Upkeep, order_id: UUID, who: Somebody, at: datetime) -> Hand:
    return Hand(estate_id=upkeep.world.estate_id, order_id=order_id, actor=actor_of(who), now=at)


def accept(session: Session, upkeep: Upkeep, order_id: UUID, at: datetime) -> None:
    accept_order(
        session,
        hand(upkeep, order_id, upkeep.world.ma_chao, at),
        worker_name="马师傅",
        worker_number="",
        plan="换灯",
        promised_at=at + DAY,
    )


def numbers(session: Session, upkeep: Upkeep, now: datetime, **asked: object) -> list[int]:
    page = list_triage(session, estate_id=upkeep.world.estate_id, asked=Asked(**asked), now=now)  # type: ignore[arg-type]
    return [line.number for line in page.lines]


def test_the_piles_hold_what_has_to_be_done(session: Session, upkeep: Upkeep, now: datetime) -> None:
    world = upkeep.world
    orders = [upkeep.report(session, now) for _ in range(5)]
    accept(session, upkeep, orders[0], now)
    ask_for_information(
        session, hand(upkeep, orders[1], world.ma_chao, now), note="哪层？", until=date(2026, 11, 26)
    )
    refusing.refuse_order(
        session, hand(upkeep, orders[2], world.ma_chao, now), party_id=None, note="不是我们的设施"
    )
    upkeep.take(session, orders[3], OrderState.DECLINED, Cause.COMMITTEE, world.chen_jie, now, note="不办")
    upkeep.report(session, now, reporter_id=None, held=True)
    counts = count_piles(session, estate_id=world.estate_id, now=now)
    assert counts == {Pile.RULE: 1, Pile.OVERDUE: 0, Pile.INFO: 1, Pile.UNACCEPTED: 2, Pile.OPEN: 4}
    assert triage.count_held(session, estate_id=world.estate_id) == 1
    assert numbers(session, upkeep, now, pile=Pile.RULE) == [3]
    # After a working day whoever said nothing about an order has lost his refusal.
    later = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert numbers(session, upkeep, later, pile=Pile.RULE) == [5, 3]
    assert numbers(session, upkeep, later, pile=Pile.OVERDUE) == [5, 3]


def test_filters_narrow_the_list_and_a_state_reaches_what_is_closed(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    lamp = upkeep.report(session, now)
    upkeep.report(session, now, category="roof_leak")
    upkeep.report(session, now, place_id=upkeep.grounds, category="rubbish")
    upkeep.take(session, lamp, OrderState.DECLINED, Cause.COMMITTEE, upkeep.world.chen_jie, now, note="不办")
    assert numbers(session, upkeep, now) == [3, 2]
    assert numbers(session, upkeep, now, party_id=upkeep.builder) == [2]
    assert numbers(session, upkeep, now, building="3") == [2]
    assert numbers(session, upkeep, now, category="rubbish") == [3]
    assert numbers(session, upkeep, now, state=OrderState.DECLINED) == [1]
    assert numbers(session, upkeep, now, pile=Pile.INFO, state=OrderState.DECLINED) == []
    assert numbers(session, upkeep, now, overdue=True) == []


def test_pages_follow_each_other_without_a_gap(session: Session, upkeep: Upkeep, now: datetime) -> None:
    for _ in range(triage.PAGE + 3):
        upkeep.report(session, now)
    estate_id = upkeep.world.estate_id
    first = list_triage(session, estate_id=estate_id, asked=Asked(), now=now)
    assert first.before is not None
    second = list_triage(session, estate_id=estate_id, asked=Asked(before=first.before), now=now)
    assert second.before is None
    seen = [line.number for line in (*first.lines, *second.lines)]
    assert seen == list(range(triage.PAGE + 3, 0, -1))


def test_another_estates_orders_are_in_no_pile(session: Session, upkeep: Upkeep, now: datetime) -> None:
    upkeep.report(session, now)
    counts = count_piles(session, estate_id=upkeep.world.other_estate_id, now=now)
    assert set(counts.values()) == {0}


def parts(session: Session, upkeep: Upkeep, who: Somebody, now: datetime) -> dict[Part, list[int]]:
    estate_id = upkeep.world.estate_id
    mine = worklist.my_parties(session, estate_id=estate_id, account_id=who.account_id)
    found = read_work(session, estate_id=estate_id, parties=[key for key, _ in mine], now=now)
    return {one.part: [line.number for line in one.lines] for one in found}


def test_a_party_sees_its_own_orders_each_in_its_part(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    orders = [upkeep.report(session, now + HOUR * n) for n in range(4)]
    upkeep.report(session, now, category="roof_leak")
    accept(session, upkeep, orders[1], now)
    accept(session, upkeep, orders[2], now)
    wait_with_order(
        session, hand(upkeep, orders[2], world.ma_chao, now), reason="parts", until=date(2026, 11, 30)
    )
    refusing.refuse_order(
        session,
        hand(upkeep, orders[3], world.ma_chao, now),
        party_id=upkeep.builder,
        note="在保修期内，请施工单位修",
    )
    found = parts(session, upkeep, world.ma_chao, now)
    assert found == {
        Part.NEW: [1],
        Part.DOING: [2],
        Part.WAITING: [3],
        Part.PASSED_ON: [4],
        Part.REPAIRED: [],
    }
    assert {n for ns in parts(session, upkeep, world.chen_jie, now).values() for n in ns} == set()
    assert {n for ns in parts(session, upkeep, world.li_na, now).values() for n in ns} == set()
    session.add(PartyStaff(party_id=upkeep.builder, account_id=world.qian_er.account_id, since=now))
    session.flush()
    assert parts(session, upkeep, world.qian_er, now)[Part.NEW] == [4, 5]


def test_only_the_first_receiver_keeps_what_is_passed_on(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    session.add(PartyStaff(party_id=upkeep.builder, account_id=world.qian_er.account_id, since=now))
    order_id = upkeep.report(session, now)
    first, second = (hand(upkeep, order_id, who, now) for who in (world.ma_chao, world.qian_er))
    refusing.refuse_order(session, first, party_id=upkeep.builder, note="请施工单位来修")
    assert parts(session, upkeep, world.ma_chao, now)[Part.PASSED_ON] == [1]
    refusing.refuse_order(session, second, party_id=None, note="不在保修范围内")
    assert parts(session, upkeep, world.ma_chao, now)[Part.NEW] == [1]
    assert parts(session, upkeep, world.qian_er, now)[Part.PASSED_ON] == []


def test_what_the_committee_has_not_accepted_itself_needs_no_ruling(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    # Before the register of parties begins, everything is the committee's.
    before = datetime(2023, 6, 1, 2, tzinfo=UTC)
    upkeep.report(session, before)
    assert numbers(session, upkeep, now, pile=Pile.UNACCEPTED) == [1]
    assert numbers(session, upkeep, now, pile=Pile.RULE) == []


def test_a_line_tells_the_time_that_is_left(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now)
    part = read_part(
        session, estate_id=upkeep.world.estate_id, parties=[upkeep.manager], part=Part.NEW, now=now
    )
    [line] = part.lines
    assert line.refuse_by == line.accept_by == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert line.accept_left == 38 * 3600
    accept(session, upkeep, order_id, now)
    wait_with_order(
        session, hand(upkeep, order_id, upkeep.world.ma_chao, now), reason="parts", until=date(2026, 11, 30)
    )
    part = read_part(
        session, estate_id=upkeep.world.estate_id, parties=[upkeep.manager], part=Part.WAITING, now=now
    )
    assert part.lines[0].waits_until == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


def test_the_parts_go_on_where_the_page_ended(session: Session, upkeep: Upkeep, now: datetime) -> None:
    for minute in range(worklist.PAGE + 2):
        upkeep.report(session, now + timedelta(minutes=minute))
    where = {"estate_id": upkeep.world.estate_id, "parties": [upkeep.manager], "part": Part.NEW, "now": now}
    first = read_part(session, **where)  # type: ignore[arg-type]
    second = read_part(session, **where, after=first.after)  # type: ignore[arg-type]
    seen = [line.number for line in (*first.lines, *second.lines)]
    assert seen == list(range(1, worklist.PAGE + 3))
    assert second.after == ""
    assert read_part(session, **where, after="x_1").lines == first.lines  # type: ignore[arg-type]


def do(session: Session, upkeep: Upkeep, now: datetime, order: BulkOrder, *which: int) -> int:
    world = upkeep.world
    return bulk.do_to_many(
        session,
        order,
        estate_id=world.estate_id,
        numbers=which,
        actor=actor_of(world.chen_jie),
        now=now,
    )


def test_several_orders_are_handed_at_once(session: Session, upkeep: Upkeep, now: datetime) -> None:
    for _ in range(3):
        upkeep.report(session, now)
    order = BulkOrder(deed=BulkDeed.HAND, party_id=upkeep.builder)
    assert do(session, upkeep, now, order, 1, 3) == 2
    found = session.exec(select(WorkOrder.party_id).order_by(WorkOrder.number)).all()  # type: ignore[arg-type]
    assert list(found) == [upkeep.builder, upkeep.manager, upkeep.builder]


@pytest.mark.parametrize("faulty", [1, 2, 3])
def test_one_that_refuses_stops_them_all_and_is_named(
    database, upkeep: Upkeep, now: datetime, faulty: int
) -> None:
    with database.transaction() as session:
        orders = [upkeep.report(session, now) for _ in range(3)]
        upkeep.take(
            session,
            orders[faulty - 1],
            OrderState.DECLINED,
            Cause.COMMITTEE,
            upkeep.world.chen_jie,
            now,
            note="不办",
        )
    with pytest.raises(NamedRefusal) as refusal, database.transaction() as session:
        do(session, upkeep, now, BulkOrder(deed=BulkDeed.DECLINE, note="都不办"), 1, 2, 3)
    assert (refusal.value.code, refusal.value.values["number"]) == ("bad_move", faulty)
    assert f"第 {faulty} 号" in str(refusal.value)
    with database.session(writing=False) as session:
        declined = session.exec(select(OrderMove).where(OrderMove.state == OrderState.DECLINED)).all()
        assert len(declined) == 1


def test_bulk_has_a_limit_needs_ticks_and_the_committee(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    upkeep.report(session, now)
    order = BulkOrder(deed=BulkDeed.DECLINE, note="不办")
    for which in ((), tuple(range(1, 102))):
        with pytest.raises(Invalid):
            do(session, upkeep, now, order, *which)
    with pytest.raises(NotFound):
        do(session, upkeep, now, order, 1, 7)
    with pytest.raises(Invalid) as itself:
        do(session, upkeep, now, BulkOrder(deed=BulkDeed.DUPLICATE, number=1), 1)
    assert itself.value.code == "itself"
    for who in (upkeep.world.ma_chao, upkeep.world.zhou_tao):
        with pytest.raises(NotAllowed):
            bulk.do_to_many(
                session,
                order,
                estate_id=upkeep.world.estate_id,
                numbers=[1],
                actor=actor_of(who),
                now=now,
            )


def test_duplicates_and_questions_in_bulk(session: Session, upkeep: Upkeep, now: datetime) -> None:
    for _ in range(4):
        upkeep.report(session, now, by=upkeep.world.wang_wei)
    do(session, upkeep, now, BulkOrder(deed=BulkDeed.DUPLICATE, number=1), 2, 3)
    ask = BulkOrder(deed=BulkDeed.ASK, note="哪一层？", until=date(2026, 11, 25))
    do(session, upkeep, now, ask, 4)
    states = session.exec(select(WorkOrder.state).order_by(WorkOrder.number)).all()  # type: ignore[arg-type]
    assert list(states) == ["assigned", "duplicate", "duplicate", "need_info"]
