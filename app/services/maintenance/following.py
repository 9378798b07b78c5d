"""A report without an account, followed by its secret: where it stands and what was said publicly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.maintenance.orders import OrderMove, OrderNote, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.states import STATE_NAMES
from app.services.accounts.hashing import token_hash
from app.services.estates.standing import EstateView, get_estate
from app.services.maintenance.places import label_of, way_of


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: a step with its public note, or a word without one (`state` is '' then)."""

    at: datetime
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What its reporter sees; `party` is who holds it, '' before anybody was asked."""

    estate: EstateView
    order_id: UUID
    number: int
    title: str
    place: str
    text: str
    state: str
    held: bool
    listed: bool
    hidden_reason: str
    party: str
    due_at: datetime | None
    filed_at: datetime
    events: tuple[Event, ...]


def follow_report(session: Session, *, token: str) -> Followed:
    """The report of this secret; `NotFound` for any other text."""
    query = select(WorkOrder).where(WorkOrder.token_hash == token_hash(token[:200]))
    order = session.exec(query).one_or_none()
    if order is None:
        raise NotFound(N_("没有找到这条报修，请核对链接是否完整"))
    party = session.get(Party, order.party_id) if order.party_id else None
    return Followed(
        get_estate(session, estate_id=order.estate_id),
        order.id,
        order.number,
        CATEGORIES[order.category].title,
        label_of(way_of(session, session.get_one(Place, order.place_id))),
        order.text,
        STATE_NAMES[order.state],
        order.held,
        order.listed,
        order.hidden_reason if order.hidden_at else "",
        party.name if party else "",
        order.due_at,
        order.filed_at,
        _events(session, order.id),
    )


def _events(session: Session, order_id: UUID) -> tuple[Event, ...]:
    moves = session.exec(select(OrderMove).where(OrderMove.order_id == order_id).order_by(col(OrderMove.seq)))
    notes = session.exec(
        select(OrderNote).where(OrderNote.order_id == order_id, col(OrderNote.private).is_(False))
    )
    events = [Event(move.at, STATE_NAMES[move.state], move.note) for move in moves]
    events += [Event(note.at, "", note.text) for note in notes]
    return tuple(sorted(events, key=lambda event: event.at))
