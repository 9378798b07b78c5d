"""The desk of meetings: the list, one meeting with its next step, inviting, calling off, ticking off tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.frames import desk_address, desk_page, home_address
from app.routers.meetings.words import Words, words
from app.rules.deliberations.minutes import PointKind
from app.services.meetings import inviting, reading, records, tasks
from app.services.meetings.reading import MeetingLine, MeetingView
from app.services.meetings.records import RecordView, ShownPoint

router = APIRouter(prefix="/desk/{slug}/meetings")


@dataclass(frozen=True, slots=True)
class DeskList:
    """The meetings this person runs, drafts too."""

    coming: list[MeetingLine]
    past: list[MeetingLine]
    words: Words
    address: str
    public: str


@dataclass(frozen=True, slots=True)
class DeskMeeting:
    """One meeting and what comes next for it."""

    meeting: MeetingView
    words: Words
    record: RecordView | None
    tasks: list[ShownPoint]
    would_invite: int
    address: str
    public: str
    typed: dict[str, str]
    errors: Errors


@router.get("")
def list_meetings(request: Request, visit: ModeratorVisit, session: SessionDep, now: Now) -> Response:
    mine = None if visit.standing.is_committee else visit.actor.id
    coming, past = reading.list_meetings(
        session, estate_id=visit.estate.id, now=now, drafts=True, account_id=mine
    )
    slug = visit.estate.slug
    data = DeskList(coming, past, words(), f"/desk/{slug}/meetings", f"/e/{slug}/meetings")
    return desk_page(request, visit, "meetings/desk_list.html", data)


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    form: str = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id, "account_id": visit.actor.id}
    meeting = reading.read_for_desk(session, **where, now=now)
    record = records.read_record(session, **where, now=now, drafts=True)
    confirmed = bool(record and record.is_confirmed)
    data = DeskMeeting(
        meeting=meeting,
        words=words(),
        record=record,
        tasks=[
            point
            for point in (record.points if record and confirmed else ())
            if point.row.kind is PointKind.TASK
        ],
        would_invite=inviting.count_people(session, estate_id=visit.estate.id, meeting_id=meeting_id),
        address=desk_address(visit, meeting_id),
        public=home_address(visit, meeting_id),
        typed=typed or {},
        errors=errors_of(request, refusal, form=form),
    )
    return desk_page(request, visit, "meetings/desk_show.html", data, refusal=refusal)


@router.get("/{meeting_id}")
def show_meeting(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    return _page(request, visit, session, now, meeting_id)


@router.post("/{meeting_id}/invite")
def invite(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    with attempt(session) as tried:
        inviting.invite(session, estate_id=visit.estate.id, meeting_id=meeting_id, actor=visit.actor, now=now)
    if tried.refusal:
        return _page(request, visit, session, now, meeting_id, refusal=tried.refusal)
    return see_other(desk_address(visit, meeting_id))


@router.post("/{meeting_id}/cancel")
def cancel(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        inviting.cancel(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"reason": reason[:300]}
        return _page(request, visit, session, now, meeting_id, typed=typed, refusal=tried.refusal)
    return see_other(desk_address(visit, meeting_id))


@router.post("/{meeting_id}/tasks/{position}")
def settle_task(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    position: int,
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        tasks.settle_task(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            position=position,
            words=note,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {f"task-{position}": note[:400]}
        form = f"task-{position}"
        return _page(request, visit, session, now, meeting_id, typed=typed, refusal=tried.refusal, form=form)
    return see_other(f"{desk_address(visit, meeting_id)}#tasks")
