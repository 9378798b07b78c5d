"""The desk of a record that is out: what people without an account say of it, answers to objections, the copy for the thread."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep
from app.errors import N_, Invalid
from app.routers.forms import attempt, see_other
from app.routers.meetings.record_desk import record_address, record_page
from app.rules.meetings.kinds import Verdict
from app.services.meetings import confirming, copying
from app.services.meetings.confirming import Said

router = APIRouter(prefix="/desk/{slug}/meetings/{meeting_id}/record")


@router.post("/answer/{attendance_id}")
def answer_for(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    attendance_id: UUID,
    seen: Annotated[str, Form(max_length=64)] = "",
    act: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """Write down what somebody without an account says of the record."""
    with attempt(session) as tried:
        if act not in set(Verdict):
            raise Invalid(N_("请选择确认纪要，或者提出异议"))
        confirming.answer_for(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            attendance_id=attendance_id,
            said=Said(seen, Verdict(act), text),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        row = str(attendance_id)
        typed = {f"text-{row}": text[:600]}
        return record_page(
            request, visit, session, now, meeting_id, typed=typed, refusals=[tried.refusal], row=row
        )
    return see_other(record_address(visit, meeting_id))


@router.post("/objections/{attendance_id}")
def handle_objection(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    attendance_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
    reply: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if act not in {"accept", "note"}:
            raise Invalid(N_("请选择接受异议，或者把异议附在纪要后面"))
        confirming.handle_objection(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            attendance_id=attendance_id,
            accept=act == "accept",
            reply=reply,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        row = str(attendance_id)
        typed = {f"reply-{row}": reply[:600]}
        return record_page(
            request, visit, session, now, meeting_id, typed=typed, refusals=[tried.refusal], row=row
        )
    return see_other(record_address(visit, meeting_id))


@router.post("/minutes")
def copy_to_minutes(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    id: Annotated[UUID, Form()],
) -> Response:
    with attempt(session) as tried:
        thread_id = copying.copy_to_minutes(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            minutes_id=id,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return record_page(request, visit, session, now, meeting_id, refusals=[tried.refusal])
    return see_other(f"/desk/{visit.estate.slug}/deliberations/{thread_id}/minutes")
