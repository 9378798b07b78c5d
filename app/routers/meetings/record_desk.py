"""The desk of the record: draft with one tap, write, and put to those present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.deliberations.points import Row, read_points, rows_of, stored_rows
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.form import number
from app.routers.meetings.frames import desk_address, desk_page, home_address
from app.routers.meetings.words import Words, words
from app.routers.records import ONE, spends
from app.rules.deliberations.minutes import MOST_POINTS, MOST_TEXT, MOST_WHO, PointKind
from app.rules.meetings.kinds import MeetingKind
from app.rules.meetings.quorum import Hands
from app.services.meetings import reading, recording, records
from app.services.meetings.reading import MeetingView, PresentLine
from app.services.meetings.recording import TypedRecord
from app.services.meetings.records import RecordView

router = APIRouter(prefix="/desk/{slug}/meetings/{meeting_id}/record")

BLANK_POINTS, BLANK_HANDS = 3, 2


@dataclass(frozen=True, slots=True)
class HandsRow:
    """A show of hands as typed."""

    text: str = ""
    hands_for: str = ""
    against: str = ""
    abstain: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was sent, its blank rows left out."""

    rows: list[Row]
    hands: list[HandsRow] = field(default_factory=list)
    eligible: str = ""
    voters: str = ""
    put: bool = False


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Nothing yet, a draft in its form, or a version that was put with what was said of it."""

    meeting: MeetingView
    words: Words
    record: RecordView | None
    rows: list[Row]
    hands: list[HandsRow]
    eligible: str
    voters: str
    residents: bool
    kinds: tuple[tuple[str, str], ...]
    most: int
    most_who: int
    may_start: bool
    to_ask: list[PresentLine]
    ids: tuple[str, str]
    thread_desk: str
    address: str
    public: str
    typed: dict[str, str]
    saved: bool
    errors: Errors


Column = Annotated[list[str] | None, Form()]
Text = Annotated[str, Form()]


async def _sent(
    kind: Column = None,
    text: Column = None,
    who: Column = None,
    by: Column = None,
    statement: Column = None,
    decision: Column = None,
    hands_for: Column = None,
    against: Column = None,
    abstain: Column = None,
    eligible: Text = "",
    voters: Text = "",
    act: Text = "",
) -> Sent:
    rows = rows_of(kind, text, who, by, statement)
    columns = (decision or [], hands_for or [], against or [], abstain or [])
    hands = [HandsRow(*row) for row in zip(*columns, strict=False)]
    return Sent(
        rows,
        [one for one in hands if any(part.strip() for part in (one.text, one.hands_for, one.against))],
        eligible,
        voters,
        put=act == "preview",
    )


def _typed(sent: Sent) -> TypedRecord:
    points = read_points(sent.rows)
    decisions = [
        Hands(
            one.text,
            number(one.hands_for, f"for-{place}"),
            number(one.against, f"for-{place}"),
            number(one.abstain, f"for-{place}"),
        )
        for place, one in enumerate(sent.hands, 1)
    ]
    eligible, voters = number(sent.eligible, "eligible"), number(sent.voters, "voters")
    return TypedRecord(points, eligible, voters, decisions)


def _stored(meeting: MeetingView, view: RecordView | None) -> Sent:
    if view is None or not view.is_draft:
        return Sent([])
    rows = stored_rows([one.row for one in view.points])
    hands = [
        HandsRow(one.text, str(one.hands_for), str(one.against), str(one.abstain))
        for one in view.document.decisions
    ]
    eligible = str(meeting.quorum.eligible or "")
    return Sent(rows, hands, eligible, str(view.document.voters or ""))


def record_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    *,
    sent: Sent | None = None,
    typed: dict[str, str] | None = None,
    saved: bool = False,
    refusals: Sequence[Refusal] = (),
    row: str = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id, "account_id": visit.actor.id}
    meeting = reading.read_for_desk(session, **where, now=now)
    view = records.read_record(session, **where, now=now, drafts=True)
    shown = sent or _stored(meeting, view)
    present = reading.list_present(session, meeting_id=meeting_id)
    answered = view.answered if view else frozenset()
    blank = min(BLANK_POINTS, max(MOST_POINTS - len(shown.rows), 0))
    data = RecordPage(
        meeting=meeting,
        words=words(),
        record=view,
        rows=[*shown.rows, *[Row()] * blank],
        hands=[*shown.hands, *[HandsRow()] * BLANK_HANDS],
        eligible=shown.eligible,
        voters=shown.voters,
        residents=meeting.kind is MeetingKind.RESIDENTS,
        kinds=tuple((kind.value, words().points[kind]) for kind in PointKind),
        most=MOST_TEXT,
        most_who=MOST_WHO,
        may_start=meeting.phase in ("running", "held"),
        to_ask=[
            one for one in present if not one.has_account and one.struck_at is None and one.id not in answered
        ],
        ids=(str(uuid4()), str(uuid4())),
        thread_desk=f"/desk/{visit.estate.slug}/deliberations/{meeting.thread_id}/minutes"
        if meeting.thread_id
        else "",
        address=desk_address(visit, meeting_id),
        public=home_address(visit, meeting_id),
        typed=typed or {},
        saved=saved,
        errors=errors_of(request, *refusals, row=row),
    )
    return desk_page(request, visit, "meetings/record_desk.html", data, refusal=next(iter(refusals), None))


def record_address(visit: Visit, meeting_id: UUID) -> str:
    return f"{desk_address(visit, meeting_id)}/record"


@router.get("", dependencies=[spends(ModeratorVisit, ONE)])
def show_record(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID, saved: str = ""
) -> Response:
    return record_page(request, visit, session, now, meeting_id, saved=bool(saved))


@router.post("/start")
def start_record(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    id: Annotated[UUID, Form()],
) -> Response:
    with attempt(session) as tried:
        recording.start_record(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            record_id=id,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return record_page(request, visit, session, now, meeting_id, refusals=[tried.refusal])
    return see_other(record_address(visit, meeting_id))


@router.post("")
def save_record(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    sent: Annotated[Sent, Depends(_sent)],
) -> Response:
    """Save the draft; with `act=preview` say what is missing, or lead to what would be put. What is missing does not undo saving."""
    with attempt(session) as tried:
        document = recording.save_record(
            session,
            estate_id=visit.estate.id,
            meeting_id=meeting_id,
            typed=_typed(sent),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return record_page(request, visit, session, now, meeting_id, sent=sent, refusals=[tried.refusal])
    if not sent.put:
        return see_other(f"{record_address(visit, meeting_id)}?saved=1")
    missing = recording.problems_of(document)
    if missing:
        return record_page(request, visit, session, now, meeting_id, refusals=missing)
    return see_other(f"{record_address(visit, meeting_id)}/preview")


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """The draft as it would be put to those present."""

    meeting: MeetingView
    lines: list[str]
    title: str
    digest: str
    problems: Errors
    address: str


@router.get("/preview")
def preview_record(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id, "account_id": visit.actor.id}
    meeting = reading.read_for_desk(session, **where, now=now)
    view = records.read_record(session, **where, now=now, drafts=True)
    if view is None or not view.is_draft:
        return see_other(record_address(visit, meeting_id))
    title, *lines = records.lines_of(view)
    problems = errors_of(request, *recording.problems_of(view.document))
    data = PreviewPage(meeting, lines, title, view.digest, problems, record_address(visit, meeting_id))
    return desk_page(request, visit, "meetings/record_preview.html", data)


@router.post("/put")
def put_record(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    with attempt(session) as tried:
        recording.put_record(
            session, estate_id=visit.estate.id, meeting_id=meeting_id, seen=seen, actor=visit.actor, now=now
        )
    if tried.refusal:
        return record_page(request, visit, session, now, meeting_id, refusals=[tried.refusal])
    return see_other(record_address(visit, meeting_id))
