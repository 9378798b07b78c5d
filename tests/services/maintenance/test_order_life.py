"""Random walks through the state table: whoever tries whatever, the order, its history, count and clocks agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from app.errors import Refusal
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import FaultCount, OrderMove, WorkOrder
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.maintenance.clocks import Pause
from app.rules.maintenance.demands import NEEDS, Need
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.states import CLOSED, MOVES, OPEN, Cause, OrderState
from app.services.maintenance.clocks import follow_history, read_clocks
from app.services.maintenance.moving import Step, move_order
from tests.fixtures.maintenance import Upkeep, actor_of

TABLES = (OrderMove, TrailRow, Message, OrderClock)


class Try(NamedTuple):
    """One attempt: what is wanted, by which hats, what it brings, and how many minutes after the last."""

    to: OrderState
    by: frozenset[Cause]
    brought: frozenset[Need]
    minutes: int
    days: int


# Half of them bring everything, or a walk would hardly ever leave the first states.
BROUGHT = st.one_of(st.just(frozenset(Need)), st.frozensets(st.sampled_from(Need)))
TRIES = st.builds(
    Try,
    st.sampled_from(OrderState),
    st.frozensets(st.sampled_from(Cause), min_size=1),
    BROUGHT,
    st.integers(0, 60 * 24 * 40),
    st.integers(1, 30),
)


def step_of(one: Try, upkeep: Upkeep, original: UUID, now: datetime) -> Step:
    there = one.brought
    pause = Pause(now, now + timedelta(days=one.days)) if Need.PAUSE in there else None
    return Step(
        to=one.to,
        by=one.by,
        actor=actor_of(upkeep.world.chen_jie),
        note="写明理由" if Need.NOTE in there else "",
        pause=pause,
        reason=PauseReason.PARTS if pause else None,
        recipient="自来水公司" if Need.RECIPIENT in there else "",
        original=original if Need.ORIGINAL in there and one.to is OrderState.DUPLICATE else None,
        proof=Need.PHOTO in there,
    )


def written(session: Session, order: WorkOrder) -> list[object]:
    """How many rows each table of traces holds, and the order and the counts as they stand."""
    session.flush()
    counts = [session.exec(select(sa.func.count()).select_from(table)).one() for table in TABLES]
    session.refresh(order)
    faults = session.exec(select(FaultCount).execution_options(populate_existing=True)).all()
    return [*counts, order.model_dump(), *(fault.model_dump() for fault in faults)]


def ensure_sound(session: Session, upkeep: Upkeep, order: WorkOrder, now: datetime) -> None:
    moves = session.exec(
        select(OrderMove).where(OrderMove.order_id == order.id).order_by(OrderMove.seq)  # type: ignore[arg-type]
    ).all()
    assert [move.seq for move in moves] == list(range(1, len(moves) + 1))
    assert moves[-1].state is order.state
    assert all(move.cause in MOVES[before.state][move.state] for before, move in pairwise(moves))
    assert (order.closed_at is not None) == (order.state in CLOSED)
    assert order.is_open == (order.state in OPEN)
    assert order.reopened == sum(move.state is OrderState.REOPENED for move in moves)
    listed = select(sa.func.count()).where(
        WorkOrder.estate_id == upkeep.world.estate_id,  # type: ignore[arg-type]
        WorkOrder.building == "3",  # type: ignore[arg-type]
        WorkOrder.listed,  # type: ignore[arg-type]
        WorkOrder.is_open,  # type: ignore[arg-type]
    )
    counted = session.get_one(FaultCount, (upkeep.world.estate_id, "3"), populate_existing=True)
    assert counted.open == session.exec(listed).one()
    for later in (now, now + timedelta(days=100)):
        for clock in read_clocks(session, order_id=order.id, now=later):
            assert clock.elapsed >= 0
            assert clock.stopped_at is None or clock.started_at <= clock.stopped_at
    follow_history(session, order, now=now)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tries=st.lists(TRIES, min_size=4, max_size=14), guided=st.booleans(), data=st.data())
def test_every_walk_keeps_order_history_count_and_clocks_in_agreement(
    session: Session, upkeep: Upkeep, now: datetime, tries: list[Try], guided: bool, data: st.DataObject
) -> None:
    original = session.exec(select(WorkOrder.id)).first() or upkeep.report(session, now)
    order_id, at = upkeep.report(session, now), now
    for tried in tries:
        at += timedelta(minutes=tried.minutes)
        order = upkeep.order(session, order_id)
        # A guided walk takes steps the table knows, so that it comes as far as reopening and appeals.
        known = [(to, by) for to, causes in MOVES[order.state].items() for by in sorted(causes)]
        if guided and known:
            to, by = data.draw(st.sampled_from(known))
            one = tried._replace(to=to, by=frozenset({by}))
        else:
            one = tried
        before = written(session, order)
        try:
            move_order(session, order, step_of(one, upkeep, original, at), now=at)
        except Refusal:
            assert written(session, order) == before
            continue
        assert order.state is one.to
        assert NEEDS.get(one.to, frozenset()) <= one.brought
        ensure_sound(session, upkeep, order, at)
