"""Proposals: where in the estate the voices for one come from, house by house and entrance by entrance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.estates import Unit
from app.models.proposals import Proposal, Seconding
from app.rules.estates.labels import building_label, entrance_label, in_order

_UNIT, _SECONDING, _ORIGIN = table_of(Unit), table_of(Seconding), table_of(Proposal)
_BY_PLACE = (
    sa.select(_UNIT.c.building, _UNIT.c.entrance, sa.func.count())
    .select_from(_SECONDING.join(_UNIT, _UNIT.c.id == _SECONDING.c.unit_id))
    .where(_SECONDING.c.proposal_id == sa.bindparam("proposal_id"))
    .group_by(_UNIT.c.building, _UNIT.c.entrance)
)
_BY_ORIGIN = (
    sa.select(_ORIGIN.c.id, _ORIGIN.c.number, sa.func.count().label("homes"))
    .select_from(_SECONDING.join(_ORIGIN, _ORIGIN.c.id == _SECONDING.c.given_to))
    .where(
        _SECONDING.c.proposal_id == sa.bindparam("proposal_id"),
        _SECONDING.c.given_to != _SECONDING.c.proposal_id,
    )
    .group_by(_ORIGIN.c.id, _ORIGIN.c.number)
    .order_by(_ORIGIN.c.number)
)


@dataclass(frozen=True, slots=True)
class PlaceVoices:
    """How many homes of a house second it, and of each of its entrances."""

    building: str
    homes: int
    entrances: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OriginVoices:
    """Homes whose voice was first given to another proposal."""

    proposal_id: UUID
    number: int
    homes: int


def voices_by_place(session: Session, *, proposal_id: UUID) -> list[PlaceVoices]:
    """In the order in which the houses stand; only those with a voice."""
    rows = session.connection().execute(_BY_PLACE, {"proposal_id": proposal_id}).all()
    houses: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (in_order(row[0]), in_order(row[1]))):
        houses.setdefault(row[0], []).append(row)
    return [
        PlaceVoices(
            building_label(building),
            sum(homes for _, _, homes in entrances),
            tuple((entrance_label(entrance), homes) for _, entrance, homes in entrances if entrance),
        )
        for building, entrances in houses.items()
    ]


def voices_by_origin(session: Session, *, proposal_id: UUID) -> list[OriginVoices]:
    """The proposals whose voices were carried here."""
    rows = session.connection().execute(_BY_ORIGIN, {"proposal_id": proposal_id})
    return [OriginVoices(row.id, row.number or 0, row.homes) for row in rows]
