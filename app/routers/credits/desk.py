"""The desk's home of credits: sums of the estate without people, and the ways to the other pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, NotFound
from app.routers.credits.frames import desk_page
from app.rules.credits.privacy import Shown
from app.rules.credits.reasons import REASON_NAMES, Reason
from app.services.credits import desk, honours, redeeming

router = APIRouter(prefix="/desk/{slug}/credits")


@dataclass(frozen=True, slots=True)
class DeskPage:
    """`names` are marked words; `waiting` is how many things wait to be collected."""

    address: str
    waiting: int
    quarter: str
    quarters: Sequence[str]
    sums: Shown
    names: dict[Reason, str]


@router.get("")
def show_desk(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, quarter: str = ""
) -> Response:
    possible = honours.quarters(now)
    if quarter and quarter not in possible:
        raise NotFound(N_("没有这个季度"))
    chosen = quarter or possible[0]
    data = DeskPage(
        address=f"/desk/{visit.estate.slug}/credits",
        waiting=redeeming.count_waiting(session, estate_id=visit.estate.id),
        quarter=chosen,
        quarters=possible,
        sums=desk.read_sums(session, estate_id=visit.estate.id, quarter=chosen),
        names=REASON_NAMES,
    )
    return desk_page(request, visit, "credits/desk.html", data)
