"""Where the code at the door leads: one button to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SecretDep, SessionDep, Visit
from app.errors import NotFound, NotSignedIn, Refusal
from app.routers.forms import Errors, errors_of, see_other
from app.routers.meetings.frames import home_address, talk_page
from app.rules.meetings import door as rules
from app.services.meetings import door, reading
from app.services.meetings.reading import MeetingView

router = APIRouter(prefix="/e/{slug}/meetings/{meeting_id}/here")


@dataclass(frozen=True, slots=True)
class HerePage:
    """One button; `fresh` is whether the code that was scanned still counts."""

    meeting: MeetingView
    token: str
    fresh: bool
    address: str
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    secret: bytes,
    meeting_id: UUID,
    token: str,
    refusal: Refusal | None = None,
) -> Response:
    meeting = reading.read_meeting(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    if meeting.mine.attended_at is None and refusal is None and meeting.is_door_open:
        refusal = None if rules.fits(secret, meeting_id, token, now) else door.stale()
        shown_as = None
    else:
        shown_as = refusal
    data = HerePage(
        meeting=meeting,
        token=token,
        fresh=refusal is None,
        address=home_address(visit, meeting_id),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "meetings/here.html", data, refusal=shown_as)


@router.get("")
def show_here(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    meeting_id: UUID,
    t: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    return _page(request, visit, session, now, secret, meeting_id, t)


@router.post("")
def sign_in(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    meeting_id: UUID,
    t: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    try:
        refusal = door.sign_in(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            account_id=visit.actor.id,
            token=t,
            secret=secret,
            now=now,
        )
    except (NotFound, NotSignedIn):
        raise
    except Refusal as raised:
        session.rollback()
        refusal = raised
    if refusal:
        # A stale code is a counted try: it is committed with this answer.
        return _page(request, visit, session, now, secret, meeting_id, t, refusal)
    return see_other(f"{home_address(visit, meeting_id)}")
