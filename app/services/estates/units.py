"""Homes and their owners as rows: the reads that every other use case of the register starts from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.estates import Estate, Owner, Ownership, Unit
from app.rules.estates.addresses import Home
from app.rules.estates.labels import home_label, in_order, sorted_names


@dataclass(frozen=True, slots=True)
class BuildingLine:
    """A building, its entrances in order ("" where there is none), and how much the register knows of it."""

    building: str
    entrances: tuple[str, ...]
    homes: int
    area: int


def lock_register(session: Session, *, estate_id: UUID) -> None:
    """Writers of one register queue, so that nobody's plan is overtaken between look and deed."""
    query = select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True)
    session.exec(query).one()


def phones_of(owner: Owner) -> tuple[str, ...]:
    """His numbers, the one shown first at the head."""
    return tuple(dict.fromkeys(filter(None, (owner.phone, *owner.other_phones.split()))))


def find_unit(session: Session, *, estate_id: UUID, unit_id: UUID) -> Unit:
    unit = session.exec(select(Unit).where(Unit.id == unit_id, Unit.estate_id == estate_id)).one_or_none()
    if unit is None:
        raise NotFound(N_("名册里没有这套房屋"))
    return unit


def owners_of(session: Session, *, unit_id: UUID) -> Sequence[Owner]:
    query = (
        select(Owner)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .where(Ownership.unit_id == unit_id)
        .order_by(col(Ownership.position))
    )
    return session.exec(query).all()


def home_of(unit: Unit) -> Home:
    """The key by which a register's rows are compared."""
    return Home(unit.building, unit.entrance, unit.room)


def label_of(unit: Unit) -> str:
    return home_label(unit.building, unit.entrance, unit.room)


def read_units(
    session: Session, *, estate_id: UUID, building: str | None = None
) -> list[tuple[Unit, list[Owner]]]:
    """Homes with their owners, in the order in which they stand."""
    units = select(Unit).where(Unit.estate_id == estate_id)
    owned = (
        select(Ownership.unit_id, Owner)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Owner.estate_id == estate_id)
        .order_by(col(Ownership.position))
    )
    if building is not None:
        units = units.where(Unit.building == building)
        owned = owned.join(Unit, col(Unit.id) == Ownership.unit_id).where(Unit.building == building)
    owners: defaultdict[UUID, list[Owner]] = defaultdict(list)
    for unit_id, owner in session.exec(owned):
        owners[unit_id].append(owner)
    ordered = sorted(session.exec(units), key=place_of)
    return [(unit, owners[unit.id]) for unit in ordered]


def place_of(unit: Unit) -> tuple[object, ...]:
    return (in_order(unit.building), in_order(unit.entrance), unit.floor, in_order(unit.room))


def list_buildings(session: Session, *, estate_id: UUID) -> Sequence[BuildingLine]:
    query = (
        select(Unit.building, Unit.entrance, sa.func.count(), sa.func.sum(Unit.area))
        .where(Unit.estate_id == estate_id)
        .group_by(col(Unit.building), col(Unit.entrance))
    )
    found: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for building, entrance, homes, area in session.exec(query):
        found[building].append((entrance, homes, int(area)))
    return [
        BuildingLine(
            building,
            tuple(sorted_names(entrance for entrance, _, _ in found[building])),
            sum(homes for _, homes, _ in found[building]),
            sum(area for _, _, area in found[building]),
        )
        for building in sorted_names(found)
    ]


def list_rooms(
    session: Session, *, estate_id: UUID, building: str, entrance: str
) -> Sequence[tuple[UUID, str]]:
    """The homes of an entrance by id and room, without anything about their owners."""
    query = select(Unit).where(
        Unit.estate_id == estate_id, Unit.building == building, Unit.entrance == entrance
    )
    return [(unit.id, unit.room) for unit in sorted(session.exec(query), key=place_of)]
