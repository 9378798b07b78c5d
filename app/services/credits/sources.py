"""Credits: what took place in the earlier rooms since an instant, as facts; no fact holds a choice, a stance or an opinion.

Seconding is no source: there is no way to second against a proposal, so points for it would be points for one direction.
A room that comes later adds a line to `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.deliberations import (
    ModerationAct,
    Post,
    PostState,
    Statement,
    StatementMark,
    Thread,
)
from app.models.estates import Owner
from app.models.maintenance.orders import WorkOrder
from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.models.votes import BallotCurrent, RollEntry, RollVoter, Vote
from app.rules.calendar import BEIJING
from app.rules.credits.reasons import Reason
from app.rules.deliberations.moderation import Act
from app.rules.maintenance.states import OrderState
from app.services.guides.asking import questions_by
from app.services.meetings.attending import attended
from app.services.surveys.taking_part import answered_by
from app.services.votes.roll import ON_ROLL

_BATCH = 100
_JUDGED = (Act.HIDE, Act.RESTORE, Act.APPROVE)
# Whatever the reporter said of the repair: paying for one answer would be paying for a direction.
_DONE = (OrderState.CONFIRMED, OrderState.AUTO_CLOSED)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Fact:
    """A person took part; `subject` is what counts once, `hidden` when nothing of it can be seen any more."""

    account_id: UUID
    reason: Reason
    subject: str
    at: datetime
    note: str = ""
    hidden: bool = False

    @property
    def on_day(self) -> date:
        return self.at.astimezone(BEIJING).date()


@dataclass(frozen=True, slots=True)
class Source:
    """A room's facts of an estate told since an instant, however long ago they were; the name is the key of its cursor."""

    name: str
    read: Callable[..., Iterable[Fact]]


def _proposals(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    """Numbers are given in the order of publication, so they are walked back until an older one comes."""

    def older(before: int | None) -> Sequence[Proposal]:
        query = select(Proposal).where(Proposal.estate_id == estate_id, col(Proposal.number).is_not(None))
        if before is not None:
            query = query.where(col(Proposal.number) < before)
        return session.exec(query.order_by(col(Proposal.number).desc()).limit(_BATCH)).all()

    for proposal in _back(older, lambda row: row.number or 0, lambda row: row.published_at, since):
        if proposal.hidden_at is None:
            yield _of_proposal(proposal)


def _of_proposal(proposal: Proposal) -> Fact:
    return Fact(
        account_id=proposal.author_id,
        reason=Reason.PROPOSAL,
        subject=f"proposal:{proposal.id}",
        at=proposal.published_at or proposal.created_at,
        note=proposal.title,
        hidden=proposal.hidden_at is not None,
    )


def _posts(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    """Of each thread written in since then the posts, from the newest back."""
    threads = session.exec(
        select(Thread).where(Thread.estate_id == estate_id, col(Thread.last_post_at) >= since)
    ).all()
    for thread in threads:

        def older(before: int | None, thread_id: UUID = thread.id) -> Sequence[Post]:
            query = select(Post).where(Post.thread_id == thread_id)
            if before is not None:
                query = query.where(Post.seq < before)
            return session.exec(query.order_by(col(Post.seq).desc()).limit(_BATCH)).all()

        first: dict[UUID, Post] = {}
        for post in _back(older, lambda row: row.seq, lambda row: row.created_at, since):
            if post.state is PostState.VISIBLE:
                first[post.author_id] = post
        yield from (_of_post(thread, post) for post in first.values())


def _of_post(thread: Thread, post: Post, *, hidden: bool = False) -> Fact:
    return Fact(
        account_id=post.author_id,
        reason=Reason.POST,
        subject=f"thread:{thread.id}",
        at=post.created_at,
        note=thread.title,
        hidden=hidden,
    )


def _moderation(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    """How what was judged since then stands now, whichever acts led there."""

    def older(before: int | None) -> Sequence[ModerationAct]:
        query = select(ModerationAct).where(ModerationAct.estate_id == estate_id)
        if before is not None:
            query = query.where(ModerationAct.number < before)
        return session.exec(query.order_by(col(ModerationAct.number).desc()).limit(_BATCH)).all()

    acts = _back(older, lambda row: row.number, lambda row: row.at, since)
    judged = {(act.kind, act.subject_id) for act in acts if act.act in _JUDGED}
    for kind, subject_id in judged:
        if kind is SubjectKind.PROPOSAL:
            proposal = session.get(Proposal, subject_id)
            if proposal is not None and proposal.number is not None:
                yield _of_proposal(proposal)
        else:
            yield from _judged_post(session, session.get(Post, subject_id))


def _judged_post(session: Session, post: Post | None) -> Iterator[Fact]:
    """The author's first visible post in the thread, or that he has none left."""
    thread = session.get(Thread, post.thread_id) if post else None
    if post is None or thread is None:
        return
    query = (
        select(Post)
        .where(
            Post.author_id == post.author_id,
            Post.thread_id == post.thread_id,
            Post.state == PostState.VISIBLE,
        )
        .order_by(col(Post.created_at))
        .limit(1)
    )
    visible = session.exec(query).one_or_none()
    yield _of_post(thread, visible or post, hidden=visible is None)


def _statements(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    query = (
        select(StatementMark.account_id, Thread.id, Thread.title, sa.func.min(StatementMark.at))
        .join(Statement, col(Statement.id) == StatementMark.statement_id)
        .join(Thread, col(Thread.id) == Statement.thread_id)
        .where(Thread.estate_id == estate_id, col(StatementMark.at) >= since)
        .group_by(col(StatementMark.account_id), col(Thread.id), col(Thread.title))
    )
    for account_id, thread_id, title, at in session.exec(query):
        yield Fact(account_id, Reason.STATEMENTS, f"thread:{thread_id}", at, note=title)


def _ballots(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    """Votes counted since then: each owner of a home whose ballot is there, whatever it says and however it came.

    All of one vote are dated alike, by its closing, so that a line tells nothing of when a ballot was cast.
    """
    query = select(Vote).where(Vote.estate_id == estate_id, col(Vote.sealed_at) >= since)
    for vote in session.exec(query).all():
        closing = vote.closes_at or vote.created_at
        for account_id in session.exec(_accounts_with_ballot(vote.id)):
            yield Fact(
                account_id,
                Reason.BALLOT,
                f"vote:{vote.id}",
                closing - timedelta(seconds=1),  # midnight belongs to the day that ends
                note=vote.title,
            )


def _accounts_with_ballot(vote_id: UUID) -> Any:
    on_line = sa.and_(
        col(RollVoter.vote_id) == RollEntry.vote_id,
        col(RollVoter.unit_id) == RollEntry.unit_id,
        col(RollVoter.revision) == RollEntry.revision,
    )
    has_ballot = sa.and_(
        col(BallotCurrent.vote_id) == RollEntry.vote_id, col(BallotCurrent.unit_id) == RollEntry.unit_id
    )
    return (
        select(Owner.account_id)
        .join(RollVoter, col(RollVoter.owner_id) == Owner.id)
        .join(RollEntry, on_line)
        .join(BallotCurrent, has_ballot)
        .where(RollEntry.vote_id == vote_id, col(Owner.account_id).is_not(None), *ON_ROLL)
        .distinct()
    )


def _reports(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
    """Faults of what belongs to all, done; those inside a flat are their owner's own matter."""
    query = select(WorkOrder).where(
        WorkOrder.estate_id == estate_id,
        col(WorkOrder.closed_at) >= since,
        col(WorkOrder.state).in_(_DONE),
        col(WorkOrder.listed).is_(True),
        col(WorkOrder.reporter_id).is_not(None),
    )
    for order in session.exec(query):
        if order.reporter_id and order.closed_at:
            yield Fact(
                order.reporter_id,
                Reason.REPORT,
                f"order:{order.id}",
                order.closed_at,
                note=f"№{order.number}",
            )


def _told_by(
    room: Callable[..., Iterable[tuple[UUID, UUID, datetime]]], reason: Reason, kind: str
) -> Callable[..., Iterator[Fact]]:
    """The facts of a room that tells them as (account, subject, when)."""

    def read(session: Session, *, estate_id: UUID, since: datetime) -> Iterator[Fact]:
        for account_id, subject_id, at in room(session, estate_id=estate_id, since=since):
            yield Fact(account_id, reason, f"{kind}:{subject_id}", at)

    return read


def _back(
    older: Callable[[int | None], Sequence[Row]],
    number_of: Callable[[Row], int],
    at: Callable[[Row], datetime | None],
    since: datetime,
) -> Iterator[Row]:
    """Rows from the newest back while they are not before `since`; no more are read than that and one batch."""
    before: int | None = None
    while rows := older(before):
        for row in rows:
            instant = at(row)
            if instant is not None and instant < since:
                return
            yield row
        before = number_of(rows[-1])


SOURCES = (
    Source("proposals", _proposals),
    Source("posts", _posts),
    Source("moderation", _moderation),
    Source("statements", _statements),
    Source("ballots", _ballots),
    Source("reports", _reports),
    Source("surveys", _told_by(answered_by, Reason.SURVEY, "survey")),
    # An attendance counts when the record of its meeting is confirmed.
    Source("meetings", _told_by(attended, Reason.MEETING, "meeting")),
    Source("questions", _told_by(questions_by, Reason.QUESTION, "question")),
)
