"""Works: open the project that carries out what was agreed; its tasks come from the minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.proposals import EventKind, Proposal
from app.models.works import Project, ProjectTask, TaskState
from app.rules.accounts import Role
from app.rules.calendar import BEIJING
from app.rules.deliberations import minutes as rules
from app.rules.deliberations.stages import Verb, ensure_open, stage_at
from app.rules.proposals.states import Cause, ProposalState, move
from app.rules.text import clean_line, clean_text
from app.services.accounts.grants import roles_of
from app.services.deliberations.minutes import document, read_published
from app.services.deliberations.threads import plan_of
from app.services.estates.units import lock_register
from app.services.proposals.moving import lock_proposal, move_proposal
from app.services.trail import Actor

_NOT_ACCEPTED = N_("只有已采纳、还没有开始协商的议题可以直接立项")


@dataclass(frozen=True, slots=True)
class TitleView:
    """A proposal by its title."""

    id: UUID
    title: str


def read_accepted(session: Session, *, estate_id: UUID, proposal_id: UUID) -> TitleView:
    """The proposal to be carried out as it is; `Conflict` (`not_accepted`) in any other state."""
    query = select(Proposal).where(Proposal.id == proposal_id, Proposal.estate_id == estate_id)
    proposal = session.exec(query).one_or_none()
    if proposal is None:
        raise NotFound(N_("没有找到这个议题"))
    if proposal.state is not ProposalState.ACCEPTED:
        raise Conflict(_NOT_ACCEPTED, code="not_accepted")
    return TitleView(proposal.id, proposal.title)


def open_from_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, project_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Make the tasks of a thread's published minutes a project, and take the proposal to `implementing`.

    The id the form carried makes a second arrival the same project. A project that a set-aside vote had stopped goes
    on under its own id. Raises `Conflict` for a proposal that cannot be carried out now, and for minutes without tasks.
    """
    minutes = read_published(session, estate_id=estate_id, thread_id=thread_id)
    ensure_open(stage_at(plan_of(session, thread_id), now), Verb.HAND_OVER)
    tasks = rules.tasks(document(minutes))
    if not tasks:
        raise Conflict(
            N_("这份纪要里没有交办事项，不能据此立项；不用表决的议题请在采纳后直接立项"), code="no_tasks"
        )
    return _open(
        session,
        estate_id=estate_id,
        proposal_id=minutes.proposal_id,
        project_id=project_id,
        minutes_id=minutes.id,
        tasks=tasks,
        actor=actor,
        now=now,
    )


def open_from_proposal(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    project_id: UUID,
    tasks: Sequence[rules.Point],
    actor: Actor,
    now: datetime,
) -> UUID:
    """Carry out an accepted proposal as it is, with tasks written down now; for what needs no vote.

    Raises `Invalid` naming the field (`text-1`, `who-1`, `by-1`, `tasks`) and `Conflict` unless it is `accepted`.
    """
    if not tasks:
        raise Invalid(N_("请至少写一件要做的事：做什么、谁来办、什么时候办完"), field="tasks")
    today = now.astimezone(BEIJING).date()
    tasks = [
        replace(
            task,
            text=clean_text(task.text, most=rules.MOST_TEXT, field=f"text-{place}"),
            who=clean_line(task.who, most=rules.MOST_WHO, field=f"who-{place}"),
        )
        for place, task in enumerate(tasks, 1)
    ]
    for problem in rules.problems(tasks, held_on=today):
        if problem.code != "no_result":
            raise problem
    return _open(
        session,
        estate_id=estate_id,
        proposal_id=proposal_id,
        project_id=project_id,
        minutes_id=None,
        tasks=tasks,
        directly=True,
        actor=actor,
        now=now,
    )


def _open(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    project_id: UUID,
    minutes_id: UUID | None,
    tasks: Sequence[rules.Point],
    actor: Actor,
    now: datetime,
    directly: bool = False,
) -> UUID:
    if Role.COMMITTEE not in roles_of(session, account_id=actor.id, estate_id=estate_id):
        raise NotAllowed(N_("立项由居委会或业委会办理，请联系他们"))
    # The estate's lock gives the number and comes before the proposal's, as everywhere.
    lock_register(session, estate_id=estate_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    present = session.get(Project, project_id)
    if present is not None:
        if (present.estate_id, present.proposal_id) != (estate_id, proposal_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    if directly and proposal.state is not ProposalState.ACCEPTED:
        raise Conflict(_NOT_ACCEPTED, code="not_accepted")
    move(proposal.state, ProposalState.IMPLEMENTING, by=Cause.COMMITTEE)
    stopped = session.exec(
        select(Project).where(Project.proposal_id == proposal_id, col(Project.completed_at).is_(None))
    ).first()
    project = stopped or _insert(session, proposal, project_id, minutes_id, tasks, actor, now)
    move_proposal(
        session,
        estate_id=estate_id,
        proposal_id=proposal_id,
        to=ProposalState.IMPLEMENTING,
        by=Cause.COMMITTEE,
        actor=actor,
        now=now,
        kind=EventKind.PROJECT,
        reason=project.title,
        link=f"projects/{project.id}",
    )
    return project.id


def _insert(
    session: Session,
    proposal: Proposal,
    project_id: UUID,
    minutes_id: UUID | None,
    tasks: Sequence[rules.Point],
    actor: Actor,
    now: datetime,
) -> Project:
    query = select(sa.func.max(Project.number)).where(Project.estate_id == proposal.estate_id)
    project = Project(
        id=project_id,
        estate_id=proposal.estate_id,
        number=(session.exec(query).one() or 0) + 1,
        proposal_id=proposal.id,
        minutes_id=minutes_id,
        title=proposal.title,
        opened_by=actor.id,
        opened_at=now,
    )
    session.add(project)
    session.flush()
    for position, task in enumerate(tasks, 1):
        session.add(
            ProjectTask(
                project_id=project.id,
                position=position,
                text=task.text,
                who=task.who,
                due_on=task.by,
                state=TaskState.OPEN,
            )
        )
    session.flush()
    return project
