"""What a survey came to, for everybody of the estate: counts in which nobody can be recognised, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Conflict
from app.routers.forms import talk_page
from app.routers.surveys.figures import FigureView, figure_views
from app.rules.surveys.kinds import State
from app.rules.surveys.masking import SMALLEST
from app.services.surveys.exporting import csv_of_figures
from app.services.surveys.reading import SurveyView, read_survey
from app.services.surveys.results import Participation, figures, participation

router = APIRouter(prefix="/e/{slug}/surveys/{survey_id}")


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Figures once the last sheet can have arrived; before that who took part, where the survey shows it."""

    survey: SurveyView
    address: str
    part: Participation | None
    ready: bool
    ready_at: datetime | None
    figures: tuple[FigureView, ...]
    smallest: int


@router.get("/results")
def show_results(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now)
    ready_at = survey.results_at
    ready = ready_at is not None and now >= ready_at
    shows = survey.shows_participation or survey.state is State.CLOSED
    found = figures(session, estate_id=visit.estate.id, survey_id=survey_id) if ready else []
    data = ResultPage(
        survey=survey,
        address=f"/e/{visit.estate.slug}/surveys/{survey_id}",
        part=participation(session, estate_id=visit.estate.id, survey_id=survey_id) if shows else None,
        ready=ready,
        ready_at=ready_at,
        figures=figure_views(found),
        smallest=SMALLEST,
    )
    return talk_page(request, visit, "surveys/result.html", data)


@router.get("/results.csv")
def send_results(visit: MemberVisit, session: SessionDep, now: Now, survey_id: UUID) -> Response:
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now)
    ready_at = survey.results_at
    if ready_at is None or now < ready_at:
        raise Conflict(N_("结果要等调查结束、答卷收齐以后才公布"), code="not_ready")
    return Response(
        "\ufeff" + csv_of_figures(session, estate_id=visit.estate.id, survey_id=survey_id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="survey-{survey.number}.csv"'},
    )
