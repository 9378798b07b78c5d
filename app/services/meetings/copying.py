"""Meetings: take the points of a confirmed record over into the draft of the thread's 协商纪要."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict
from app.rules.calendar import BEIJING
from app.rules.deliberations.minutes import MOST_POINTS
from app.rules.meetings.kinds import RecordState
from app.services.deliberations import minutes
from app.services.deliberations.minutes import Typed
from app.services.meetings.access import current_record, ensure_runs, lock_meeting, note
from app.services.meetings.confirming import advance
from app.services.meetings.recording import points_of
from app.services.trail import Actor


def copy_to_minutes(
    session: Session, *, estate_id: UUID, meeting_id: UUID, minutes_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Copy the points into the draft, which is begun when there is none; the thread's id.

    A draft somebody has begun keeps its points, and those it lacks come after them: a second time adds nothing. Raises
    `Conflict` (`not_confirmed`, `no_thread`, `full`), and what the minutes raise: not this stage, not a writer, published.
    """
    advance(session, estate_id=estate_id, meeting_id=meeting_id, now=now)
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if meeting.thread_id is None:
        raise Conflict(N_("这次会议没有关联网上的协商，不用写入协商纪要"), code="no_thread")
    record = current_record(session, meeting.id)
    if record is None or record.state is not RecordState.CONFIRMED:
        raise Conflict(N_("会议纪要确认以后，才能写入协商纪要"), code="not_confirmed")
    where = {"estate_id": estate_id, "thread_id": meeting.thread_id}
    before = minutes.read_minutes(session, **where)
    minutes.start_minutes(session, **where, minutes_id=minutes_id, actor=actor, now=now)
    kept = list(before.points) if before else []
    said = {(point.kind, point.text) for point in kept}
    added = [point for point in points_of(session, record.id) if (point.kind, point.text) not in said]
    if len(kept) + len(added) > MOST_POINTS:
        raise Conflict(N_("协商纪要的草稿已经太长，请先删去重复的再写入"), code="full")
    held_on = meeting.starts_at.astimezone(BEIJING).date()
    typed = Typed(held_on, record.present, [*kept, *added])
    minutes.save_minutes(session, **where, typed=typed, actor=actor, now=now)
    note(session, meeting, "record:copy", actor, now, new={"points": len(added)})
    return meeting.thread_id
