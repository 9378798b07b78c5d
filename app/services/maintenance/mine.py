"""A person's own orders: what waits for his answer, what he reported, what he joined, what he filed for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select, tuple_

from app.models.maintenance.orders import Joiner, RepairAnswer, WorkOrder
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.states import STATE_NAMES, OrderState
from app.services.maintenance.places import label_of, way_of

PAGE = 20
_MOST_WAITING = 50
_ASKING = (OrderState.REPAIRED, OrderState.NEED_INFO)
# No index leads from who filed to what: a page looks back over no more than so many of the estate's orders.
_FILED_WITHIN = 5_000


class Share(StrEnum):
    """Why an order is somebody's."""

    REPORTED = "reported"
    JOINED = "joined"
    FILED = "filed"


@dataclass(frozen=True, slots=True)
class MyOrder:
    """One line; `category` and `state_name` are marked, `asked` when it waits for this person."""

    id: UUID
    number: int
    category: str
    place: str
    state: OrderState
    state_name: str
    is_open: bool
    filed_at: datetime
    due_at: datetime | None
    due_provisional: bool
    overdue: bool
    asked: bool


def list_waiting(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> list[MyOrder]:
    """Questions and repairs that this person has not answered yet, the oldest first."""
    answered = (
        sa.exists()
        .where(col(RepairAnswer.order_id) == WorkOrder.id)
        .where(col(RepairAnswer.round) == WorkOrder.reopened)
        .where(col(RepairAnswer.account_id) == account_id)
    )
    waits = (
        col(WorkOrder.estate_id) == estate_id,
        col(WorkOrder.is_open).is_(True),
        col(WorkOrder.state).in_(_ASKING),
        (col(WorkOrder.state) == OrderState.NEED_INFO) | ~answered,
    )
    own = select(WorkOrder).where(WorkOrder.reporter_id == account_id, *waits)
    joined = _joined(account_id).where(*waits)
    found = {
        order.id: order
        for query in (own, joined)
        for order in session.exec(query.order_by(col(WorkOrder.filed_at)).limit(_MOST_WAITING))
    }
    rows = sorted(found.values(), key=lambda order: order.changed_at)
    return [_line(session, order, now, asked=True) for order in rows]


def list_mine(
    session: Session,
    *,
    estate_id: UUID,
    account_id: UUID,
    share: Share,
    now: datetime,
    before: UUID | None = None,
) -> Sequence[MyOrder]:
    """The newest first, one more than `PAGE`, from behind the order named."""
    query: Any = {
        Share.REPORTED: select(WorkOrder).where(WorkOrder.reporter_id == account_id),
        Share.JOINED: _joined(account_id),
        Share.FILED: _filed(session, estate_id, account_id),
    }[share]
    query = query.where(WorkOrder.estate_id == estate_id)
    last = session.get(WorkOrder, before) if before else None
    if last is not None:
        query = query.where(tuple_(col(WorkOrder.filed_at), col(WorkOrder.id)) < (last.filed_at, last.id))
    query = query.order_by(col(WorkOrder.filed_at).desc(), col(WorkOrder.id).desc()).limit(PAGE + 1)
    return [_line(session, order, now) for order in session.exec(query)]


def _joined(account_id: UUID) -> Any:
    return (
        select(WorkOrder)
        .join(Joiner, col(Joiner.order_id) == WorkOrder.id)
        .where(Joiner.account_id == account_id)
    )


def _filed(session: Session, estate_id: UUID, account_id: UUID) -> Any:
    newest = session.exec(
        select(sa.func.max(WorkOrder.number)).where(col(WorkOrder.estate_id) == estate_id)
    ).one()
    return select(WorkOrder).where(
        WorkOrder.filed_by == account_id, WorkOrder.number > (newest or 0) - _FILED_WITHIN
    )


def _line(session: Session, order: WorkOrder, now: datetime, *, asked: bool = False) -> MyOrder:
    category = CATEGORIES.get(order.category)
    return MyOrder(
        id=order.id,
        number=order.number,
        category=category.title if category else order.category,
        place=label_of(way_of(session, session.get_one(Place, order.place_id))),
        state=order.state,
        state_name=STATE_NAMES[order.state],
        is_open=order.is_open,
        filed_at=order.filed_at,
        due_at=order.due_at,
        due_provisional=order.due_provisional,
        overdue=order.overdue or (order.due_at is not None and now >= order.due_at),
        asked=asked,
    )
