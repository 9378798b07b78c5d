"""The programs that may send reports: a key each, shown once, with a number of reports a day."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.maintenance.clients import ApiClient
from app.rules.text import clean_line
from app.services import trail
from app.services.accounts import limits
from app.services.estates.units import lock_register
from app.services.trail import Actor

MOST_DAILY = 10_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A program as the desk lists it; its key cannot be shown again."""

    id: UUID
    name: str
    contact: str
    daily: int
    created_at: datetime
    ended_at: datetime | None


def add_client(
    session: Session,
    *,
    estate_id: UUID,
    client_id: UUID | None = None,
    name: str,
    contact: str,
    daily: int,
    actor: Actor,
    now: datetime,
) -> str:
    """The new program's key, to be handed over now: only its hash is kept. Raises `Invalid` naming the field.

    A form that comes again finds its program there and its key gone: `Conflict` (`made`), and no second one.
    """
    name = clean_line(name, most=60, field="name")
    if not name:
        raise Invalid(N_("请填写程序或单位的名称"), field="name")
    if not 1 <= daily <= MOST_DAILY:
        raise Invalid(N_("每天最多提交数请填 1 到 %(most)s"), field="daily", most=MOST_DAILY)
    lock_register(session, estate_id=estate_id)
    if client_id and session.get(ApiClient, client_id) is not None:
        raise Conflict(N_("密钥已经发过了，只显示那一次。没有抄下来的，请停用它，再发一个"), code="made")
    key = secrets.token_urlsafe(32)
    client = ApiClient(
        id=client_id or uuid4(),
        estate_id=estate_id,
        name=name,
        contact=clean_line(contact, most=120, field="contact"),
        key_hash=_digest(key),
        daily=daily,
        created_by=actor.id,
        created_at=now,
    )
    session.add(client)
    session.flush()
    _record(session, client, "add", actor, now)
    return key


def end_client(session: Session, *, estate_id: UUID, client_id: UUID, actor: Actor, now: datetime) -> None:
    """The key is refused from now on; `NotFound` for another estate's, `Conflict` when it has ended."""
    client = session.get(ApiClient, client_id)
    if client is None or client.estate_id != estate_id:
        raise NotFound(N_("没有找到这个程序"))
    if client.ended_at is not None:
        raise Conflict(N_("这个密钥已经停用了"))
    client.ended_at = now
    session.add(client)
    session.flush()
    _record(session, client, "end", actor, now)


def _record(session: Session, client: ApiClient, verb: str, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag=f"maintenance:client:{verb}",
        actor=actor,
        now=now,
        estate_id=client.estate_id,
        subject_kind="api_client",
        subject_id=client.id,
        new={"name": client.name, "daily": client.daily},
    )


def list_clients(session: Session, *, estate_id: UUID) -> Sequence[ClientLine]:
    query = select(ApiClient).where(ApiClient.estate_id == estate_id).order_by(col(ApiClient.created_at))
    return [
        ClientLine(row.id, row.name, row.contact, row.daily, row.created_at, row.ended_at)
        for row in session.exec(query)
    ]


def admit(session: Session, *, estate_id: UUID, key: str, now: datetime) -> Actor:
    """Whose key it is, counted against its day.

    Raises `NotAllowed` (`bad_key`) for a key that is wrong, ended or another estate's, `TooMany` when the day is full.
    """
    client = session.exec(select(ApiClient).where(ApiClient.key_hash == _digest(key))).one_or_none()
    if client is None or client.estate_id != estate_id or client.ended_at is not None:
        raise NotAllowed(N_("api_key 不对或已停用"), code="bad_key", field="api_key")
    limits.hit(session, key=f"open311:{client.id}", limit=client.daily, window=_DAY, now=now)
    client.seen_at = now
    session.add(client)
    return Actor(client.id, client.name)


def _digest(key: str) -> str:
    # A key is 256 bits of chance: nothing slower than a plain hash is needed.
    return hashlib.sha256(key.encode()).hexdigest()
