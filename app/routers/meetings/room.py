"""The room: who speaks, who is next, how long; for the chair and the recorder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.frames import desk_address, desk_page, home_address
from app.routers.meetings.words import Words, words
from app.routers.records import ONE, spends
from app.rules.meetings.states import Phase
from app.services.meetings import access, reading, speaking
from app.services.meetings.reading import MeetingView
from app.services.meetings.speaking import Queue
from app.templating import page

router = APIRouter(prefix="/desk/{slug}/meetings/{meeting_id}/room")


@dataclass(frozen=True, slots=True)
class RoomPage:
    """The speaking order with names, and who may be put on it."""

    meeting: MeetingView
    words: Words
    queue: Queue
    present: list[tuple[str, str]]
    speech_id: UUID
    address: str
    public: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class RoomPart:
    """The live part alone."""

    meeting: MeetingView
    queue: Queue
    address: str


def _read(session: SessionDep, visit: Visit, now: Now, meeting_id: UUID) -> tuple[MeetingView, Queue]:
    view = reading.read_for_desk(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    meeting = access.get_meeting(session, estate_id=visit.estate.id, meeting_id=meeting_id)
    queue = speaking.read_queue(session, meeting, account_id=visit.actor.id, now=now, in_clear=True)
    return view, queue


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    refusal: Refusal | None = None,
) -> Response:
    meeting, queue = _read(session, visit, now, meeting_id)
    present = reading.list_present(session, meeting_id=meeting_id)
    data = RoomPage(
        meeting=meeting,
        words=words(),
        queue=queue,
        present=[(str(one.id), f"{one.name}　{one.home}") for one in present if one.struck_at is None],
        speech_id=uuid4(),
        address=desk_address(visit, meeting_id),
        public=home_address(visit, meeting_id),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "meetings/room.html", data, refusal=refusal)


@router.get("", dependencies=[spends(ModeratorVisit, ONE)])
def show_room(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    return _page(request, visit, session, now, meeting_id)


@router.get("/queue")
def live_queue(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    """The order alone; 204 once the meeting is over."""
    meeting, queue = _read(session, visit, now, meeting_id)
    if meeting.phase is not Phase.RUNNING:
        return Response(status_code=204)
    data = RoomPart(meeting, queue, desk_address(visit, meeting_id))
    return page(request, "meetings/room_queue.html", data, estate=visit.estate)


@router.post("/next")
def call_next(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    with attempt(session) as tried:
        speaking.call_next(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            seen=_seen(seen),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, meeting_id, tried.refusal)
    return see_other(f"{desk_address(visit, meeting_id)}/room#queue")


def _seen(typed: str) -> UUID | None:
    try:
        return UUID(typed) if typed else None
    except ValueError:
        raise Invalid(N_("请刷新页面再试")) from None


@router.post("/{speech_id}/end")
def end_turn(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    speech_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    with attempt(session) as tried:
        if act not in {"done", "passed"}:
            raise Invalid(N_("请选择发言完毕，或者跳过"))
        speaking.end_turn(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            speech_id=speech_id,
            spoke=act == "done",
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, meeting_id, tried.refusal)
    return see_other(f"{desk_address(visit, meeting_id)}/room#queue")


@router.post("")
def ask_for(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    id: Annotated[UUID, Form()],
    who: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    with attempt(session) as tried:
        try:
            attendance_id = UUID(who)
        except ValueError:
            raise Invalid(N_("请从签到名单里选择要发言的人"), field="who") from None
        speaking.ask_for(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            speech_id=id,
            attendance_id=attendance_id,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, meeting_id, tried.refusal)
    return see_other(f"{desk_address(visit, meeting_id)}/room#queue")
