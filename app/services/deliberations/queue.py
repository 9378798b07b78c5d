"""Deliberations: what waits for a moderator, the most reported first, and one thing with all he must know to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.deliberations import ContentReport, ModerationAct, Post, PostState, Thread
from app.models.proposals import Proposal
from app.models.search import SearchEntry, SubjectKind
from app.rules.deliberations.moderation import word_hints
from app.services.deliberations.cases import appointed_threads, is_committee
from app.services.proposals.settings import read_settings

PAGE = 20
# Words are sought in what was written last: a hint helps while a talk is fresh, and the page costs the same for ever.
NEWEST_READ = 100
_EXCERPT = 80
_EPOCH, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

_POST, _THREAD, _PROPOSAL, _REPORT, _ENTRY, _ACT = (
    table_of(model) for model in (Post, Thread, Proposal, ContentReport, SearchEntry, ModerationAct)
)


@dataclass(frozen=True, slots=True)
class Item:
    """A post or a proposal that wants a look; `seq` 0 is a proposal. `hints` are listed words it holds."""

    kind: SubjectKind
    subject_id: UUID
    thread_id: UUID | None
    seq: int
    title: str
    excerpt: str
    reports: int
    waiting: bool
    at: datetime
    hints: tuple[str, ...]
    mine: bool

    @property
    def key(self) -> str:
        """Where a next page goes on."""
        return f"{self.reports}_{(self.at - _EPOCH) // _TICK}_{self.subject_id.hex}"


def list_queue(session: Session, *, estate_id: UUID, account_id: UUID, after: str = "") -> Sequence[Item]:
    """A page and one item more: reported and waiting content, by open reports, then the oldest first.

    The committee sees all of it; a party member the posts of the threads he moderates, and the proposals.
    """
    start = _read_key(after)
    words = read_settings(session, estate_id=estate_id).words
    posts = _posts(session, estate_id, account_id, start)
    rows = [*posts, *_proposals(session, estate_id, start)]
    rows.sort(key=lambda row: (-row.reports, row.at, row.id))
    return [_item(row, account_id, words) for row in rows[: PAGE + 1]]


def _read_key(text: str) -> tuple[int, datetime, UUID] | None:
    """Where to go on; nothing for an address somebody has spoilt."""
    try:
        reports, ticks, hexed = text.split("_")
        return int(reports), _EPOCH + int(ticks) * _TICK, UUID(hex=hexed)
    except (ValueError, OverflowError):
        return None


def _beyond(
    columns: tuple[Any, Any, Any], start: tuple[int, datetime, UUID] | None
) -> sa.ColumnElement[bool]:
    if start is None:
        return sa.true()
    (reports, at, id_), (most, since, last) = columns, start
    later = sa.or_(at > since, sa.and_(at == since, id_ > last))
    return sa.or_(reports < most, sa.and_(reports == most, later))


def _posts(
    session: Session, estate_id: UUID, account_id: UUID, start: tuple[int, datetime, UUID] | None
) -> Sequence[Any]:
    columns = _POST.c.reports, _POST.c.created_at, _POST.c.id
    query = _POST_ROWS.where(
        _POST.c.estate_id == estate_id,
        sa.or_(_POST.c.reports > 0, _POST.c.state == PostState.WAITING),
        _beyond(columns, start),
    )
    if not is_committee(session, estate_id=estate_id, account_id=account_id):
        query = query.where(_POST.c.thread_id.in_(appointed_threads(estate_id, account_id)))
    query = query.order_by(columns[0].desc(), *columns[1:]).limit(PAGE + 1)
    return session.connection().execute(query).all()


_POST_ROWS = sa.select(
    sa.literal(SubjectKind.POST.value).label("kind"),
    _POST.c.id,
    _POST.c.thread_id,
    _POST.c.seq,
    _THREAD.c.title,
    _POST.c.text,
    _POST.c.reports,
    _POST.c.state,
    _POST.c.created_at.label("at"),
    _POST.c.author_id,
).select_from(_POST.join(_THREAD, _THREAD.c.id == _POST.c.thread_id))


def _proposals(session: Session, estate_id: UUID, start: tuple[int, datetime, UUID] | None) -> Sequence[Any]:
    reported = (
        sa.select(_REPORT.c.subject_id, sa.func.count().label("reports"))
        .where(
            _REPORT.c.estate_id == estate_id,
            _REPORT.c.resolved_at.is_(None),
            _REPORT.c.kind == SubjectKind.PROPOSAL,
        )
        .group_by(_REPORT.c.subject_id)
        .subquery()
    )
    columns = reported.c.reports, _PROPOSAL.c.created_at, _PROPOSAL.c.id
    query = (
        _proposal_rows(reported.c.reports)
        .join(reported, reported.c.subject_id == _PROPOSAL.c.id)
        .where(_beyond(columns, start))
        .order_by(columns[0].desc(), *columns[1:])
        .limit(PAGE + 1)
    )
    return session.connection().execute(query).all()


def _proposal_rows(reports: Any) -> sa.Select[Any]:
    return sa.select(
        sa.literal(SubjectKind.PROPOSAL.value).label("kind"),
        _PROPOSAL.c.id,
        sa.null().label("thread_id"),
        sa.literal(0).label("seq"),
        _PROPOSAL.c.title,
        _PROPOSAL.c.text,
        reports,
        sa.literal(PostState.VISIBLE.value).label("state"),
        _PROPOSAL.c.created_at.label("at"),
        _PROPOSAL.c.author_id,
    ).select_from(_PROPOSAL)


def _item(row: Any, account_id: UUID, words: Iterable[str]) -> Item:
    line = " ".join(row.text.split())
    kind = SubjectKind(row.kind)
    sought = f"{row.title}\n{row.text}" if kind is SubjectKind.PROPOSAL else row.text
    return Item(
        kind=kind,
        subject_id=row.id,
        thread_id=row.thread_id,
        seq=row.seq,
        title=row.title,
        excerpt=line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…",
        reports=row.reports,
        waiting=row.state == PostState.WAITING,
        at=row.at,
        hints=tuple(word_hints(sought, words)),
        mine=row.author_id == account_id,
    )


def list_hints(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[Item]:
    """Of the newest readable content what holds a listed word and nobody has looked into yet, the newest first.

    A hint and never a gate: the content is public already.
    """
    words = read_settings(session, estate_id=estate_id).words
    if not words:
        return []
    connection = session.connection()
    newest = connection.execute(
        sa.select(_ENTRY.c.kind, _ENTRY.c.subject_id)
        .where(_ENTRY.c.estate_id == estate_id)
        .order_by(_ENTRY.c.id.desc())
        .limit(NEWEST_READ)
    ).all()
    ids = {kind: [row.subject_id for row in newest if row.kind is kind] for kind in SubjectKind}
    posts = _POST_ROWS.where(_POST.c.id.in_(ids[SubjectKind.POST]))
    if not is_committee(session, estate_id=estate_id, account_id=account_id):
        posts = posts.where(_POST.c.thread_id.in_(appointed_threads(estate_id, account_id)))
    proposals = _proposal_rows(sa.literal(0).label("reports")).where(
        _PROPOSAL.c.id.in_(ids[SubjectKind.PROPOSAL])
    )
    rows = [*connection.execute(posts), *connection.execute(proposals)]
    hit = [item for row in rows if (item := _item(row, account_id, words)).hints]
    seen = _handled(session, {row.author_id for row in rows}, [item.subject_id for item in hit])
    fresh = [item for item in hit if item.subject_id not in seen and not item.reports]
    return sorted(fresh, key=lambda item: (item.at, item.seq), reverse=True)[:PAGE]


def _handled(session: Session, authors: Iterable[UUID], subjects: list[UUID]) -> set[UUID]:
    """Those on which somebody has acted before; sought by their authors, for whom there is an index."""
    query = sa.select(_ACT.c.subject_id).where(
        _ACT.c.author_id.in_(list(authors)), _ACT.c.subject_id.in_(subjects)
    )
    return set(session.connection().execute(query).scalars())
