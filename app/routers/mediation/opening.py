"""Apply for mediation, from an objection too; and a mediator's own entry of a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import Photos, list_address, read_id, read_kind, read_photos, room_address
from app.services.mediation import mediators, opening
from app.services.mediation.mediators import MediatorLine
from app.services.mediation.opening import MOST_PHOTOS, Told

router = APIRouter(prefix="/e/{slug}/mediation")


@dataclass(frozen=True, slots=True)
class Typed:
    """What an applicant typed; `objection` is the id of his objection, or ""."""

    id: UUID = field(default_factory=uuid4)
    kind: str = ""
    other: str = ""
    text: str = ""
    distance: str = ""
    between: str = ""
    mediator: str = ""
    objection: str = ""


@dataclass(frozen=True, slots=True)
class NewPage:
    """The application; `free` says that somebody with the duty may take it without being named."""

    address: str
    form: Typed
    mediators: list[MediatorLine]
    free: bool
    most_photos: int
    errors: Errors


@dataclass(frozen=True, slots=True)
class HandPage:
    """A mediator's own entry."""

    address: str
    case_id: UUID
    kind: str
    summary: str
    errors: Errors


def _new_page(
    request: Request, visit: MemberVisit, session: SessionDep, form: Typed, refusal: Refusal | None = None
) -> Response:
    lines = mediators.list_mediators(session, estate_id=visit.estate.id, but=visit.actor.id)
    data = NewPage(
        address=list_address(visit.estate.slug),
        form=form,
        mediators=lines,
        free=any(line.by_duty for line in lines),
        most_photos=MOST_PHOTOS,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "mediation/new.html", data, refusal=refusal)


@router.get("/new")
def show_form(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    objection: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    text = ""
    if objection:
        text = opening.my_objection(
            session,
            estate_id=visit.estate.id,
            objection_id=_objection(objection),
            account_id=visit.actor.id,
        )
    return _new_page(request, visit, session, Typed(text=text, objection=objection))


def _objection(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise NotFound(N_("没有找到这条异议")) from None


def _distance(typed: str) -> int:
    plain = typed.strip()
    if not plain:
        return 0
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 6 and int(plain)):
        raise Invalid(N_("请用厘米写距离，只写数字，例如 3 米 2 写成 320"), field="distance")
    return int(plain)


def _told(form: Typed, photos: Photos) -> Told:
    return Told(
        kind=read_kind(form.kind),
        other=form.other,
        text=form.text,
        distance=_distance(form.distance),
        between=form.between,
        photos=read_photos(photos),
        objection_id=_objection(form.objection) if form.objection else None,
        wished_id=read_id(form.mediator, field="mediator") if form.mediator else None,
    )


@router.post("/new")
def send_form(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    photos: Photos,
    kind: Annotated[str, Form(max_length=20)] = "",
    other: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    distance: Annotated[str, Form(max_length=20)] = "",
    between: Annotated[str, Form()] = "",
    mediator: Annotated[str, Form(max_length=60)] = "",
    objection: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    form = Typed(id, kind, other, text, distance, between, mediator, objection)
    with attempt(session) as tried:
        case_id = opening.open_case(
            session,
            estate_id=visit.estate.id,
            form_id=id,
            told=_told(form, photos),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _new_page(request, visit, session, form, tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


def _hand_page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    *,
    case_id: UUID | None = None,
    kind: str = "",
    summary: str = "",
    refusal: Refusal | None = None,
) -> Response:
    if not opening.may_open_by_hand(session, estate_id=visit.estate.id, account_id=visit.actor.id):
        raise NotFound(N_("没有找到这个页面"))
    address = list_address(visit.estate.slug)
    data = HandPage(address, case_id or uuid4(), kind, summary, errors_of(request, refusal))
    return talk_page(request, visit, "mediation/hand.html", data, refusal=refusal)


@router.get("/hand")
def show_hand(request: Request, visit: MemberVisit, session: SessionDep) -> Response:
    return _hand_page(request, visit, session)


@router.post("/hand")
def send_hand(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    kind: Annotated[str, Form(max_length=20)] = "",
    summary: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        case_id = opening.open_by_hand(
            session,
            estate_id=visit.estate.id,
            form_id=id,
            kind=read_kind(kind),
            summary=summary,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _hand_page(
            request, visit, session, case_id=id, kind=kind, summary=summary, refusal=tried.refusal
        )
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")
