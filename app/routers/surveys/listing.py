"""The surveys of an estate, for everybody who lives or works in it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.forms import talk_page
from app.services.surveys.reading import SurveyView, list_surveys

router = APIRouter(prefix="/e/{slug}/surveys")


@dataclass(frozen=True, slots=True)
class ListPage:
    """Those that can be answered first."""

    surveys: list[SurveyView]
    address: str


@router.get("")
def show_list(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> Response:
    surveys = list_surveys(session, estate_id=visit.estate.id, now=now)
    order = ("open", "waiting", "closed")
    surveys.sort(key=lambda survey: order.index(survey.state.value))
    data = ListPage(surveys, f"/e/{visit.estate.slug}/surveys")
    return talk_page(request, visit, "surveys/list.html", data)
