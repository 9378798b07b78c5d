"""Meetings: what waits for one person, and what waits for those who keep the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.meetings import (
    Meeting,
    MeetingAnswer,
    MeetingAttendance,
    MeetingInvitee,
    MeetingRecord,
    MeetingReply,
)
from app.rules.meetings.kinds import Handling, RecordState
from app.rules.meetings.states import MeetingState

# Whoever has answered an invitation is reminded of it only when it is near.
NEAR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Coming:
    """A meeting the person is invited to."""

    id: UUID
    title: str
    place: str
    starts_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """A record of a meeting he was at, put to those present and not yet answered by him."""

    id: UUID
    title: str
    due_at: datetime


def coming_for(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> list[Coming]:
    """Invitations not yet answered, and of those answered the ones that are near; the next one first."""
    query = (
        select(Meeting, MeetingReply.account_id)
        .join(MeetingInvitee, col(MeetingInvitee.meeting_id) == Meeting.id)
        .join(
            MeetingReply,
            sa.and_(
                col(MeetingReply.meeting_id) == Meeting.id,
                col(MeetingReply.account_id) == MeetingInvitee.account_id,
            ),
            isouter=True,
        )
        .where(
            Meeting.estate_id == estate_id,
            Meeting.state == MeetingState.INVITED,
            MeetingInvitee.account_id == account_id,
            col(Meeting.ends_at) > now,
            sa.or_(col(MeetingReply.account_id).is_(None), col(Meeting.starts_at) < now + NEAR),
        )
        .order_by(col(Meeting.starts_at))
    )
    return [
        Coming(row.id, row.title, row.place, row.starts_at, answered=replied is not None)
        for row, replied in session.exec(query)
    ]


def records_to_confirm(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime
) -> list[ToConfirm]:
    """Those whose window is still open, the one that ends first at the top."""
    answered = sa.exists().where(
        col(MeetingAnswer.record_id) == MeetingRecord.id,
        col(MeetingAnswer.attendance_id) == MeetingAttendance.id,
    )
    query = (
        select(Meeting.id, Meeting.title, MeetingRecord.due_at)
        .join(MeetingRecord, col(MeetingRecord.meeting_id) == Meeting.id)
        .join(MeetingAttendance, col(MeetingAttendance.meeting_id) == Meeting.id)
        .where(
            Meeting.estate_id == estate_id,
            MeetingRecord.state == RecordState.PUT,
            col(MeetingRecord.due_at) > now,
            MeetingAttendance.account_id == account_id,
            col(MeetingAttendance.struck_at).is_(None),
            ~answered,
        )
        .order_by(col(MeetingRecord.due_at))
    )
    return [ToConfirm(*row) for row in session.exec(query)]


def open_objections(session: Session, *, estate_id: UUID) -> list[tuple[UUID, int]]:
    """The meetings with objections to their record that nobody has answered, and how many."""
    query = (
        select(Meeting.id, sa.func.count())
        .join(MeetingRecord, col(MeetingRecord.meeting_id) == Meeting.id)
        .join(MeetingAnswer, col(MeetingAnswer.record_id) == MeetingRecord.id)
        .where(
            Meeting.estate_id == estate_id,
            MeetingRecord.state == RecordState.PUT,
            MeetingAnswer.handling == Handling.OPEN,
        )
        .group_by(col(Meeting.id))
    )
    return [(meeting_id, count) for meeting_id, count in session.exec(query)]
