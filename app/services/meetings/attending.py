"""Meetings: who was at a meeting whose record is confirmed, for rooms that thank people for coming."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.meetings import Meeting, MeetingAttendance
from app.rules.meetings.states import MeetingState


def attended(session: Session, *, estate_id: UUID, since: datetime) -> Sequence[tuple[UUID, UUID, datetime]]:
    """Account, meeting and instant of every attendance not struck out, of meetings whose record was confirmed since then.

    By the instant at which the confirmation was recorded: the one it is dated by may long be past by then.
    """
    query = (
        select(MeetingAttendance.account_id, Meeting.id, MeetingAttendance.at)
        .join(Meeting, col(Meeting.id) == MeetingAttendance.meeting_id)
        .where(
            Meeting.estate_id == estate_id,
            Meeting.state == MeetingState.CONFIRMED,
            col(MeetingAttendance.struck_at).is_(None),
            col(MeetingAttendance.account_id).is_not(None),
            # Nothing changes a meeting after its confirmation.
            col(Meeting.changed_at) >= since,
        )
        .order_by(col(MeetingAttendance.at), col(MeetingAttendance.id))
    )
    return [(account_id, meeting_id, at) for account_id, meeting_id, at in session.exec(query) if account_id]
