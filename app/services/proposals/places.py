"""Proposals: the part of an estate a proposal reaches, the homes in it, and whose voices those homes are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, Invalid
from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.proposals import Proposal
from app.rules.estates.labels import building_label, entrance_label, in_order, sorted_names
from app.rules.estates.units import UnitKind, votable_by_default
from app.rules.proposals.support import Scope

_UNIT, _OWNER, _OWNERSHIP, _RESIDENCE = (table_of(model) for model in (Unit, Owner, Ownership, Residence))
# Nobody lives in a parking place or a store room: they have no voice.
_IS_HOME = _UNIT.c.kind.in_([kind for kind in UnitKind if votable_by_default(kind)])


@dataclass(frozen=True, slots=True)
class Place:
    """The whole estate, a building, or an entrance of it."""

    scope: Scope = Scope.ESTATE
    building: str = ""
    entrance: str = ""

    @property
    def value(self) -> str:
        """As the drawing of an estate has it: `estate`, `building:3`, `entrance:3:1`."""
        parts = {Scope.BUILDING: [self.building], Scope.ENTRANCE: [self.building, self.entrance]}
        return ":".join([self.scope.value, *parts.get(self.scope, [])])

    @property
    def label(self) -> str:
        """In the words people use, nothing for the whole estate."""
        return building_label(self.building) + entrance_label(self.entrance) if self.building else ""


def place_of(proposal: Proposal) -> Place:
    return Place(proposal.scope, proposal.scope_building, proposal.scope_entrance)


def read_place(session: Session, *, estate_id: UUID, value: str) -> Place:
    """What was picked on the drawing; raises `Invalid` for a part the estate does not have."""
    kind, _, rest = value.partition(":")
    building, _, entrance = rest.rpartition(":")
    known = {
        Scope.ESTATE: Place(),
        Scope.BUILDING: Place(Scope.BUILDING, rest),
        Scope.ENTRANCE: Place(Scope.ENTRANCE, building, entrance),
    }
    place = known.get(Scope(kind)) if kind in set(Scope) else None
    if place is None or place.value != value or not count_homes(session, estate_id=estate_id, place=place):
        raise Invalid(N_("请在图上选择议题涉及的范围"), code="unknown_place", field="scope")
    return place


def list_places(session: Session, *, estate_id: UUID) -> list[Place]:
    """The whole estate, then each building with homes and, where it has several, its entrances."""
    query = sa.select(_UNIT.c.building, _UNIT.c.entrance).where(within(estate_id, Place())).distinct()
    entrances: defaultdict[str, set[str]] = defaultdict(set)
    for building, entrance in session.connection().execute(query):
        entrances[building].add(entrance)
    places = [Place()]
    for building in sorted(entrances, key=in_order):
        named = sorted_names(filter(None, entrances[building]))
        places.append(Place(Scope.BUILDING, building))
        places += [Place(Scope.ENTRANCE, building, entrance) for entrance in named]
    return places


def within(estate_id: UUID, place: Place) -> sa.ColumnElement[bool]:
    """The condition on `unit` for a home in the place."""
    conditions = [_UNIT.c.estate_id == estate_id, _IS_HOME]
    if place.scope is not Scope.ESTATE:
        conditions.append(_UNIT.c.building == place.building)
    if place.scope is Scope.ENTRANCE:
        conditions.append(_UNIT.c.entrance == place.entrance)
    return sa.and_(*conditions)


def count_homes(session: Session, *, estate_id: UUID, place: Place) -> int:
    query = sa.select(sa.func.count()).select_from(_UNIT).where(within(estate_id, place))
    return int(session.connection().execute(query).scalar_one())


def homes_of(session: Session, *, estate_id: UUID, account_id: UUID, place: Place) -> frozenset[UUID]:
    """The homes in the place that the person owns or is registered as living in."""
    owned = (
        sa.select(_UNIT.c.id)
        .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
        .where(_OWNER.c.account_id == account_id, within(estate_id, place))
    )
    lived = (
        sa.select(_UNIT.c.id)
        .select_from(_RESIDENCE.join(_UNIT))
        .where(_RESIDENCE.c.account_id == account_id, within(estate_id, place))
    )
    return frozenset(session.connection().execute(owned.union(lived)).scalars())
