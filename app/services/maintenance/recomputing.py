"""Bring the provisional due times of open orders to a new version of the calendar, once, and say so in the trail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import WorkOrder
from app.services import trail
from app.services.maintenance.calendar import newest_version
from app.services.maintenance.clocks import follow_history, rows_of
from app.services.maintenance.moving import lock_order
from app.services.trail import SYSTEM

MOST_AT_ONCE = 200

_ORDER, _CLOCK = table_of(WorkOrder).c, table_of(OrderClock).c
# The index of next looks holds the open orders only.
_BEHIND = (
    sa.select(_ORDER.estate_id, _ORDER.id)
    .where(
        _ORDER.next_look_at.is_not(None),
        sa.exists().where(
            _CLOCK.order_id == _ORDER.id,
            _CLOCK.provisional.is_(True),
            _CLOCK.stopped_at.is_(None),
            _CLOCK.calendar_version < sa.bindparam("version"),
        ),
    )
    .limit(MOST_AT_ONCE)
)


def orders_behind(session: Session, *, version: int) -> list[tuple[UUID, UUID]]:
    """Estate and id of open orders with a running clock whose due time is provisional by an older calendar."""
    rows = session.connection().execute(_BEHIND, {"version": version})
    return [(row.estate_id, row.id) for row in rows]


def recompute_order(session: Session, *, estate_id: UUID, order_id: UUID, now: datetime) -> bool:
    """Give an order's provisional running clocks the newest calendar; False when there is none any more.

    Terms, hours and settled due times stay: only what was said to be provisional may move.
    """
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    version = newest_version(session)
    behind = [
        row
        for row in rows_of(session, order_id)
        if row.provisional and row.stopped_at is None and row.calendar_version < version
    ]
    before = {row.clock.value: row.due_at.isoformat() for row in behind}
    for row in behind:
        row.calendar_version = version
        session.add(row)
    if not behind:
        return False
    follow_history(session, order, now=now)
    trail.record(
        session,
        tag="maintenance:order:recompute",
        actor=SYSTEM,
        now=now,
        estate_id=estate_id,
        subject_kind="work_order",
        subject_id=order_id,
        old=before,
        new={"calendar": version, **{row.clock.value: row.due_at.isoformat() for row in behind}},
    )
    return True
