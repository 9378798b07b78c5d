"""One line of a desk's list: the order, how late it is, and what the party has to do about it until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.estates import Unit
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import OrderMove, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place, PlaceKind
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import ClockKind, Urgency
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.states import OrderState
from app.services.maintenance.listing import place_words

MOST_EXCERPT = 60
_WAITS = (OrderState.WAITING, OrderState.NEED_INFO)
_ASKS = (OrderState.ASSIGNED, OrderState.REOPENED)

ORDER, _PARTY, _PLACE, _UNIT = (table_of(table).c for table in (WorkOrder, Party, Place, Unit))
_FIELDS = (
    *(ORDER.id, ORDER.number, ORDER.category, ORDER.building, ORDER.entrance, ORDER.state, ORDER.is_open),
    *(ORDER.text, ORDER.urgency, ORDER.filed_at, ORDER.due_at, ORDER.due_provisional, ORDER.overdue),
    *(ORDER.joiners, ORDER.reopened, ORDER.private, ORDER.promised_at, ORDER.worker_name, ORDER.plan),
)
_COLUMNS = (
    *_FIELDS,
    _PARTY.name.label("party"),
    _PLACE.name.label("place_name"),
    _PLACE.kind.label("place_kind"),
    _UNIT.room.label("room"),
)


@dataclass(frozen=True, slots=True)
class DeskLine:
    """An order in a list of the desk. `late` means that time runs out or ran out; `left` is whole seconds to `due_at`.

    `accept_by` and `refuse_by` are the clocks of the party that was asked; `waits_until` ends a pause for `reason`.
    """

    id: UUID
    number: int
    category: str
    place: str
    excerpt: str
    state: OrderState
    urgency: Urgency
    party: str
    filed_at: datetime
    due_at: datetime | None
    provisional: bool
    late: bool
    left: int
    joiners: int
    reopened: int
    worker: str
    plan: str
    promised_at: datetime | None
    accept_by: datetime | None = None
    accept_left: int = 0
    refuse_by: datetime | None = None
    waits_until: datetime | None = None
    reason: PauseReason | None = None


def line_query() -> sa.Select[Any]:
    """The columns of a line; the caller narrows, orders and limits."""
    return sa.select(*_COLUMNS).select_from(
        table_of(WorkOrder)
        .join(table_of(Place), _PLACE.id == ORDER.place_id)
        .outerjoin(table_of(Party), _PARTY.id == ORDER.party_id)
        .outerjoin(table_of(Unit), _UNIT.id == ORDER.unit_id)
    )


def lines_of(session: Session, ids: Sequence[UUID], *, now: datetime) -> list[DeskLine]:
    """The lines of these orders in the order given."""
    if not ids:
        return []
    rows = session.connection().execute(line_query().where(ORDER.id.in_(ids))).all()
    clocks = _asked_clocks(session, [row.id for row in rows if row.state in _ASKS])
    pauses = _pauses(session, [row.id for row in rows if row.state in _WAITS])
    lines = {row.id: _line(row, clocks.get(row.id, {}), pauses.get(row.id), now) for row in rows}
    return [lines[one] for one in ids if one in lines]


def _line(
    row: Any,
    clocks: dict[ClockKind, datetime],
    pause: tuple[PauseReason | None, datetime] | None,
    now: datetime,
) -> DeskLine:
    accept_by = clocks.get(ClockKind.PARTY_RESPONSE) or clocks.get(ClockKind.REWORK)
    return DeskLine(
        id=row.id,
        number=row.number,
        category=CATEGORIES[row.category].title,
        place=where_words(row.building, row.entrance, row.place_kind, row.place_name, row.room),
        excerpt=row.text[:MOST_EXCERPT] + ("…" if len(row.text) > MOST_EXCERPT else ""),
        state=row.state,
        urgency=row.urgency,
        party=row.party or "",
        filed_at=row.filed_at,
        due_at=row.due_at,
        provisional=row.due_provisional,
        late=row.overdue or bool(row.is_open and row.due_at and row.due_at <= now),
        left=_left(row.due_at, now),
        joiners=row.joiners,
        reopened=row.reopened,
        worker=row.worker_name,
        plan=row.plan,
        promised_at=row.promised_at,
        accept_by=accept_by,
        accept_left=_left(accept_by, now),
        refuse_by=clocks.get(ClockKind.REFUSAL),
        waits_until=pause[1] if pause else None,
        reason=pause[0] if pause else None,
    )


def _left(at: datetime | None, now: datetime) -> int:
    return int((at - now).total_seconds()) if at else 0


def where_words(building: str, entrance: str, kind: PlaceKind, name: str, room: str | None) -> str:
    """The place in the fewest words: building and entrance, then the facility or the flat, else the name itself."""
    words = place_words(building, entrance)
    if room:
        return f"{words}{room}"
    if kind in {PlaceKind.FLOOR, PlaceKind.FACILITY}:
        return f"{words} {name}".strip()
    return words or name


def _asked_clocks(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[ClockKind, datetime]]:
    """When the clocks of who was asked run out, of each one's latest run."""
    if not ids:
        return {}
    clock = table_of(OrderClock).c
    kinds = (ClockKind.PARTY_RESPONSE, ClockKind.REFUSAL, ClockKind.REWORK)
    query = sa.select(clock.order_id, clock.clock, clock.due_at).where(
        clock.order_id.in_(ids), clock.clock.in_(kinds)
    )
    found: dict[UUID, dict[ClockKind, datetime]] = {}
    for order_id, kind, due_at in session.connection().execute(query.order_by(clock.round)):
        found.setdefault(order_id, {})[kind] = due_at
    return found


def _pauses(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[PauseReason | None, datetime]]:
    """The pause each order stands in: that of its newest step with an end."""
    if not ids:
        return {}
    move = table_of(OrderMove).c
    query = sa.select(move.order_id, move.reason, move.until).where(
        move.order_id.in_(ids), move.until.is_not(None)
    )
    rows = session.connection().execute(query.order_by(move.seq))
    return {order_id: (reason, until) for order_id, reason, until in rows}
