"""Parties of an estate: the committee's own, who works for which, and the hours each one keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.estates import Estate
from app.models.maintenance.parties import Party, PartyStaff
from app.rules.maintenance.responsible import PartyKind
from app.rules.maintenance.workcalendar import OFFICE_HOURS, PROPERTY_HOURS, Hours, read_hours

_EVERY_DAY = frozenset({PartyKind.PROPERTY, PartyKind.UTILITY, PartyKind.LIFT_FIRM})


def committee_party(session: Session, *, estate_id: UUID, now: datetime) -> Party:
    """The committee as a party: where an order goes that nobody else answers for. Made when first needed.

    The caller holds the estate's lock (`lock_register`), so that two first orders make one.
    """
    found = session.exec(
        select(Party).where(Party.estate_id == estate_id, Party.kind == PartyKind.COMMITTEE)
    ).one_or_none()
    if found is None:
        estate = session.get_one(Estate, estate_id)
        found = Party(
            estate_id=estate_id,
            kind=PartyKind.COMMITTEE,
            name=estate.committee_name or "居委会",
            phone=estate.desk_phone,
            created_at=now,
        )
        session.add(found)
        session.flush()
    return found


def find_party(session: Session, *, estate_id: UUID, party_id: UUID) -> Party:
    """A party of this estate that still works here; `NotFound` for any other."""
    party = session.get(Party, party_id)
    if party is None or party.estate_id != estate_id or party.ended_at is not None:
        raise NotFound(N_("没有找到这个责任方，请从列表里重新选择"))
    return party


def list_parties(session: Session, *, estate_id: UUID) -> Sequence[Party]:
    """The parties that work in the estate now, by name."""
    query = select(Party).where(Party.estate_id == estate_id, col(Party.ended_at).is_(None))
    return session.exec(query.order_by(col(Party.name))).all()


def parties_of(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[Party]:
    """The parties of the estate that a person works for now, by name."""
    query = (
        select(Party)
        .join(PartyStaff, col(PartyStaff.party_id) == Party.id)
        .where(
            Party.estate_id == estate_id,
            PartyStaff.account_id == account_id,
            col(PartyStaff.ended_at).is_(None),
            col(Party.ended_at).is_(None),
        )
        .order_by(col(Party.name))
    )
    return session.exec(query).all()


def staff_of(session: Session, *, party_id: UUID) -> Sequence[UUID]:
    """The accounts of the people who work for a party now."""
    query = select(PartyStaff.account_id).where(
        PartyStaff.party_id == party_id, col(PartyStaff.ended_at).is_(None)
    )
    return session.exec(query.order_by(sa.asc(col(PartyStaff.since)))).all()


def hours_of(party: Party | None) -> Hours:
    """When a party works: as it said, else every day for who keeps things running, else office hours."""
    if party is None:
        return OFFICE_HOURS
    if party.hours:
        return read_hours(party.hours, every_day=party.every_day)
    return PROPERTY_HOURS if party.kind in _EVERY_DAY else OFFICE_HOURS
