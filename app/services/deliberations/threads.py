"""Deliberations: a thread as it stands, and what a person is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed, NotFound
from app.models.base import table_of
from app.models.deliberations import ModerationAct, Mute, Thread, ThreadModerator, ThreadStage
from app.rules.accounts import Duty, Role
from app.rules.deliberations.stages import Stage, stage_at
from app.services.estates.standing import Standing, standing_of

_SPEAKERS = frozenset({Role.COMMITTEE, Role.PARTY_MEMBER, Role.PARTY_STAFF})


@dataclass(frozen=True, slots=True)
class ThreadView:
    """One deliberation as its pages show it; `plan` holds each stage with the instant it begins."""

    id: UUID
    estate_id: UUID
    number: int
    proposal_id: UUID
    title: str
    question: str
    opened_at: datetime
    stage: Stage
    plan: tuple[tuple[Stage, datetime], ...]
    pre_approval: bool
    summary: str
    summary_by: str
    summary_at: datetime | None
    post_count: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Seat:
    """What a person is in one thread. `duty` is the one he was appointed in; `interest` that he lives in its own scope."""

    is_committee: bool = False
    may_speak: bool = False
    duties: frozenset[Duty] = frozenset()
    duty: Duty = Duty.NONE
    interest: bool = False
    muted_until: datetime | None = None
    # The mute reaches over the whole estate and not this thread alone.
    muted_everywhere: bool = False

    @property
    def is_moderator(self) -> bool:
        return self.is_committee or self.duty is not Duty.NONE

    @property
    def badge(self) -> str:
        """What stands beside his name: `committee`, a duty, or nothing."""
        if self.is_committee:
            return "committee"
        if self.duty is not Duty.NONE:
            return self.duty.value
        return next(iter(sorted(duty.value for duty in self.duties)), "")


def get_thread(session: Session, *, estate_id: UUID, thread_id: UUID) -> Thread:
    """The row, or `NotFound` when it is another estate's or none at all."""
    query = select(Thread).where(Thread.id == thread_id, Thread.estate_id == estate_id)
    thread = session.exec(query).one_or_none()
    if thread is None:
        raise NotFound(N_("没有找到这次协商"))
    return thread


def lock_thread(session: Session, *, estate_id: UUID, thread_id: UUID) -> Thread:
    """The same with its row locked until the end of the transaction: numbers of posts are given under it."""
    query = (
        select(Thread)
        .where(Thread.id == thread_id, Thread.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    thread = session.exec(query).one_or_none()
    if thread is None:
        raise NotFound(N_("没有找到这次协商"))
    return thread


def plan_of(session: Session, thread_id: UUID) -> tuple[tuple[Stage, datetime], ...]:
    """The stages with their beginnings, in order."""
    query = (
        select(ThreadStage.stage, ThreadStage.starts_at)
        .where(ThreadStage.thread_id == thread_id)
        .order_by(col(ThreadStage.starts_at))
    )
    return tuple((Stage(stage), starts_at) for stage, starts_at in session.exec(query))


_THREAD, _STAGE = table_of(Thread), table_of(ThreadStage)
# A row for each stage: a thread is opened with all of them.
_READ = (
    sa.select(_THREAD, _STAGE.c.stage, _STAGE.c.starts_at)
    .join_from(_THREAD, _STAGE, _STAGE.c.thread_id == _THREAD.c.id)
    .where(_THREAD.c.id == sa.bindparam("thread_id"), _THREAD.c.estate_id == sa.bindparam("estate_id"))
    .order_by(_STAGE.c.starts_at)
)


def read_thread(session: Session, *, estate_id: UUID, thread_id: UUID, now: datetime) -> ThreadView:
    """The thread with the stage that the clock gives it."""
    rows = session.connection().execute(_READ, {"estate_id": estate_id, "thread_id": thread_id}).all()
    if not rows:
        raise NotFound(N_("没有找到这次协商"))
    thread, plan = rows[0], tuple((Stage(row.stage), row.starts_at) for row in rows)
    return ThreadView(
        id=thread.id,
        estate_id=thread.estate_id,
        number=thread.number,
        proposal_id=thread.proposal_id,
        title=thread.title,
        question=thread.question,
        opened_at=thread.opened_at,
        stage=stage_at(plan, now),
        plan=plan,
        pre_approval=thread.pre_approval,
        summary=thread.summary,
        summary_by=thread.summary_by,
        summary_at=thread.summary_at,
        post_count=thread.post_count,
        last_seq=thread.last_seq,
    )


# The act says how far its mute goes: the committee's over the estate, a moderator's over the thread it happened in.
EVERYWHERE = sa.or_(col(ModerationAct.thread_id).is_(None), col(ModerationAct.duty) == Duty.NONE)


@dataclass(frozen=True, slots=True)
class Muted:
    """Until when a person may only read, and whether in the whole estate or in one thread."""

    until: datetime
    everywhere: bool


def find_mute(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime, thread_id: UUID | None = None
) -> Muted | None:
    """The mute that holds the person longest in this thread; without a thread, of those for the whole estate."""
    wide = sa.case((EVERYWHERE, 1), else_=0)
    query = (
        select(Mute.until, wide)
        .join(ModerationAct, col(ModerationAct.id) == Mute.act_id)
        .where(
            Mute.estate_id == estate_id,
            Mute.account_id == account_id,
            col(Mute.until) > now,
            col(Mute.lifted_at).is_(None),
            sa.or_(EVERYWHERE, col(ModerationAct.thread_id) == thread_id) if thread_id else EVERYWHERE,
        )
        .order_by(col(Mute.until).desc(), wide.desc())
        .limit(1)
    )
    row = session.exec(query).first()
    return Muted(row[0], bool(row[1])) if row else None


def muted_until(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> datetime | None:
    """Until when the person may only read in this estate."""
    mute = find_mute(session, estate_id=estate_id, account_id=account_id, now=now)
    return mute.until if mute else None


def seat_of(session: Session, *, estate_id: UUID, thread_id: UUID, account_id: UUID, now: datetime) -> Seat:
    """What the person is in this thread; asked for every deed in it."""
    standing = standing_of(session, estate_id=estate_id, account_id=account_id)
    where = {"estate_id": estate_id, "thread_id": thread_id, "account_id": account_id}
    return seat_with(session, **where, standing=standing, now=now)


def seat_with(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    account_id: UUID,
    standing: Standing,
    now: datetime,
) -> Seat:
    """`seat_of` for a page, which knows the person's standing already."""
    appointed = session.get(ThreadModerator, (thread_id, account_id))
    # An appointment ends with the duty it was made in.
    duty = appointed.duty if appointed and appointed.duty in standing.duties else Duty.NONE
    mute = find_mute(session, estate_id=estate_id, account_id=account_id, now=now, thread_id=thread_id)
    return Seat(
        is_committee=standing.is_committee,
        may_speak=has_voice(standing),
        duties=standing.duties,
        duty=duty,
        interest=bool(appointed and appointed.interest),
        muted_until=mute.until if mute else None,
        muted_everywhere=bool(mute and mute.everywhere),
    )


def reads_only() -> NotAllowed:
    return NotAllowed(N_("监督人员和系统管理员只能查看，不能参加协商"), code="reads_only")


def has_voice(standing: Standing) -> bool:
    """Residents, and those whose work it is to answer them; auditors and operators only read."""
    return standing.is_resident or bool(standing.roles & _SPEAKERS)


def ensure_may_write(seat: Seat, now: datetime) -> None:
    """Raises `NotAllowed`: `reads_only` for who has no voice here, `muted` while the person is muted."""
    if not seat.may_speak:
        raise reads_only()
    if seat.muted_until is not None and seat.muted_until > now:
        raise NotAllowed(
            N_("您目前被禁言，可以阅读，不能发言。对处理不服可以在“审核记录”里向居委会申诉")
            if seat.muted_everywhere
            else N_("您目前在这次协商里被禁言，可以阅读，不能发言。对处理不服可以在“审核记录”里向居委会申诉"),
            code="muted",
        )
