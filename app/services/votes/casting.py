"""Votes: casting a ballot, in one transaction under the vote's lock, and reading back what was cast."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.estates import Owner
from app.models.votes import (
    BallotChannel,
    BallotCurrent,
    BallotSecret,
    EventKind,
    RollEntry,
    RollVoter,
)
from app.rules.estates import labels
from app.rules.votes import evidence
from app.rules.votes.states import ChangeRule, Choice, State, ensure_open
from app.services import outbox
from app.services.votes import chain
from app.services.votes.opening import record_opening
from app.services.votes.sealing import Keyring, keyring

EVENT = chain.EVENT
CURRENT = table_of(BallotCurrent)
SECRET = table_of(BallotSecret)
ENTRY = table_of(RollEntry)
VOTER = table_of(RollVoter)
OWNER = table_of(Owner)

# Prebuilt: building these per request costs more than running them.
_REPLAY = sa.select(
    EVENT.c.seq, EVENT.c.payload_hash, EVENT.c.receipt, EVENT.c.revision, EVENT.c.recorded_at
).where(EVENT.c.vote_id == sa.bindparam("vote_id"), EVENT.c.key == sa.bindparam("key"))
# The home's line on the roll as it stands, its ballot if there is one, and the owner whose right the person uses.
_RIGHT = (
    sa.select(
        ENTRY.c.struck,
        ENTRY.c.area,
        ENTRY.c.entry_hash,
        ENTRY.c.building,
        ENTRY.c.entrance,
        ENTRY.c.room,
        CURRENT.c.revision.label("cast_before"),
        sa.select(OWNER.c.id)
        .join(VOTER, VOTER.c.owner_id == OWNER.c.id)
        .where(
            VOTER.c.vote_id == ENTRY.c.vote_id,
            VOTER.c.unit_id == ENTRY.c.unit_id,
            VOTER.c.revision == ENTRY.c.revision,
            OWNER.c.account_id == sa.bindparam("account_id"),
        )
        .order_by(OWNER.c.id)
        .limit(1)
        .correlate(ENTRY)
        .scalar_subquery()
        .label("owner_id"),
    )
    .select_from(
        ENTRY.outerjoin(
            CURRENT, sa.and_(CURRENT.c.vote_id == ENTRY.c.vote_id, CURRENT.c.unit_id == ENTRY.c.unit_id)
        )
    )
    .where(ENTRY.c.vote_id == sa.bindparam("vote_id"), ENTRY.c.unit_id == sa.bindparam("unit_id"))
    .order_by(ENTRY.c.revision.desc())
    .limit(1)
)
_CO_OWNERS = (
    sa.text(
        "SELECT DISTINCT o.account_id FROM ownership w JOIN owner o ON o.id = w.owner_id "
        "WHERE w.unit_id = :unit_id AND o.account_id IS NOT NULL"
    )
    .bindparams(sa.bindparam("unit_id", type_=ENTRY.c.unit_id.type))
    .columns(account_id=OWNER.c.account_id.type)
)
_ADD_SECRET = sa.insert(SECRET)


def _upsert(dialect: str) -> sa.Insert:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(CURRENT)
    changed = {name: insert.excluded[name] for name in ("seq", "revision", "channel", "sealed_choice")}
    upsert: sa.Insert = insert.on_conflict_do_update(index_elements=["vote_id", "unit_id"], set_=changed)
    return upsert


_UPSERT = {dialect: _upsert(dialect) for dialect in ("sqlite", "postgresql")}


# How long a ballot that was here in time may wait for the lock; the count is not read before (integrity of the closing second).
GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner gets: `code` proves that his ballot is in the chain, and nothing of its content."""

    code: str
    seq: int
    revision: int
    recorded_at: datetime


def cast_ballot(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    unit_id: UUID,
    account_id: UUID,
    choice: Choice,
    key: str,
    received_at: datetime,
    read_clock: Callable[[], datetime],
    secret: bytes,
    channel: BallotChannel = BallotChannel.PHONE,
    grace: timedelta = GRACE,
) -> Receipt:
    """Record one ballot. The same `key` with the same content gives the first receipt again, with other content `Invalid`.

    `received_at` is when the complete request was here; it decides about the closing second. `read_clock` is read after
    the lock was taken and dates the event. Raises `Conflict` (`not_open_yet`, `closed`, `already_cast`), `NotAllowed`
    when the person may not cast this home's ballot, `NotFound` for another estate's vote.
    """
    vote = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if vote is None:
        raise NotFound(N_("没有找到这次表决"))
    payload = evidence.canonical({"unit": str(unit_id), "account": str(account_id), "choice": choice.value})
    payload_hash = hashlib.sha256(payload).hexdigest()
    replay = session.connection().execute(_REPLAY, {"vote_id": vote_id, "key": key}).one_or_none()
    if replay:
        if replay.payload_hash != payload_hash:
            raise Invalid(N_("这张表决票已经提交过，内容不同。请回到表决页重新选择"), code="key_reused")
        return Receipt(replay.receipt, replay.seq, replay.revision, replay.recorded_at)
    at = read_clock()
    _ensure_open(session, vote, received_at, at, grace)
    cast = _Cast(unit_id, account_id, choice, channel, key, payload_hash, received_at)
    return _record(session, vote, cast, at, secret)


def _ensure_open(
    session: Session, vote: chain.LockedVote, received_at: datetime, at: datetime, grace: timedelta
) -> None:
    """Nobody bypasses: before opening, after closing, and after the sealed close every ballot is refused."""
    state = State(vote.state)
    ensure_open(state, vote.opens_at, vote.closes_at, received_at)
    if at >= vote.closes_at + grace:
        # It was here in time but waited too long: by now the count may have been read, sealed or not.
        raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
    if state is State.NOTICED:
        # The opening second has passed and no job has recorded it yet: the first ballot does.
        record_opening(session, vote, at=at)


@dataclass(frozen=True, slots=True)
class _Cast:
    """One request to cast, as it came in."""

    unit_id: UUID
    account_id: UUID
    choice: Choice
    channel: BallotChannel
    key: str
    payload_hash: str
    received_at: datetime


def _record(session: Session, vote: chain.LockedVote, cast: _Cast, at: datetime, secret: bytes) -> Receipt:
    """Check the right and the change rule under the lock, then write event, secret, projection and messages."""
    entry = _right(session, vote, cast)
    if entry.cast_before and vote.rules.get("change") == ChangeRule.ONCE:
        raise Conflict(N_("这套房屋已经投过票，本次表决规定投票后不能更改"), code="already_cast")
    revision = (entry.cast_before or 0) + 1
    keys = keyring(secret, vote.id)
    ballot = {
        "vote": str(vote.id),
        "unit": str(cast.unit_id),
        "revision": revision,
        "choice": cast.choice.value,
        "channel": cast.channel.value,
        "person": str(entry.owner_id),
        "area": entry.area,
        "roll_entry": entry.entry_hash,
    }
    nonce = secrets.token_bytes(evidence.NONCE_BYTES)
    link = chain.append(
        session,
        vote,
        kind=EventKind.CAST,
        received_at=cast.received_at,
        at=at,
        unit_id=cast.unit_id,
        pseudonym=evidence.unit_pseudonym(keys.pseudonym, str(cast.unit_id)).hex(),
        revision=revision,
        channel=cast.channel,
        commitment=evidence.commitment(nonce, ballot).hex(),
        key=cast.key,
        payload_hash=cast.payload_hash,
    )
    _store(session, vote.id, cast, link.seq, revision, nonce + evidence.canonical(ballot), keys)
    _tell_owners(session, vote, entry, cast.unit_id, link, revision)
    return Receipt(link.receipt, link.seq, revision, link.recorded_at)


def _right(session: Session, vote: chain.LockedVote, cast: _Cast) -> Any:
    """The roll entry and the owner the person casts as; raises `NotAllowed` for a home or a person off the roll."""
    where = {"vote_id": vote.id, "unit_id": cast.unit_id, "account_id": cast.account_id}
    entry = session.connection().execute(_RIGHT, where).one_or_none()
    if entry is None or entry.struck:
        raise NotAllowed(N_("这套房屋不在本次表决的名册上。如有疑问，请联系居委会"), code="not_on_roll")
    if entry.owner_id is None:
        raise NotAllowed(N_("您不能为这套房屋投票。如果您是业主，请联系居委会核对名册"), code="not_owner")
    return entry


def _store(
    session: Session, vote_id: UUID, cast: _Cast, seq: int, revision: int, opening: bytes, keys: Keyring
) -> None:
    connection = session.connection()
    context = vote_id.bytes + seq.to_bytes(8, "big")
    connection.execute(_ADD_SECRET, {"vote_id": vote_id, "seq": seq, "sealed": keys.seal(opening, context)})
    connection.execute(
        _UPSERT[connection.dialect.name],
        {
            "vote_id": vote_id,
            "unit_id": cast.unit_id,
            "seq": seq,
            "revision": revision,
            "channel": cast.channel,
            "sealed_choice": keys.seal_choice(cast.choice, cast.unit_id),
        },
    )


def _tell_owners(
    session: Session,
    vote: chain.LockedVote,
    entry: Any,
    unit_id: UUID,
    link: chain.Link,
    revision: int,
) -> None:
    """Every bound owner hears of every cast and change, never of the choice: the main defence against impersonation."""
    accounts = session.connection().execute(_CO_OWNERS, {"unit_id": unit_id}).scalars()
    for account_id in accounts:
        outbox.post(
            session,
            key=f"ballot:{vote.id}:{link.seq}:{account_id}",
            template="ballot_cast" if revision == 1 else "ballot_changed",
            now=link.recorded_at,
            account_id=account_id,
            estate_id=vote.estate_id,
            values={
                "title": vote.title,
                "home": labels.home_label(entry.building, entry.entrance, entry.room),
                "code": link.receipt,
                "at": link.recorded_at.isoformat(),
            },
            link=f"votes/{vote.id}",
        )
