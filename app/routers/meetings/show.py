"""One meeting for residents: invitation, answer, calendar file, speaking order, record to confirm, and print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, SettingsDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.frames import desk_address, home_address, talk_page
from app.routers.meetings.words import Words, words
from app.rules.deliberations.minutes import PointKind
from app.rules.meetings.kinds import MeetingKind, Reply, Verdict
from app.rules.meetings.states import Phase
from app.services.meetings import access, confirming, inviting, reading, records, speaking
from app.services.meetings.calendar_file import calendar_file
from app.services.meetings.confirming import MOST_TEXT, Said
from app.services.meetings.reading import MeetingView
from app.services.meetings.records import RecordView
from app.services.meetings.speaking import Queue
from app.services.meetings.tasks import is_late
from app.templating import page

router = APIRouter(prefix="/e/{slug}/meetings/{meeting_id}")


@dataclass(frozen=True, slots=True)
class ShowPage:
    """One meeting; `queue` while it runs, `record` once it was put; `late` are positions of tasks past their day."""

    meeting: MeetingView
    words: Words
    address: str
    desk: str
    may_reply: bool
    queue: Queue | None
    speech_id: UUID
    record: RecordView | None
    late: frozenset[int]
    may_object: bool
    text: str
    most: int
    no_vote: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class QueuePart:
    """The live part alone."""

    meeting: MeetingView
    queue: Queue
    speech_id: UUID
    address: str


@dataclass(frozen=True, slots=True)
class PrintPage:
    """The record word for word as it was hashed."""

    title: str
    lines: list[str]
    digest: str
    status: str
    confirmed: RecordView
    address: str


def show_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    *,
    text: str = "",
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id, "account_id": visit.actor.id}
    meeting = reading.read_meeting(session, **where, now=now)
    record = records.read_record(session, **where, now=now, drafts=False)
    late = frozenset(
        point.position
        for point in (record.points if record else ())
        if point.row.kind is PointKind.TASK and not point.done and is_late(point.row.by, now)
    )
    running = meeting.phase is Phase.RUNNING
    data = ShowPage(
        meeting=meeting,
        words=words(),
        address=home_address(visit, meeting_id),
        desk=desk_address(visit, meeting_id) if meeting.mine.may_run else "",
        may_reply=meeting.phase is Phase.COMING and meeting.mine.is_invited,
        queue=_queue(session, visit, now, meeting_id) if running else None,
        speech_id=uuid4(),
        record=record,
        late=late,
        may_object=bool(
            record
            and record.may_answer
            and meeting.mine.attended_at
            and record.my_verdict is not Verdict.OBJECT
        ),
        text=text,
        most=MOST_TEXT,
        no_vote=meeting.kind is not MeetingKind.RESIDENTS,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "meetings/show.html", data, refusal=refusal)


def _queue(session: SessionDep, visit: Visit, now: Now, meeting_id: UUID) -> Queue:
    meeting = access.get_meeting(session, estate_id=visit.estate.id, meeting_id=meeting_id)
    return speaking.read_queue(session, meeting, account_id=visit.actor.id, now=now, in_clear=False)


# Before the page itself: its id would swallow the ending.
calendar = APIRouter(prefix="/e/{slug}/meetings")


@calendar.get("/{meeting_id}.ics")
def download_calendar(
    visit: MemberVisit, session: SessionDep, now: Now, settings: SettingsDep, meeting_id: UUID
) -> Response:
    meeting = reading.read_meeting(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    root = settings.public_url.rstrip("/")
    content = calendar_file(
        meeting, url=root + home_address(visit, meeting_id), host=urlsplit(root).hostname or "localhost"
    )
    headers = {"Content-Disposition": f'attachment; filename="meeting-{meeting.number}.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("")
def show_meeting(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    return show_page(request, visit, session, now, meeting_id)


@router.post("/reply")
def reply_to_invitation(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    reply: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    with attempt(session) as tried:
        if reply not in set(Reply):
            raise Invalid(N_("请选择来不来参加"), field="reply")
        inviting.answer_invitation(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            account_id=visit.actor.id,
            reply=Reply(reply),
            now=now,
        )
    if tried.refusal:
        return show_page(request, visit, session, now, meeting_id, refusal=tried.refusal)
    return see_other(home_address(visit, meeting_id))


@router.get("/queue")
def live_queue(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    """The speaking order alone; 204 once the meeting is over."""
    meeting = reading.read_meeting(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    if meeting.phase is not Phase.RUNNING:
        return Response(status_code=204)
    queue = _queue(session, visit, now, meeting_id)
    data = QueuePart(meeting, queue, uuid4(), home_address(visit, meeting_id))
    return page(request, "meetings/queue.html", data, estate=visit.estate)


@router.post("/record")
def answer_record(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    seen: Annotated[str, Form(max_length=64)] = "",
    act: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if act not in set(Verdict):
            raise Invalid(N_("请选择确认纪要，或者提出异议"))
        confirming.answer_record(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            account_id=visit.actor.id,
            said=Said(seen, Verdict(act), text),
            now=now,
        )
    if tried.refusal:
        return show_page(
            request, visit, session, now, meeting_id, text=text[:MOST_TEXT], refusal=tried.refusal
        )
    return see_other(f"{home_address(visit, meeting_id)}#record")


@router.get("/print")
def print_record(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id, "account_id": visit.actor.id}
    record = records.read_confirmed(session, **where, now=now)
    title, *lines = records.lines_of(record)
    status = "本纪要已由到会的人确认。" if record.is_confirmed else "本纪要正在由到会的人确认，还不是定稿。"
    data = PrintPage(title, lines, record.digest, status, record, home_address(visit, meeting_id))
    return page(request, "meetings/print.html", data, estate=visit.estate)
