"""Owners as rows: who is the same person, and how he comes to a home and leaves it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.estates import Estate, Owner, OwnerPhone, Ownership, Unit
from app.services import outbox
from app.services.accounts.phones import is_mobile
from app.services.accounts.registered import has_phone
from app.services.estates.namings import lapse
from app.services.estates.rolls import owners_on_rolls
from app.services.estates.units import phones_of

MAX_OTHER_PHONES = 200


def find_owner(session: Session, *, estate_id: UUID, owner_id: UUID) -> Owner:
    owner = session.exec(
        select(Owner).where(Owner.id == owner_id, Owner.estate_id == estate_id)
    ).one_or_none()
    if owner is None:
        raise NotFound(N_("名册里没有这位业主"))
    return owner


def find_namesake(session: Session, *, estate_id: UUID, name: str, phone: str | None) -> Owner | None:
    """The owner who is this person because name and number agree; without a number a name identifies nobody."""
    if phone is None:
        return None
    query = select(Owner).where(Owner.estate_id == estate_id, Owner.name == name, has_phone(phone)).limit(1)
    return session.exec(query).first()


def set_phones(session: Session, owner: Owner, phones: Iterable[str], *, by: UUID, now: datetime) -> None:
    """His numbers, the first one shown; what does not fit is left out.

    Each new one is kept with who entered it and when, and one that goes is told once: it may be the true owner's.
    """
    before = set(phones_of(owner))
    _place_phones(owner, list(dict.fromkeys(phones)))
    session.add(owner)
    session.flush()
    after = set(phones_of(owner))
    for phone in sorted(before - after):
        left = session.get(OwnerPhone, (owner.id, phone))
        if left is not None:
            session.delete(left)
        if is_mobile(phone):
            _tell_number(session, owner, phone, now)
    for phone in sorted(after - before):
        session.merge(OwnerPhone(owner_id=owner.id, phone=phone, entered_by=by, entered_at=now))
    session.flush()


def _tell_number(session: Session, owner: Owner, phone: str, now: datetime) -> None:
    estate = session.get_one(Estate, owner.estate_id)
    outbox.post(
        session,
        outbox.Draft(
            key=f"owner_number_gone:{owner.id}:{phone}:{now.isoformat()}",
            template="owner_number_gone",
            now=now,
            values={"estate": estate.name, "phone": estate.desk_phone},
            phone=phone,
            estate_id=owner.estate_id,
        ),
    )


def _place_phones(owner: Owner, numbers: list[str]) -> None:
    owner.phone = numbers[0] if numbers else None
    owner.other_phones = ""
    for phone in numbers[1:]:
        longer = f"{owner.other_phones or ' '}{phone} "
        if len(longer) <= MAX_OTHER_PHONES:
            owner.other_phones = longer


def set_owners(session: Session, *, unit: Unit, owner_ids: Sequence[UUID], now: datetime) -> frozenset[UUID]:
    """Make these the owners of a home, in this order; who owned it and does not any more.

    Other people than those who were asked must agree on a representative anew, so an open naming is void.
    """
    rows = session.exec(select(Ownership).where(Ownership.unit_id == unit.id)).all()
    present = {row.owner_id: row for row in rows}
    for position, owner_id in enumerate(dict.fromkeys(owner_ids)):
        row = present.get(owner_id) or Ownership(unit_id=unit.id, owner_id=owner_id)
        row.position = position
        session.add(row)
    gone = present.keys() - set(owner_ids)
    for owner_id in gone:
        session.delete(present[owner_id])
    if unit.representative_id in gone:
        unit.representative_id = None
        session.add(unit)
    session.flush()
    if present.keys() != set(owner_ids):
        lapse(session, unit, now=now)
    return frozenset(gone)


def drop_homeless(session: Session, *, owner_ids: Collection[UUID]) -> int:
    """Delete those who own nothing any more, unless an account or a roll still stands on the row; how many."""
    owning = sa.exists().where(col(Ownership.owner_id) == col(Owner.id))
    query = select(Owner).where(col(Owner.id).in_(owner_ids), col(Owner.account_id).is_(None), ~owning)
    homeless = session.exec(query).all()
    kept = owners_on_rolls(session, [owner.id for owner in homeless])
    for owner in homeless:
        if owner.id not in kept:
            session.delete(owner)
    session.flush()
    return len(homeless) - len(kept)


def tell_owner(
    session: Session, *, owner: Owner, template: str, key: str, now: datetime, values: dict[str, object]
) -> None:
    """A message to the account bound to the owner; nothing without one."""
    if owner.account_id:
        outbox.post(
            session,
            outbox.Draft(
                key=key,
                template=template,
                now=now,
                values=values,
                account_id=owner.account_id,
                estate_id=owner.estate_id,
            ),
        )
