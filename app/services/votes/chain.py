"""Votes: append a link to a vote's chain of ballot events. The caller holds the lock on the vote row."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, Halted
from app.models.base import NO_ID, table_of
from app.models.votes import BallotChannel, BallotEvent, EventKind, Vote
from app.models.votes.restorations import Restoration
from app.rules.votes import evidence

VOTE = table_of(Vote)
EVENT = table_of(BallotEvent)
# A backup was restored and nobody has taken note of it.
HALTED = sa.exists().where(table_of(Restoration).c.accepted_at.is_(None))

# What has a receipt and an opening.
BALLOTS = frozenset({EventKind.CAST, EventKind.KEPT})

_LOCKED = (
    sa.select(
        VOTE.c.id,
        VOTE.c.estate_id,
        VOTE.c.title,
        VOTE.c.matter,
        VOTE.c.questions,
        VOTE.c.state,
        VOTE.c.opens_at,
        VOTE.c.closes_at,
        VOTE.c.resumed_at,
        VOTE.c.rules,
        VOTE.c.head_seq,
        VOTE.c.head_hash,
        VOTE.c.head_time,
        # Beside the vote and not before it: casting makes no trip more for what is empty nearly always.
        HALTED.label("halted"),
    )
    .where(VOTE.c.id == sa.bindparam("vote_id"), VOTE.c.estate_id == sa.bindparam("estate_id"))
    # Plain FOR UPDATE would deadlock with the key-share locks that the foreign keys of the inserts take.
    .with_for_update(key_share=True)
)
_INSERT = sa.insert(EVENT)
_MOVE_HEAD = (
    sa.update(VOTE)
    .where(VOTE.c.id == sa.bindparam("vote_id"))
    .values(head_seq=sa.bindparam("seq"), head_hash=sa.bindparam("head"), head_time=sa.bindparam("time"))
)


@dataclass(slots=True)
class LockedVote:
    """The columns of a vote that casting and sealing need, read under its lock."""

    id: UUID
    estate_id: UUID
    title: str
    matter: int
    questions: Sequence[object]
    state: str
    opens_at: datetime
    closes_at: datetime
    resumed_at: datetime | None
    rules: Mapping[str, object]
    head_seq: int
    head_hash: str
    head_time: datetime | None
    halted: bool


def lock_vote(session: Session, *, vote_id: UUID, estate_id: UUID) -> LockedVote | None:
    """Take the vote's lock and read it; None when there is no such vote in this estate."""
    row = session.connection().execute(_LOCKED, {"vote_id": vote_id, "estate_id": estate_id}).one_or_none()
    return LockedVote(**row._mapping) if row else None


def ensure_going(vote: LockedVote) -> None:
    """Raises `Halted` while the database came from a backup and nobody has taken note of it yet."""
    if vote.halted:
        raise Halted(
            N_(
                "系统刚从备份恢复，备份以后的票可能缺失，现在暂停投票。没有写入任何内容。"
                "请过一段时间再来；手里有回执的请保存好，或打电话给居委会"
            ),
            code="restored",
        )


Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Link:
    """What an appended event became."""

    seq: int
    leaf_hash: str
    head: str
    receipt: str
    recorded_at: datetime


def _leaf(
    vote: LockedVote,
    seq: int,
    kind: EventKind,
    recorded_at: datetime,
    previous: bytes,
    public: Mapping[str, object],
) -> bytes:
    """The exact public bytes of an event."""
    return evidence.canonical(
        {
            **public,
            "vote": str(vote.id),
            "seq": seq,
            "kind": kind.value,
            "recorded_at": int(recorded_at.timestamp()),
            "previous": previous.hex(),
        }
    )


def forge(
    vote: LockedVote,
    *,
    kind: EventKind,
    received_at: datetime,
    at: datetime,
    details: Mapping[str, object] | None = None,
    unit_id: UUID = NO_ID,
    pseudonym: str = "",
    revision: int = 0,
    channel: BallotChannel = BallotChannel.NONE,
    commitment: str = "",
    key: str = "",
    payload_hash: str = "",
) -> tuple[Link, Row]:
    """The next event and its row, to be stored by `store`; the head moves on `vote`, in memory, at once.

    Time never runs back: `recorded_at` is not below the head's. `details` is public and becomes part of the leaf;
    nothing in it may name a person, a home or a choice. Raises `Halted` after a restore that nobody has accepted.
    """
    if kind is not EventKind.EPOCH:
        ensure_going(vote)
    seq = vote.head_seq + 1
    recorded_at = max(at, vote.head_time or at)
    previous = bytes.fromhex(vote.head_hash) if vote.head_hash else evidence.FIRST_HEAD
    public = {
        "unit": pseudonym,
        "revision": revision,
        "channel": channel.value,
        "commitment": commitment,
        "details": dict(details or {}),
    }
    leaf = _leaf(vote, seq, kind, recorded_at, previous, public)
    leaf_hash = evidence.leaf_hash(leaf)
    head = evidence.chain_head(previous, leaf_hash).hex()
    receipt = evidence.receipt_code(leaf_hash) if kind in BALLOTS else ""
    row: Row = {
        "vote_id": vote.id,
        "seq": seq,
        "kind": kind,
        "unit_id": unit_id,
        # Events that count for no home use their number, so that (vote, unit, revision) stays unique without NULLs;
        # a ballot that is kept and not counted stays below the numbers of those that are.
        "revision": -seq if kind is EventKind.KEPT else revision or seq,
        "channel": channel,
        "key": key or secrets.token_hex(16),
        "payload_hash": payload_hash or hashlib.sha256(leaf).hexdigest(),
        "leaf": leaf.decode(),
        "leaf_hash": leaf_hash.hex(),
        "previous_head": previous.hex(),
        "head": head,
        "receipt": receipt,
        "received_at": received_at,
        "recorded_at": recorded_at,
    }
    vote.head_seq, vote.head_hash, vote.head_time = seq, head, recorded_at
    link = Link(seq=seq, leaf_hash=leaf_hash.hex(), head=head, receipt=receipt, recorded_at=recorded_at)
    return link, row


def store(session: Session, vote: LockedVote, rows: Sequence[Row]) -> None:
    """Write forged events, in their order, and the head they end in."""
    connection = session.connection()
    connection.execute(_INSERT, list(rows))
    connection.execute(
        _MOVE_HEAD,
        {"vote_id": vote.id, "seq": vote.head_seq, "head": vote.head_hash, "time": vote.head_time},
    )


def append(
    session: Session,
    vote: LockedVote,
    *,
    kind: EventKind,
    at: datetime,
    details: Mapping[str, object] | None = None,
) -> Link:
    """Forge and store one event that is no ballot."""
    link, row = forge(vote, kind=kind, received_at=at, at=at, details=details)
    store(session, vote, [row])
    return link
