"""The trail at the desk: who did what and why, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.dependencies import AuditVisit, SessionDep
from app.routers.paging import Links, links_of
from app.routers.records import LIST, spends
from app.rules.accounts import Role
from app.rules.paging import read_turn
from app.services import trail
from app.services.mediation.counting import CaseCount, count_cases
from app.services.trail import TrailLine
from app.templating import page

router = APIRouter(prefix="/desk/{slug}/trail")


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of acts; `broken`: -1 unchecked, 0 whole, else the row. `mediations` is for the auditor alone, for others None:
    how many cases there are is all that anybody outside a case ever learns."""

    address: str
    lines: tuple[TrailLine, ...]
    room: str
    rooms: list[str]
    pages: Links
    broken: int
    mediations: list[CaseCount] | None


@router.get("", dependencies=[spends(AuditVisit, LIST)])
def show_trail(
    request: Request,
    visit: AuditVisit,
    session: SessionDep,
    room: Annotated[str, Query(max_length=40)] = "",
    before: str = "",
    after: str = "",
    check: bool = False,
) -> HTMLResponse:
    address, turn = f"/desk/{visit.estate.slug}/trail", read_turn(before, after)
    rows = trail.read_rows(session, estate_id=visit.estate.id, turn=turn, tag=room)
    broken = (trail.first_broken_row(session, estate_id=visit.estate.id) or 0) if check else -1
    data = TrailPage(
        address=address,
        lines=rows.rows,
        room=room,
        rooms=[
            "accounts",
            "estates",
            "proposals",
            "deliberations",
            "votes",
            "outcomes",
            "works",
            "maintenance",
            "surveys",
            "guides",
            "meetings",
            "credits",
        ],
        pages=links_of(address, rows, room=room),
        broken=broken,
        mediations=count_cases(session, estate_id=visit.estate.id)
        if Role.AUDITOR in visit.standing.roles
        else None,
    )
    staff = visit.standing.is_committee
    return page(request, "trail/list.html", data, estate=visit.estate, tab="trail", staff=staff)
