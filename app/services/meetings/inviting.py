"""Meetings: invite everybody of the scope who has an account, take their answers, and call a meeting off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.meetings import (
    Meeting,
    MeetingInvitee,
    MeetingItem,
    MeetingReply,
    MeetingRole,
)
from app.rules.meetings.kinds import KIND_NAMES, RUNNING, MeetingKind, Reply, RoomRole
from app.rules.meetings.states import MeetingState, Phase, move, phase_at
from app.rules.text import clean_line
from app.services.meetings.access import ensure_runs, get_meeting, lock_meeting, note, place_of, tell
from app.services.proposals.places import within
from app.services.trail import Actor

_UNIT, _OWNER, _OWNERSHIP, _RESIDENCE = (table_of(model) for model in (Unit, Owner, Ownership, Residence))
LEAST_REASON, MOST_REASON = 4, 200


def people_in_scope(session: Session, meeting: Meeting) -> set[UUID]:
    """Everybody with an account who owns or lives in a home of the scope."""
    inside = within(meeting.estate_id, place_of(meeting))
    owners = (
        sa.select(_OWNER.c.account_id)
        .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
        .where(inside, _OWNER.c.account_id.is_not(None))
    )
    residents = sa.select(_RESIDENCE.c.account_id).select_from(_RESIDENCE.join(_UNIT)).where(inside)
    return set(session.connection().execute(owners.union(residents)).scalars())


def invited_accounts(session: Session, meeting_id: UUID) -> list[UUID]:
    query = select(MeetingInvitee.account_id).where(MeetingInvitee.meeting_id == meeting_id)
    return list(session.exec(query))


def count_people(session: Session, *, estate_id: UUID, meeting_id: UUID) -> int:
    """How many people with an account an invitation would reach now, staff with a role not counted."""
    return len(people_in_scope(session, get_meeting(session, estate_id=estate_id, meeting_id=meeting_id)))


def invite(session: Session, *, estate_id: UUID, meeting_id: UUID, actor: Actor, now: datetime) -> int:
    """Send the invitation; how many people with an account got it. A second time changes nothing.

    Raises `Invalid` for what a meeting cannot do without, `Conflict` when its start has passed.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if meeting.state is MeetingState.INVITED:
        return len(invited_accounts(session, meeting.id))
    phase = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)
    move(phase, meeting.state, MeetingState.INVITED)
    _ensure_ready(session, meeting, now)
    in_room = select(MeetingRole.account_id).where(
        MeetingRole.meeting_id == meeting.id, col(MeetingRole.account_id).is_not(None)
    )
    people = people_in_scope(session, meeting) | {one for one in session.exec(in_room) if one}
    rows = [{"meeting_id": meeting.id, "account_id": one, "at": now} for one in people]
    session.connection().execute(sa.insert(table_of(MeetingInvitee)), rows)
    meeting.state, meeting.invited_at, meeting.changed_at = MeetingState.INVITED, now, now
    session.add(meeting)
    session.flush()
    note(session, meeting, "meeting:invite", actor, now, new={"people": len(people)})
    values = {
        "kind": KIND_NAMES[meeting.kind],
        "starts_at": meeting.starts_at.isoformat(),
        "place": meeting.place,
    }
    tell(session, meeting, people, template="meeting_invited", key=str(meeting.id), values=values, now=now)
    return len(people)


def _ensure_ready(session: Session, meeting: Meeting, now: datetime) -> None:
    if meeting.starts_at <= now:
        raise Conflict(N_("开会时间已经过了，请先改时间再发邀请"), code="too_late")
    items = select(sa.func.count()).where(MeetingItem.meeting_id == meeting.id)
    if not session.exec(items).one():
        raise Invalid(N_("请至少写一项议程再发邀请"), field="item-1", code="no_agenda")
    roles = set(session.exec(select(MeetingRole.role).where(MeetingRole.meeting_id == meeting.id)))
    if not {RoomRole(role) for role in roles} >= RUNNING:
        raise Invalid(N_("请定好谁主持、谁记录再发邀请"), field="holder-1", code="no_chair")
    if meeting.kind is MeetingKind.RESIDENTS and not meeting.eligible:
        raise Invalid(N_("居民会议请写明应到多少人"), field="eligible", code="no_eligible")


def cancel(
    session: Session, *, estate_id: UUID, meeting_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Call a meeting off with a reason everybody invited is told; a second time changes nothing."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if meeting.state is MeetingState.CANCELLED:
        return
    phase = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)
    if phase not in (Phase.DRAFT, Phase.COMING):
        raise Conflict(N_("会议已经开始或者结束，不能再取消"), code="begun")
    words = clean_line(reason, most=MOST_REASON, field="reason")
    if len(words) < LEAST_REASON:
        raise Invalid(N_("请写明为什么取消，接到邀请的人会看到"), field="reason")
    invited = meeting.state is MeetingState.INVITED
    meeting.state = move(phase, meeting.state, MeetingState.CANCELLED)
    meeting.cancelled_at, meeting.cancel_reason, meeting.changed_at = now, words, now
    meeting.sequence += 1
    session.add(meeting)
    session.flush()
    note(session, meeting, "meeting:cancel", actor, now, reason=words)
    if invited:
        values = {"starts_at": meeting.starts_at.isoformat(), "reason": words}
        people = invited_accounts(session, meeting.id)
        tell(
            session,
            meeting,
            people,
            template="meeting_cancelled",
            key=str(meeting.id),
            values=values,
            now=now,
        )


def answer_invitation(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, reply: Reply, now: datetime
) -> None:
    """Say whether one comes; the last answer before the start stands."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    if session.get(MeetingInvitee, (meeting.id, account_id)) is None:
        raise NotAllowed(N_("这次会议没有邀请您；想参加请联系居委会"))
    if phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now) is not Phase.COMING:
        raise Conflict(N_("会议已经开始或者取消，不用再回复了"), code="begun")
    row = session.get(MeetingReply, (meeting.id, account_id))
    if row is None:
        row = MeetingReply(meeting_id=meeting.id, account_id=account_id, reply=reply, at=now)
    row.reply, row.at = reply, now
    session.add(row)
    session.flush()
