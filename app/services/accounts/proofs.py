"""Proofs: when it was last shown that whoever holds an account's phone is the account's person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from app.errors import N_, Invalid
from app.models.accounts import Account, Grant, LoginSession, SignInCode
from app.models.base import NO_ID, table_of
from app.rules.accounts import CONFIRM_LIFE, is_same_holder, mask_phone
from app.rules.estates.reasons import clean_reason
from app.services.accounts.registered import waits_long
from app.services.accounts.sessions import end_all
from app.services.trail import Actor, record

# What every sign-in leaves behind is nothing to lose.
_TRACES = frozenset({LoginSession.__tablename__, SignInCode.__tablename__})


@dataclass(frozen=True, slots=True)
class Proof:
    """A right code came from this phone at `at`, and it was this account's then."""

    account_id: UUID
    phone: str
    at: datetime


def begin_proof(
    session: Session, *, account_id: UUID, known_at: datetime | None, now: datetime
) -> Proof | None:
    """What still has to be confirmed after a right code; None when the code is enough.

    `known_at` is when this browser was last signed in to the account. Nothing is asked of an account that has nothing
    to lose, and that no register has long known as an owner's: whoever comes anew on an old number begins there as well
    as anywhere, without the sessions and the name of whoever left them.
    """
    account = session.get_one(Account, account_id)
    same = is_same_holder(
        proved_at=account.proved_at or _beginning(session, account),
        known_at=known_at,
        forgotten_at=account.forgotten_at,
        now=now,
    )
    if same or account.phone is None:
        return None
    registered = not account.reissued_at and waits_long(session, phone=account.phone, now=now)
    if registered or has_something(session, account_id=account_id):
        return Proof(account_id, account.phone, now)
    end_all(session, account_id=account_id, now=now)
    account.name = ""
    session.add(account)
    session.flush()
    return None


def _beginning(session: Session, account: Account) -> datetime:
    """When the account began; while nobody has ever signed in, the newest role given to its number counts as that."""
    used = sa.exists().where(col(LoginSession.account_id) == account.id)
    query = select(sa.func.max(Grant.granted_at)).where(col(Grant.account_id) == account.id, ~used)
    granted_at = session.exec(query).one()
    return max(account.created_at, granted_at or account.created_at)


def has_something(session: Session, *, account_id: UUID) -> bool:
    """Whether any row of any room names the account: a home, a claim, a role, a message, something written."""
    named = [
        sa.exists().where(column == sa.bindparam("account_id"))
        for table in SQLModel.metadata.sorted_tables
        if table.name not in _TRACES
        for column in table.columns
        if any(key.column is table_of(Account).c.id for key in column.foreign_keys)
    ]
    return bool(session.connection().execute(sa.select(sa.or_(*named)), {"account_id": account_id}).scalar())


def is_open(session: Session, *, proof: Proof, now: datetime) -> bool:
    """Whether a proof still waits: not run out, and the account neither confirmed nor parted from the number since."""
    return _waits(session.get(Account, proof.account_id), proof, now)


def lock_open(session: Session, *, proof: Proof, now: datetime) -> Account | None:
    """The same for who acts on it: the account, locked, so that of two at once only one is right."""
    query = select(Account).where(Account.id == proof.account_id).with_for_update(key_share=True)
    account = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    return account if _waits(account, proof, now) else None


def _waits(account: Account | None, proof: Proof, now: datetime) -> bool:
    if account is None or account.phone != proof.phone or now >= proof.at + CONFIRM_LIFE:
        return False
    return (account.proved_at or account.created_at) < proof.at


def mark_proved(session: Session, *, account_id: UUID, now: datetime) -> None:
    """Whoever holds the phone has just been shown to be the account's person."""
    proving = sa.update(Account).where(col(Account.id) == account_id)
    session.connection().execute(proving.values(proved_at=now))


def confirm_phone(
    session: Session, *, account_id: UUID, actor: Actor, reason: str, now: datetime, estate_id: UUID = NO_ID
) -> None:
    """Somebody vouches that the number is still this person's, who is let in by his next code; `reason` says how he knows.

    Raises `Invalid` without a reason and for an account without a number.
    """
    account = session.get_one(Account, account_id)
    if account.phone is None:
        raise Invalid(N_("这个账户现在没有手机号。请收回身份，再用新号码授予"))
    why = clean_reason(reason)
    mark_proved(session, account_id=account_id, now=now)
    record(
        session,
        tag="accounts:phone:confirm",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        new={"phone": mask_phone(account.phone)},
        reason=why,
    )
