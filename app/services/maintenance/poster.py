"""One month of an estate's repairs for the stairwell: what came, what was repaired, what is late and with whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.orders import WorkOrder
from app.rules.calendar import BEIJING
from app.rules.maintenance.rates import Rates
from app.services.maintenance.listing import OrderLine, late_orders
from app.services.maintenance.rates import read_published

MOST_LATE = 12
_ORDER = table_of(WorkOrder).c


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """The sheet of a month, `2026-11`; `rates` of the orders filed in it as last computed, None when there are none."""

    month: str
    filed: int
    repaired: int
    closed: int
    open_now: int
    late: tuple[OrderLine, ...]
    rates: Rates | None
    at: datetime | None


def bounds_of(month: str) -> tuple[datetime, datetime]:
    """The first instant of a month in Beijing and that of the next, in UTC."""
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=BEIJING)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), following.astimezone(UTC)


def read_month(session: Session, *, estate_id: UUID, month: str, now: datetime) -> MonthSheet:
    """The numbers of a month, counted over that month's listed orders only."""
    start, end = bounds_of(month)
    mine = sa.and_(_ORDER.estate_id == estate_id, _ORDER.listed.is_(True))
    inside = sa.and_(_ORDER.filed_at >= start, _ORDER.filed_at < end)
    counted = sa.select(
        sa.func.count(),
        sa.func.count(_ORDER.repaired_at),
        sa.func.count(_ORDER.closed_at),
        sa.func.sum(sa.case((_ORDER.is_open, 1), else_=0)),
    ).where(mine, inside)
    filed, repaired, closed, open_now = session.connection().execute(counted).one()
    published = read_published(session, estate_id=estate_id)
    own = (
        next((group.rates for group in published.months if group.name == month), None) if published else None
    )
    return MonthSheet(
        month=month,
        filed=filed,
        repaired=repaired,
        closed=closed,
        open_now=open_now or 0,
        late=late_orders(session, estate_id=estate_id, now=now, most=MOST_LATE),
        rates=own,
        at=published.at if published else None,
    )
