"""The desk answers what residents asked about policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.guides.frames import ExplainerVisit, explainer
from app.rules.guides.cards import MOST_REASON
from app.rules.guides.questions import MOST_ANSWER, MOST_SOURCE, QuestionState
from app.services.guides import asking
from app.services.guides.asking import QuestionView

router = APIRouter(prefix="/desk/{slug}/guides/questions")


@dataclass(frozen=True, slots=True)
class PilePage:
    """What nobody has answered yet, the oldest first."""

    questions: Sequence[QuestionView]
    address: str
    back: str


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """One question with the forms to answer it or not to."""

    question: QuestionView
    waits: bool
    answer: str
    source: str
    reason: str
    most_answer: int
    most_source: int
    most_reason: int
    public: str
    address: str
    errors: Errors


@router.get("")
def list_waiting(request: Request, visit: ExplainerVisit, session: SessionDep) -> Response:
    root = f"/desk/{visit.estate.slug}/guides"
    data = PilePage(
        questions=asking.waiting_questions(session, estate_id=visit.estate.id),
        address=f"{root}/questions",
        back=root,
    )
    return talk_page(request, visit, "guides/desk_questions.html", data)


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    question_id: UUID,
    *,
    answer: str = "",
    source: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    question = asking.read_question(session, estate_id=visit.estate.id, question_id=question_id)
    slug = visit.estate.slug
    data = QuestionPage(
        question=question,
        waits=question.state is QuestionState.WAITING,
        answer=answer,
        source=source,
        reason=reason,
        most_answer=MOST_ANSWER,
        most_source=MOST_SOURCE,
        most_reason=MOST_REASON,
        public=f"/e/{slug}/guides",
        address=f"/desk/{slug}/guides/questions",
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/desk_question.html", data, refusal=refusal)


@router.get("/{question_id}")
def show_question(
    request: Request, visit: ExplainerVisit, session: SessionDep, question_id: UUID
) -> Response:
    return _page(request, visit, session, question_id)


@router.post("/{question_id}")
def settle(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    question_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
    answer: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "question_id": question_id}
    with attempt(session) as tried:
        if act == "answer":
            asking.answer(session, **where, text=answer, source=source, explainer=explainer(visit), now=now)
        elif act == "refuse":
            asking.refuse(session, **where, reason=reason, explainer=explainer(visit), now=now)
        else:
            raise Invalid(N_("请选择发布解答，或者不解答"))
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            question_id,
            answer=answer,
            source=source,
            reason=reason,
            refusal=tried.refusal,
        )
    return see_other(f"/desk/{visit.estate.slug}/guides/questions")
