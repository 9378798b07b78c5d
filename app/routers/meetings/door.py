"""The door: the code of the minute on a screen, who has come, signing in by name, striking out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.dependencies import ModeratorVisit, Now, SecretDep, SessionDep, SettingsDep, Visit
from app.errors import Refusal
from app.routers.codes import drawn_code, is_local
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.frames import desk_address, desk_page, home_address, talk_page
from app.routers.records import ONE, spends
from app.rules.meetings.door import door_token
from app.services.meetings import door, reading
from app.services.meetings.reading import MeetingView, PresentLine
from app.templating import page

router = APIRouter(prefix="/desk/{slug}/meetings/{meeting_id}/door")

# Twice in the life of a code.
SCREEN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class DoorPage:
    """`code` is empty while the door is closed."""

    meeting: MeetingView
    code: Markup
    local: bool
    present: list[PresentLine]
    may_change: bool
    attendance_id: UUID
    address: str
    typed: dict[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class CodePart:
    """The live part alone."""

    meeting: MeetingView
    code: Markup


def _code(visit: Visit, settings: SettingsDep, secret: bytes, now: Now, meeting: MeetingView) -> Markup:
    if not meeting.is_door_open:
        return Markup("")
    token = door_token(secret, meeting.id, now)
    link = f"{settings.public_url.rstrip('/')}{home_address(visit, meeting.id)}/here?t={token}"
    return drawn_code(link)


def _read(session: SessionDep, visit: Visit, now: Now, meeting_id: UUID) -> MeetingView:
    return reading.read_for_desk(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: bytes,
    meeting_id: UUID,
    *,
    attendance_id: UUID | None = None,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: str = "",
) -> Response:
    meeting = _read(session, visit, now, meeting_id)
    code = _code(visit, settings, secret, now, meeting)
    data = DoorPage(
        meeting=meeting,
        code=code,
        local=is_local(settings.public_url),
        present=reading.list_present(session, meeting_id=meeting_id),
        may_change=meeting.is_door_open or meeting.phase in ("running", "held"),
        attendance_id=attendance_id or uuid4(),
        address=desk_address(visit, meeting_id),
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
    )
    return desk_page(request, visit, "meetings/door.html", data, refusal=refusal)


@router.get("", dependencies=[spends(ModeratorVisit, ONE)])
def show_door(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    meeting_id: UUID,
) -> Response:
    return _page(request, visit, session, now, settings, secret, meeting_id)


@router.get("/code")
def live_code(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    meeting_id: UUID,
) -> Response:
    """The code of this minute alone; 204 once the meeting is over."""
    meeting = _read(session, visit, now, meeting_id)
    code = _code(visit, settings, secret, now, meeting)
    if not code:
        return Response(status_code=204)
    return page(request, "meetings/door_code.html", CodePart(meeting, code), estate=visit.estate)


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """The code alone, large."""

    meeting: MeetingView
    code: Markup
    address: str


@router.get("/screen")
def show_screen(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    meeting_id: UUID,
) -> Response:
    """For a screen nobody types on: it is fetched anew by the browser itself, script or not."""
    meeting = _read(session, visit, now, meeting_id)
    code = _code(visit, settings, secret, now, meeting)
    data = ScreenPage(meeting, code, desk_address(visit, meeting_id))
    answer = talk_page(request, visit, "meetings/screen.html", data, staff=False)
    answer.headers["Refresh"] = str(SCREEN_SECONDS)
    return answer


@router.post("")
def sign_in_by_name(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    meeting_id: UUID,
    id: Annotated[UUID, Form()],
    name: Annotated[str, Form()] = "",
    home: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        door.sign_in_by_name(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            attendance_id=id,
            name=name,
            home=home,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"name": name[:60], "home": home[:70]}
        return _page(
            request,
            visit,
            session,
            now,
            settings,
            secret,
            meeting_id,
            attendance_id=id,
            typed=typed,
            refusal=tried.refusal,
        )
    return see_other(f"{desk_address(visit, meeting_id)}/door#present")


@router.post("/{attendance_id}/strike")
def strike(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    meeting_id: UUID,
    attendance_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        door.strike(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            attendance_id=attendance_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        row = str(attendance_id)
        return _page(
            request,
            visit,
            session,
            now,
            settings,
            secret,
            meeting_id,
            typed={f"reason-{row}": reason[:300]},
            refusal=tried.refusal,
            row=row,
        )
    return see_other(f"{desk_address(visit, meeting_id)}/door#present")
