"""Accounts come to be: at the first sign-in, by a grant, or at the desk for a person without a phone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.errors import N_, Invalid, NotFound
from app.models.accounts import Account
from app.services.accounts.phones import read_phone
from app.services.trail import Actor, record


def ensure_account(session: Session, *, phone: str, name: str, now: datetime) -> UUID:
    """The account of a phone number, made when there is none.

    `name` fills an empty name and changes no other. Raises `Invalid` for text that is no phone number.
    """
    number = read_phone(phone)
    if number is None:
        raise Invalid(N_("这不是一个手机号码，请检查后再填"), field="phone")
    query = select(Account).where(Account.phone == number)
    account = session.exec(query).one_or_none()
    if account is None:
        account = Account(phone=number, name=name.strip()[:50], created_at=now)
        try:
            with session.begin_nested():
                session.add(account)
        except IntegrityError:  # the same person signed in on two devices at once
            account = session.exec(query).one()
    if name.strip() and not account.name:
        account.name = name.strip()[:50]
        session.add(account)
        session.flush()
    return account.id


def find_account(session: Session, *, phone: str) -> UUID:
    """The account of a phone number; raises `NotFound`, and `Invalid` for text that is no phone number."""
    number = read_phone(phone)
    if number is None:
        raise Invalid(N_("这不是一个手机号码，请检查后再填"), field="phone")
    account = session.exec(select(Account).where(Account.phone == number)).one_or_none()
    if account is None:
        raise NotFound(N_("没有找到这个账户"))
    return account.id


def open_account(session: Session, *, name: str, actor: Actor, estate_id: UUID, now: datetime) -> UUID:
    """A new account without a phone, for somebody who signs in with desk codes only.

    Raises `Invalid` for an empty name. The caller has made sure that `actor` works at this estate's desk.
    """
    if not name.strip():
        raise Invalid(N_("请填写姓名"), field="name")
    account = Account(phone=None, name=name.strip()[:50], created_at=now)
    session.add(account)
    session.flush()
    record(
        session,
        tag="accounts:account:open",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account.id,
        new={"phone": ""},
    )
    return account.id
