"""The desk of one survey: say whom it asks, open it, ask a new edition, end it, remind once, copy it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.surveys.fields import FieldView, fields_of
from app.rules.estates.labels import building_label, entrance_label
from app.rules.surveys.kinds import KIND_NAMES, PER_NAMES, Per, Reach, State
from app.rules.votes.windows import read_local, show_local
from app.services.surveys import drafting, opening
from app.services.surveys.drafting import MOST_INTRO, MOST_TITLE, Settings
from app.services.surveys.homes import list_reaches
from app.services.surveys.reading import EditionView, SurveyView, read_editions, read_survey
from app.services.surveys.results import Participation, participation

router = APIRouter(prefix="/desk/{slug}/surveys")

PROPOSED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Sent:
    """The form of a survey's settings as typed; `source` is a template's name or the id of an earlier survey."""

    title: str = ""
    intro: str = ""
    per: str = Per.HOME.value
    reach: str = Reach.ESTATE.value
    source: str = ""
    shows: bool = True


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One survey at the desk; `changed` says that questions were written that nobody is asked yet."""

    survey: SurveyView
    address: str
    public: str
    form: Sent
    reaches: tuple[tuple[str, str], ...]
    pers: tuple[tuple[str, str], ...]
    questions: tuple[FieldView, ...]
    kinds: tuple[tuple[str, str], ...]
    editions: tuple[EditionView, ...]
    changed: bool
    part: Participation | None
    opens_at: str
    closes_at: str
    copy_id: UUID
    most_title: int
    most_intro: int
    told: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The questions as a resident meets them; nothing on it can be sent."""

    survey: SurveyView
    address: str
    fields: tuple[FieldView, ...]


PERS = tuple((per.value, name) for per, name in PER_NAMES.items())
KINDS = tuple((kind.value, name) for kind, name in KIND_NAMES.items())


async def _sent(
    title: Annotated[str, Form()] = "",
    intro: Annotated[str, Form()] = "",
    per: Annotated[str, Form()] = "",
    reach: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    shows: Annotated[str, Form()] = "",
) -> Sent:
    return Sent(title, intro, per, reach, source, bool(shows))


SentDep = Annotated[Sent, Depends(_sent)]


def _value(reach: Reach, building: str, entrance: str) -> str:
    return ":".join([reach.value, *([building] if building else []), *([entrance] if entrance else [])])


def reaches_of(session: SessionDep, visit: Visit) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_value(*place), building_label(place[1]) + entrance_label(place[2]) if place[1] else "")
        for place in list_reaches(session, estate_id=visit.estate.id)
    )


def settings_of(session: SessionDep, visit: Visit, sent: Sent) -> Settings:
    places = {_value(*place): place for place in list_reaches(session, estate_id=visit.estate.id)}
    if sent.reach not in places:
        raise Invalid(N_("请选择调查的范围"), field="reach")
    if sent.per not in set(Per):
        raise Invalid(N_("请选择每户答一份，还是每人答一份"), field="per")
    reach, building, entrance = places[sent.reach]
    return Settings(sent.title, sent.intro, Per(sent.per), reach, building, entrance, sent.shows)


def desk_address(visit: Visit, survey_id: UUID | None = None) -> str:
    root = f"/desk/{visit.estate.slug}/surveys"
    return f"{root}/{survey_id}" if survey_id else root


def _desk_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    survey_id: UUID,
    *,
    form: Sent | None = None,
    window: tuple[str, str] | None = None,
    told: str = "",
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "survey_id": survey_id}
    survey = read_survey(session, **where, now=now, drafts=True)
    questions = drafting.draft_questions(session, **where)
    closes = survey.closes_at or now + PROPOSED
    published = survey.state is not State.DRAFT
    data = DeskPage(
        survey=survey,
        address=desk_address(visit, survey_id),
        public=f"/e/{visit.estate.slug}/surveys/{survey_id}",
        form=form
        or Sent(
            survey.title,
            survey.intro,
            survey.per.value,
            _value(survey.reach, survey.building, survey.entrance),
            shows=survey.shows_participation,
        ),
        reaches=reaches_of(session, visit),
        pers=PERS,
        questions=fields_of(questions, {}),
        kinds=KINDS,
        editions=tuple(read_editions(session, survey_id=survey_id).values()),
        changed=opening.has_changed_questions(session, **where),
        part=participation(session, **where) if published else None,
        opens_at=window[0] if window else "",
        closes_at=window[1] if window else show_local(closes),
        copy_id=uuid4(),
        most_title=MOST_TITLE,
        most_intro=MOST_INTRO,
        told=told,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "surveys/desk_show.html", data, refusal=refusal)


@router.get("/{survey_id}")
def show_survey(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, told: str = ""
) -> Response:
    return _desk_page(request, visit, session, now, survey_id, told=told)


@router.post("/{survey_id}")
def save_settings(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, sent: SentDep
) -> Response:
    with attempt(session) as tried:
        drafting.save_settings(
            session,
            estate_id=visit.estate.id,
            survey_id=survey_id,
            settings=settings_of(session, visit, sent),
            now=now,
        )
    if tried.refusal:
        return _desk_page(request, visit, session, now, survey_id, form=sent, refusal=tried.refusal)
    return see_other(f"{desk_address(visit, survey_id)}?told=saved")


@router.get("/{survey_id}/preview")
def show_preview(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    where = {"estate_id": visit.estate.id, "survey_id": survey_id}
    data = PreviewPage(
        survey=read_survey(session, **where, now=now, drafts=True),
        address=desk_address(visit, survey_id),
        fields=fields_of(drafting.draft_questions(session, **where), {}),
    )
    return desk_page(request, visit, "surveys/preview.html", data)


@router.post("/{survey_id}/open")
def open_survey(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    opens_at: Annotated[str, Form(max_length=40)] = "",
    closes_at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    with attempt(session) as tried:
        opening.open_survey(
            session,
            estate_id=visit.estate.id,
            survey_id=survey_id,
            opens_at=read_local(opens_at, field="opens_at") if opens_at.strip() else None,
            closes_at=read_local(closes_at, field="closes_at"),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _desk_page(
            request, visit, session, now, survey_id, window=(opens_at, closes_at), refusal=tried.refusal
        )
    return see_other(f"{desk_address(visit, survey_id)}?told=opened")


@router.post("/{survey_id}/end")
def set_end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    closes_at: Annotated[str, Form(max_length=40)] = "",
    act: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        opening.set_end(
            session,
            estate_id=visit.estate.id,
            survey_id=survey_id,
            closes_at=None if act == "now" else read_local(closes_at, field="closes_at"),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _desk_page(
            request, visit, session, now, survey_id, window=("", closes_at), refusal=tried.refusal
        )
    return see_other(f"{desk_address(visit, survey_id)}?told={'closed' if act == 'now' else 'saved'}")


@router.post("/{survey_id}/edition")
def ask_edition(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    with attempt(session) as tried:
        opening.ask_new_edition(
            session, estate_id=visit.estate.id, survey_id=survey_id, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _desk_page(request, visit, session, now, survey_id, refusal=tried.refusal)
    return see_other(f"{desk_address(visit, survey_id)}?told=edition")


@router.post("/{survey_id}/remind")
def remind(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    with attempt(session) as tried:
        opening.remind(session, estate_id=visit.estate.id, survey_id=survey_id, actor=visit.actor, now=now)
    if tried.refusal:
        return _desk_page(request, visit, session, now, survey_id, refusal=tried.refusal)
    return see_other(f"{desk_address(visit, survey_id)}?told=reminded")


@router.post("/{survey_id}/drop")
def drop_draft(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    with attempt(session) as tried:
        drafting.drop_draft(
            session, estate_id=visit.estate.id, survey_id=survey_id, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _desk_page(request, visit, session, now, survey_id, refusal=tried.refusal)
    return see_other(desk_address(visit))


@router.post("/{survey_id}/copy")
def copy_survey(
    visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID, id: Annotated[UUID, Form()]
) -> Response:
    where = {"estate_id": visit.estate.id, "survey_id": survey_id}
    earlier = read_survey(session, **where, now=now, drafts=True)
    copied = drafting.start_survey(
        session,
        estate_id=visit.estate.id,
        survey_id=id,
        settings=Settings(
            earlier.title,
            earlier.intro,
            earlier.per,
            earlier.reach,
            earlier.building,
            earlier.entrance,
            earlier.shows_participation,
        ),
        questions=drafting.draft_questions(session, **where),
        actor=visit.actor,
        now=now,
    )
    return see_other(desk_address(visit, copied))
