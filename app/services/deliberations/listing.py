"""Deliberations: an estate's threads, the newest first, and what is found in proposals and posts by their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.deliberations import (
    Minutes,
    MinutesState,
    Post,
    PostState,
    Thread,
    ThreadRead,
    ThreadStage,
)
from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.deliberations.stages import Stage, stage_at
from app.rules.paging import FIRST, Leaf, Turn, read_leaf
from app.rules.proposals.states import PUBLIC, ProposalState
from app.rules.search import query_terms, snippet
from app.services.search import find

PER_PAGE, PER_SEARCH = 20, 30
_THREAD, _STAGE, _READ, _POST, _PROPOSAL = (
    table_of(model) for model in (Thread, ThreadStage, ThreadRead, Post, Proposal)
)

Pieces = list[tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """A thread in a list. `until` is when its stage ends; `unread` counts numbers after the last one read."""

    id: UUID
    number: int
    title: str
    stage: Stage
    until: datetime | None
    post_count: int
    last_post_at: datetime | None
    unread: int


@dataclass(frozen=True, slots=True)
class ProposalCard:
    """The proposal a thread is about."""

    id: UUID
    number: int | None
    title: str
    state: ProposalState


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the posts of a thread: whether its minutes are out, and the last number the reader has read."""

    proposal: ProposalCard
    has_minutes: bool
    read_up_to: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A proposal or a post that has the words; `link` is read from the estate's home on, True pieces are the words."""

    kind: SubjectKind
    title: str
    pieces: Pieces
    link: str
    at: datetime


_LINES = (
    sa.select(_THREAD, _READ.c.seq.label("read_seq"))
    .select_from(
        _THREAD.outerjoin(
            _READ, sa.and_(_READ.c.thread_id == _THREAD.c.id, _READ.c.account_id == sa.bindparam("me"))
        )
    )
    .where(_THREAD.c.estate_id == sa.bindparam("estate_id"))
    .limit(PER_PAGE + 1)
)
_TURNS = {
    False: _LINES.where(_THREAD.c.number < sa.bindparam("at")).order_by(_THREAD.c.number.desc()),
    True: _LINES.where(_THREAD.c.number > sa.bindparam("at")).order_by(_THREAD.c.number),
}
_PLANS = (
    sa.select(_STAGE)
    .where(_STAGE.c.thread_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_STAGE.c.starts_at)
)
_CARDS = sa.select(_PROPOSAL.c.id, _PROPOSAL.c.number, _PROPOSAL.c.title, _PROPOSAL.c.state)
_ABOUT = _CARDS.where(_PROPOSAL.c.id == sa.bindparam("id"))
_MINUTES = table_of(Minutes)
_BESIDE = _CARDS.add_columns(
    sa.exists()
    .where(_MINUTES.c.thread_id == _THREAD.c.id, _MINUTES.c.state == MinutesState.PUBLISHED)
    .label("has_minutes"),
    sa.select(_READ.c.seq)
    .where(_READ.c.thread_id == _THREAD.c.id, _READ.c.account_id == sa.bindparam("me"))
    .scalar_subquery()
    .label("read_seq"),
).where(_THREAD.c.id == sa.bindparam("thread_id"), _PROPOSAL.c.id == _THREAD.c.proposal_id)
_ACCEPTED = (
    _CARDS.where(
        _PROPOSAL.c.estate_id == sa.bindparam("estate_id"), _PROPOSAL.c.state == ProposalState.ACCEPTED
    )
    .order_by(_PROPOSAL.c.number.desc())
    .limit(PER_PAGE)
)
_FOUND_POSTS = (
    sa.select(_POST.c.id, _POST.c.seq, _POST.c.text, _POST.c.created_at, _POST.c.thread_id, _THREAD.c.title)
    .select_from(_POST.join(_THREAD, _THREAD.c.id == _POST.c.thread_id))
    .where(_POST.c.id.in_(sa.bindparam("ids", expanding=True)), _POST.c.state == PostState.VISIBLE)
)
_FOUND_PROPOSALS = sa.select(
    _PROPOSAL.c.id, _PROPOSAL.c.title, _PROPOSAL.c.text, _PROPOSAL.c.published_at
).where(
    _PROPOSAL.c.id.in_(sa.bindparam("ids", expanding=True)),
    _PROPOSAL.c.hidden_at.is_(None),
    _PROPOSAL.c.state.in_(sorted(PUBLIC)),
)


def list_threads(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime, turn: Turn = FIRST
) -> Leaf[ThreadLine]:
    """Twenty threads, the newest first."""

    def fetch(turn: Turn) -> Sequence[Any]:
        at = turn.numbers[0] if turn.mark else 2**31 - 1
        where = {"estate_id": estate_id, "me": account_id, "at": at}
        return session.connection().execute(_TURNS[turn.back], where).all()

    leaf = read_leaf(fetch, turn, size=PER_PAGE, mark_of=lambda row: row.number)
    plans: dict[UUID, list[tuple[Stage, datetime]]] = {row.id: [] for row in leaf.rows}
    if plans:
        for step in session.connection().execute(_PLANS, {"ids": list(plans)}):
            plans[step.thread_id].append((step.stage, step.starts_at))
    return Leaf(tuple(_line(row, plans[row.id], now) for row in leaf.rows), leaf.older, leaf.newer)


def _line(row: Any, plan: list[tuple[Stage, datetime]], now: datetime) -> ThreadLine:
    return ThreadLine(
        id=row.id,
        number=row.number,
        title=row.title,
        stage=stage_at(plan, now),
        until=next((at for _, at in plan if at > now), None),
        post_count=row.post_count,
        last_post_at=row.last_post_at,
        unread=row.last_seq - (row.read_seq or 0),
    )


def proposal_of(session: Session, *, proposal_id: UUID) -> ProposalCard:
    row = session.connection().execute(_ABOUT, {"id": proposal_id}).one()
    return ProposalCard(row.id, row.number, row.title, row.state)


def read_beside(session: Session, *, thread_id: UUID, account_id: UUID) -> Beside:
    row = session.connection().execute(_BESIDE, {"thread_id": thread_id, "me": account_id}).one()
    card = ProposalCard(row.id, row.number, row.title, row.state)
    return Beside(card, bool(row.has_minutes), row.read_seq or 0)


def find_proposal(session: Session, *, estate_id: UUID, proposal_id: UUID) -> ProposalCard:
    """A proposal of this estate; raises `NotFound`."""
    query = _ABOUT.where(_PROPOSAL.c.estate_id == sa.bindparam("estate_id"))
    row = session.connection().execute(query, {"id": proposal_id, "estate_id": estate_id}).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这个议题"))
    return ProposalCard(row.id, row.number, row.title, row.state)


def list_accepted(session: Session, *, estate_id: UUID) -> list[ProposalCard]:
    """The newest accepted proposals, which wait to be talked about."""
    rows = session.connection().execute(_ACCEPTED, {"estate_id": estate_id})
    return [ProposalCard(row.id, row.number, row.title, row.state) for row in rows]


def search_talk(session: Session, *, estate_id: UUID, query: str, start: int = 0) -> tuple[list[Hit], int]:
    """Proposals and posts that have every word, the newest first, thirty from `start` on; and the next start, 0 for none."""
    found = find(session, estate_id=estate_id, query=query)
    page = found[start : start + PER_SEARCH]
    ids: Mapping[SubjectKind, list[UUID]] = {
        kind: [one.subject_id for one in page if one.kind is kind] for kind in SubjectKind
    }
    wanted = query_terms(query)
    hits = {**_post_hits(session, ids[SubjectKind.POST], wanted)}
    hits |= _proposal_hits(session, ids[SubjectKind.PROPOSAL], wanted)
    listed = [hits[one.subject_id] for one in page if one.subject_id in hits]
    return listed, start + PER_SEARCH if len(found) > start + PER_SEARCH else 0


def _post_hits(session: Session, ids: list[UUID], wanted: list[str]) -> dict[UUID, Hit]:
    rows = session.connection().execute(_FOUND_POSTS, {"ids": ids}) if ids else ()
    return {
        row.id: Hit(
            SubjectKind.POST,
            row.title,
            snippet(row.text, wanted),
            f"deliberations/{row.thread_id}/posts/{row.seq}",
            row.created_at,
        )
        for row in rows
    }


def _proposal_hits(session: Session, ids: list[UUID], wanted: list[str]) -> dict[UUID, Hit]:
    rows = session.connection().execute(_FOUND_PROPOSALS, {"ids": ids}) if ids else ()
    return {
        row.id: Hit(
            SubjectKind.PROPOSAL,
            row.title,
            snippet(f"{row.title} {row.text}", wanted),
            f"proposals/{row.id}",
            row.published_at,
        )
        for row in rows
    }
