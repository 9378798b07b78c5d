"""The committee's surveys: all of them, and the form that begins one from nothing, a template or an earlier one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import desk_page, read_id
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.surveys.desk import PERS, Sent, SentDep, desk_address, reaches_of, settings_of
from app.rules.surveys.questions import Questions
from app.rules.surveys.templates import TEMPLATE_INTROS, TEMPLATE_NAMES, template_questions
from app.services.proposals.catalogue import list_items
from app.services.surveys import drafting
from app.services.surveys.drafting import MOST_TITLE
from app.services.surveys.reading import SurveyView, list_surveys

router = APIRouter(prefix="/desk/{slug}/surveys")


@dataclass(frozen=True, slots=True)
class ListPage:
    """All surveys, and the form for a new one."""

    surveys: list[SurveyView]
    address: str
    new_id: UUID
    form: Sent
    reaches: tuple[tuple[str, str], ...]
    pers: tuple[tuple[str, str], ...]
    templates: tuple[tuple[str, str], ...]
    most_title: int
    errors: Errors


def _list_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    *,
    new_id: UUID | None = None,
    form: Sent | None = None,
    refusal: Refusal | None = None,
) -> Response:
    data = ListPage(
        surveys=list_surveys(session, estate_id=visit.estate.id, now=now, drafts=True),
        address=desk_address(visit),
        new_id=new_id or uuid4(),
        form=form or Sent(),
        reaches=reaches_of(session, visit),
        pers=PERS,
        templates=tuple(TEMPLATE_NAMES.items()),
        most_title=MOST_TITLE,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "surveys/desk_list.html", data, refusal=refusal)


@router.get("")
def show_list(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    return _list_page(request, visit, session, now)


@router.post("")
def start_survey(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    sent: SentDep,
) -> Response:
    with attempt(session) as tried:
        settings = settings_of(session, visit, sent)
        questions, intro = _begin_with(session, visit, sent.source)
        survey_id = drafting.start_survey(
            session,
            estate_id=visit.estate.id,
            survey_id=id,
            settings=replace(settings, intro=settings.intro or intro),
            questions=questions,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _list_page(request, visit, session, now, new_id=id, form=sent, refusal=tried.refusal)
    return see_other(desk_address(visit, survey_id))


def _begin_with(session: SessionDep, visit: Visit, source: str) -> tuple[Questions, str]:
    """The questions and words to begin with: a template's, an earlier survey's, or none."""
    estate_id = visit.estate.id
    if source in TEMPLATE_NAMES:
        lines: dict[str, list[tuple[str, str]]] = {}
        for item in list_items(session, estate_id=estate_id):
            lines.setdefault(item.kind.value, []).append((item.key, item.title))
        return template_questions(source, lines), TEMPLATE_INTROS[source]
    earlier = read_id(source)
    if earlier is not None:
        return drafting.draft_questions(session, estate_id=estate_id, survey_id=earlier), ""
    return (), ""
