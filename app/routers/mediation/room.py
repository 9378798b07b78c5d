"""The room of a case: where it stands, consent, the talk, the mediator's notes, stepping back and stopping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import Photos, list_address, read_id, read_photos, room_address
from app.routers.records import ONE, spends
from app.services.files import StoredFileView
from app.services.mediation import consenting, mediators, reading, talking
from app.services.mediation.mediators import MediatorLine
from app.services.mediation.opening import MOST_PHOTOS
from app.services.mediation.reading import CaseView

router = APIRouter(prefix="/e/{slug}/mediation/{case_id:uuid}")

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class RoomPage:
    """The case from the reader's seat; `mediators` may be asked for by name while it waits."""

    case: CaseView
    address: str
    back: str
    mediators: list[MediatorLine]
    say_id: str
    note_id: str
    say: str
    note: str
    conclusion: str
    most_photos: int
    errors: Errors


def where_of(visit: MemberVisit, case_id: UUID) -> dict[str, UUID]:
    return {"estate_id": visit.estate.id, "case_id": case_id, "account_id": visit.actor.id}


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    case_id: UUID,
    *,
    typed: Mapping[str, str] = _NOTHING,
    form: str = "",
    refusal: Refusal | None = None,
) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    waits = case.state.value == "waiting"
    data = RoomPage(
        case=case,
        address=room_address(visit.estate.slug, case_id),
        back=list_address(visit.estate.slug),
        mediators=mediators.list_mediators(session, estate_id=visit.estate.id, but=visit.actor.id)
        if waits
        else [],
        say_id=typed.get("say_id") or str(uuid4()),
        note_id=typed.get("note_id") or str(uuid4()),
        say=typed.get("say", ""),
        note=typed.get("note", ""),
        conclusion=typed.get("conclusion", ""),
        most_photos=MOST_PHOTOS,
        errors=errors_of(request, refusal, form=form),
    )
    return talk_page(request, visit, "mediation/room.html", data, refusal=refusal)


@router.get("", dependencies=[spends(MemberVisit, ONE)])
def show_room(request: Request, visit: MemberVisit, session: SessionDep, case_id: UUID) -> Response:
    return _page(request, visit, session, case_id)


@router.post("/answer")
def answer(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    answer: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if answer not in {"yes", "no"}:
            raise Invalid(N_("请选择同意调解，或者不参加"))
        consenting.answer_request(session, **where_of(visit, case_id), agrees=answer == "yes", now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, refusal=tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


@router.post("/stop")
def stop(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    sure: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if sure != "yes":
            raise Invalid(N_("请先勾选“我确定停止调解”"), field="sure")
        consenting.stop_case(session, **where_of(visit, case_id), now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, form="stop", refusal=tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


@router.post("/fail")
def fail(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    conclusion: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        consenting.fail_case(session, **where_of(visit, case_id), conclusion=conclusion, now=now)
    if tried.refusal:
        typed = {"conclusion": conclusion}
        return _page(request, visit, session, case_id, typed=typed, form="fail", refusal=tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


@router.post("/release")
def release(request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID) -> Response:
    with attempt(session) as tried:
        is_mediator = reading.read_case(session, **where_of(visit, case_id)).is_mediator
        mediators.release_case(session, **where_of(visit, case_id), now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, refusal=tried.refusal)
    slug = visit.estate.slug
    return see_other(list_address(slug) if is_mediator else room_address(slug, case_id))


@router.post("/wish")
def wish(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    mediator: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        wished_id = read_id(mediator, field="mediator") if mediator else None
        mediators.wish_mediator(session, **where_of(visit, case_id), wished_id=wished_id, now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, form="wish", refusal=tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


@router.post("/say")
def say(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    id: Annotated[UUID, Form()],
    photos: Photos,
    text: Annotated[str, Form()] = "",
    response: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        talking.say(
            session,
            **where_of(visit, case_id),
            message_id=id,
            text=text,
            is_response=response == "yes",
            photos=read_photos(photos),
            now=now,
        )
    if tried.refusal:
        typed = {"say": text, "say_id": str(id)}
        return _page(request, visit, session, case_id, typed=typed, form="say", refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}#talk")


@router.post("/notes")
def write_note(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    id: Annotated[UUID, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        talking.write_note(session, **where_of(visit, case_id), note_id=id, text=note, now=now)
    if tried.refusal:
        typed = {"note": note, "note_id": str(id)}
        return _page(request, visit, session, case_id, typed=typed, form="note", refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}#notes")


@router.get("/files/{file_id:uuid}")
def send_file(visit: MemberVisit, session: SessionDep, case_id: UUID, file_id: UUID) -> Response:
    return _sent(talking.read_case_file(session, **where_of(visit, case_id), file_id=file_id, small=False))


@router.get("/files/{file_id:uuid}/small")
def send_thumbnail(visit: MemberVisit, session: SessionDep, case_id: UUID, file_id: UUID) -> Response:
    return _sent(talking.read_case_file(session, **where_of(visit, case_id), file_id=file_id, small=True))


def _sent(file: StoredFileView) -> Response:
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"},
    )
