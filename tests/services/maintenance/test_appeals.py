"""Appeals against the end of an order: once, in time, decided by another; what is granted is open again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from app.errors import Invalid, NotFound, Refusal
from app.models.accounts import Grant
from app.models.maintenance.orders import FaultCount, Handing, OrderAppeal, OrderMove, WorkOrder
from app.models.outbox import Message
from app.rules.accounts import Duty, Role
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.rates import CallBack, Rating
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.workcalendar import day_of, midnight
from app.services.maintenance import hiding
from app.services.maintenance.appeals import decide_appeal, file_appeal, list_appeals
from app.services.maintenance.calling_back import enter_call_back
from app.services.maintenance.clocks import asks_until, read_clocks
from app.services.maintenance.confirming import rate_repair, settle_confirmation
from app.services.maintenance.estate_settings import SettingsView, save_estate_settings
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody


@pytest.fixture
def other_clerk(session: Session, upkeep: Upkeep, now: datetime) -> Somebody:
    """zhao_min sits on the committee as well."""
    world = upkeep.world
    session.add(
        Grant(
            account_id=world.zhao_min.account_id,
            estate_id=world.estate_id,
            role=Role.COMMITTEE,
            duty=Duty.NONE,
            granted_at=now,
        )
    )
    session.flush()
    return world.zhao_min


@pytest.fixture
def declined(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    order_id = upkeep.report(session, now)
    upkeep.take(
        session, order_id, OrderState.DECLINED, Cause.COMMITTEE, upkeep.world.chen_jie, now, note="不属于小区"
    )
    return order_id


@pytest.fixture
def appeals(session: Session, upkeep: Upkeep, now: datetime) -> Callable[..., UUID]:
    def file(order_id: UUID, **changes: object) -> UUID:
        told = {
            "estate_id": upkeep.world.estate_id,
            "appeal_id": uuid4(),
            "text": "灯在我们楼道里",
            "actor": actor_of(upkeep.world.li_na),
            "now": now,
            **changes,
        }
        file_appeal(session, order_id=order_id, **told)  # type: ignore[arg-type]
        return told["appeal_id"]  # type: ignore[return-value]

    return file


@pytest.fixture
def decides(session: Session, upkeep: Upkeep, now: datetime) -> Callable[..., None]:
    def decide(appeal_id: UUID, who: Somebody, granted: bool | None = True, **changes: object) -> None:
        told = {"estate_id": upkeep.world.estate_id, "reason": "现场看过", "now": now, **changes}
        decide_appeal(session, appeal_id=appeal_id, granted=granted, actor=actor_of(who), **told)  # type: ignore[arg-type]

    return decide


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        deed()
    return refusal.value.code


def test_a_granted_appeal_opens_the_order_and_hands_it_out_anew(
    session: Session,
    upkeep: Upkeep,
    declined: UUID,
    appeals: Callable[..., UUID],
    decides: Callable[..., None],
    other_clerk: Somebody,
) -> None:
    assert session.get_one(FaultCount, (upkeep.world.estate_id, "3")).open == 0
    decides(appeals(declined), other_clerk)
    order = upkeep.order(session, declined)
    assert (order.state, order.party_id, order.closed_at) == (OrderState.ASSIGNED, upkeep.manager, None)
    assert session.get_one(FaultCount, (upkeep.world.estate_id, "3")).open == 1
    assert len(session.exec(select(Handing)).all()) == 2
    told = select(Message.template).where(Message.account_id == upkeep.world.li_na.account_id)
    assert "order_appeal_granted" in session.exec(select(Message.template)).all()
    assert "order_appeal_granted" in session.exec(told).all()


def test_a_refused_appeal_changes_nothing_and_is_not_raised_again(
    session: Session,
    upkeep: Upkeep,
    declined: UUID,
    appeals: Callable[..., UUID],
    decides: Callable[..., None],
    other_clerk: Somebody,
) -> None:
    appeal_id = appeals(declined)
    decides(appeal_id, other_clerk, granted=False)
    assert upkeep.order(session, declined).state is OrderState.DECLINED
    assert refused(lambda: appeals(declined)) == "already_appealed"
    assert refused(lambda: decides(appeal_id, other_clerk)) == "decided"


def test_who_declined_does_not_decide_nor_does_the_reporter(
    session: Session,
    upkeep: Upkeep,
    declined: UUID,
    appeals: Callable[..., UUID],
    decides: Callable[..., None],
    now: datetime,
) -> None:
    appeal_id = appeals(declined)
    assert refused(lambda: decides(appeal_id, upkeep.world.chen_jie)) == "own_decision"
    assert refused(lambda: decides(appeal_id, upkeep.world.li_na)) == "own_decision"
    assert session.get_one(OrderAppeal, appeal_id).decided_at is None


def test_a_decision_needs_a_side_and_a_reason_and_its_own_estate(
    upkeep: Upkeep,
    declined: UUID,
    appeals: Callable[..., UUID],
    decides: Callable[..., None],
    other_clerk: Somebody,
) -> None:
    appeal_id = appeals(declined)
    for field, changes in (
        ("decision", {"granted": None}),
        ("reason", {"reason": "  "}),
        ("reason", {"reason": "长" * 1_000_000}),
    ):
        with pytest.raises(Invalid) as refusal:
            decides(appeal_id, other_clerk, **changes)
        assert refusal.value.field == field
    with pytest.raises(NotFound):
        decides(appeal_id, upkeep.world.zhou_tao, estate_id=upkeep.world.other_estate_id)


def test_only_the_reporter_appeals_once_in_time_and_against_such_an_end(
    session: Session, upkeep: Upkeep, declined: UUID, appeals: Callable[..., UUID], now: datetime
) -> None:
    assert refused(lambda: appeals(declined, actor=actor_of(upkeep.world.wang_wei))) == "not_yours"
    assert refused(lambda: appeals(declined, text=" ")) == "required"
    assert refused(lambda: appeals(declined, now=now + timedelta(days=32))) == "appeal_late"
    first = appeals(declined, now=now + timedelta(days=29))
    assert appeals(declined, appeal_id=first) == first
    assert len(session.exec(select(OrderAppeal)).all()) == 1
    assert refused(lambda: appeals(declined)) == "already_appealed"
    assert refused(lambda: appeals(upkeep.report(session, now))) == "nothing_to_appeal"


def test_an_appeal_in_time_against_a_silent_close_is_granted_however_slow_the_committee_is(
    session: Session,
    upkeep: Upkeep,
    appeals: Callable[..., UUID],
    decides: Callable[..., None],
    now: datetime,
) -> None:
    world, take = upkeep.world, upkeep.take
    order_id = upkeep.report(session, now)
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    closed = now + timedelta(days=9)
    settle_confirmation(session, estate_id=world.estate_id, order_id=order_id, now=closed)
    appeal_id = appeals(order_id, now=closed + timedelta(days=29))
    decides(appeal_id, world.chen_jie, now=closed + timedelta(days=60))
    order = upkeep.order(session, order_id)
    assert (order.state, order.reopened) == (OrderState.REOPENED, 1)


def test_appeals_that_wait_are_listed_the_oldest_first_page_by_page(
    session: Session, upkeep: Upkeep, appeals: Callable[..., UUID], now: datetime
) -> None:
    world = upkeep.world
    filed = []
    for minute in range(3):
        order_id = upkeep.report(session, now)
        upkeep.take(session, order_id, OrderState.DECLINED, Cause.COMMITTEE, world.chen_jie, now, note="不办")
        filed.append(appeals(order_id, now=now + timedelta(minutes=minute)))
    lines = list_appeals(session, estate_id=world.estate_id, viewer_id=world.chen_jie.account_id)
    assert [line.id for line in lines] == filed
    assert all(line.is_mine for line in lines)
    later = list_appeals(session, estate_id=world.estate_id, viewer_id=world.li_na.account_id, after=filed[0])
    assert [line.id for line in later] == filed[1:]
    assert list_appeals(session, estate_id=world.other_estate_id, viewer_id=world.zhou_tao.account_id) == []


def test_a_call_back_is_kept_apart_from_the_residents_own_rating(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world, take = upkeep.world, upkeep.take
    order_id = upkeep.report(session, now)
    asked = {
        "estate_id": world.estate_id,
        "order_id": order_id,
        "note": "电话里说好了",
        "actor": actor_of(world.chen_jie),
        "now": now,
    }
    call = lambda result: enter_call_back(session, result=result, **asked)  # type: ignore[arg-type] # noqa: E731
    assert refused(lambda: call(CallBack.SATISFIED)) == "not_closed"
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now)
    assert refused(lambda: call(None)) == "required"
    upkeep.order(session, order_id).rating = Rating.DISSATISFIED
    call(CallBack.SATISFIED)
    order = upkeep.order(session, order_id)
    assert (order.rating, order.call_back) == (Rating.DISSATISFIED, CallBack.SATISFIED)


def test_nobody_is_called_back_about_what_was_taken_back(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    order_id = upkeep.report(session, now)
    upkeep.take(session, order_id, OrderState.WITHDRAWN, Cause.REPORTER, world.li_na, now)
    asked = {"note": "", "actor": actor_of(world.chen_jie), "now": now, "result": CallBack.SATISFIED}
    assert (
        refused(lambda: enter_call_back(session, estate_id=world.estate_id, order_id=order_id, **asked))  # type: ignore[arg-type]
        == "not_closed"
    )


def test_hiding_takes_the_order_out_of_the_count_and_showing_puts_it_back(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    order_id = upkeep.report(session, now)
    asked = {
        "estate_id": world.estate_id,
        "order_id": order_id,
        "actor": actor_of(world.chen_jie),
        "now": now,
    }
    count = lambda: session.get_one(FaultCount, (world.estate_id, "3"), populate_existing=True).open  # noqa: E731
    assert refused(lambda: hiding.hide_order(session, reason=" ", **asked)) == "required"  # type: ignore[arg-type]
    hiding.hide_order(session, reason="写了邻居的姓名", **asked)  # type: ignore[arg-type]
    order = upkeep.order(session, order_id)
    assert (order.listed, count()) == (False, 0)
    assert refused(lambda: hiding.hide_order(session, reason="再一次", **asked)) == "hidden"  # type: ignore[arg-type]
    upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    hiding.show_order(session, reason="已经处理", **asked)  # type: ignore[arg-type]
    assert (order.listed, order.hidden_reason, count()) == (True, "", 1)
    assert refused(lambda: hiding.show_order(session, reason="再一次", **asked)) == "not_hidden"  # type: ignore[arg-type]
    told = session.exec(select(Message.template).where(Message.account_id == world.li_na.account_id)).all()
    assert {"order_hidden", "order_shown"} <= set(told)


def test_a_fault_inside_a_flat_is_not_listed_by_showing_it(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    order_id = upkeep.report(session, now, unit_id=world.homes["301"].unit_id)
    asked = {
        "estate_id": world.estate_id,
        "order_id": order_id,
        "actor": actor_of(world.chen_jie),
        "now": now,
    }
    hiding.hide_order(session, reason="写了姓名", **asked)  # type: ignore[arg-type]
    hiding.show_order(session, reason="处理过了", **asked)  # type: ignore[arg-type]
    assert not session.get_one(WorkOrder, order_id).listed
    assert len(session.exec(select(OrderMove)).all()) == 2


def test_rework_rating_and_appeal_have_one_window_that_the_estate_sets(
    session: Session, upkeep: Upkeep, appeals: Callable[..., UUID], now: datetime
) -> None:
    world = upkeep.world
    days(session, upkeep, 60, now)
    order_id = auto_closed(session, upkeep, now)
    order = upkeep.order(session, order_id)
    assert order.closed_at is not None
    until = asks_until(session, order)
    assert until == midnight(day_of(order.closed_at) + timedelta(days=61))
    clock = {one.kind: one for one in read_clocks(session, order_id=order_id, now=now)}[ClockKind.APPEAL]
    assert (clock.term.amount, clock.due_at) == (60, until)
    days(session, upkeep, 7, now)  # what was closed before keeps its sixty
    assert asks_until(session, upkeep.order(session, order_id)) == until
    last = until - timedelta(seconds=1)
    assert refused(lambda: appeals(order_id, now=until)) == "appeal_late"
    rates = {"estate_id": world.estate_id, "order_id": order_id, "actor": actor_of(world.li_na), "text": ""}
    said = {"rating": Rating.SATISFIED, "answer": Answer.FIXED}
    assert refused(lambda: rate_repair(session, now=until, **rates, **said)) == "reopen_late"  # type: ignore[arg-type]
    back = {"to": OrderState.REOPENED, "by": Cause.REPORTER, "who": world.li_na, "note": "还在漏"}
    assert refused(lambda: upkeep.take(session, order_id, now=until, **back)) == "reopen_late"  # type: ignore[arg-type]
    rate_repair(session, now=last, **rates, **said)  # type: ignore[arg-type]
    appeals(order_id, now=last)
    upkeep.take(session, order_id, now=last, **back)  # type: ignore[arg-type]
    assert asks_until(session, upkeep.order(session, order_id)) is None


def days(session: Session, upkeep: Upkeep, count: int, now: datetime) -> None:
    save_estate_settings(
        session,
        estate_id=upkeep.world.estate_id,
        typed=SettingsView(str(count), "90", ""),
        actor=actor_of(upkeep.world.chen_jie),
        now=now,
    )


def auto_closed(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    order_id = upkeep.report(session, now)
    ma_chao = upkeep.world.ma_chao
    upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, ma_chao, now)
    upkeep.take(session, order_id, OrderState.REPAIRED, Cause.PARTY, ma_chao, now, proof=True)
    later = now + timedelta(days=9)
    assert settle_confirmation(session, estate_id=upkeep.world.estate_id, order_id=order_id, now=later)
    return order_id
