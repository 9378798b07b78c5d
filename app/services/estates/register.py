"""The register as the desk sees it: homes in lists, one home's sheet, and how far the register has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.estates import Owner, Ownership, Relation, Residence, Unit
from app.rules.accounts import mask_name, mask_phone
from app.rules.estates.units import UnitKind, UnitStatus
from app.services.estates.units import find_unit, label_of, owners_of, phones_of, place_of, read_units


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """An owner of a home; `phones` in E.164, masked like the name when read without the right to see them."""

    id: UUID
    name: str
    phones: tuple[str, ...]
    bound_at: datetime | None


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A home in a list; `area` in hundredths of a square metre."""

    id: UUID
    label: str
    building: str
    entrance: str
    floor: int
    room: str
    area: int
    kind: UnitKind
    status: UnitStatus
    heirs_proving: bool
    tenant: bool
    owners: tuple[OwnerLine, ...]


@dataclass(frozen=True, slots=True)
class ResidentLine:
    """Somebody verified to live here who owns nothing of it."""

    account_id: UUID
    name: str
    relation: Relation
    since: datetime


@dataclass(frozen=True, slots=True)
class HomeSheet:
    """One home with all the register knows of it; `namesakes` are owners elsewhere with an owner's name."""

    home: HomeLine
    remark: str
    representative_id: UUID | None
    residents: tuple[ResidentLine, ...]
    namesakes: tuple[tuple[OwnerLine, OwnerLine, str], ...]


@dataclass(frozen=True, slots=True)
class RegisterCount:
    """Homes, homes without an owner, owners, and owners bound to an account."""

    homes: int
    ownerless: int
    owners: int
    bound: int


def list_homes(session: Session, *, estate_id: UUID, building: str, masked: bool) -> Sequence[HomeLine]:
    """The homes of one building; `masked` for everybody but the committee (PIPL art. 6, 25)."""
    units = read_units(session, estate_id=estate_id, building=building)
    return [_home_line(unit, owners, masked=masked) for unit, owners in units]


def list_ownerless(session: Session, *, estate_id: UUID, limit: int = 200) -> Sequence[HomeLine]:
    """Homes without an owner, which cannot stand on a roll."""
    has_owner = sa.exists().where(col(Ownership.unit_id) == col(Unit.id))
    query = select(Unit).where(Unit.estate_id == estate_id, ~has_owner)
    return [_home_line(unit, (), masked=False) for unit in sorted(session.exec(query), key=place_of)[:limit]]


def find_homes(session: Session, *, estate_id: UUID, text: str, limit: int = 50) -> Sequence[HomeLine]:
    """Homes by room, by part of an owner's name, or by the last digits of his phone; committee only."""
    wanted = text.strip()
    if not wanted:
        return []
    hits: list[sa.ColumnElement[bool]] = [
        col(Unit.room) == wanted,
        col(Owner.name).contains(wanted, autoescape=True),
    ]
    if wanted.isdigit() and len(wanted) >= 4:
        hits.append(col(Owner.phone).endswith(wanted, autoescape=True))
    query = (
        select(Unit)
        .outerjoin(Ownership, col(Ownership.unit_id) == Unit.id)
        .outerjoin(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Unit.estate_id == estate_id, sa.or_(*hits))
        .distinct()
    )
    units = sorted(session.exec(query), key=place_of)[:limit]
    return [_home_line(unit, owners_of(session, unit_id=unit.id), masked=False) for unit in units]


def get_home(session: Session, *, estate_id: UUID, unit_id: UUID) -> HomeSheet:
    """One home in the clear, for the committee; raises `NotFound` for another estate's."""
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    owners = owners_of(session, unit_id=unit_id)
    residents = session.exec(
        select(Residence, Account.name)
        .join(Account, col(Account.id) == Residence.account_id)
        .where(Residence.unit_id == unit_id)
        .order_by(col(Residence.since))
    )
    return HomeSheet(
        home=_home_line(unit, owners, masked=False),
        remark=unit.remark,
        representative_id=unit.representative_id,
        residents=tuple(ResidentLine(r.account_id, name, r.relation, r.since) for r, name in residents),
        namesakes=_namesakes(session, unit, owners),
    )


def _namesakes(
    session: Session, unit: Unit, owners: Sequence[Owner]
) -> tuple[tuple[OwnerLine, OwnerLine, str], ...]:
    query = (
        select(Owner, Unit)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .join(Unit, col(Unit.id) == Ownership.unit_id)
        .where(Owner.estate_id == unit.estate_id, col(Owner.name).in_([owner.name for owner in owners]))
    )
    homes: defaultdict[UUID, list[str]] = defaultdict(list)
    others: dict[UUID, Owner] = {}
    for other, held in session.exec(query):
        others[other.id] = other
        homes[other.id].append(label_of(held))
    return tuple(
        (owner_line(owner, masked=False), owner_line(other, masked=False), "、".join(homes[other.id]))
        for owner in owners
        for other in others.values()
        if other.name == owner.name and other.id != owner.id
    )


def count_register(session: Session, *, estate_id: UUID) -> RegisterCount:
    has_owner = sa.exists().where(col(Ownership.unit_id) == col(Unit.id))
    owning = sa.exists().where(col(Ownership.owner_id) == col(Owner.id))
    units = select(sa.func.count()).select_from(Unit).where(Unit.estate_id == estate_id)
    owners = select(sa.func.count()).select_from(Owner).where(Owner.estate_id == estate_id, owning)
    return RegisterCount(
        homes=session.exec(units).one(),
        ownerless=session.exec(units.where(~has_owner)).one(),
        owners=session.exec(owners).one(),
        bound=session.exec(owners.where(col(Owner.account_id).is_not(None))).one(),
    )


def owner_line(owner: Owner, *, masked: bool) -> OwnerLine:
    phones = phones_of(owner)
    return OwnerLine(
        id=owner.id,
        name=mask_name(owner.name) if masked else owner.name,
        phones=tuple(map(mask_phone, phones)) if masked else phones,
        bound_at=owner.bound_at if owner.account_id else None,
    )


def _home_line(unit: Unit, owners: Collection[Owner], *, masked: bool) -> HomeLine:
    return HomeLine(
        id=unit.id,
        label=label_of(unit),
        building=unit.building,
        entrance=unit.entrance,
        floor=unit.floor,
        room=unit.room,
        area=unit.area,
        kind=unit.kind,
        status=unit.status,
        heirs_proving=unit.heirs_proving,
        tenant=unit.tenant,
        owners=tuple(owner_line(owner, masked=masked) for owner in owners),
    )
