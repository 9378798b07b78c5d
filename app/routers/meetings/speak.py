"""In the room: ask to speak, and take it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.forms import attempt, see_other
from app.routers.meetings.frames import home_address
from app.routers.meetings.show import show_page
from app.services.meetings import speaking

router = APIRouter(prefix="/e/{slug}/meetings/{meeting_id}")


@router.post("/speak")
def ask_to_speak(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    id: Annotated[UUID, Form()],
) -> Response:
    with attempt(session) as tried:
        speaking.ask(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            speech_id=id,
            account_id=visit.actor.id,
            now=now,
        )
    if tried.refusal:
        return show_page(request, visit, session, now, meeting_id, refusal=tried.refusal)
    return see_other(f"{home_address(visit, meeting_id)}#queue")


@router.post("/speak/end")
def give_up(visit: MemberVisit, session: SessionDep, now: Now, meeting_id: UUID) -> Response:
    """Take back one's request, or end one's own turn."""
    speaking.give_up(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    return see_other(f"{home_address(visit, meeting_id)}#queue")
