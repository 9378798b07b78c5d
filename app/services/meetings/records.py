"""Meetings: a record as its pages show it, with what those present said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.meetings import (
    Meeting,
    MeetingAnswer,
    MeetingAttendance,
    MeetingRecord,
    MeetingTaskDone,
)
from app.rules.meetings import record as rules
from app.rules.meetings.kinds import Handling, RecordState, Verdict
from app.rules.meetings.quorum import Hands, Outcome, outcome
from app.rules.meetings.record import Document, Standing, standing
from app.services.deliberations.minutes import PointView
from app.services.meetings.access import current_record, get_meeting, open_objections
from app.services.meetings.confirming import final_instant
from app.services.meetings.recording import document_of, points_of


@dataclass(frozen=True, slots=True)
class TaskDone:
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """One point as shown; `done` is how a task ended."""

    position: int
    row: PointView
    done: TaskDone | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A show of hands and what became of it."""

    hands: Hands
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection and its answer; the name is for those who run the meeting, never on the record."""

    attendance_id: UUID
    name: str
    text: str
    at: datetime
    handling: Handling
    reply: str
    version: int


@dataclass(frozen=True, slots=True)
class RecordView:
    """One version as it stands now. `intact` is whether it still has the digest it was put with."""

    id: UUID
    version: int
    is_draft: bool
    is_confirmed: bool
    document: Document
    digest: str
    intact: bool
    points: tuple[ShownPoint, ...]
    decided: tuple[Decided, ...]
    put_at: datetime | None
    due_at: datetime | None
    confirmed_at: datetime | None
    may_answer: bool
    confirmed_by: int
    objections: tuple[Objection, ...]
    my_verdict: Verdict | None
    answered: frozenset[UUID]

    @property
    def open_count(self) -> int:
        """Objections to this version that nobody has answered; an earlier one takes no answers any more."""
        return sum(one.version == self.version and one.handling is Handling.OPEN for one in self.objections)

    @property
    def dissents(self) -> list[Objection]:
        """What is printed with the record: objections to this version that were noted and not taken up."""
        return [
            one for one in self.objections if one.version == self.version and one.handling is Handling.NOTED
        ]


def read_record(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, now: datetime, drafts: bool
) -> RecordView | None:
    """The version that counts now, with all objections so far; a draft only where `drafts` are shown."""
    meeting = get_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    record = current_record(session, meeting.id)
    if record is None or (record.state is RecordState.DRAFT and not drafts):
        return None
    return _view(session, meeting, record, account_id, now)


def read_confirmed(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, now: datetime
) -> RecordView:
    """The record for print: one that was put or is confirmed, or `NotFound`."""
    where = {"estate_id": estate_id, "meeting_id": meeting_id, "account_id": account_id}
    view = read_record(session, **where, now=now, drafts=False)
    if view is None:
        raise NotFound(N_("这次会议还没有可以看的纪要"))
    return view


def lines_of(view: RecordView) -> list[str]:
    """The record for paper, with the objections that were noted and how far its confirmation has come."""
    lines = rules.record_lines(view.document)
    if view.dissents:
        lines += ["", "附：到会人的不同意见"]
        for place, one in enumerate(view.dissents, 1):
            text = " ".join(one.text.split())
            lines.append(f"{place}. 一位到会人提出：{text}；答复：{' '.join(one.reply.split())}")
    return lines


def _view(
    session: Session, meeting: Meeting, record: MeetingRecord, account_id: UUID, now: datetime
) -> RecordView:
    document = document_of(session, meeting, record)
    answers = _answers(session, record.id)
    is_draft, is_put = record.state is RecordState.DRAFT, record.state is RecordState.PUT
    confirmed = record.state is RecordState.CONFIRMED
    if is_put and record.due_at:
        stands = standing(due_at=record.due_at, open_objections=open_objections(session, record.id), now=now)
        confirmed = stands is Standing.CONFIRMED
    mine = next((row.verdict for row, who in answers if who.account_id == account_id), None)
    digest = rules.digest(document)
    return RecordView(
        id=record.id,
        version=record.version,
        is_draft=is_draft,
        is_confirmed=confirmed,
        document=document,
        digest=digest if is_draft else record.digest,
        intact=is_draft or digest == record.digest,
        points=_points(session, record.id),
        decided=_decided(document),
        put_at=record.put_at,
        due_at=record.due_at,
        confirmed_at=(record.confirmed_at or final_instant(session, record)) if confirmed else None,
        may_answer=is_put and record.due_at is not None and now < record.due_at,
        confirmed_by=sum(row.verdict is Verdict.CONFIRM for row, _ in answers),
        objections=tuple(_objections(session, meeting.id)),
        my_verdict=mine,
        answered=frozenset(who.id for _, who in answers),
    )


def _answers(session: Session, record_id: UUID) -> list[tuple[MeetingAnswer, MeetingAttendance]]:
    query = (
        select(MeetingAnswer, MeetingAttendance)
        .join(MeetingAttendance)
        .where(MeetingAnswer.record_id == record_id)
        .order_by(col(MeetingAnswer.at))
    )
    return list(session.exec(query).all())


def _objections(session: Session, meeting_id: UUID) -> list[Objection]:
    query = (
        select(MeetingAnswer, MeetingAttendance.name, MeetingRecord.version)
        .join(MeetingAttendance)
        .join(MeetingRecord, col(MeetingRecord.id) == MeetingAnswer.record_id)
        .where(MeetingRecord.meeting_id == meeting_id, MeetingAnswer.verdict == Verdict.OBJECT)
        .order_by(col(MeetingRecord.version).desc(), col(MeetingAnswer.at))
    )
    return [
        Objection(row.attendance_id, name, row.text, row.at, row.handling, row.reply, version)
        for row, name, version in session.exec(query)
    ]


def _points(session: Session, record_id: UUID) -> tuple[ShownPoint, ...]:
    query = select(MeetingTaskDone).where(MeetingTaskDone.record_id == record_id)
    done = {row.position: TaskDone(row.note, row.at) for row in session.exec(query)}
    rows = points_of(session, record_id)
    return tuple(ShownPoint(place, row, done.get(place)) for place, row in enumerate(rows, 1))


def _decided(document: Document) -> tuple[Decided, ...]:
    if document.quorum is None:
        return ()
    return tuple(
        Decided(one, outcome(one, voters=document.voters, quorum=document.quorum))
        for one in document.decisions
    )
