"""Votes: what a restored backup means for them: nothing is appended until a person has taken note, and it is said for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.base import table_of
from app.models.estates import Estate
from app.models.votes import EventKind, Vote
from app.models.votes.restorations import Restoration, RestoredVote
from app.rules.text import clean_text
from app.rules.votes.states import State
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.checkpoints import BrokenChain, read_events

ACCEPT = "votes:restoration:accept"
LEAST, MOST = 10, 2000
_RUNNING = (State.NOTICED, State.OPEN)
_ROW, _VOTE = table_of(Restoration).c, table_of(RestoredVote).c
_OF_VOTE = (
    sa.select(
        _ROW.taken_at,
        _ROW.restored_at,
        _ROW.accepted_at,
        _ROW.accept_reason.label("reason"),
        _VOTE.head_seq,
        _VOTE.witnessed,
    )
    .join_from(table_of(RestoredVote), table_of(Restoration), _ROW.id == _VOTE.restoration_id)
    .where(_VOTE.vote_id == sa.bindparam("vote_id"))
    .order_by(_ROW.restored_at)
)


@dataclass(frozen=True, slots=True)
class RestoredView:
    """One restore as the vote's page tells of it: what came after `head_seq` and before `restored_at` may be missing.

    `witnessed` is how far a checkpoint kept by others shows that the vote had gone, or 0; `reason` how the owners were told.
    """

    taken_at: datetime
    restored_at: datetime
    accepted_at: datetime | None
    reason: str
    head_seq: int
    witnessed: int


def restores_of(session: Session, *, vote_id: UUID) -> tuple[RestoredView, ...]:
    """Every restore that this vote was running in, the first first."""
    rows = session.connection().execute(_OF_VOTE, {"vote_id": vote_id})
    return tuple(RestoredView(**row._mapping) for row in rows)


def waiting(session: Session) -> list[Restoration]:
    """The restores that nobody has accepted."""
    query = select(Restoration).where(col(Restoration.accepted_at).is_(None))
    return list(session.exec(query.order_by(col(Restoration.restored_at))))


def record_restoration(
    session: Session, *, restoration_id: UUID, taken_at: datetime, revision: str, now: datetime
) -> None:
    """Write into a restored database that it is one; from here on no ballot event is appended until `accept`."""
    session.add(Restoration(id=restoration_id, taken_at=taken_at, restored_at=now, revision=revision))
    session.flush()
    running = select(Vote).where(col(Vote.state).in_(_RUNNING), col(Vote.head_seq) > 0)
    session.add_all(
        RestoredVote(
            vote_id=vote.id,
            restoration_id=restoration_id,
            head_seq=vote.head_seq,
            head_hash=vote.head_hash,
        )
        for vote in session.exec(running)
    )
    session.flush()


def note_witnessed(session: Session, *, sizes: Mapping[UUID, int]) -> None:
    """Keep how far others can show that votes had gone; only the newest restore of each, and never less than is known."""
    for vote_id, size in sizes.items():
        newest = _newest(session, vote_id)
        if newest is not None and size > max(newest.head_seq, newest.witnessed):
            newest.witnessed = size
            session.add(newest)
    session.flush()


def _newest(session: Session, vote_id: UUID) -> RestoredVote | None:
    query = (
        select(RestoredVote)
        .join(Restoration, col(Restoration.id) == col(RestoredVote.restoration_id))
        .where(RestoredVote.vote_id == vote_id)
        .order_by(col(Restoration.restored_at).desc())
    )
    return session.exec(query).first()


def accept(session: Session, *, actor: Actor, reason: str, now: datetime) -> int:
    """Take note of every restore that waits, and let votes go on; the number of votes that say so in their chains.

    Each running vote gets an event that names the last number it kept, so that a number given twice is never given in
    silence. Raises `Conflict` (`nothing_restored`) when none waits, `BrokenChain` when a chain does not hold, `Invalid`
    without a reason.
    """
    reason = clean_text(reason, most=MOST, field="reason")
    if len(reason) < LEAST:
        raise Invalid(N_("请写明怎样告知了业主，至少 10 个字，业主会看到"), field="reason")
    rows = waiting(session)
    if not rows:
        raise Conflict(N_("没有等待确认的恢复"), code="nothing_restored")
    _ensure_whole(session)
    for row in rows:
        row.accepted_at, row.accepted_by, row.accept_reason = now, actor.name[:50], reason
        session.add(row)
    votes = _votes_of(session, rows)
    # All locks on votes before any on a trail: that is the order of everybody who takes both.
    for vote, restored in votes:
        locked = chain.lock_vote(session, vote_id=vote.id, estate_id=vote.estate_id)
        assert locked is not None
        chain.append(session, locked, kind=EventKind.EPOCH, at=now, details=_known(restored))
    running = sa.update(chain.VOTE).where(chain.VOTE.c.state.in_(_RUNNING)).values(resumed_at=now)
    session.connection().execute(running)
    _record(session, rows, votes, actor=actor, reason=reason, now=now)
    return len(votes)


def _ensure_whole(session: Session) -> None:
    """Whatever the restore itself found, every chain is computed again before anything goes on behind it."""
    for vote_id, seq, head in heads_of(session):
        events = read_events(session, vote_id=vote_id, size=seq)
        if len(events) != seq or events[-1].head.hex() != head:
            raise BrokenChain(f"表决 {vote_id} 的链的末尾不是它记着的第 {seq} 号")


def _votes_of(session: Session, rows: Sequence[Restoration]) -> list[tuple[Vote, RestoredVote]]:
    """The votes of these restores, in the order in which locks are taken; of two restores the later one."""
    query = (
        select(Vote, RestoredVote)
        .join(RestoredVote, col(RestoredVote.vote_id) == col(Vote.id))
        .join(Restoration, col(Restoration.id) == col(RestoredVote.restoration_id))
        .where(col(Restoration.id).in_([row.id for row in rows]))
        .order_by(col(Vote.estate_id), col(Vote.id), col(Restoration.restored_at))
    )
    return list({vote.id: (vote, restored) for vote, restored in session.exec(query)}.values())


def _known(restored: RestoredVote) -> dict[str, int]:
    return {"kept": restored.head_seq, "witnessed": restored.witnessed}


def _record(
    session: Session,
    rows: Sequence[Restoration],
    votes: Sequence[tuple[Vote, RestoredVote]],
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """The act on the installation's trail, and on that of each vote's estate."""
    act: dict[str, Any] = {"tag": ACCEPT, "actor": actor, "now": now, "reason": reason}
    trail.record(session, new={"taken_at": max(row.taken_at for row in rows).isoformat()}, **act)
    for vote, restored in votes:
        trail.record(
            session,
            estate_id=vote.estate_id,
            subject_kind="vote",
            subject_id=vote.id,
            new=_known(restored),
            **act,
        )


def heads_of(session: Session) -> Iterable[tuple[UUID, int, str]]:
    """(vote, last number, last head) of every vote that has events."""
    votes = chain.VOTE.c
    query = sa.select(votes.id, votes.head_seq, votes.head_hash).where(votes.head_seq > 0).order_by(votes.id)
    return [(row.id, row.head_seq, row.head_hash) for row in session.connection().execute(query)]


def names_of(session: Session) -> dict[str, str]:
    """What a person calls each vote: estate, number and title."""
    query = select(Vote.id, Estate.name, Vote.number, Vote.title).join(
        Estate, col(Estate.id) == col(Vote.estate_id)
    )
    return {
        str(vote_id): f"{estate}第 {number} 号表决“{title}”"
        for vote_id, estate, number, title in session.exec(query)
    }
