"""The desk for projects: open one for an accepted proposal, and settle tasks with a note and a photo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, NotAllowed, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.minutes import MOST_TEXT, MOST_WHO, Point, PointKind
from app.services import files
from app.services.works import opening, projects, settling
from app.services.works.opening import TitleView
from app.services.works.projects import ProjectView
from app.services.works.settling import MOST_NOTE, Ending

router = APIRouter(prefix="/desk/{slug}/projects")

ROWS = 6
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class NewPage:
    """The tasks of a project that needs no vote; rows of (what, who, ISO day) as typed."""

    proposal: TitleView
    action: str
    id: str
    rows: Rows
    most: int
    most_who: int
    errors: Errors


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A project and a form beside each task that is open; `typed` is what a refused form had in it."""

    project: ProjectView
    action: str
    public: str
    most: int
    typed: dict[str, str]
    errors: Errors


async def _rows(
    text: Annotated[list[str] | None, Form()] = None,
    who: Annotated[list[str] | None, Form()] = None,
    by: Annotated[list[str] | None, Form()] = None,
) -> Rows:
    return [row for row in zip(text or [], who or [], by or [], strict=False) if "".join(row).strip()]


def _points(rows: Rows) -> list[Point]:
    return [
        Point(PointKind.TASK, text.strip(), who.strip(), _day(by, f"by-{place}"))
        for place, (text, who, by) in enumerate(rows, 1)
    ]


def _day(typed: str, field: str) -> date | None:
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), field=field) from None


def _new_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    proposal_id: UUID,
    *,
    id: str = "",
    rows: Rows | None = None,
    refusal: Refusal | None = None,
) -> Response:
    data = NewPage(
        proposal=opening.read_accepted(session, estate_id=visit.estate.id, proposal_id=proposal_id),
        action=f"/desk/{visit.estate.slug}/projects/new",
        id=id or str(uuid4()),
        rows=((rows or []) + [("", "", "")] * ROWS)[: max(ROWS, len(rows or []))],
        most=MOST_TEXT,
        most_who=MOST_WHO,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "works/new.html", data, refusal=refusal)


@router.get("/new")
def show_new(request: Request, visit: CommitteeVisit, session: SessionDep, proposal: UUID) -> Response:
    return _new_page(request, visit, session, proposal)


@router.post("/new")
def open_project(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    proposal: Annotated[UUID, Form()],
    rows: Annotated[Rows, Depends(_rows)],
) -> Response:
    with attempt(session) as tried:
        project_id = opening.open_from_proposal(
            session,
            estate_id=visit.estate.id,
            proposal_id=proposal,
            project_id=id,
            tasks=_points(rows),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _new_page(request, visit, session, proposal, id=str(id), rows=rows, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/projects/{project_id}")


def _desk_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    project_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: object = "",
) -> Response:
    project = projects.read_project(session, estate_id=visit.estate.id, project_id=project_id, now=now)
    if not settling.may_settle(session, estate_id=visit.estate.id, account_id=visit.actor.id):
        raise NotAllowed(N_("事项由居委会或者担任监督员的党员办结，请联系他们"))
    data = DeskPage(
        project=project,
        action=f"/desk/{visit.estate.slug}/projects/{project_id}",
        public=f"/e/{visit.estate.slug}/projects/{project_id}",
        most=MOST_NOTE,
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
    )
    return talk_page(request, visit, "works/desk.html", data, refusal=refusal)


@router.get("/{project_id}")
def show_desk(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, project_id: UUID
) -> Response:
    return _desk_page(request, visit, session, now, project_id)


@router.post("/{project_id}/tasks/{task_id}")
def settle_task(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    project_id: UUID,
    task_id: UUID,
    state: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    photo: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    with attempt(session) as tried:
        if state not in set(Ending):
            raise Invalid(N_("请选择办完了还是不办了"), field="state")
        settling.settle_task(
            session,
            estate_id=visit.estate.id,
            project_id=project_id,
            task_id=task_id,
            ending=Ending(state),
            note=note,
            photo_id=_photo(session, visit, now, photo),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {f"note-{task_id}": note, f"state-{task_id}": state}
        return _desk_page(
            request, visit, session, now, project_id, typed=typed, refusal=tried.refusal, row=task_id
        )
    return see_other(f"/desk/{visit.estate.slug}/projects/{project_id}")


def _photo(session: SessionDep, visit: Visit, now: datetime, photo: UploadFile | str | None) -> UUID | None:
    if photo is None or isinstance(photo, str) or not photo.filename:
        return None
    if not settling.may_settle(session, estate_id=visit.estate.id, account_id=visit.actor.id):
        raise NotAllowed(N_("事项由居委会或者担任监督员的党员办结，请联系他们"))
    return files.store_image(
        session,
        estate_id=visit.estate.id,
        name=photo.filename,
        content=photo.file.read(files.MAX_FILE + 1),
        uploaded_by=visit.actor.id,
        now=now,
        private=False,
        field="photo",
    )
