"""Meetings: the tasks confirmed records give out, and ticking them off; the record itself stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.meetings import Meeting, MeetingPoint, MeetingRecord, MeetingTaskDone
from app.rules.calendar import BEIJING
from app.rules.deliberations.minutes import PointKind
from app.rules.meetings.kinds import RecordState
from app.rules.text import clean_line
from app.services.meetings.access import lock_meeting, note
from app.services.meetings.confirming import advance
from app.services.trail import Actor

MOST_LISTED, LEAST_NOTE, MOST_NOTE = 200, 2, 300


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task nobody has done yet; `is_late` by the clock, from the day after the one it was due."""

    meeting_id: UUID
    meeting_title: str
    position: int
    text: str
    who: str
    due_on: date | None
    is_late: bool


def is_late(due_on: date | None, now: datetime) -> bool:
    """The last day counts whole, in Beijing."""
    return due_on is not None and now.astimezone(BEIJING).date() > due_on


def list_open(session: Session, *, estate_id: UUID, now: datetime) -> list[OpenTask]:
    """All open tasks of the estate's confirmed records, the most urgent first."""
    done = (
        sa.exists()
        .where(
            col(MeetingTaskDone.record_id) == MeetingPoint.record_id,
            col(MeetingTaskDone.position) == MeetingPoint.position,
        )
        .correlate(MeetingPoint)
    )
    query = (
        select(Meeting.id, Meeting.title, MeetingPoint)
        .join(MeetingRecord, col(MeetingRecord.meeting_id) == Meeting.id)
        .join(MeetingPoint, col(MeetingPoint.record_id) == MeetingRecord.id)
        .where(
            Meeting.estate_id == estate_id,
            MeetingRecord.state == RecordState.CONFIRMED,
            MeetingPoint.kind == PointKind.TASK,
            ~done,
        )
        .order_by(col(MeetingPoint.due_on), col(MeetingPoint.position))
        .limit(MOST_LISTED)
    )
    return [
        OpenTask(meeting_id, title, row.position, row.text, row.who, row.due_on, is_late(row.due_on, now))
        for meeting_id, title, row in session.exec(query)
    ]


def settle_task(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    position: int,
    words: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Tick a task off with a note on how it was done; the committee's deed, a second time changes nothing."""
    advance(session, estate_id=estate_id, meeting_id=meeting_id, now=now)
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    query = select(MeetingRecord).where(
        MeetingRecord.meeting_id == meeting.id, MeetingRecord.state == RecordState.CONFIRMED
    )
    record = session.exec(query).one_or_none()
    if record is None:
        raise Conflict(N_("纪要确认以后，交办事项才可以办结"), code="not_confirmed")
    point = session.get(MeetingPoint, (record.id, position))
    if point is None or point.kind is not PointKind.TASK:
        raise NotFound(N_("没有找到这件交办事项"))
    if session.get(MeetingTaskDone, (record.id, position)):
        return
    text = clean_line(words, most=MOST_NOTE, field="note")
    if len(text) < LEAST_NOTE:
        raise Invalid(N_("请写一句办得怎么样，居民会看到"), field="note")
    session.add(MeetingTaskDone(record_id=record.id, position=position, note=text, by=actor.id, at=now))
    session.flush()
    note(session, meeting, "task:done", actor, now, new={"position": position}, reason=text)
