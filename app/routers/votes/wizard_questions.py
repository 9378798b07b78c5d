"""The desk's wizard, step 1 when there is more than one thing to answer: the list of questions, and each one's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, SessionDep
from app.errors import N_, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import Frame, desk_address, desk_page
from app.rules.votes.matters import MATTERS, Matter
from app.rules.votes.questions import MOST_LABELS, MOST_QUESTIONS, Question, QuestionKind
from app.rules.votes.typed_questions import MOST_TEXT, MOST_TITLE, kind_of, read_question, typed_of
from app.services.votes import questions

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/questions")


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """The questions in their order; `stamp` says from which paper the page was made."""

    frame: Frame
    questions: tuple[Question, ...]
    survey: bool
    stamp: str
    most: int
    kinds: tuple[QuestionKind, ...]
    errors: Errors


@dataclass(frozen=True, slots=True)
class QuestionFormPage:
    """One question as typed; `place` counts from 0, and the place after the last one is a new question's."""

    frame: Frame
    address: str
    is_new: bool
    number: int
    kind: QuestionKind
    kinds: tuple[QuestionKind, ...]
    typed: dict[str, str]
    matters: tuple[Matter, ...]
    stamp: str
    most_labels: int
    most_title: int
    most_text: int
    errors: Errors


def questions_address(slug: str, vote_id: UUID) -> str:
    return f"{desk_address(slug, vote_id)}/questions"


def _frame(visit: CommitteeVisit, vote_id: UUID, title: str, back: str) -> Frame:
    address = desk_address(visit.estate.slug, vote_id)
    return Frame(
        address=address, action=f"{address}/questions", back=f"{address}/{back}", step=1, title=title
    )


def _list_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    refusal: Refusal | None = None,
) -> Response:
    paper = questions.paper_of_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    data = QuestionsPage(
        frame=_frame(visit, vote_id, paper.title, "question"),
        questions=paper.questions,
        survey=paper.survey,
        stamp=paper.stamp,
        most=MOST_QUESTIONS,
        kinds=tuple(QuestionKind),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_questions.html", data, refusal=refusal)


def _form_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    place: int,
    kind: str,
    *,
    typed: dict[str, str] | None = None,
    adds: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    paper = questions.paper_of_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    if adds:
        place = len(paper.questions)
    if not 0 <= place <= len(paper.questions):
        raise NotFound(N_("没有找到这一项，请从列表重新进入"))
    present = paper.questions[place] if place < len(paper.questions) else None
    chosen = present.kind if present and not kind else kind_of(kind)
    data = QuestionFormPage(
        frame=_frame(visit, vote_id, paper.title, "questions"),
        address=f"{questions_address(visit.estate.slug, vote_id)}/{place}",
        is_new=present is None,
        number=place + 1,
        kind=chosen,
        kinds=tuple(other for other in QuestionKind if other is not chosen),
        typed=typed or typed_of(present or Question(title="")),
        matters=tuple(MATTERS.values()),
        stamp=paper.stamp,
        most_labels=MOST_LABELS,
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_question_form.html", data, refusal=refusal)


@router.get("")
def show_questions(request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID) -> Response:
    return _list_page(request, visit, session, vote_id)


@router.get("/{place}")
def show_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    place: int,
    kind: Annotated[str, Query()] = "",
) -> Response:
    return _form_page(request, visit, session, vote_id, place, kind)


@router.post("/{place}")
def save_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    place: int,
    kind: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    matter: Annotated[str, Form()] = "",
    labels: Annotated[str, Form()] = "",
    most: Annotated[str, Form()] = "",
    seats: Annotated[str, Form()] = "",
    stamp: Annotated[str, Form()] = "",
    adds: Annotated[str, Form()] = "",
) -> Response:
    """Refused, the form comes back with what was typed and made from the paper as it is now."""
    typed = {
        "title": title,
        "text": text,
        "matter": matter,
        "labels": labels,
        "most": most,
        "seats": seats,
    }
    with attempt(session) as tried:
        questions.save_question(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            place=place,
            question=read_question(kind_of(kind), typed),
            stamp=stamp,
        )
    if tried.refusal:
        where = (request, visit, session, vote_id, place, kind_of(kind))
        return _form_page(*where, typed=typed, adds=bool(adds), refusal=tried.refusal)
    return see_other(questions_address(visit.estate.slug, vote_id))


@router.post("/{place}/remove")
def remove_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    place: int,
    stamp: Annotated[str, Form()] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    with attempt(session) as tried:
        questions.remove_question(session, **where, place=place, stamp=stamp)
    if tried.refusal:
        return _list_page(request, visit, session, vote_id, tried.refusal)
    return see_other(questions_address(visit.estate.slug, vote_id))


@router.post("/{place}/move")
def move_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    place: int,
    up: Annotated[str, Form()] = "",
    stamp: Annotated[str, Form()] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    with attempt(session) as tried:
        questions.move_question(session, **where, place=place, to=place - 1 if up else place + 1, stamp=stamp)
    if tried.refusal:
        return _list_page(request, visit, session, vote_id, tried.refusal)
    return see_other(questions_address(visit.estate.slug, vote_id))
