"""Deliberations: what waits for a party member in each of his duties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.deliberations import Post, PostState, Thread, ThreadStage
from app.models.proposals import Proposal
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Stance
from app.rules.proposals.deadlines import Level, level_at
from app.rules.proposals.states import ProposalState

SHOWN = 20
# Two thirds of the homes needed: a word from an initiator may bring the rest.
_NEAR_PARTS, _NEAR_WHOLE = 2, 3
STALE_WITHIN = timedelta(days=14)
# Of the talk of each thread the last posts are looked at, in the threads that moved last.
_LIVELY_THREADS, _LAST_POSTS = 10, 100
_CONTESTED_LEAST = 3

_PROPOSAL, _THREAD, _STAGE, _POST = (table_of(model) for model in (Proposal, Thread, ThreadStage, Post))


@dataclass(frozen=True, slots=True)
class ProposalTask:
    """A proposal that wants somebody: how many homes second it out of those needed, and its next day.

    `level` tells how late its answer is, once one is owed.
    """

    id: UUID
    number: int
    title: str
    supporters: int
    needed: int
    gathering_until: datetime | None
    answer_due_at: datetime | None
    mine: bool
    level: Level | None


@dataclass(frozen=True, slots=True)
class Question:
    """An unanswered question in a thread where answering is open."""

    thread_id: UUID
    thread_title: str
    seq: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contested:
    """A thread in whose last posts many speak for and many against."""

    thread_id: UUID
    title: str
    support: int
    concern: int


_WANTED = (
    _PROPOSAL.c.id,
    _PROPOSAL.c.number,
    _PROPOSAL.c.title,
    _PROPOSAL.c.supporters,
    _PROPOSAL.c.needed,
    _PROPOSAL.c.gathering_until,
    _PROPOSAL.c.answer_due_at,
    _PROPOSAL.c.street_told_at,
    _PROPOSAL.c.author_id,
)


def _gathering(estate_id: UUID) -> sa.Select[Any]:
    return (
        sa.select(*_WANTED)
        .where(
            _PROPOSAL.c.estate_id == estate_id,
            _PROPOSAL.c.state == ProposalState.GATHERING,
            _PROPOSAL.c.hidden_at.is_(None),
        )
        .limit(SHOWN)
    )


def unsponsored(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime
) -> Sequence[ProposalTask]:
    """Proposals near or over their threshold that no initiator stands behind, the warmest first."""
    near = _PROPOSAL.c.supporters * _NEAR_WHOLE >= _PROPOSAL.c.needed * _NEAR_PARTS
    query = _gathering(estate_id).where(near, _PROPOSAL.c.sponsor_id.is_(None))
    query = query.order_by(_PROPOSAL.c.warmth.desc(), _PROPOSAL.c.number.desc())
    return _tasks(session, query, account_id, now)


def stale(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> Sequence[ProposalTask]:
    """Proposals whose gathering ends soon without the homes they need, the oldest first."""
    query = _gathering(estate_id).where(
        _PROPOSAL.c.reached_at.is_(None),
        _PROPOSAL.c.gathering_until > now,
        _PROPOSAL.c.gathering_until <= now + STALE_WITHIN,
    )
    return _tasks(session, query.order_by(_PROPOSAL.c.number), account_id, now)


def overdue_answers(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime
) -> Sequence[ProposalTask]:
    """Proposals whose answer is overdue, the oldest first."""
    query = _gathering(estate_id).where(
        _PROPOSAL.c.answered_at.is_(None),
        _PROPOSAL.c.answer_due_at <= now,
    )
    return _tasks(session, query.order_by(_PROPOSAL.c.number), account_id, now)


def _tasks(session: Session, query: sa.Select[Any], account_id: UUID, now: datetime) -> list[ProposalTask]:
    return [
        ProposalTask(
            id=row.id,
            number=row.number,
            title=row.title,
            supporters=row.supporters,
            needed=row.needed,
            gathering_until=row.gathering_until,
            answer_due_at=row.answer_due_at,
            mine=row.author_id == account_id,
            level=level_at(row.answer_due_at, row.street_told_at, now) if row.answer_due_at else None,
        )
        for row in session.connection().execute(query)
    ]


def _open_threads(estate_id: UUID, now: datetime) -> sa.Select[Any]:
    """Threads in which opinions have begun and the close has not."""
    begins, ends = _STAGE.alias("begins"), _STAGE.alias("ends")
    return (
        sa.select(_THREAD.c.id, _THREAD.c.title)
        .join(begins, sa.and_(begins.c.thread_id == _THREAD.c.id, begins.c.stage == Stage.OPINIONS))
        .join(ends, sa.and_(ends.c.thread_id == _THREAD.c.id, ends.c.stage == Stage.CLOSED))
        .where(_THREAD.c.estate_id == estate_id, begins.c.starts_at <= now, ends.c.starts_at > now)
    )


def open_questions(session: Session, *, estate_id: UUID, now: datetime) -> Sequence[Question]:
    """Questions nobody has answered yet, in threads where that may still be done, the newest thread and post first."""
    threads = _open_threads(estate_id, now).subquery()
    query = (
        sa.select(threads.c.id, threads.c.title, _POST.c.seq, _POST.c.text, _POST.c.created_at)
        .join(threads, threads.c.id == _POST.c.thread_id)
        .where(
            _POST.c.stance == Stance.QUESTION,
            _POST.c.state == PostState.VISIBLE,
            _POST.c.answered_at.is_(None),
        )
        .order_by(_POST.c.created_at.desc(), _POST.c.seq.desc())
        .limit(SHOWN)
    )
    return [Question(*row) for row in session.connection().execute(query)]


def contested_threads(session: Session, *, estate_id: UUID, now: datetime) -> Sequence[Contested]:
    """Open threads, of those that moved last, in which at least three speak on each side and the fewer are a third."""
    lively = _open_threads(estate_id, now).where(_THREAD.c.last_post_at.is_not(None))
    lively = lively.order_by(_THREAD.c.last_post_at.desc()).limit(_LIVELY_THREADS)
    found = []
    for thread_id, title in session.connection().execute(lively).all():
        support, concern = _sides(session, thread_id)
        fewer, more = sorted((support, concern))
        if fewer >= _CONTESTED_LEAST and 2 * fewer >= more:
            found.append(Contested(thread_id, title, support, concern))
    return found


def _sides(session: Session, thread_id: UUID) -> tuple[int, int]:
    last = (
        sa.select(_POST.c.stance)
        .where(_POST.c.thread_id == thread_id, _POST.c.state == PostState.VISIBLE)
        .order_by(_POST.c.seq.desc())
        .limit(_LAST_POSTS)
        .subquery()
    )
    query = sa.select(last.c.stance, sa.func.count()).group_by(last.c.stance)
    counts: dict[Stance | None, int] = {}
    for stance, number in session.connection().execute(query):
        counts[stance] = number
    return counts.get(Stance.SUPPORT, 0), counts.get(Stance.CONCERN, 0)
