"""Projects for residents: the list, and one with its tasks, who does them and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.services.votes import origins
from app.services.votes.origins import LinkedVote
from app.services.works import projects, settling
from app.services.works.projects import PAGE, ProjectLine, ProjectView
from app.templating import page

router = APIRouter(prefix="/e/{slug}/projects")


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of projects, the newest first; addresses of the pages beside it or nothing."""

    projects: list[ProjectLine]
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One project; `desk` for those who may settle its tasks."""

    project: ProjectView
    votes: list[LinkedVote]
    desk: str


@router.get("")
def list_projects(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    before: Annotated[int | None, Query(ge=1, le=1_000_000_000)] = None,
) -> Response:
    found = projects.list_projects(session, estate_id=visit.estate.id, now=now, before=before)
    address = f"/e/{visit.estate.slug}/projects"
    data = ListPage(
        projects=found[:PAGE],
        older=f"{address}?before={found[PAGE - 1].number}" if len(found) > PAGE else "",
        newer=address if before is not None else "",
    )
    return page(
        request,
        "works/list.html",
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
    )


@router.get("/{project_id}")
def show_project(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, project_id: UUID
) -> Response:
    estate_id = visit.estate.id
    project = projects.read_project(session, estate_id=estate_id, project_id=project_id, now=now)
    may_settle = settling.may_settle(session, estate_id=estate_id, account_id=visit.actor.id)
    data = ProjectPage(
        project=project,
        votes=origins.votes_of(session, proposal_id=project.proposal_id, drafts=False),
        desk=f"/desk/{visit.estate.slug}/projects/{project_id}" if may_settle else "",
    )
    return page(
        request,
        "works/show.html",
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
    )
