"""Outbox: write a message with its cause; claim, deliver and settle it later; read a person's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.base import table_of
from app.models.estates import Estate
from app.models.outbox import Channel, Message

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 6

_MESSAGE = table_of(Message).c


def unread_of(account_id: sa.ColumnElement[UUID]) -> sa.ScalarSelect[int]:
    """How many messages an account has not read, as a column: every page shows it beside who the reader is."""
    return (
        sa.select(sa.func.count())
        .select_from(table_of(Message))
        .where(_MESSAGE.account_id == account_id, _MESSAGE.read_at.is_(None))
        .scalar_subquery()
    )


# Built once: a ballot posts to every owner of its home. An INSERT's row count is kept only when asked for.
_POST = {
    dialect: insert(table_of(Message))
    .on_conflict_do_nothing(index_elements=["key"])
    .execution_options(preserve_rowcount=True)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as pages and channels see it; `values` fill `templates/messages/{template}.txt`.

    `link` is a whole path such as `/e/xingfuli/votes/1`, or empty. `proved_at` is when the phone was last shown to be its
    account's person's; None for a message to a bare number.
    """

    id: UUID
    template: str
    values: Mapping[str, object]
    phone: str | None
    link: str
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    read_at: datetime | None
    attempts: int
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be put in the outbox under a `key` of its own, so that a second arrival adds nothing.

    A message to an account is also on that person's message page; one to a bare phone is not. `link` is read from the
    estate's home on (`votes/1`), or from the root when it begins with `/`.
    """

    key: str
    template: str
    now: datetime
    values: Mapping[str, object] | None = None
    account_id: UUID | None = None
    phone: str | None = None
    channel: Channel = Channel.SMS
    estate_id: UUID | None = None
    link: str = ""

    def row(self) -> dict[str, object]:
        return {
            "id": uuid4(),
            "key": self.key,
            "template": self.template,
            "values": dict(self.values or {}),
            "account_id": self.account_id,
            "phone": self.phone,
            "channel": self.channel,
            "estate_id": self.estate_id,
            "link": self.link,
            "created_at": self.now,
            "due_at": self.now,
            "attempts": 0,
            "error": "",
            # An inbox message needs no delivery: being written is being there.
            "sent_at": self.now if self.channel is Channel.INBOX else None,
        }


def post(session: Session, draft: Draft) -> bool:
    """Put one message in the outbox unless one with its key is there; True when it is new."""
    connection = session.connection()
    return connection.execute(_POST[connection.dialect.name], draft.row()).rowcount == 1


def post_all(session: Session, drafts: Sequence[Draft]) -> None:
    """Put many in the outbox in one trip to the database."""
    if drafts:
        connection = session.connection()
        connection.execute(_POST[connection.dialect.name], [draft.row() for draft in drafts])


def claim_due(session: Session, *, now: datetime, limit: int = 20) -> list[Letter]:
    """Lease due text messages; a worker that dies loses its lease and another takes over."""
    query = (
        select(Message)
        .where(
            col(Message.channel) == Channel.SMS,
            col(Message.sent_at).is_(None),
            col(Message.failed_at).is_(None),
            col(Message.due_at) <= now,
            sa.or_(col(Message.lease_until).is_(None), col(Message.lease_until) < now),
        )
        .order_by(col(Message.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    letters = []
    for message in session.exec(query).all():
        message.lease_until = now + LEASE
        message.attempts += 1
        session.add(message)
        letters.append(_letter(session, message))
    session.flush()
    return letters


def settle_sent(session: Session, *, message_id: UUID, now: datetime) -> None:
    message = session.get_one(Message, message_id)
    message.sent_at, message.lease_until = now, None
    session.add(message)


def settle_failed(session: Session, *, message_id: UUID, now: datetime, error: str, permanent: bool) -> None:
    """Try again later with a growing pause, or give up for good."""
    message = session.get_one(Message, message_id)
    message.error, message.lease_until = error[:300], None
    if permanent or message.attempts >= MAX_ATTEMPTS:
        message.failed_at = now
    else:
        message.due_at = now + timedelta(seconds=30 * 2**message.attempts)
    session.add(message)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Text messages of all estates that were not sent."""

    waiting: int
    failed: int
    first_due_at: datetime | None


def count_backlog(session: Session) -> Backlog:
    """Those that will be tried and those given up; one walk over what was not sent."""
    waits = _MESSAGE.failed_at.is_(None)
    query = sa.select(
        sa.func.count().filter(waits),
        sa.func.count().filter(~waits),
        sa.func.min(_MESSAGE.due_at).filter(waits),
    ).where(_MESSAGE.sent_at.is_(None), _MESSAGE.channel == Channel.SMS)
    waiting, failed, first = session.connection().execute(query).one()
    return Backlog(waiting, failed, first)


def list_letters(session: Session, *, account_id: UUID, limit: int = 50) -> list[Letter]:
    query = (
        select(Message)
        .where(Message.account_id == account_id)
        .order_by(col(Message.created_at).desc())
        .limit(limit)
    )
    return [_letter(session, message) for message in session.exec(query)]


def list_recent(session: Session, *, limit: int = 50) -> list[Letter]:
    """The last messages to anybody: for the demo's outbox page only."""
    query = select(Message).order_by(col(Message.created_at).desc()).limit(limit)
    return [_letter(session, message) for message in session.exec(query)]


def mark_read(session: Session, *, account_id: UUID, now: datetime) -> None:
    session.connection().execute(
        sa.update(Message)
        .where(col(Message.account_id) == account_id, col(Message.read_at).is_(None))
        .values(read_at=now)
    )


def _letter(session: Session, message: Message) -> Letter:
    phone, proved_at = message.phone, None
    if phone is None and message.account_id is not None:
        account = session.get(Account, message.account_id)
        if account:
            phone, proved_at = account.phone, account.proved_at or account.created_at
    return Letter(
        id=message.id,
        template=message.template,
        values=message.values,
        phone=phone,
        link=_path(session, message),
        created_at=message.created_at,
        sent_at=message.sent_at,
        failed_at=message.failed_at,
        read_at=message.read_at,
        attempts=message.attempts,
        proved_at=proved_at,
    )


def _path(session: Session, message: Message) -> str:
    if not message.link or message.link.startswith("/"):
        return message.link
    estate = session.get(Estate, message.estate_id) if message.estate_id else None
    return f"/e/{estate.slug}/{message.link}" if estate else ""
