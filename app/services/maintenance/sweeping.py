"""Do for one order what the clock has decided: tell of levels, end what waited long enough, close what nobody confirmed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.maintenance.orders import OrderMove, WorkOrder
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.clocks import follow_history
from app.services.maintenance.escalating import tell_levels
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.telling import people_of_party, tell
from app.services.trail import SYSTEM

MOST_AT_ONCE = 200

_ORDER = table_of(WorkOrder).c
# Asked every second; the index of next looks answers it.
_DUE = (
    sa.select(_ORDER.estate_id, _ORDER.id)
    .where(_ORDER.next_look_at <= sa.bindparam("now"))
    .order_by(_ORDER.next_look_at)
    .limit(MOST_AT_ONCE)
)
_WAITS = frozenset({OrderState.WAITING, OrderState.NEED_INFO})


def due_orders(session: Session, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Estate and id of the orders that something has to be done about, the longest due first."""
    return [(row.estate_id, row.id) for row in session.connection().execute(_DUE, {"now": now})]


def sweep_order(session: Session, *, estate_id: UUID, order_id: UUID, now: datetime) -> bool:
    """Bring one order up to `now`; False when another worker was first.

    However long nobody looked, each clock tells only of the highest level it has reached, and tells of it once.
    """
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if order.next_look_at is None or order.next_look_at > now:
        return False
    _end_wait(session, order, now)
    tell_levels(session, order, now=now)
    follow_history(session, order, now=now)
    return True


def _end_wait(session: Session, order: WorkOrder, now: datetime) -> None:
    """A wait has an end date: the work goes on, and a question that nobody answered holds nothing up any longer."""
    if order.state not in _WAITS:
        return
    moves = _moves(session, order.id)
    until = moves[-1].until
    if until is None or now < until:
        return
    waited = order.state is OrderState.WAITING
    note = "等待的期限已到，时限继续计算" if waited else "没有等到补充的情况，先按现有情况办理"
    to = OrderState.IN_PROGRESS if waited else _before(moves)
    move_order(session, order, Step(to=to, by={Cause.SYSTEM}, actor=SYSTEM, note=note), now=now)
    if waited:
        people = people_of_party(session, order, order.party_id)
        tell(session, order, people, template="order_wait_over", occasion=str(moves[-1].seq), now=now)


def _moves(session: Session, order_id: UUID) -> list[OrderMove]:
    return list(
        session.exec(select(OrderMove).where(OrderMove.order_id == order_id).order_by(col(OrderMove.seq)))
    )


def _before(moves: list[OrderMove]) -> OrderState:
    """Where the order was before the question: with the party that asked, or not yet with any."""
    earlier = [move.state for move in moves if move.state not in _WAITS]
    return OrderState.ASSIGNED if earlier[-1] is OrderState.ASSIGNED else OrderState.SUBMITTED
