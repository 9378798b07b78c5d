"""Meetings: those present confirm or object, objections are answered, and the clock makes the record final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.meetings import Meeting, MeetingAnswer, MeetingAttendance, MeetingRecord
from app.models.outbox import Channel
from app.rules.meetings.kinds import Handling, RecordState, Verdict
from app.rules.meetings.record import Standing, confirmed_at, standing
from app.rules.meetings.states import MeetingState, Phase, move
from app.rules.text import clean_text
from app.services.meetings.access import (
    attendance_of,
    current_record,
    ensure_runs,
    lock_meeting,
    note,
    open_objections,
    present_rows,
    tell,
)
from app.services.meetings.recording import next_version
from app.services.trail import SYSTEM, Actor

MOST_TEXT, LEAST_TEXT = 500, 4
_WITH_ANOTHER = (
    "因为另一条异议，纪要要出新的一稿。新的一稿会再请您确认；要是您说的没有改过来，请对新的一稿再提。"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a version: the digest he looked at, and what is wrong when he objects."""

    seen: str
    verdict: Verdict
    text: str = ""


def answer_record(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, said: Said, now: datetime
) -> None:
    """One who was present confirms the record or objects to it; the same twice is once.

    Who confirmed may still object while the window is open. Raises `NotAllowed` (`not_present`) and `Conflict`
    (`too_late`, `changed`, `answered`).
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    present = attendance_of(session, meeting.id, account_id)
    if present is None:
        raise NotAllowed(N_("纪要由到会签到的人确认；您没有签到记录"), code="not_present")
    _answer(session, meeting, present, said, entered_by=None, now=now)


def answer_for(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    attendance_id: UUID,
    said: Said,
    actor: Actor,
    now: datetime,
) -> None:
    """The same for somebody present who has no account, written down by who runs the meeting; kept in the trail."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    present = session.get(MeetingAttendance, attendance_id)
    if present is None or present.meeting_id != meeting.id or present.struck_at is not None:
        raise NotFound(N_("没有找到这条签到"))
    if present.account_id is not None:
        raise NotAllowed(N_("这位到会人有账户，请他本人在手机上确认或提出异议"), code="has_account")
    if not _answer(session, meeting, present, said, entered_by=actor, now=now):
        return
    new = {"attendance": str(attendance_id), "verdict": said.verdict.value}
    note(session, meeting, "record:enter", actor, now, new=new)


def _answer(
    session: Session,
    meeting: Meeting,
    present: MeetingAttendance,
    said: Said,
    *,
    entered_by: Actor | None,
    now: datetime,
) -> bool:
    """Whether this is new: the same answer twice is once."""
    record = _put(session, meeting)
    if record.due_at is None or now >= record.due_at:
        raise Conflict(N_("确认的期限已经过了，不能再确认或提出异议"), code="too_late")
    if said.seen != record.digest:
        raise Conflict(N_("纪要出了新的一稿，请看过现在的内容再确认"), code="changed")
    text = clean_text(said.text, most=MOST_TEXT, field="text") if said.verdict is Verdict.OBJECT else ""
    if said.verdict is Verdict.OBJECT and len(text) < LEAST_TEXT:
        raise Invalid(N_("请写明纪要哪里不对，应该怎么写"), field="text")
    row = session.get(MeetingAnswer, (record.id, present.id), populate_existing=True)
    if row is not None and row.verdict is Verdict.OBJECT:
        if (said.verdict, text) == (row.verdict, row.text):
            return False
        raise Conflict(N_("您已经提出过异议，请等主持人或记录人答复"), code="answered")
    if row is None:
        row = MeetingAnswer(
            record_id=record.id,
            attendance_id=present.id,
            verdict=said.verdict,
            at=now,
            handling=Handling.NONE,
        )
    elif row.verdict is said.verdict:
        return False
    row.verdict, row.text, row.at = said.verdict, text, now
    row.handling = Handling.OPEN if said.verdict is Verdict.OBJECT else Handling.NONE
    row.entered_by = entered_by.id if entered_by else None
    session.add(row)
    session.flush()
    return True


def handle_objection(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    attendance_id: UUID,
    accept: bool,
    reply: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Answer an objection: accepted, it makes a new version that goes to all again; noted, it is printed with the record.

    Accepting one answers every other that is open, for the version they are about takes no answers any more. The same
    answer twice is once. Raises `Conflict` (`handled`) when it was answered another way.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    handling = Handling.ACCEPTED if accept else Handling.NOTED
    row, current = _objection(session, meeting, attendance_id), current_record(session, meeting.id)
    if row.handling is not Handling.OPEN or current is None or row.record_id != current.id:
        if row.handling is handling:
            return
        raise Conflict(N_("这条异议已经答复过了，请刷新页面"), code="handled")
    record = _put(session, meeting)
    words = clean_text(reply, most=MOST_TEXT, field="reply")
    if len(words) < LEAST_TEXT:
        raise Invalid(N_("请写明怎么答复，提出异议的人会看到"), field="reply")
    _reply(session, meeting, record, row, handling, words, actor, now)
    if accept:
        for other in _still_open(session, record):
            _reply(session, meeting, record, other, handling, _WITH_ANOTHER, actor, now)
        next_version(session, meeting, record, actor, now)
    else:
        _confirm_if_due(session, meeting, record, now)


def _reply(
    session: Session,
    meeting: Meeting,
    record: MeetingRecord,
    row: MeetingAnswer,
    handling: Handling,
    words: str,
    actor: Actor,
    now: datetime,
) -> None:
    accept = handling is Handling.ACCEPTED
    row.handling, row.reply, row.handled_by, row.handled_at = handling, words, actor.id, now
    session.add(row)
    session.flush()
    note(
        session,
        meeting,
        "objection:accept" if accept else "objection:note",
        actor,
        now,
        new={"version": record.version},
        reason=words,
    )
    objector = session.get_one(MeetingAttendance, row.attendance_id).account_id
    tell(
        session,
        meeting,
        [objector] if objector else [],
        template="meeting_objection_accepted" if accept else "meeting_objection_noted",
        key=f"{record.id}:{row.attendance_id}",
        values={},
        now=now,
        channel=Channel.INBOX,
    )


def _still_open(session: Session, record: MeetingRecord) -> list[MeetingAnswer]:
    query = (
        select(MeetingAnswer)
        .where(MeetingAnswer.record_id == record.id, MeetingAnswer.handling == Handling.OPEN)
        .order_by(col(MeetingAnswer.at), col(MeetingAnswer.attendance_id))
    )
    return list(session.exec(query.execution_options(populate_existing=True)))


def _objection(session: Session, meeting: Meeting, attendance_id: UUID) -> MeetingAnswer:
    query = (
        select(MeetingAnswer)
        .join(MeetingRecord)
        .where(
            MeetingRecord.meeting_id == meeting.id,
            MeetingAnswer.attendance_id == attendance_id,
            MeetingAnswer.verdict == Verdict.OBJECT,
        )
        .order_by(col(MeetingRecord.version).desc())
        .execution_options(populate_existing=True)
    )
    row = session.exec(query).first()
    if row is None:
        raise NotFound(N_("没有找到这条异议"))
    return row


def _put(session: Session, meeting: Meeting) -> MeetingRecord:
    record = current_record(session, meeting.id)
    if record is None or record.state is RecordState.DRAFT:
        raise Conflict(N_("纪要还没有交到会的人确认"), code="not_put")
    if record.state is RecordState.CONFIRMED:
        raise Conflict(N_("纪要已经确认，不能再改，也不能再提异议"), code="frozen")
    return record


def due_records(session: Session, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Estate and meeting of each record the clock has made final and nobody has recorded as such."""
    opened = (
        sa.exists()
        .where(col(MeetingAnswer.record_id) == MeetingRecord.id, col(MeetingAnswer.handling) == Handling.OPEN)
        .correlate(MeetingRecord)
    )
    query = (
        select(Meeting.estate_id, Meeting.id)
        .join(MeetingRecord)
        .where(
            MeetingRecord.state == RecordState.PUT,
            col(MeetingRecord.due_at) <= now,
            ~opened,
        )
    )
    return list(session.exec(query).all())


def advance(session: Session, *, estate_id: UUID, meeting_id: UUID, now: datetime) -> bool:
    """Record that a record is confirmed when the clock has decided it; True when something was recorded."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    record = current_record(session, meeting.id)
    return record is not None and _confirm_if_due(session, meeting, record, now)


def _confirm_if_due(session: Session, meeting: Meeting, record: MeetingRecord, now: datetime) -> bool:
    if record.state is not RecordState.PUT or record.due_at is None:
        return False
    open_ones = open_objections(session, record.id)
    if standing(due_at=record.due_at, open_objections=open_ones, now=now) is not Standing.CONFIRMED:
        return False
    record.confirmed_at = final_instant(session, record)
    record.state = RecordState.CONFIRMED
    session.add(record)
    meeting.state = move(Phase.RECORD, meeting.state, MeetingState.CONFIRMED)
    meeting.changed_at = now
    session.add(meeting)
    session.flush()
    new = {"version": record.version, "digest": record.digest}
    note(session, meeting, "record:confirm", SYSTEM, now, new=new)
    people = [one.account_id for one in present_rows(session, meeting.id) if one.account_id]
    tell(
        session,
        meeting,
        people,
        template="meeting_confirmed",
        key=str(record.id),
        values={},
        now=now,
        channel=Channel.INBOX,
    )
    return True


def final_instant(session: Session, record: MeetingRecord) -> datetime | None:
    """When a version became or becomes final by the rules; None while it is a draft."""
    if record.due_at is None:
        return None
    query = select(MeetingAnswer.handled_at).where(
        MeetingAnswer.record_id == record.id, col(MeetingAnswer.handled_at).is_not(None)
    )
    return confirmed_at(due_at=record.due_at, handled=[at for at in session.exec(query) if at])
