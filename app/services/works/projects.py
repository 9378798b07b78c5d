"""Works: the projects of an estate, their tasks with who and by when, and what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.deliberations import Minutes
from app.models.proposals import Proposal
from app.models.works import Project, ProjectTask, TaskState
from app.rules.calendar import BEIJING
from app.rules.proposals.states import ProposalState

PAGE = 20


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task; `is_overdue` while it is open and its day is over."""

    id: UUID
    position: int
    text: str
    who: str
    due_on: date | None
    state: TaskState
    note: str
    photo_id: UUID | None
    settled_at: datetime | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project with its tasks and the way back to where it came from; `is_stopped` by a vote that was set aside."""

    id: UUID
    number: int
    title: str
    proposal_id: UUID
    proposal_title: str
    thread_id: UUID | None
    opened_at: datetime
    completed_at: datetime | None
    is_stopped: bool
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project in a list; counts of its tasks."""

    id: UUID
    number: int
    title: str
    opened_at: datetime
    completed_at: datetime | None
    tasks: int
    settled: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OverdueTask:
    """A task that should have been done, and where."""

    project_id: UUID
    project_title: str
    task_id: UUID
    text: str
    who: str
    due_on: date | None


def get_project(session: Session, *, estate_id: UUID, project_id: UUID) -> Project:
    """The row, or `NotFound` when it is another estate's or none at all."""
    query = select(Project).where(Project.id == project_id, Project.estate_id == estate_id)
    project = session.exec(query).one_or_none()
    if project is None:
        raise NotFound(N_("没有找到这个项目"))
    return project


def read_project(session: Session, *, estate_id: UUID, project_id: UUID, now: datetime) -> ProjectView:
    project = get_project(session, estate_id=estate_id, project_id=project_id)
    proposal = session.get_one(Proposal, project.proposal_id)
    minutes = session.get(Minutes, project.minutes_id) if project.minutes_id else None
    query = (
        select(ProjectTask).where(ProjectTask.project_id == project_id).order_by(col(ProjectTask.position))
    )
    return ProjectView(
        id=project.id,
        number=project.number,
        title=project.title,
        proposal_id=proposal.id,
        proposal_title=proposal.title,
        thread_id=minutes.thread_id if minutes else None,
        opened_at=project.opened_at,
        completed_at=project.completed_at,
        is_stopped=project.completed_at is None and proposal.state is not ProposalState.IMPLEMENTING,
        tasks=tuple(_task(task, _today(now)) for task in session.exec(query)),
    )


def _today(now: datetime) -> date:
    return now.astimezone(BEIJING).date()


def _task(task: ProjectTask, today: date) -> TaskView:
    is_open = task.state is TaskState.OPEN
    return TaskView(
        id=task.id,
        position=task.position,
        text=task.text,
        who=task.who,
        due_on=task.due_on,
        state=task.state,
        note=task.note,
        photo_id=task.photo_id,
        settled_at=task.settled_at,
        is_overdue=is_open and task.due_on is not None and task.due_on < today,
    )


def list_projects(
    session: Session, *, estate_id: UUID, now: datetime, before: int | None = None
) -> list[ProjectLine]:
    """A page of projects, the newest first, and one more when there are older ones; `before` is a project's number."""
    page = select(Project).where(Project.estate_id == estate_id).order_by(col(Project.number).desc())
    if before is not None:
        page = page.where(Project.number < before)
    projects = session.exec(page.limit(PAGE + 1)).all()
    is_open = col(ProjectTask.state) == TaskState.OPEN
    query = (
        sa.select(
            col(ProjectTask.project_id),
            sa.func.count(),
            sa.func.count(sa.case((~is_open, 1))),
            sa.func.count(sa.case((sa.and_(is_open, col(ProjectTask.due_on) < _today(now)), 1))),
        )
        .where(col(ProjectTask.project_id).in_([project.id for project in projects]))
        .group_by(col(ProjectTask.project_id))
    )
    counts = {row[0]: tuple(row[1:]) for row in session.connection().execute(query)}
    return [
        ProjectLine(
            project.id,
            project.number,
            project.title,
            project.opened_at,
            project.completed_at,
            *counts.get(project.id, (0, 0, 0)),
        )
        for project in projects
    ]


def projects_of(session: Session, *, proposal_id: UUID) -> list[tuple[UUID, str]]:
    """(id, title) of the projects that carry out a proposal, in their order."""
    query = select(Project.id, Project.title).where(Project.proposal_id == proposal_id)
    return list(session.exec(query.order_by(col(Project.number))).all())


def list_overdue_tasks(session: Session, *, estate_id: UUID, now: datetime, limit: int) -> list[OverdueTask]:
    """Open tasks whose day is over, the longest overdue first."""
    query = (
        sa.select(
            col(Project.id),
            col(Project.title),
            col(ProjectTask.id),
            col(ProjectTask.text),
            col(ProjectTask.who),
            col(ProjectTask.due_on),
        )
        .join(ProjectTask, col(ProjectTask.project_id) == Project.id)
        .where(
            col(Project.estate_id) == estate_id,
            col(Project.completed_at).is_(None),
            col(ProjectTask.state) == TaskState.OPEN,
            col(ProjectTask.due_on) < _today(now),
        )
        .order_by(col(ProjectTask.due_on), col(Project.number), col(ProjectTask.position))
        .limit(limit)
    )
    return [OverdueTask(*row) for row in session.connection().execute(query)]
