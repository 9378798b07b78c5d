"""What runs out soon: warranties whose residents are asked to look once more, and lifts whose certificate ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.estates import Estate, Owner, Ownership, Residence, Unit
from app.models.maintenance.places import Facility, Place, WarrantyItem, WarrantyReminder
from app.models.outbox import Channel
from app.rules.maintenance.warranty import REMINDERS, reminder_due
from app.rules.maintenance.workcalendar import day_of
from app.services import outbox
from app.services.maintenance.places import label_of, places_by_id, way_of
from app.services.maintenance.telling import committee_of

_LONGEST = timedelta(days=max(REMINDERS))
# The yearly inspection takes some weeks to arrange.
CERTIFICATE_DAYS = 30


@dataclass(frozen=True, slots=True)
class EndingItem:
    """A warranty that ends within ninety days."""

    id: UUID
    title: str
    place: str
    last_day: date
    days_left: int


@dataclass(frozen=True, slots=True)
class LiftLine:
    """A lift with its certificate; `days_left` below zero when it has run out, None where no date is registered."""

    place_id: UUID
    name: str
    registration: str
    certificate_until: date | None
    days_left: int | None


def ending_items(session: Session, *, estate_id: UUID, now: datetime) -> list[EndingItem]:
    """Warranties that end within ninety days, the nearest first."""
    today = day_of(now)
    query = (
        select(WarrantyItem, Place)
        .join(Place, col(Place.id) == WarrantyItem.place_id)
        .where(
            WarrantyItem.estate_id == estate_id,
            col(WarrantyItem.last_day) >= today,
            col(WarrantyItem.last_day) <= today + _LONGEST,
        )
        .order_by(col(WarrantyItem.last_day))
    )
    known = places_by_id(session, estate_id=estate_id)
    return [
        EndingItem(
            id=item.id,
            title=item.title,
            place=label_of(way_of(session, place, known)),
            last_day=item.last_day,
            days_left=(item.last_day - today).days,
        )
        for item, place in session.exec(query).all()
        if item.last_day is not None
    ]


def lifts_of(session: Session, *, estate_id: UUID, now: datetime) -> list[LiftLine]:
    """Every facility with a registration or a certificate, the one that ends first at the head."""
    today = day_of(now)
    rows = session.exec(
        select(Facility, Place)
        .join(Place, col(Place.id) == Facility.place_id)
        .where(
            Facility.estate_id == estate_id,
            col(Place.retired_at).is_(None),
            sa.or_(col(Facility.certificate_until).is_not(None), col(Facility.registration) != ""),
        )
    ).all()
    known = places_by_id(session, estate_id=estate_id)
    lines = [
        LiftLine(
            place_id=place.id,
            name=label_of(way_of(session, place, known)),
            registration=facility.registration,
            certificate_until=facility.certificate_until,
            days_left=(facility.certificate_until - today).days if facility.certificate_until else None,
        )
        for facility, place in rows
    ]
    return sorted(lines, key=lambda line: line.certificate_until or date.min)


def due_items(session: Session, *, now: datetime) -> list[UUID]:
    """Items of all estates that end within ninety days and may owe a reminder."""
    today = day_of(now)
    sent = sa.select(sa.func.count()).where(col(WarrantyReminder.item_id) == WarrantyItem.id)
    query = (
        select(WarrantyItem.id)
        .join(Place, col(Place.id) == WarrantyItem.place_id)
        .where(
            col(WarrantyItem.last_day) >= today,
            col(WarrantyItem.last_day) <= today + _LONGEST,
            col(Place.retired_at).is_(None),
            sent.scalar_subquery() < len(REMINDERS),
        )
    )
    return list(session.exec(query).all())


def remind(session: Session, *, item_id: UUID, now: datetime) -> bool:
    """Ask the people of the building, or of the estate, to look before the warranty ends; once for each reminder."""
    item = session.get_one(WarrantyItem, item_id, with_for_update={"key_share": True})
    sent = set(session.exec(select(WarrantyReminder.days).where(WarrantyReminder.item_id == item_id)).all())
    days = reminder_due(item.last_day, day_of(now), sent) if item.last_day else None
    if days is None or item.last_day is None:
        return False
    session.add(WarrantyReminder(item_id=item_id, days=days, at=now))
    place = session.get_one(Place, item.place_id)
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"warranty_ends:{item_id}:{days}:{account_id}",
                template="warranty_ends",
                now=now,
                account_id=account_id,
                estate_id=item.estate_id,
                values={"title": item.title, "last_day": item.last_day.isoformat()},
                link=f"maintenance/new?place={place.code}",
                channel=Channel.INBOX,
            )
            for account_id in _people(session, place)
        ],
    )
    session.flush()
    return True


def _people(session: Session, place: Place) -> Sequence[UUID]:
    """Accounts of those who own or live in the place's building; of the whole estate outside of buildings."""
    where = [col(Unit.estate_id) == place.estate_id]
    if place.building:
        where.append(col(Unit.building) == place.building)
    owners = (
        sa.select(col(Owner.account_id))
        .join_from(table_of(Ownership), table_of(Owner))
        .join(table_of(Unit), col(Unit.id) == col(Ownership.unit_id))
        .where(col(Owner.account_id).is_not(None), *where)
    )
    residents = (
        sa.select(col(Residence.account_id)).join_from(table_of(Residence), table_of(Unit)).where(*where)
    )
    found = session.connection().execute(owners.union(residents)).scalars()
    return [account_id for account_id in found if account_id is not None]


def due_certificates(session: Session, *, now: datetime) -> list[UUID]:
    """Facilities of all estates whose certificate ends within thirty days, or has ended."""
    limit = day_of(now) + timedelta(days=CERTIFICATE_DAYS)
    query = (
        select(Facility.place_id)
        .join(Place, col(Place.id) == Facility.place_id)
        .where(col(Facility.certificate_until) <= limit, col(Place.retired_at).is_(None))
    )
    return list(session.exec(query).all())


def warn_certificate(session: Session, *, place_id: UUID, now: datetime) -> bool:
    """Tell the committee once that a lift's certificate ends; the key of the message is the certificate's own day."""
    facility = session.get_one(Facility, place_id)
    place = session.get_one(Place, place_id)
    slug = session.get_one(Estate, facility.estate_id).slug
    day = facility.certificate_until
    if day is None:
        return False
    new = False
    for account_id in committee_of(session, facility.estate_id):
        new |= outbox.post(
            session,
            outbox.Draft(
                key=f"certificate_ends:{place_id}:{day}:{account_id}",
                template="certificate_ends",
                now=now,
                account_id=account_id,
                estate_id=facility.estate_id,
                values={"name": label_of(way_of(session, place)), "day": day.isoformat()},
                link=f"/desk/{slug}/facilities",
            ),
        )
    return new
