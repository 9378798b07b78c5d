"""Works: settle a task with a note and a photo; the last one completes the project and its proposal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.proposals import EventKind, Proposal
from app.models.works import Project, ProjectTask, TaskState
from app.rules.accounts import Duty, Role
from app.rules.proposals.states import Cause, ProposalState
from app.rules.text import clean_text
from app.services import trail
from app.services.accounts.grants import duties_of, roles_of
from app.services.deliberations.audience import tell_people
from app.services.proposals.moving import lock_proposal, move_proposal, note_event
from app.services.trail import Actor
from app.services.works.projects import get_project

LEAST_NOTE, MOST_NOTE = 6, 500


class Ending(StrEnum):
    """How a task ends."""

    DONE = "done"
    DROPPED = "dropped"


def may_settle(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """The committee, and party members whose duty is to supervise."""
    return Role.COMMITTEE in roles_of(
        session, account_id=account_id, estate_id=estate_id
    ) or Duty.SUPERVISOR in duties_of(session, account_id=account_id, estate_id=estate_id)


def settle_task(
    session: Session,
    *,
    estate_id: UUID,
    project_id: UUID,
    task_id: UUID,
    ending: Ending,
    note: str,
    photo_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down how a task ended, once; with the last one the project and its proposal are completed.

    Raises `NotAllowed` for all but committee and supervisors, `Conflict` (`settled`) for a task that has ended and
    (`stopped`) while a set-aside vote keeps the works from going on.
    """
    if not may_settle(session, estate_id=estate_id, account_id=actor.id):
        raise NotAllowed(N_("事项由居委会或者担任监督员的党员办结，请联系他们"))
    project = get_project(session, estate_id=estate_id, project_id=project_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=project.proposal_id)
    task = session.get(ProjectTask, task_id, populate_existing=True)
    if task is None or task.project_id != project_id:
        raise NotFound(N_("没有找到这件事"))
    if task.state is not TaskState.OPEN:
        raise Conflict(N_("这件事已经办结，请刷新页面"), code="settled")
    if proposal.state is not ProposalState.IMPLEMENTING:
        raise Conflict(N_("议题现在不在实施中，项目暂停；等议题重新进入实施再办结"), code="stopped")
    note = clean_text(note, most=MOST_NOTE, field="note")
    if len(note) < LEAST_NOTE:
        raise Invalid(
            N_("请写明办得怎么样，或者为什么不办了，至少 %(least)s 个字"), field="note", least=LEAST_NOTE
        )
    task.state, task.note, task.photo_id = TaskState(ending.value), note, photo_id
    task.settled_by, task.settled_at = actor.id, now
    session.add(task)
    session.flush()
    note_event(
        session,
        proposal,
        kind=EventKind.TASK,
        now=now,
        actor_name=actor.name,
        note=f"{task.text[:200]}：{note[:280]}",
        link=f"projects/{project_id}#task-{task.position}",
    )
    _record(session, project, task, actor, now)
    _complete(session, project, proposal, actor, now)


def _record(session: Session, project: Project, task: ProjectTask, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag=f"works:task:{task.state.value}",
        actor=actor,
        now=now,
        estate_id=project.estate_id,
        subject_kind="project",
        subject_id=project.id,
        old={"task": task.position, "state": TaskState.OPEN.value},
        new={"task": task.position, "state": task.state.value},
        reason=task.note,
    )


def _complete(session: Session, project: Project, proposal: Proposal, actor: Actor, now: datetime) -> None:
    waiting = select(ProjectTask.id).where(
        ProjectTask.project_id == project.id, ProjectTask.state == TaskState.OPEN
    )
    if session.exec(waiting.limit(1)).first() is not None:
        return
    project.completed_at = now
    session.add(project)
    move_proposal(
        session,
        estate_id=project.estate_id,
        proposal_id=proposal.id,
        to=ProposalState.COMPLETED,
        by=Cause.SYSTEM,
        actor=actor,
        now=now,
        kind=EventKind.PROJECT,
        reason=project.title,
        link=f"projects/{project.id}",
    )
    tell_people(
        session,
        estate_id=project.estate_id,
        proposal_id=proposal.id,
        subject_id=project.id,
        template="project_completed",
        values={"title": project.title},
        link=f"projects/{project.id}",
        now=now,
    )
