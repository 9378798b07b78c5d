"""The trail at the desk: who did what and why, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.dependencies import AuditVisit, SessionDep
from app.services import trail
from app.services.trail import TrailLine
from app.templating import page

router = APIRouter(prefix="/desk/{slug}/trail")

PAGE = 50


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of acts; `older` is the number to go on below, None at the end. `broken`: -1 unchecked, 0 whole, else the row."""

    address: str
    lines: list[TrailLine]
    room: str
    rooms: list[str]
    first_page: bool
    older: int | None
    broken: int


@router.get("")
def show_trail(
    request: Request,
    visit: AuditVisit,
    session: SessionDep,
    room: Annotated[str, Query(max_length=40)] = "",
    before: Annotated[int | None, Query(ge=1)] = None,
    check: bool = False,
) -> HTMLResponse:
    lines = trail.list_rows(session, estate_id=visit.estate.id, before=before, limit=PAGE + 1, tag=room)
    broken = (trail.first_broken_row(session, estate_id=visit.estate.id) or 0) if check else -1
    data = TrailPage(
        address=f"/desk/{visit.estate.slug}/trail",
        lines=lines[:PAGE],
        room=room,
        rooms=["accounts", "estates", "proposals", "deliberations", "votes", "outcomes", "works"],
        first_page=before is None,
        older=lines[PAGE - 1].seq if len(lines) > PAGE else None,
        broken=broken,
    )
    staff = visit.standing.is_committee
    return page(request, "trail/list.html", data, estate=visit.estate, tab="trail", staff=staff)
