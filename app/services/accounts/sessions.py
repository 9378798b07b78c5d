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
from app.models.accounts import Account, Grant, LoginSession
from app.rules.accounts import SESSION_IDLE, SESSION_IDLE_STAFF, SESSION_LIFE, STAFF_ROLES
from app.services.accounts.devices import name_device
from app.services.accounts.hashing import token_hash
from app.services.outbox import unread_of

TOUCH_EVERY = timedelta(minutes=5)
ENDED_KEPT = timedelta(days=30)

_SESSIONS = sa.inspect(LoginSession).local_table
_ACCOUNTS = sa.inspect(Account).local_table
_SESSION = _SESSIONS.c
_ACCOUNT = _ACCOUNTS.c
_GRANT = sa.inspect(Grant).local_table.c

_IS_STAFF = (
    sa.exists()
    .where(
        _GRANT.account_id == _SESSION.account_id,
        _GRANT.ended_at.is_(None),
        _GRANT.role.in_(sorted(STAFF_ROLES)),
    )
    .correlate(_SESSIONS)
    .label("is_staff")
)
# What `person_of` needs, of the session that a token is the key of; for statements that ask for more beside it.
PERSON = (
    _SESSION.id.label("session_id"),
    _SESSION.account_id,
    _SESSION.seen_at,
    _ACCOUNT.name.label("person_name"),
    _ACCOUNT.phone,
    _IS_STAFF,
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
    """Who sends a request. `stale` says that `touch` is due."""

    account_id: UUID
    name: str
    phone: str | None
    session_id: UUID
    is_staff: bool
    unread: int = 0
    stale: bool = False


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
    if row.session_id is None or now - row.seen_at > _idle_limit(row.is_staff):
        return None
    return Person(
        account_id=row.account_id,
        name=row.person_name,
        phone=row.phone,
        session_id=row.session_id,
        is_staff=row.is_staff,
        unread=row.unread,
        stale=now - row.seen_at >= TOUCH_EVERY,
    )


def _idle_limit(is_staff: bool) -> timedelta:
    return SESSION_IDLE_STAFF if is_staff else SESSION_IDLE


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


def list_devices(session: Session, *, account_id: UUID, current: UUID, now: datetime) -> list[Device]:
    """The devices on which the person is signed in now, the latest used first."""
    query = (
        select(LoginSession, _IS_STAFF)
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
        for row, is_staff in session.exec(query)
        if now - row.seen_at <= _idle_limit(is_staff)
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
    """Sign out everywhere, or everywhere else; how many devices."""
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
