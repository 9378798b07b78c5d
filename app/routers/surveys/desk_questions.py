"""The questions of a survey at the desk: one form a question, without any script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.surveys.fields import option_words
from app.rules.surveys import editing
from app.rules.surveys.kinds import KIND_NAMES, Kind
from app.rules.surveys.questions import (
    LEADING,
    MOST_END,
    MOST_HINT,
    MOST_OPTION,
    MOST_TITLE,
    Condition,
    Question,
    Questions,
)
from app.rules.text import clean_line
from app.services.surveys import drafting
from app.services.surveys.reading import SurveyView, read_survey

router = APIRouter(prefix="/desk/{slug}/surveys/{survey_id}/questions")


@dataclass(frozen=True, slots=True)
class Sent:
    """The form of a question as typed. `when` is the question it depends on, `chosen` the answers that lead to it."""

    kind: str = Kind.SINGLE.value
    title: str = ""
    hint: str = ""
    required: bool = False
    options: str = ""
    most: str = "0"
    low: str = ""
    high: str = ""
    when: str = ""
    chosen: tuple[str, ...] = ()
    another: bool = False


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """The form; `leading` are the questions it may depend on, `answers` those of the one chosen."""

    survey: SurveyView
    address: str
    key: str
    is_new: bool
    asked: bool
    kind_name: str
    form: Sent
    leading: tuple[tuple[str, int, str], ...]
    answers: tuple[tuple[str, str], ...]
    limits: dict[str, int]
    errors: Errors


LIMITS = {"title": MOST_TITLE, "hint": MOST_HINT, "end": MOST_END}


async def _sent(
    kind: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    hint: Annotated[str, Form()] = "",
    required: Annotated[str, Form()] = "",
    options: Annotated[str, Form()] = "",
    most: Annotated[str, Form()] = "",
    low: Annotated[str, Form()] = "",
    high: Annotated[str, Form()] = "",
    when: Annotated[str, Form()] = "",
    chosen: Annotated[list[str] | None, Form()] = None,
    another: Annotated[str, Form()] = "",
) -> Sent:
    return Sent(
        kind,
        title,
        hint,
        bool(required),
        options,
        most,
        low,
        high,
        when,
        tuple(chosen or ()),
        bool(another),
    )


def _address(visit: Visit, survey_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/surveys/{survey_id}"


def _before(questions: Questions, key: str) -> Questions:
    keys = [question.key for question in questions]
    return questions[: keys.index(key)] if key in keys else questions


def _question_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    survey_id: UUID,
    key: str,
    form: Sent,
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "survey_id": survey_id}
    questions = drafting.draft_questions(session, **where)
    survey = read_survey(session, **where, now=now, drafts=True)
    leading = [question for question in _before(questions, key) if question.kind in LEADING]
    numbers = {question.key: number for number, question in enumerate(questions, 1)}
    chosen = next((question for question in leading if question.key == form.when), None)
    known = key in numbers
    data = QuestionPage(
        survey=survey,
        address=_address(visit, survey_id),
        key=key,
        is_new=not known,
        asked=known and survey.edition > 0,
        kind_name=KIND_NAMES[Kind(form.kind)],
        form=form,
        leading=tuple((question.key, numbers[question.key], question.title) for question in leading),
        answers=tuple((option, option_words(chosen, option)) for option in chosen.keys) if chosen else (),
        limits=LIMITS,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "surveys/question.html", data, refusal=refusal)


@router.get("/new")
def show_new(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, kind: str = ""
) -> Response:
    known = kind if kind in set(Kind) else Kind.SINGLE.value
    return _question_page(
        request, visit, session, now, survey_id, drafting.new_key(), Sent(kind=known, required=True)
    )


@router.get("/{key}")
def show_question(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, key: str
) -> Response:
    questions = drafting.draft_questions(session, estate_id=visit.estate.id, survey_id=survey_id)
    question = editing.find_question(questions, key)
    form = Sent(
        kind=question.kind.value,
        title=question.title,
        hint=question.hint,
        required=question.required,
        options="\n".join(option.text for option in question.options),
        most=str(question.most),
        low=question.low,
        high=question.high,
        when=question.when.question if question.when else "",
        chosen=question.when.options if question.when else (),
    )
    return _question_page(request, visit, session, now, survey_id, key, form)


@router.post("/{key}")
def put_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    key: str,
    sent: Annotated[Sent, Depends(_sent)],
) -> Response:
    where = {"estate_id": visit.estate.id, "survey_id": survey_id}
    questions = drafting.draft_questions(session, **where)
    before = next((question for question in questions if question.key == key), None)
    if before is None and not (len(key) == len(drafting.new_key()) and key.isalnum() and key.isascii()):
        editing.find_question(questions, key)
    if sent.kind not in set(Kind):
        sent = replace(sent, kind=Kind.SINGLE.value)
    if before is not None:
        sent = replace(sent, kind=before.kind.value)
    with attempt(session) as tried:
        drafting.put_question(
            session, **where, question=_read(key, sent, before, questions), another=sent.another, now=now
        )
    if tried.refusal:
        return _question_page(request, visit, session, now, survey_id, key, sent, tried.refusal)
    return see_other(f"{_address(visit, survey_id)}#questions")


def _read(key: str, sent: Sent, before: Question | None, questions: Questions) -> Question:
    kind = Kind(sent.kind)
    plain = Question(key, kind, "")
    return Question(
        key=key,
        kind=kind,
        title=clean_line(sent.title, most=MOST_TITLE, field="title"),
        hint=clean_line(sent.hint, most=MOST_HINT, field="hint"),
        required=sent.required,
        options=editing.read_options(
            sent.options, before.options if before else (), drafting.new_key, most=MOST_OPTION
        )
        if plain.has_options
        else (),
        most=_number(sent.most) if kind is Kind.MULTIPLE else 0,
        low=clean_line(sent.low, most=MOST_END, field="low") if kind is Kind.SCALE else "",
        high=clean_line(sent.high, most=MOST_END, field="high") if kind is Kind.SCALE else "",
        when=_condition(key, sent, questions),
    )


def _number(typed: str) -> int:
    typed = typed.strip() or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 2):
        raise Invalid(N_("最多选几项，请写整数；0 就是不限"), field="most")
    return int(typed)


def _condition(key: str, sent: Sent, questions: Questions) -> Condition | None:
    if not sent.when:
        return None
    leading = next((question for question in _before(questions, key) if question.key == sent.when), None)
    options = tuple(option for option in sent.chosen if leading and option in leading.keys)
    if not options:
        raise Invalid(N_("请勾选：答了哪几项的人才问这道题"), field="chosen")
    return Condition(sent.when, options)


@router.post("/{key}/move")
def move_question(
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    key: str,
    act: Annotated[str, Form(max_length=10)] = "",
    place: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    drafting.move_question(
        session,
        estate_id=visit.estate.id,
        survey_id=survey_id,
        key=key,
        place=int(place) if place.isascii() and place.isdigit() else 0,
        up=act == "up",
        now=now,
    )
    return see_other(f"{_address(visit, survey_id)}#questions")


@router.post("/{key}/remove")
def remove_question(
    visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, key: str
) -> Response:
    drafting.remove_question(session, estate_id=visit.estate.id, survey_id=survey_id, key=key, now=now)
    return see_other(f"{_address(visit, survey_id)}#questions")
