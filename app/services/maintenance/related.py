"""Orders that belong together: the same fault before and after, and reports of one fault that were set aside for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.orders import WorkOrder
from app.rules.maintenance.states import STATE_NAMES, Cause
from app.services.maintenance.sight import Eye

_MOST = 20


@dataclass(frozen=True, slots=True)
class OtherOrder:
    """Another order as a line that leads to it; `state_name` is a marked word."""

    id: UUID
    number: int
    state_name: str
    filed_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Related:
    """Earlier and later orders of a fault that came back, the oldest first; its original; those set aside for it."""

    earlier: Sequence[OtherOrder]
    later: Sequence[OtherOrder]
    original: OtherOrder | None
    duplicates: Sequence[OtherOrder]


def read_related(session: Session, order: WorkOrder, eye: Eye) -> Related:
    """Only what this person may see of it: an order that is not listed stays out, but for the committee."""
    original = session.get(WorkOrder, order.duplicate_of) if order.duplicate_of else None
    return Related(
        earlier=_lines(_before(session, order), eye),
        later=_lines(_after(session, order), eye),
        original=next(iter(_lines([original], eye)), None) if original else None,
        duplicates=_lines(
            session.exec(
                select(WorkOrder)
                .where(WorkOrder.duplicate_of == order.id)
                .order_by(col(WorkOrder.number))
                .limit(_MOST)
            ).all(),
            eye,
        ),
    )


def _before(session: Session, order: WorkOrder) -> list[WorkOrder]:
    found: list[WorkOrder] = []
    follows = order.follows_id
    while follows is not None and len(found) < _MOST:
        earlier = session.get_one(WorkOrder, follows)
        found.insert(0, earlier)
        follows = earlier.follows_id
    return found


def _after(session: Session, order: WorkOrder) -> list[WorkOrder]:
    found: list[WorkOrder] = []
    newest = [order.id]
    while newest and len(found) < _MOST:
        rows = session.exec(
            select(WorkOrder)
            .where(col(WorkOrder.follows_id).in_(newest))
            .order_by(col(WorkOrder.number))
            .limit(_MOST - len(found))
        ).all()
        found += rows
        newest = [row.id for row in rows]
    return found


def _lines(orders: Sequence[WorkOrder], eye: Eye) -> list[OtherOrder]:
    return [
        OtherOrder(one.id, one.number, STATE_NAMES[one.state], one.filed_at, one.closed_at)
        for one in orders
        if one.listed or Cause.COMMITTEE in eye.seat.causes or _is_own(one, eye)
    ]


def _is_own(order: WorkOrder, eye: Eye) -> bool:
    return eye.account_id is not None and eye.account_id in (order.reporter_id, order.filed_by)
