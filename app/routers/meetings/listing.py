"""The estate's meetings, coming and past, and the open tasks their records gave out."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.forms import talk_page
from app.routers.meetings.words import Words, words
from app.rules.accounts import Role
from app.services.meetings import reading, tasks
from app.services.meetings.reading import MeetingLine
from app.services.meetings.tasks import OpenTask
from app.services.works import projects

router = APIRouter(prefix="/e/{slug}/meetings")


@dataclass(frozen=True, slots=True)
class ListPage:
    """What comes, what was, and how many tasks are open."""

    coming: list[MeetingLine]
    past: list[MeetingLine]
    words: Words
    open_tasks: int
    late_tasks: int
    address: str
    desk: str


@dataclass(frozen=True, slots=True)
class TasksPage:
    """Open tasks, the most urgent first; `projects` have task lists of their own."""

    tasks: list[OpenTask]
    projects: list[tuple[UUID, str]]
    address: str
    home: str


@router.get("")
def list_meetings(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> Response:
    coming, past = reading.list_meetings(session, estate_id=visit.estate.id, now=now)
    listed = tasks.list_open(session, estate_id=visit.estate.id, now=now)
    runs = bool(visit.standing.roles & {Role.COMMITTEE, Role.PARTY_MEMBER})
    data = ListPage(
        coming=coming,
        past=past,
        words=words(),
        open_tasks=len(listed),
        late_tasks=sum(task.is_late for task in listed),
        address=f"/e/{visit.estate.slug}/meetings",
        desk=f"/desk/{visit.estate.slug}/meetings" if runs else "",
    )
    return talk_page(request, visit, "meetings/list.html", data)


@router.get("/tasks")
def list_tasks(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> Response:
    lines = projects.list_projects(session, estate_id=visit.estate.id, now=now)
    data = TasksPage(
        tasks=tasks.list_open(session, estate_id=visit.estate.id, now=now),
        projects=[(line.id, line.title) for line in lines if line.completed_at is None],
        address=f"/e/{visit.estate.slug}/meetings",
        home=f"/e/{visit.estate.slug}",
    )
    return talk_page(request, visit, "meetings/tasks.html", data)
