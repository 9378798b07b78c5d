"""A resident answers a survey on one page, sees what was kept, and corrects it while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import read_id
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.surveys.fields import (
    AGES,
    FieldView,
    Told,
    Typed,
    TypedDep,
    answers_in_words,
    fields_of,
    read_given,
    typed_of,
)
from app.rules.surveys.answers import map_answers
from app.rules.surveys.kinds import Channel, Per, State
from app.rules.surveys.states import results_from
from app.services.surveys.answering import SheetIn, Standing, own_sheet, standing_sheet, take_own_sheet
from app.services.surveys.homes import AskedHome, my_asked_homes
from app.services.surveys.reading import EditionView, SurveyView, get_survey, read_editions, read_survey
from app.services.surveys.results import Participation, participation

router = APIRouter(prefix="/e/{slug}/surveys/{survey_id}")


@dataclass(frozen=True, slots=True)
class HomeLine:
    """One of the reader's homes, and whether it has answered."""

    unit_id: UUID
    label: str
    answered: bool


@dataclass(frozen=True, slots=True)
class FillPage:
    """The form, or why there is none: `taken` is the other answer that stands for the home. `homes` is a choice to make first."""

    survey: SurveyView
    address: str
    homes: tuple[HomeLine, ...]
    home: str
    unit_id: str
    asked: bool
    taken: Standing | None
    corrects: int
    edition: int
    sheet_id: UUID
    fields: tuple[FieldView, ...]
    lost: tuple[str, ...]
    ages: tuple[tuple[str, str], ...]
    age: str
    part: Participation | None
    results_from: datetime | None
    has_results: bool
    may_write: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class ThanksPage:
    """What was kept; `lost` are questions whose answer does not count any more, `fresh` says that there is a newer edition."""

    survey: SurveyView
    address: str
    sheet: Standing
    answers: tuple[Told, ...]
    lost: tuple[str, ...]
    present: int
    may_correct: bool


@dataclass(frozen=True, slots=True)
class _Typed:
    sheet_id: UUID
    edition: int
    age: str
    values: Typed


def _address(visit: Visit, survey_id: UUID) -> str:
    return f"/e/{visit.estate.slug}/surveys/{survey_id}"


def _fill_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    survey_id: UUID,
    unit: str,
    *,
    typed: _Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now)
    row = get_survey(session, estate_id=visit.estate.id, survey_id=survey_id)
    homes = my_asked_homes(session, survey=row, account_id=visit.actor.id)
    home = _home(survey, homes, read_id(unit))
    standing = _standing(session, visit, survey, home)
    mine = standing is not None and standing.by_me and standing.channel is Channel.PHONE
    editions = read_editions(session, survey_id=survey_id)
    asked = editions.get(typed.edition if typed else survey.edition, editions[survey.edition])
    before = standing if mine and standing else None
    values, lost = _values(typed, before, editions, asked)
    closed_figures = results_from(survey.per, survey.closes_at) if survey.closes_at else None
    shows = survey.shows_participation and survey.state is State.OPEN
    data = FillPage(
        survey=survey,
        address=_address(visit, survey_id),
        homes=_lines(session, visit, survey, homes) if homes and home is None else (),
        home=home.label if home and survey.per is Per.HOME else "",
        unit_id=str(home.unit_id) if home else "",
        asked=bool(homes),
        taken=None if mine else standing,
        corrects=before.version if before else 0,
        edition=asked.number,
        sheet_id=typed.sheet_id if typed else uuid4(),
        fields=fields_of(asked.questions, values),
        lost=lost,
        ages=AGES,
        age=typed.age if typed else before.age.value if before else "",
        part=participation(session, estate_id=visit.estate.id, survey_id=survey_id) if shows else None,
        results_from=closed_figures,
        has_results=closed_figures is not None and now >= closed_figures,
        may_write=survey.state is State.OPEN and home is not None and (mine or standing is None),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "surveys/fill.html", data, refusal=refusal)


def _home(survey: SurveyView, homes: list[AskedHome], unit_id: UUID | None) -> AskedHome | None:
    """The home meant; of several none until one is chosen, unless each person answers for himself."""
    if survey.per is Per.PERSON or len(homes) == 1:
        return homes[0] if homes else None
    return next((home for home in homes if home.unit_id == unit_id), None)


def _standing(
    session: SessionDep, visit: Visit, survey: SurveyView, home: AskedHome | None
) -> Standing | None:
    if home is None:
        return None
    subject = home.unit_id if survey.per is Per.HOME else visit.actor.id
    return standing_sheet(session, survey_id=survey.id, subject_id=subject, account_id=visit.actor.id)


def _lines(
    session: SessionDep, visit: Visit, survey: SurveyView, homes: list[AskedHome]
) -> tuple[HomeLine, ...]:
    return tuple(
        HomeLine(home.unit_id, home.label, _standing(session, visit, survey, home) is not None)
        for home in homes
    )


def _values(
    typed: _Typed | None, before: Standing | None, editions: dict[int, EditionView], asked: EditionView
) -> tuple[Typed, tuple[str, ...]]:
    """What the form begins with: what was just typed, or the earlier answers as far as they are still asked."""
    if typed is not None:
        return typed.values, ()
    if before is None:
        return {}, ()
    mapped = map_answers(before.answers, editions[before.edition].questions, asked.questions)
    return typed_of(asked.questions, mapped.answers), mapped.lost


@router.get("")
def show_fill(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, survey_id: UUID, home: str = ""
) -> Response:
    return _fill_page(request, visit, session, now, survey_id, home)


@router.post("")
def send_sheet(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    typed: TypedDep,
    id: Annotated[UUID, Form()],
    edition: Annotated[int, Form()] = 0,
    corrects: Annotated[int, Form(ge=0, le=9999)] = 0,
    unit: Annotated[str, Form(max_length=40)] = "",
    age: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now)
    editions = read_editions(session, survey_id=survey_id)
    asked = editions.get(edition)
    sheet = SheetIn(
        id=id,
        edition=edition,
        unit_id=read_id(unit) if survey.per is Per.HOME else None,
        age=age,
        answers=read_given(asked.questions, typed) if asked else {},
        answered_at=now,
        corrects=corrects,
    )
    with attempt(session) as tried:
        take_own_sheet(
            session, estate_id=visit.estate.id, survey_id=survey_id, sheet=sheet, actor=visit.actor, now=now
        )
    if tried.refusal:
        kept = _Typed(id, edition, age, typed)
        return _fill_page(request, visit, session, now, survey_id, unit, typed=kept, refusal=tried.refusal)
    return see_other(f"{_address(visit, survey_id)}/sheets/{id}")


@router.get("/sheets/{sheet_id}")
def show_thanks(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, survey_id: UUID, sheet_id: UUID
) -> Response:
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now)
    sheet = own_sheet(session, survey_id=survey_id, sheet_id=sheet_id, account_id=visit.actor.id)
    editions = read_editions(session, survey_id=survey_id)
    asked = editions[sheet.edition].questions
    mapped = map_answers(sheet.answers, asked, editions[survey.edition].questions)
    address = _address(visit, survey_id)
    data = ThanksPage(
        survey=survey,
        address=address,
        sheet=sheet,
        answers=answers_in_words(asked, sheet.answers),
        lost=mapped.lost,
        present=survey.edition,
        may_correct=survey.state is State.OPEN and sheet.channel is Channel.PHONE,
    )
    return talk_page(request, visit, "surveys/thanks.html", data)
