"""A survey at the door: staff fill it in with a resident, on a page that a telephone keeps for where there is no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import desk_page, read_id
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.refusals import sentence_of
from app.routers.surveys.fields import AGES, FieldView, Typed, TypedDep, fields_of, read_given, typed_of
from app.rules.estates.labels import building_label, entrance_label
from app.rules.surveys.answer_files import FORMAT
from app.rules.surveys.answers import map_answers
from app.rules.surveys.kinds import Per, State
from app.services.surveys.answering import SheetIn, my_door_sheets, take_door_sheet
from app.services.surveys.homes import AskedHome, answered_units, asked_homes
from app.services.surveys.reading import SurveyView, get_survey, list_surveys, read_editions, read_survey
from app.services.surveys.uploading import take_text

router = APIRouter(prefix="/desk/{slug}/surveys/{survey_id}/door")
rounds = APIRouter(prefix="/desk/{slug}/surveys/rounds")


@dataclass(frozen=True, slots=True)
class RoundsPage:
    """The surveys for which one can go from door to door now."""

    surveys: list[SurveyView]
    address: str


@dataclass(frozen=True, slots=True)
class DoorForm:
    """The sheet as typed; `corrects` is 0 unless staff mend one of their own."""

    id: UUID
    edition: int
    unit: str = ""
    age: str = ""
    consented: bool = False
    corrects: int = 0


@dataclass(frozen=True, slots=True)
class DoorPage:
    """The homes still to visit, by entrance, and the form. `home` is the one whose sheet is corrected, "" for a new one."""

    survey: SurveyView
    address: str
    who: str
    file_format: str
    groups: tuple[tuple[str, tuple[tuple[str, int, str], ...]], ...]
    left: int
    asked: int
    mine: tuple[tuple[str, str], ...]
    may_fill: bool
    home: str
    form: DoorForm
    fields: tuple[FieldView, ...]
    ages: tuple[tuple[str, str], ...]
    sent: str
    errors: Errors


@rounds.get("")
def show_rounds(request: Request, visit: ModeratorVisit, session: SessionDep, now: Now) -> Response:
    surveys = [
        survey
        for survey in list_surveys(session, estate_id=visit.estate.id, now=now)
        if survey.state is State.OPEN and survey.per is Per.HOME
    ]
    data = RoundsPage(surveys, f"/desk/{visit.estate.slug}/surveys")
    return desk_page(request, visit, "surveys/rounds.html", data)


def _address(visit: Visit, survey_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/surveys/{survey_id}/door"


def _groups(
    homes: list[AskedHome], done: set[UUID]
) -> tuple[tuple[str, tuple[tuple[str, int, str], ...]], ...]:
    """Entrance by entrance (unit, floor, room), only those without an answer."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for home in homes:
        if home.unit_id not in done:
            title = building_label(home.building) + entrance_label(home.entrance)
            found.setdefault(title, []).append((str(home.unit_id), home.floor, home.room))
    return tuple((title, tuple(lines)) for title, lines in found.items())


def _door_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    survey_id: UUID,
    *,
    home: str = "",
    sent: str = "",
    form: DoorForm | None = None,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    estate_id = visit.estate.id
    survey = read_survey(session, estate_id=estate_id, survey_id=survey_id, now=now)
    row = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    homes = asked_homes(session, survey=row)
    done = answered_units(session, survey_id=survey_id)
    labels = {str(each.unit_id): each.label for each in homes}
    sheets = my_door_sheets(session, survey_id=survey_id, account_id=visit.actor.id)
    mine = {str(sheet.unit_id): sheet for sheet in sheets if str(sheet.unit_id) in labels}
    chosen = mine.get(form.unit if form and form.corrects else home)
    editions = read_editions(session, survey_id=survey_id)
    asked = editions.get(form.edition if form else survey.edition, editions[survey.edition])
    values: Typed = typed or {}
    if form is None:
        form = DoorForm(uuid4(), asked.number)
        if chosen:
            mapped = map_answers(chosen.answers, editions[chosen.edition].questions, asked.questions)
            values = typed_of(asked.questions, mapped.answers)
            form = DoorForm(
                form.id, asked.number, str(chosen.unit_id), chosen.age.value, False, chosen.version
            )
    data = DoorPage(
        survey=survey,
        address=_address(visit, survey_id),
        who=str(visit.actor.id),
        file_format=FORMAT,
        groups=_groups(homes, done),
        left=len(homes) - len(done),
        asked=len(homes),
        mine=tuple((unit, labels[unit]) for unit in mine),
        may_fill=survey.state is State.OPEN and survey.per is Per.HOME,
        home=labels.get(form.unit, "") if form.corrects else "",
        form=form,
        fields=fields_of(asked.questions, values),
        ages=AGES,
        sent=labels.get(sent, ""),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "surveys/door.html", data, refusal=refusal)


@router.get("")
def show_door(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    home: str = "",
    sent: str = "",
) -> Response:
    return _door_page(request, visit, session, now, survey_id, home=home, sent=sent)


@router.post("")
def send_form(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    typed: TypedDep,
    id: Annotated[UUID, Form()],
    edition: Annotated[int, Form()] = 0,
    corrects: Annotated[int, Form(ge=0, le=9999)] = 0,
    unit: Annotated[str, Form(max_length=40)] = "",
    age: Annotated[str, Form(max_length=20)] = "",
    consented: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The same sheet without any script, while there is a network."""
    asked = read_editions(session, survey_id=survey_id).get(edition)
    sheet = SheetIn(
        id=id,
        edition=edition,
        unit_id=read_id(unit),
        age=age,
        answers=read_given(asked.questions, typed) if asked else {},
        answered_at=now,
        corrects=corrects,
        consented=bool(consented),
    )
    with attempt(session) as tried:
        take_door_sheet(
            session, estate_id=visit.estate.id, survey_id=survey_id, sheet=sheet, actor=visit.actor, now=now
        )
    if tried.refusal:
        form = DoorForm(id, edition, unit, age, bool(consented), corrects)
        return _door_page(
            request, visit, session, now, survey_id, form=form, typed=typed, refusal=tried.refusal
        )
    return see_other(f"{_address(visit, survey_id)}?sent={sheet.unit_id}")


@router.get("/token")
def give_token(request: Request, visit: ModeratorVisit, session: SessionDep, survey_id: UUID) -> JSONResponse:
    """What sheets kept on the telephone need to be sent: a fresh token, and whose browser this is now."""
    get_survey(session, estate_id=visit.estate.id, survey_id=survey_id)
    return JSONResponse({"csrf": request.state.csrf, "who": str(visit.actor.id), "survey": str(survey_id)})


@router.post("/sheets")
def send_kept(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    sheet: Annotated[str, Form()] = "",
) -> JSONResponse:
    """One sheet that waited; refused, it stays on the telephone with the sentence. Sent twice it is one."""
    get_survey(session, estate_id=visit.estate.id, survey_id=survey_id)
    with attempt(session) as tried:
        taken = take_text(
            session, estate_id=visit.estate.id, survey_id=survey_id, text=sheet, actor=visit.actor, now=now
        )
    if tried.refusal:
        told = {"state": "refused", "code": tried.refusal.code, "told": sentence_of(request, tried.refusal)}
        return JSONResponse(told)
    return JSONResponse({"state": "sent", "lost": list(taken.lost), "old": taken.edition != taken.present})
