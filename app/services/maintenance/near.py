"""Open orders like the one that is being written: shown while filing, so that a neighbour joins instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.orders import Joiner, WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import CATEGORIES, category_of
from app.rules.maintenance.duplicates import WINDOW_DAYS, Filed, rank, terms_of
from app.rules.maintenance.states import STATE_NAMES
from app.services.maintenance.places import label_of

# The latest of one building are compared, by how their texts begin.
_MOST_COMPARED = 200
_MOST_WORDS = 500
_MOST_SHOWN = 5
_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class NearOrder:
    """An open order as the form shows it; `photo` is one that everybody may see."""

    id: UUID
    number: int
    title: str
    place: str
    excerpt: str
    state: str
    filed_at: datetime
    joiners: int
    photo: UUID | None
    mine: bool
    joined: bool


def find_near(
    session: Session,
    *,
    estate_id: UUID,
    place_id: UUID,
    category: str,
    text: str,
    account_id: UUID | None,
    now: datetime,
) -> list[NearOrder]:
    """The orders most alike, of the last thirty days, that are open and open to everyone."""
    place = session.get_one(Place, place_id)
    query = (
        select(WorkOrder)
        .where(
            WorkOrder.estate_id == estate_id,
            WorkOrder.building == place.building,
            col(WorkOrder.filed_at) > now - timedelta(days=WINDOW_DAYS),
            col(WorkOrder.listed),
            col(WorkOrder.is_open),
        )
        .order_by(col(WorkOrder.filed_at).desc())
        .limit(_MOST_COMPARED)
    )
    orders = {order.id: order for order in session.exec(query)}
    if not orders:
        return []
    ways = _ways(session, {place_id, *(order.place_id for order in orders.values())})
    mine: Filed[UUID | None] = Filed(
        key=None,
        place=_keys(ways[place_id]),
        category=category,
        family=category_of(category).family,
        filed_at=now,
        terms=terms_of(text[:_MOST_WORDS]),
    )
    others: list[Filed[UUID | None]] = [
        Filed(
            key=order.id,
            place=_keys(ways[order.place_id]),
            category=order.category,
            family=order.family,
            filed_at=order.filed_at,
            terms=terms_of(order.text[:_MOST_WORDS]),
        )
        for order in orders.values()
    ]
    alike = [orders[key] for key in rank(mine, others, most=_MOST_SHOWN) if key is not None]
    return _views(session, alike, ways, account_id)


def _views(
    session: Session, orders: Sequence[WorkOrder], ways: dict[UUID, list[Place]], account_id: UUID | None
) -> list[NearOrder]:
    ids = [order.id for order in orders]
    joined = set(
        session.exec(
            select(Joiner.order_id).where(col(Joiner.order_id).in_(ids), Joiner.account_id == account_id)
        )
        if account_id
        else ()
    )
    photos: dict[UUID, UUID] = {}
    shown = select(OrderPhoto.order_id, OrderPhoto.id).where(
        col(OrderPhoto.order_id).in_(ids), col(OrderPhoto.public_file_id).is_not(None)
    )
    for order_id, photo_id in session.exec(shown.order_by(col(OrderPhoto.position))):
        photos.setdefault(order_id, photo_id)
    return [
        NearOrder(
            order.id,
            order.number,
            CATEGORIES[order.category].title,
            label_of(ways[order.place_id]),
            order.text[:_EXCERPT] + ("…" if len(order.text) > _EXCERPT else ""),
            STATE_NAMES[order.state],
            order.filed_at,
            order.joiners,
            photos.get(order.id),
            account_id is not None and order.reporter_id == account_id,
            order.id in joined,
        )
        for order in orders
    ]


def _keys(way: Sequence[Place]) -> tuple[str, ...]:
    return tuple(str(place.id) for place in way)


def _ways(session: Session, place_ids: Iterable[UUID]) -> dict[UUID, list[Place]]:
    """The way down to each place, asked for level by level and not one by one."""
    known: dict[UUID, Place] = {}
    wanted = set(place_ids)
    asked = frozenset(wanted)
    while wanted:
        rows = session.exec(select(Place).where(col(Place.id).in_(wanted))).all()
        known.update({place.id: place for place in rows})
        wanted = {place.parent_id for place in rows if place.parent_id} - known.keys()
    ways = {}
    for place_id in asked:
        way = [known[place_id]]
        while way[0].parent_id is not None:
            way.insert(0, known[way[0].parent_id])
        ways[place_id] = way
    return ways
