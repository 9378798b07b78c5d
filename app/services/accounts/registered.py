"""Registered numbers: what a register says of a number, and whether that is old enough to be about somebody before."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.estates import Estate, Owner, OwnerPhone
from app.rules.accounts import is_old_entry


def has_phone(phone: str) -> sa.ColumnElement[bool]:
    """Whether a number is one of an owner's."""
    return sa.or_(col(Owner.phone) == phone, col(Owner.other_phones).contains(f" {phone} ", autoescape=True))


def entered_at(session: Session, owner: Owner, phone: str) -> datetime:
    """When this number was put to the owner; of a row older than the question, when its estate began."""
    later = session.get(OwnerPhone, (owner.id, phone))
    known = later.entered_at if later else owner.entered_at
    return known or session.get_one(Estate, owner.estate_id).created_at


def is_by_number(session: Session, *, owner: Owner, account: Account) -> bool:
    """Whether the number alone shows that this account is the owner: it came not long after the number was put down."""
    assert account.phone is not None  # the caller matched by it
    return not is_old_entry(entered_at=entered_at(session, owner, account.phone), at=account.created_at)


def waits_long(session: Session, *, phone: str, now: datetime) -> bool:
    """Whether some register has known the number for long as that of an owner whom no account is bound to."""
    query = select(Owner).where(col(Owner.account_id).is_(None), has_phone(phone))
    found = session.exec(query).all()
    return any(is_old_entry(entered_at=entered_at(session, owner, phone), at=now) for owner in found)
