"""What everyone may see of an estate's orders: the drawing of its buildings by open faults, and the list page by page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.maintenance.orders import FaultCount, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place, PlaceKind
from app.rules.estates.labels import building_label, entrance_label, in_order
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.states import OrderState
from app.rules.paging import Leaf, Turn, read_leaf

PAGE = 20
# The side of the drawing, in units of its own.
_SIDE = 1000


@dataclass(frozen=True, slots=True)
class DrawnFaults:
    """A building of the drawing; `x` and `y` from the upper left in thousandths of its side, None without coordinates."""

    building: str
    name: str
    open: int
    x: int | None
    y: int | None

    @property
    def tone(self) -> str:
        """Which of four shades: the number stands beside it, for who does not tell them apart."""
        return "none" if not self.open else "few" if self.open < 3 else "some" if self.open < 6 else "many"


@dataclass(frozen=True, slots=True)
class FaultMap:
    """Every building, and what is open outside them; `placed` when all buildings have coordinates."""

    buildings: tuple[DrawnFaults, ...]
    grounds: int
    placed: bool

    @property
    def height(self) -> int:
        """How far down the drawing goes, in thousandths of its side."""
        return max((one.y or 0 for one in self.buildings), default=0)

    @property
    def open(self) -> int:
        return self.grounds + sum(one.open for one in self.buildings)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the list is narrowed to; "" and None for all."""

    building: str | None = None
    category: str = ""
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of the public list."""

    id: UUID
    number: int
    category: str
    place: str
    state: OrderState
    is_open: bool
    party: str
    filed_at: datetime
    due_at: datetime | None
    overdue: bool
    joiners: int
    reopened: int


def draw_faults(session: Session, *, estate_id: UUID) -> FaultMap:
    """The drawing by the counts that each step keeps: its cost does not grow with the orders."""
    counts = dict(
        session.exec(
            select(FaultCount.building, FaultCount.open).where(FaultCount.estate_id == estate_id)
        ).all()
    )
    places = session.exec(
        select(Place)
        .where(
            Place.estate_id == estate_id, Place.kind == PlaceKind.BUILDING, col(Place.retired_at).is_(None)
        )
        .order_by(col(Place.building))
    ).all()
    spots = _spots([(place.lat, place.long) for place in places])
    drawn = [
        DrawnFaults(place.building, place.name, counts.pop(place.building, 0), *spot)
        for place, spot in zip(places, spots, strict=True)
    ]
    drawn.sort(key=lambda one: in_order(one.building))
    # What is left belongs to no building, or to one whose place was retired.
    return FaultMap(tuple(drawn), sum(counts.values()), bool(drawn) and drawn[0].x is not None)


def _spots(points: list[tuple[int | None, int | None]]) -> list[tuple[int | None, int | None]]:
    """Positions on the square drawing, north up; none at all unless every building has its own."""
    known = [(lat, long) for lat, long in points if lat is not None and long is not None]
    if len(known) < len(points) or len(set(known)) < 2:
        return [(None, None)] * len(points)
    narrow = math.cos(math.radians(known[0][0] / 1_000_000))
    flat = [(long * narrow, -lat) for lat, long in known]
    left, top = min(x for x, _ in flat), min(y for _, y in flat)
    span = max(max(x for x, _ in flat) - left, max(y for _, y in flat) - top)
    return [(int((x - left) * _SIDE / span), int((y - top) * _SIDE / span)) for x, y in flat]


_ORDER, _PARTY = table_of(WorkOrder).c, table_of(Party).c


_LINES = sa.select(
    _ORDER.id, _ORDER.number, _ORDER.category, _ORDER.building, _ORDER.entrance, _ORDER.state, _ORDER.is_open,
    _PARTY.name, _ORDER.filed_at, _ORDER.due_at, _ORDER.joiners, _ORDER.reopened,
).join_from(table_of(WorkOrder), table_of(Party), _PARTY.id == _ORDER.party_id, isouter=True)  # fmt: skip


def list_orders(
    session: Session, *, estate_id: UUID, asked: ListFilter, turn: Turn, now: datetime
) -> Leaf[OrderLine]:
    """A page of listed orders, newest first, each from the indexes of the list; lateness needs no job here."""
    query = _LINES.where(_ORDER.estate_id == estate_id, _ORDER.listed.is_(True))
    if asked.building is not None:
        query = query.where(_ORDER.building == asked.building)
    if asked.category in CATEGORIES:
        query = query.where(_ORDER.category == asked.category)
    if asked.open_only:
        query = query.where(_ORDER.is_open.is_(True))

    def fetch(turn: Turn) -> list[OrderLine]:
        away = query.order_by(_ORDER.number if turn.back else _ORDER.number.desc())
        for number in turn.numbers[:1]:
            away = away.where(_ORDER.number > number if turn.back else _ORDER.number < number)
        return [_line(row, now) for row in session.connection().execute(away.limit(PAGE + 1))]

    return read_leaf(fetch, turn, size=PAGE, mark_of=lambda line: line.number)


def late_orders(session: Session, *, estate_id: UUID, now: datetime, most: int) -> tuple[OrderLine, ...]:
    """The listed orders whose time has run out, the latest of all first."""
    query = _LINES.where(
        _ORDER.estate_id == estate_id,
        _ORDER.listed.is_(True),
        _ORDER.is_open.is_(True),
        _ORDER.due_at <= now,
    )
    rows = session.connection().execute(query.order_by(_ORDER.due_at, _ORDER.number).limit(most))
    return tuple(_line(row, now) for row in rows)


def _line(row: Any, now: datetime) -> OrderLine:
    late = row.is_open and row.due_at is not None and row.due_at <= now
    return OrderLine(
        id=row.id,
        number=row.number,
        category=CATEGORIES[row.category].title,
        place=place_words(row.building, row.entrance),
        state=row.state,
        is_open=row.is_open,
        party=row.name or "",
        filed_at=row.filed_at,
        due_at=row.due_at,
        overdue=bool(late),
        joiners=row.joiners,
        reopened=row.reopened,
    )


def place_words(building: str, entrance: str) -> str:
    """`3号楼1单元`; "" for what belongs to no building."""
    return building_label(building) + entrance_label(entrance) if building else ""
