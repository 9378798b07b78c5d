"""An estate's orders as rows for anyone who wants to count again: nothing in them is about a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.kinds import FAMILY_NAMES
from app.rules.maintenance.open311.instants import show_instant
from app.rules.maintenance.rates import RATING_NAMES
from app.rules.maintenance.states import STATE_NAMES
from app.rules.maintenance.warranty import COVER_NAMES
from app.services.maintenance.listing import place_words
from app.services.maintenance.poster import bounds_of
from app.services.sheets import write_csv

MOST_ROWS = 20_000
HEAD = (
    "工单号",
    "类别",
    "设施类",
    "位置",
    "状态",
    "责任方",
    "保修",
    "上报时间",
    "响应期限",
    "响应时间",
    "修复时间",
    "办结时间",
    "返工次数",
    "一同上报",
    "居民评价",
    "前一次工单",
)


def csv_of_month(session: Session, *, estate_id: UUID, month: str) -> str:
    """The listed orders filed in a month, oldest first, with their headings; at most twenty thousand."""
    return write_csv(HEAD, _rows(session, estate_id, month))


def _rows(session: Session, estate_id: UUID, month: str) -> Iterator[tuple[str, ...]]:
    start, end = bounds_of(month)
    order, party = table_of(WorkOrder), table_of(Party)
    before = order.alias("before")
    query = (
        sa.select(order, party.c.name.label("party"), before.c.number.label("before"))
        .join_from(order, party, party.c.id == order.c.party_id, isouter=True)
        .join(before, before.c.id == order.c.follows_id, isouter=True)
        .where(
            order.c.estate_id == estate_id,
            order.c.listed.is_(True),
            order.c.filed_at >= start,
            order.c.filed_at < end,
        )
        .order_by(order.c.filed_at, order.c.id)
        .limit(MOST_ROWS)
    )
    for row in session.connection().execute(query):
        yield (
            str(row.number),
            CATEGORIES[row.category].title,
            FAMILY_NAMES[row.family],
            place_words(row.building, row.entrance),
            STATE_NAMES[row.state],
            row.party or "",
            COVER_NAMES[row.cover] if row.cover else "",
            _when(row.filed_at),
            _when(row.response_due_at),
            _when(row.answered_at),
            _when(row.repaired_at),
            _when(row.closed_at),
            str(row.reopened),
            str(row.joiners),
            RATING_NAMES[row.rating] if row.rating else "",
            str(row.before or ""),
        )


def _when(at: datetime | None) -> str:
    return show_instant(at) if at else ""
