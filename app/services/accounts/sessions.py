"""Sessions: start one at sign-in, find the person behind a token, list the devices, sign out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.accounts import Account, Grant, LoginSession, SecondFactor
from app.rules.accounts import (
    PROOF_BY_USE,
    SESSION_IDLE,
    SESSION_IDLE_DUTY,
    SESSION_IDLE_STAFF,
    SESSION_LIFE,
    STAFF_ROLES,
)
from app.services.accounts.devices import name_device
from app.services.accounts.hashing import token_hash
from app.services.outbox import unread_of

TOUCH_EVERY = timedelta(minutes=5)
PROOF_EVERY = timedelta(days=1)
ENDED_KEPT = timedelta(days=30)

_SESSIONS = sa.inspect(LoginSession).local_table
_ACCOUNTS = sa.inspect(Account).local_table
_SESSION = _SESSIONS.c
_ACCOUNT = _ACCOUNTS.c
_GRANT = sa.inspect(Grant).local_table.c
_FACTOR = sa.inspect(SecondFactor).local_table.c

_NEIGHBOUR, _ON_DUTY, _STAFF = 0, 1, 2
# The most that a grant of the person makes of him.
_RANK = (
    sa.select(
        sa.func.coalesce(
            sa.func.max(sa.case((_GRANT.role.in_(sorted(STAFF_ROLES)), _STAFF), else_=_ON_DUTY)), _NEIGHBOUR
        )
    )
    .where(_GRANT.account_id == _SESSION.account_id, _GRANT.ended_at.is_(None))
    .correlate(_SESSIONS)
    .scalar_subquery()
    .label("rank")
)
_IDLE = {_NEIGHBOUR: SESSION_IDLE, _ON_DUTY: SESSION_IDLE_DUTY, _STAFF: SESSION_IDLE_STAFF}
_HAS_FACTOR = (
    sa.exists()
    .where(_FACTOR.account_id == _SESSION.account_id, _FACTOR.confirmed_at.is_not(None))
    .correlate(_SESSIONS)
    .label("has_second_factor")
)
# What `person_of` needs, of the session that a token is the key of; for statements that ask for more beside it.
PERSON = (
    _SESSION.id.label("session_id"),
    _SESSION.account_id,
    _SESSION.seen_at,
    _SESSION.second_factor_at,
    _ACCOUNT.name.label("person_name"),
    _ACCOUNT.phone,
    _RANK,
    _HAS_FACTOR,
    unread_of(_SESSION.account_id).label("unread"),
)
IS_LIVE = sa.and_(
    _SESSION.token_hash == sa.bindparam("token_hash"),
    _SESSION.ended_at.is_(None),
    _SESSION.expires_at > sa.bindparam("now", type_=_SESSION.expires_at.type),
)
# Asked at every request, so it is built once and is one statement.
_FIND_PERSON = (
    sa.select(*PERSON).join_from(_SESSIONS, _ACCOUNTS, _ACCOUNT.id == _SESSION.account_id).where(IS_LIVE)
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends a request. `stale` says that `touch` is due; the second factor is shown in this session or not."""

    account_id: UUID
    name: str
    phone: str | None
    session_id: UUID
    is_staff: bool
    unread: int = 0
    stale: bool = False
    has_second_factor: bool = False
    second_factor_shown: bool = False

    def owes_second_factor(self, *, required: bool) -> bool:
        """Whether staff roles do not work in this session yet; whoever has set a factor up is asked for it always."""
        return self.is_staff and not self.second_factor_shown and (required or self.has_second_factor)


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in device as its owner sees it."""

    id: UUID
    label: str
    created_at: datetime
    seen_at: datetime
    current: bool


def start_session(
    session: Session, *, account_id: UUID, device: str, now: datetime, previous_token: str | None
) -> str:
    """A new token for the cookie; `device` is the user agent.

    The session behind the browser's old token ends. A token brought along is never taken over, whoever it
    belonged to, so nobody can plant one.
    """
    if previous_token:
        session.connection().execute(
            sa.update(LoginSession)
            .where(
                col(LoginSession.token_hash) == token_hash(previous_token),
                col(LoginSession.ended_at).is_(None),
            )
            .values(ended_at=now)
        )
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            account_id=account_id,
            token_hash=token_hash(token),
            device=name_device(device),
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    session.flush()
    return token


def mark_second_factor(session: Session, *, session_id: UUID, now: datetime) -> str:
    """Note that this session showed the factor; its new token. The old one opens nothing any more (ASVS 5.0, 7.2.4)."""
    token = secrets.token_urlsafe(32)
    session.connection().execute(
        sa.update(LoginSession)
        .where(col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None))
        .values(token_hash=token_hash(token), second_factor_at=now, seen_at=now)
    )
    return token


def forget_second_factor(session: Session, *, account_id: UUID) -> None:
    """The factor is another one or gone: every session of the account is asked anew."""
    session.connection().execute(
        sa.update(LoginSession)
        .where(col(LoginSession.account_id) == account_id, col(LoginSession.second_factor_at).is_not(None))
        .values(second_factor_at=None)
    )


def find_person(session: Session, *, token: str, now: datetime) -> Person | None:
    """The person behind a token, unless the session has ended, run out, or been idle too long; reads only.

    Idle time is counted from `seen_at`, which may lag `TOUCH_EVERY` behind: a session ends up to five minutes
    early and never late.
    """
    row = session.connection().execute(_FIND_PERSON, live(token, now)).one_or_none()
    return person_of(row, now) if row is not None else None


def live(token: str, now: datetime) -> dict[str, object]:
    """The values of `IS_LIVE`."""
    return {"token_hash": token_hash(token), "now": now}


def person_of(row: Any, now: datetime) -> Person | None:
    """The person of a row with the columns `PERSON`, unless there is none or the session was idle too long."""
    if row.session_id is None or now - row.seen_at > _IDLE[row.rank]:
        return None
    return Person(
        account_id=row.account_id,
        name=row.person_name,
        phone=row.phone,
        session_id=row.session_id,
        is_staff=row.rank == _STAFF,
        unread=row.unread,
        stale=now - row.seen_at >= TOUCH_EVERY,
        has_second_factor=row.has_second_factor,
        second_factor_shown=row.second_factor_at is not None,
    )


def touch(session: Session, *, session_id: UUID, now: datetime) -> None:
    """Note that the session is in use; call it when `Person.stale`, at most once in five minutes.

    Reading counts as use, or staff who read for half an hour would be signed out. A page is read in a
    transaction that may not write, so this runs in a short writing one of its own *after* that has ended: on
    SQLite without WAL the writer would otherwise wait for the very reader that waits for it. A request that
    writes calls it in its own.
    """
    session.connection().execute(
        sa.update(LoginSession)
        .where(
            col(LoginSession.id) == session_id,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.seen_at) <= now - TOUCH_EVERY,
        )
        .values(seen_at=now)
    )
    _renew_proof(session, session_id=session_id, now=now)


def _renew_proof(session: Session, *, session_id: UUID, now: datetime) -> None:
    """Use stands for a proof of the phone, at most once a day.

    Only in a session younger than `PROOF_BY_USE` that began with the phone: whoever has lost the number may go on
    using his session, and his use must not let the next holder in. One begun with a desk code proves no phone.
    """
    proved_at = sa.func.coalesce(_ACCOUNT.proved_at, _ACCOUNT.created_at)
    began_with_phone = (
        sa.exists()
        .where(
            _SESSION.id == session_id,
            _SESSION.account_id == _ACCOUNT.id,
            _SESSION.ended_at.is_(None),
            _SESSION.created_at > now - PROOF_BY_USE,
            _SESSION.created_at <= proved_at,
        )
        .correlate(_ACCOUNTS)
    )
    mine = sa.select(_SESSION.account_id).where(_SESSION.id == session_id).scalar_subquery()
    session.connection().execute(
        sa.update(Account)
        .where(_ACCOUNT.id == mine, proved_at <= now - PROOF_EVERY, began_with_phone)
        .values(proved_at=now)
    )


def list_devices(session: Session, *, account_id: UUID, current: UUID, now: datetime) -> list[Device]:
    """The devices on which the person is signed in now, the latest used first."""
    query = (
        select(LoginSession, _RANK)
        .where(
            col(LoginSession.account_id) == account_id,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.expires_at) > now,
        )
        .order_by(col(LoginSession.seen_at).desc())
        .execution_options(populate_existing=True)
    )
    return [
        Device(row.id, row.device, row.created_at, row.seen_at, current=row.id == current)
        for row, rank in session.exec(query)
        if now - row.seen_at <= _IDLE[rank]
    ]


def end_session(session: Session, *, account_id: UUID, session_id: UUID, now: datetime) -> None:
    """Sign one device out; ending it twice is no fault. Raises `NotFound` for somebody else's."""
    row = session.get(LoginSession, session_id)
    if row is None or row.account_id != account_id:
        raise NotFound(N_("没有找到这台设备"))
    session.connection().execute(
        sa.update(LoginSession)
        .where(col(LoginSession.id) == session_id, col(LoginSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def end_all(session: Session, *, account_id: UUID, now: datetime, except_session: UUID | None = None) -> int:
    """Sign out everywhere, or everywhere else; how many devices. Every browser is a stranger's again."""
    forgetting = sa.update(Account).where(_ACCOUNT.id == account_id)
    session.connection().execute(forgetting.values(forgotten_at=now))
    ending = sa.update(LoginSession).where(col(LoginSession.account_id) == account_id)
    ending = ending.where(col(LoginSession.ended_at).is_(None))
    if except_session is not None:
        ending = ending.where(col(LoginSession.id) != except_session)
    return session.connection().execute(ending.values(ended_at=now)).rowcount


def clear_old(session: Session, *, now: datetime) -> int:
    """Delete sessions that ended, or ran out, thirty days ago; how many."""
    old = sa.or_(
        col(LoginSession.ended_at) <= now - ENDED_KEPT, col(LoginSession.expires_at) <= now - ENDED_KEPT
    )
    return session.connection().execute(sa.delete(LoginSession).where(old)).rowcount
