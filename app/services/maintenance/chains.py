"""Faults that come back: the longest chains of a year, found by the hourly job, read with the orders everyone may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.orders import RatesSnapshot
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.kinds import FAMILY_NAMES
from app.rules.maintenance.recurrence import linked
from app.rules.maintenance.states import NOT_COUNTED, OrderState
from app.services.maintenance.lines import ORDER, where_words
from app.services.maintenance.listing import place_words

# What a page takes in at a glance; of a long chain the latest orders.
MOST_CHAINS = 20
MOST_ORDERS = 10
_PLACE = table_of(Place).c


@dataclass(frozen=True, slots=True)
class ChainOrder:
    """One order of a chain; `category` is a marked word."""

    id: UUID
    number: int
    category: str
    state: OrderState
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class ChainView:
    """A fault that came back, its latest orders first; `place` is "" outside buildings.

    `title` is the category of all its orders, or the family they share, marked. `times` counts the year's orders, also
    those that are not among `orders`.
    """

    title: str
    place: str
    times: int
    first_at: datetime
    last_at: datetime
    is_open: bool
    orders: tuple[ChainOrder, ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """The longest chains of the orders filed since `since`, as they stood `at`."""

    at: datetime
    since: datetime
    chains: tuple[ChainView, ...]


def longest(rows: Iterable[Any]) -> list[dict[str, object]]:
    """What the published figures keep of the year's orders: `rows` with id, number, filed_at, follows_id, state, listed.

    Only what everyone may see is counted, and neither duplicates nor what was taken back.
    """
    by_id = {row.id: row for row in sorted(rows, key=lambda row: row.number)}
    found = []
    for chain in linked({key: row.follows_id for key, row in by_id.items()}):
        seen = [by_id[key] for key in chain]
        seen = [row for row in seen if row.listed and row.state not in NOT_COUNTED]
        if len(seen) > 1:
            found.append(seen)
    found.sort(key=lambda chain: (len(chain), chain[-1].number), reverse=True)
    return [_kept(chain) for chain in found[:MOST_CHAINS]]


def _kept(chain: Sequence[Any]) -> dict[str, object]:
    return {
        "times": len(chain),
        "first": chain[0].filed_at.isoformat(),
        "orders": [str(row.id) for row in reversed(chain[-MOST_ORDERS:])],
    }


def read_chains(session: Session, *, estate_id: UUID) -> Chains | None:
    """The chains as last found, None before the first order's hour; what was hidden since is left out.

    Its cost is that of the orders it shows, however many the estate has.
    """
    kept = session.get(RatesSnapshot, estate_id)
    if kept is None:
        return None
    document: Mapping[str, Any] = kept.document
    found: list[Mapping[str, Any]] = document.get("chains", [])
    rows = _rows(session, estate_id, [UUID(key) for chain in found for key in chain["orders"]])
    chains = [
        _view(chain, [rows[UUID(key)] for key in chain["orders"] if UUID(key) in rows]) for chain in found
    ]
    since = datetime.fromisoformat(document["since"])
    return Chains(kept.at, since, tuple(chain for chain in chains if chain is not None))


def _rows(session: Session, estate_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Any]:
    query = (
        sa.select(
            ORDER.id, ORDER.number, ORDER.category, ORDER.family, ORDER.state, ORDER.is_open, ORDER.filed_at
        )
        .add_columns(ORDER.building, ORDER.entrance, ORDER.place_id, _PLACE.kind, _PLACE.name)
        .join(table_of(Place), _PLACE.id == ORDER.place_id)
        .where(ORDER.id.in_(ids), ORDER.estate_id == estate_id, ORDER.listed.is_(True))
        .where(ORDER.state.not_in(NOT_COUNTED))
    )
    return {row.id: row for row in session.connection().execute(query)} if ids else {}


def _view(kept: Mapping[str, Any], rows: Sequence[Any]) -> ChainView | None:
    """None when fewer than two orders of it may still be seen."""
    times = kept["times"] - (len(kept["orders"]) - len(rows))
    if times < 2 or not rows:
        return None
    return ChainView(
        title=_title(rows),
        place=_where(rows),
        times=times,
        first_at=datetime.fromisoformat(kept["first"]),
        last_at=rows[0].filed_at,
        is_open=any(row.is_open for row in rows),
        orders=tuple(
            ChainOrder(row.id, row.number, CATEGORIES[row.category].title, row.state, row.filed_at)
            for row in rows
        ),
    )


def _title(rows: Sequence[Any]) -> str:
    same = len({row.category for row in rows}) == 1
    return CATEGORIES[rows[0].category].title if same else FAMILY_NAMES[rows[0].family]


def _where(rows: Sequence[Any]) -> str:
    """The narrowest place that all of them share."""
    one = rows[0]
    if len({row.place_id for row in rows}) == 1:
        return where_words(one.building, one.entrance, one.kind, one.name, None)
    entrances = {row.entrance for row in rows}
    return place_words(one.building, one.entrance if len(entrances) == 1 else "")
