"""Votes: signed checkpoints of the chain, made only after all of it was read and computed again.

Making is in two steps, because the first takes a while and needs no lock: the chain only grows, so what was read up to
its head stays as it is. `make_checkpoint` reads and signs, `keep_checkpoint` stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.errors import N_, Conflict
from app.models.base import table_of
from app.models.trail import TrailRow
from app.models.votes.evidence import Checkpoint
from app.rules.votes import log, notes
from app.rules.votes.merkle import roots_at
from app.rules.votes.states import State
from app.services import trail
from app.services.trail import SYSTEM
from app.services.votes.chain import EVENT, VOTE
from app.services.votes.signing import check_signature, signer

EVERY = timedelta(hours=1)
REFUSED = "votes:checkpoint:refuse"
_CHECKPOINT = table_of(Checkpoint)
_RUNNING = (State.NOTICED, State.OPEN)

_LAST = (
    sa.select(
        _CHECKPOINT.c.vote_id,
        sa.func.max(_CHECKPOINT.c.size).label("size"),
        sa.func.max(_CHECKPOINT.c.made_at).label("made_at"),
    )
    .group_by(_CHECKPOINT.c.vote_id)
    .subquery()
)
# The first at the notice, then each hour in which something happened, and at once when it has ended.
_DUE = (
    sa.select(VOTE.c.estate_id, VOTE.c.id)
    .outerjoin(_LAST, _LAST.c.vote_id == VOTE.c.id)
    .where(
        # One of more events than there are is no reason to stop looking.
        VOTE.c.head_seq != sa.func.coalesce(_LAST.c.size, 0),
        sa.or_(
            _LAST.c.size.is_(None),
            VOTE.c.state.not_in(_RUNNING),
            _LAST.c.made_at <= sa.bindparam("before"),
        ),
    )
)
_TRAIL = table_of(TrailRow)
_REFUSED_AT = (
    sa.select(sa.func.max(_TRAIL.c.at))
    .where(_TRAIL.c.subject_kind == "vote", _TRAIL.c.subject_id == VOTE.c.id, _TRAIL.c.tag == REFUSED)
    .correlate(VOTE)
    .scalar_subquery()
)
_SIGNED_AT = (
    sa.select(sa.func.max(_CHECKPOINT.c.made_at))
    .where(_CHECKPOINT.c.vote_id == VOTE.c.id)
    .correlate(VOTE)
    .scalar_subquery()
)
_ALARMED = sa.select(VOTE.c.id).where(
    VOTE.c.estate_id == sa.bindparam("estate_id"),
    _REFUSED_AT.is_not(None),
    sa.or_(_SIGNED_AT.is_(None), _SIGNED_AT < _REFUSED_AT),
)
_HEAD = sa.select(VOTE.c.head_seq, VOTE.c.head_hash, VOTE.c.estate_id).where(
    VOTE.c.id == sa.bindparam("vote_id")
)
_LINKS = (
    sa.select(EVENT.c.seq, EVENT.c.kind, EVENT.c.channel, EVENT.c.leaf, EVENT.c.leaf_hash, EVENT.c.head)
    .where(EVENT.c.vote_id == sa.bindparam("vote_id"), EVENT.c.seq <= sa.bindparam("size"))
    .order_by(EVENT.c.seq)
)


class BrokenChain(Conflict):
    """The chain in the database does not hold, so nothing is signed; `values["why"]` says what and where."""

    def __init__(self, why: str) -> None:
        super().__init__(N_("存证核对没有通过，没有签名：%(why)s"), code="broken_chain", why=why)


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint that was computed and signed, to be stored."""

    vote_id: UUID
    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A stored checkpoint as pages and packages show it."""

    size: int
    root: str
    note: str
    made_at: datetime


def due_votes(session: Session, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """(estate, vote) of the votes whose chain has grown since their last checkpoint, when it is time for another."""
    rows = session.connection().execute(_DUE, {"before": now - EVERY})
    return [(row.estate_id, row.id) for row in rows]


def make_checkpoint(session: Session, *, vote_id: UUID, secret: bytes) -> Made | None:
    """Recompute chain and tree from the database and sign their head; None for a vote without events.

    Raises `BrokenChain` when an event does not fit, the vote names another head, or an earlier checkpoint is not the
    beginning of what stands there now.
    """
    asked = {"vote_id": vote_id}
    head = session.connection().execute(_HEAD, asked).one_or_none()
    if head is None or not head.head_seq:
        return None
    events = read_events(session, vote_id=vote_id, size=head.head_seq)
    if (len(events), events[-1].head.hex() if events else "") != (head.head_seq, head.head_hash):
        raise BrokenChain(f"链的末尾不是表决记着的第 {head.head_seq} 号")
    earlier = list_checkpoints(session, vote_id=vote_id)
    roots = roots_at([event.leaf_hash for event in events], [*(row.size for row in earlier), len(events)])
    _ensure_prefixes(vote_id, earlier, {size: root.hex() for size, root in roots.items()}, secret)
    root, origin = roots[len(events)], notes.origin_of(str(vote_id))
    text = notes.checkpoint_text(notes.Head(origin, len(events), root))
    return Made(vote_id, len(events), root.hex(), signer(secret).sign_note(text, origin))


def read_events(session: Session, *, vote_id: UUID, size: int) -> list[log.Event]:
    """The first `size` events, every link computed again and every stored column held against the exact bytes."""
    rows = session.connection().execute(_LINKS, {"vote_id": vote_id, "size": size}).all()
    try:
        events = log.read_log(str(vote_id), ((row.leaf, row.head) for row in rows))
        log.ensure_course(events)
    except log.BrokenError as broken:
        raise BrokenChain(str(broken)) from broken
    for row, event in zip(rows, events, strict=True):
        stored = (row.seq, row.kind.value, row.channel.value, row.leaf_hash)
        if stored != (event.seq, event.kind, event.channel, event.leaf_hash.hex()):
            raise BrokenChain(f"第 {event.seq} 号事件的记录和它的原文不符")
    return events


def _ensure_prefixes(
    vote_id: UUID, earlier: Sequence[CheckpointView], roots: dict[int, str], secret: bytes
) -> None:
    """A head that contradicts an earlier one is never signed."""
    origin, public = notes.origin_of(str(vote_id)), signer(secret).public
    for row in earlier:
        try:
            note = notes.read_note(row.note)
            head = notes.read_checkpoint(note.text)
        except ValueError:
            raise BrokenChain(f"第 {row.size} 号存证点的内容读不出来") from None
        if not notes.is_signed_by(note, origin, public, check_signature):
            raise BrokenChain(f"第 {row.size} 号存证点的签名不是现在的密钥的")
        said = (head.origin, head.size, head.root.hex())
        if said != (origin, row.size, row.root) or row.root != roots.get(row.size):
            raise BrokenChain(f"第 {row.size} 号存证点和现在的事件对不上")


def keep_checkpoint(session: Session, made: Made, *, now: datetime) -> bool:
    """Store it; False when this size has one already, by another worker."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"vote_id": made.vote_id, "size": made.size, "root": made.root, "note": made.note, "made_at": now}
    keep = insert(_CHECKPOINT).values(row).on_conflict_do_nothing().returning(_CHECKPOINT.c.size)
    return session.connection().execute(keep).one_or_none() is not None


def note_refusal(session: Session, *, estate_id: UUID, vote_id: UUID, why: str, now: datetime) -> bool:
    """Put on the trail that nothing was signed and why; once an hour at most."""
    said = sa.select(sa.func.count()).where(
        table_of(TrailRow).c.subject_id == vote_id,
        table_of(TrailRow).c.tag == REFUSED,
        table_of(TrailRow).c.at > now - EVERY,
    )
    if session.connection().execute(said).scalar_one():
        return False
    trail.record(
        session,
        tag=REFUSED,
        actor=SYSTEM,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        reason=why,
    )
    return True


def list_checkpoints(session: Session, *, vote_id: UUID) -> list[CheckpointView]:
    """Every checkpoint of a vote, the first first."""
    query = sa.select(_CHECKPOINT).where(_CHECKPOINT.c.vote_id == vote_id).order_by(_CHECKPOINT.c.size)
    return [
        CheckpointView(row.size, row.root, row.note, row.made_at)
        for row in session.connection().execute(query)
    ]


def alarmed_votes(session: Session, *, estate_id: UUID) -> list[UUID]:
    """The votes of an estate of whose chain the last that is known is that it does not hold, annulled ones included."""
    return list(session.connection().execute(_ALARMED, {"estate_id": estate_id}).scalars())


def last_refusal(session: Session, *, vote_id: UUID) -> tuple[datetime, str] | None:
    """When and why signing was refused, if that is the last thing that is known of this vote's chain."""
    rows = table_of(TrailRow).c
    query = (
        sa.select(rows.at, rows.reason)
        .where(rows.subject_kind == "vote", rows.subject_id == vote_id, rows.tag == REFUSED)
        .order_by(rows.seq.desc())
        .limit(1)
    )
    refused = session.connection().execute(query).one_or_none()
    newest = max((row.made_at for row in list_checkpoints(session, vote_id=vote_id)), default=None)
    if refused is None or (newest is not None and newest >= refused.at):
        return None
    return refused.at, refused.reason
