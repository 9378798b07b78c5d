"""Deliberations: a post or proposal to be judged, and by what right somebody may judge it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed, NotFound
from app.models.accounts import Grant
from app.models.base import table_of
from app.models.deliberations import Post, Thread, ThreadModerator
from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.accounts import Duty, Role
from app.rules.deliberations.moderation import Place, ensure_may_judge, has_interest
from app.services.accounts.grants import duties_of, roles_of
from app.services.deliberations.staffing import homes_in
from app.services.deliberations.threads import get_thread, lock_thread, seat_of
from app.services.proposals.moving import lock_proposal
from app.services.proposals.reading import get_proposal

_GRANT = table_of(Grant)
# An address may hold any number; a column of the database may not.
HIGHEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Target:
    """Which thing is meant: a post by its thread and number, or a proposal by its id."""

    thread_id: UUID | None = None
    seq: int = 0
    proposal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """By what right somebody acts: `NONE` is the committee. `interest`: he lives or owns in what is talked about."""

    duty: Duty
    interest: bool


@dataclass(frozen=True, slots=True)
class Case:
    """The thing with its rows. `proposal` is the thing itself, or what the thread of the post is about."""

    proposal: Proposal
    thread: Thread | None
    post: Post | None

    @property
    def estate_id(self) -> UUID:
        return self.proposal.estate_id

    @property
    def kind(self) -> SubjectKind:
        return SubjectKind.POST if self.post else SubjectKind.PROPOSAL

    @property
    def subject_id(self) -> UUID:
        return self.post.id if self.post else self.proposal.id

    @property
    def author_id(self) -> UUID:
        return self.post.author_id if self.post else self.proposal.author_id

    @property
    def seq(self) -> int:
        return self.post.seq if self.post else 0

    @property
    def title(self) -> str:
        return self.thread.title if self.thread else self.proposal.title

    @property
    def text(self) -> str:
        return self.post.text if self.post else f"{self.proposal.title}\n{self.proposal.text}"


def get_case(session: Session, *, estate_id: UUID, target: Target) -> Case:
    """The thing as it stands; `NotFound` for another estate's, and for a proposal that nobody has published."""
    if target.proposal_id is not None:
        proposal = get_proposal(session, estate_id=estate_id, proposal_id=target.proposal_id)
        return _published(Case(proposal, None, None))
    thread = get_thread(session, estate_id=estate_id, thread_id=target.thread_id or UUID(int=0))
    post = _post(session, thread, target.seq, lock=False)
    return Case(get_proposal(session, estate_id=estate_id, proposal_id=thread.proposal_id), thread, post)


def lock_case(session: Session, *, estate_id: UUID, target: Target) -> Case:
    """The same with its rows locked: the thread before the post, as whoever posts does."""
    if target.proposal_id is not None:
        proposal = lock_proposal(session, estate_id=estate_id, proposal_id=target.proposal_id)
        return _published(Case(proposal, None, None))
    thread = lock_thread(session, estate_id=estate_id, thread_id=target.thread_id or UUID(int=0))
    post = _post(session, thread, target.seq, lock=True)
    return Case(get_proposal(session, estate_id=estate_id, proposal_id=thread.proposal_id), thread, post)


def _published(case: Case) -> Case:
    if case.proposal.number is None:
        raise NotFound(N_("没有找到这个议题"))
    return case


def _post(session: Session, thread: Thread, seq: int, *, lock: bool) -> Post:
    query = select(Post).where(Post.thread_id == thread.id, Post.seq == min(seq, HIGHEST))
    if lock:
        # The number of reports changes without the thread's lock.
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    post = session.exec(query).one_or_none()
    if post is None:
        raise NotFound(N_("没有找到这条发言"))
    return post


def judge_of(session: Session, case: Case, *, account_id: UUID, now: datetime) -> Judge:
    """By what right the person may handle this; raises `NotAllowed` (`not_moderator`) without one.

    A post: the committee and the moderators of its thread. A proposal: the committee and every party member with a duty.
    """
    place = Place(case.proposal.scope_building, case.proposal.scope_entrance)
    homes = homes_in(session, estate_id=case.estate_id, account_ids=[account_id])
    interest = has_interest(homes.get(account_id, []), place)
    if case.thread:
        where = {"estate_id": case.estate_id, "thread_id": case.thread.id, "account_id": account_id}
        seat = seat_of(session, **where, now=now)
        if not seat.is_moderator:
            raise _not_moderator()
        return Judge(Duty.NONE if seat.is_committee else seat.duty, seat.interest or interest)
    if Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=case.estate_id):
        return Judge(Duty.NONE, interest)
    duties = duties_of(session, account_id=account_id, estate_id=case.estate_id)
    if not duties:
        raise _not_moderator()
    return Judge(min(duties, key=list(Duty).index), interest)


def _not_moderator() -> NotAllowed:
    return NotAllowed(
        N_("只有居委会和负责这里的党员可以处理；您觉得内容不妥，可以举报"), code="not_moderator"
    )


def ensure_judge(session: Session, case: Case, *, account_id: UUID, now: datetime) -> Judge:
    """The same for one who is about to decide: never about his own content (`own_content`)."""
    judge = judge_of(session, case, account_id=account_id, now=now)
    ensure_may_judge(account_id, author=case.author_id)
    return judge


def is_committee(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    return Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=estate_id)


def appointed_threads(estate_id: UUID, account_id: UUID) -> sa.Select[Any]:
    """The threads of an estate a person moderates: an appointment ends with the duty it was made in."""
    held = sa.select(_GRANT.c.duty).where(
        _GRANT.c.account_id == account_id,
        _GRANT.c.estate_id == estate_id,
        _GRANT.c.ended_at.is_(None),
        _GRANT.c.role == Role.PARTY_MEMBER,
    )
    return (
        sa.select(col(ThreadModerator.thread_id))
        .join(Thread, col(Thread.id) == col(ThreadModerator.thread_id))
        .where(
            col(Thread.estate_id) == estate_id,
            col(ThreadModerator.account_id) == account_id,
            col(ThreadModerator.duty).in_(held),
        )
    )
