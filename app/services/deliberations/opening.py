"""Deliberations: open a thread about an accepted proposal, appoint its moderators, and move its stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.deliberations import Thread, ThreadStage
from app.models.proposals import EventKind, Proposal, Seconding
from app.rules.deliberations import stages
from app.rules.deliberations.stages import STAGE_NAMES, Stage, ensure_plan, ensure_replan, stage_at
from app.rules.proposals.states import Cause, ProposalState
from app.rules.text import clean_line, clean_text
from app.services import outbox, trail
from app.services.deliberations.staffing import Appointment, appoint
from app.services.deliberations.threads import lock_thread, plan_of
from app.services.estates.units import lock_register
from app.services.proposals.moving import lock_proposal, move_proposal, note_event
from app.services.trail import Actor

MOST_TITLE, MOST_QUESTION = 60, 2000
# From these a committee may begin to talk; from the last one it talks a second time.
OPENABLE = frozenset({ProposalState.ACCEPTED, ProposalState.DELIBERATING, ProposalState.DECIDED_NOT_PASSED})

Plan = Sequence[tuple[Stage, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewThread:
    """What the committee decided; `id` is the form's. `stages` are those after the notice, which begins now."""

    id: UUID
    title: str
    question: str
    stages: tuple[tuple[Stage, datetime], ...]
    moderators: tuple[Appointment, ...] = ()
    pre_approval: bool = False


def open_thread(
    session: Session, *, estate_id: UUID, proposal_id: UUID, new: NewThread, actor: Actor, now: datetime
) -> UUID:
    """Begin the notice of a deliberation now, and take the proposal to `deliberating`. The caller is the committee.

    Raises `Invalid` naming the field (a stage's name for its date), `Conflict` for a proposal that is not accepted.
    """
    known = session.get(Thread, new.id)
    if known is not None:
        if known.estate_id != estate_id:
            raise NotFound(N_("没有找到这次协商"))
        return known.id
    title = clean_line(new.title, most=MOST_TITLE, field="title")
    question = clean_text(new.question, most=MOST_QUESTION, field="question")
    for field, text in (("title", title), ("question", question)):
        if not text:
            raise Invalid(N_("请写清楚要商量什么"), code="empty", field=field)
    plan = [(Stage.NOTICE, now), *new.stages]
    ensure_plan(plan)
    lock_register(session, estate_id=estate_id)
    thread = Thread(
        id=new.id,
        estate_id=estate_id,
        number=_next_number(session, estate_id),
        proposal_id=proposal_id,
        title=title,
        question=question,
        opened_by=actor.id,
        opened_at=now,
        pre_approval=new.pre_approval,
    )
    proposal = _take_up(session, thread, actor, now)
    session.add(thread)
    session.flush()
    _write_plan(session, thread.id, plan)
    appoint(session, thread=thread, appointments=new.moderators, scope=proposal, actor=actor, now=now)
    _record(session, thread, "open", actor, now, new={"number": thread.number, "plan": _shown(plan)})
    _tell_of_opening(session, thread, proposal, opens_at=plan[1][1], now=now)
    return thread.id


def replan(
    session: Session, *, estate_id: UUID, thread_id: UUID, plan: Plan, actor: Actor, now: datetime
) -> None:
    """Change the dates of stages to come. Raises `Conflict` (`already_begun`) or `Invalid` (`bad_plan`)."""
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    old = plan_of(session, thread_id)
    if stage_at(old, now) is Stage.CLOSED:
        raise Conflict(N_("这次协商已经结束，日程不能再改"), code="already_begun")
    ensure_replan(old, plan, now)
    ensure_plan(plan)
    if list(plan) == list(old):
        return  # the same form once more
    _write_plan(session, thread_id, plan)
    _record(session, thread, "replan", actor, now, old={"plan": _shown(old)}, new={"plan": _shown(plan)})


def go_to_stage(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    target: Stage,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Begin a stage now, leaving out what stood between; a line on the proposal's way. Closing early needs a reason.

    Raises `Conflict` (`bad_move`, `notice_too_short`) and `Invalid` without the reason.
    """
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    old = plan_of(session, thread_id)
    plan = stages.moved(old, target, now)
    words = clean_line(reason, most=200, field="reason")
    if target is Stage.CLOSED and not words:
        raise Invalid(N_("提前结束协商要写明原因，居民都会看到"), field="reason")
    _write_plan(session, thread_id, plan)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=thread.proposal_id)
    note_event(
        session,
        proposal,
        kind=EventKind.STAGE,
        now=now,
        actor_name=actor.name,
        note=f"{STAGE_NAMES[target]}：{words}" if words else STAGE_NAMES[target],
        link=f"deliberations/{thread_id}",
    )
    _record(
        session,
        thread,
        "stage",
        actor,
        now,
        old={"stage": stage_at(old, now).value},
        new={"stage": target.value, "plan": _shown(plan)},
        reason=words,
    )


def _take_up(session: Session, thread: Thread, actor: Actor, now: datetime) -> Proposal:
    proposal = lock_proposal(session, estate_id=thread.estate_id, proposal_id=thread.proposal_id)
    link = f"deliberations/{thread.id}"
    if proposal.state not in OPENABLE:
        raise Conflict(N_("议题采纳以后才能开始协商，请先答复这个议题"), code="not_accepted")
    if proposal.state is ProposalState.DELIBERATING:
        note_event(
            session,
            proposal,
            kind=EventKind.THREAD,
            now=now,
            actor_name=actor.name,
            note=thread.title,
            link=link,
        )
        return proposal
    return move_proposal(
        session,
        estate_id=thread.estate_id,
        proposal_id=thread.proposal_id,
        to=ProposalState.DELIBERATING,
        by=Cause.COMMITTEE,
        actor=actor,
        now=now,
        kind=EventKind.THREAD,
        reason=thread.title,
        link=link,
    )


def _next_number(session: Session, estate_id: UUID) -> int:
    query = select(sa.func.max(Thread.number)).where(Thread.estate_id == estate_id)
    return (session.exec(query).one() or 0) + 1


def _write_plan(session: Session, thread_id: UUID, plan: Plan) -> None:
    steps = table_of(ThreadStage)
    session.connection().execute(sa.delete(steps).where(col(ThreadStage.thread_id) == thread_id))
    rows = [{"thread_id": thread_id, "stage": stage, "starts_at": at} for stage, at in plan]
    session.connection().execute(sa.insert(steps), rows)


def _shown(plan: Iterable[tuple[Stage, datetime]]) -> dict[str, object]:
    return {stage.value: at.isoformat() for stage, at in plan}


def _record(
    session: Session,
    thread: Thread,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"deliberations:thread:{verb}",
        actor=actor,
        now=now,
        estate_id=thread.estate_id,
        subject_kind="thread",
        subject_id=thread.id,
        old=old,
        new=new,
        reason=reason,
    )


def _tell_of_opening(
    session: Session, thread: Thread, proposal: Proposal, *, opens_at: datetime, now: datetime
) -> None:
    """Its author and all who seconded it."""
    voices = select(Seconding.account_id).where(Seconding.proposal_id == proposal.id).distinct()
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"thread:{thread.id}:{account_id}",
                template="thread_opened",
                now=now,
                account_id=account_id,
                estate_id=thread.estate_id,
                values={"title": thread.title, "opens_at": opens_at.isoformat()},
                link=f"deliberations/{thread.id}",
            )
            for account_id in {proposal.author_id, *session.exec(voices)}
        ],
    )
