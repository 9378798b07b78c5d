"""Meetings: find one, lock one, and what a person is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed, NotFound
from app.models.deliberations import ThreadModerator
from app.models.meetings import (
    Meeting,
    MeetingAnswer,
    MeetingAttendance,
    MeetingInvitee,
    MeetingRecord,
    MeetingRole,
)
from app.models.outbox import Channel
from app.rules.accounts import Role
from app.rules.meetings.kinds import RUNNING, Handling, RecordState, RoomRole
from app.rules.meetings.record import Standing, standing
from app.rules.meetings.states import MeetingState, Phase, phase_at
from app.services import outbox, trail
from app.services.deliberations.threads import seat_of as seat_in_thread
from app.services.estates.standing import standing_of
from app.services.proposals.places import Place
from app.services.trail import Actor

_NONE = N_("没有找到这次会议")


@dataclass(frozen=True, slots=True)
class Seat:
    """What a person is in one meeting. Who runs it calls speakers and writes the record."""

    is_committee: bool = False
    roles: frozenset[RoomRole] = frozenset()
    is_invited: bool = False
    may_run: bool = False


def get_meeting(session: Session, *, estate_id: UUID, meeting_id: UUID) -> Meeting:
    """The row, or `NotFound` when it is another estate's or none at all."""
    query = select(Meeting).where(Meeting.id == meeting_id, Meeting.estate_id == estate_id)
    meeting = session.exec(query).one_or_none()
    if meeting is None:
        raise NotFound(_NONE)
    return meeting


def lock_meeting(session: Session, *, estate_id: UUID, meeting_id: UUID) -> Meeting:
    """The same with its row locked until the end of the transaction: every deed of a meeting is done under it."""
    query = (
        select(Meeting)
        .where(Meeting.id == meeting_id, Meeting.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    meeting = session.exec(query).one_or_none()
    if meeting is None:
        raise NotFound(_NONE)
    return meeting


def seat_of(session: Session, meeting: Meeting, account_id: UUID, now: datetime) -> Seat:
    """Committee and moderators of the linked thread run a meeting, and so do its chair and recorder while they hold office."""
    standing = standing_of(session, estate_id=meeting.estate_id, account_id=account_id)
    query = select(MeetingRole.role).where(
        MeetingRole.meeting_id == meeting.id, MeetingRole.account_id == account_id
    )
    roles = frozenset(RoomRole(role) for role in session.exec(query))
    in_office = bool(standing.roles & {Role.COMMITTEE, Role.PARTY_MEMBER})
    return Seat(
        is_committee=standing.is_committee,
        roles=roles,
        is_invited=session.get(MeetingInvitee, (meeting.id, account_id)) is not None,
        may_run=standing.is_committee
        or (in_office and bool(roles & RUNNING))
        or moderates(session, meeting.estate_id, meeting.thread_id, account_id, now),
    )


def run_by(
    session: Session, meetings: Sequence[Meeting], *, estate_id: UUID, account_id: UUID, now: datetime
) -> set[UUID]:
    """Which of an estate's meetings the person runs: `may_run` of `seat_of`, for a list."""
    standing = standing_of(session, estate_id=estate_id, account_id=account_id)
    if standing.is_committee:
        return {meeting.id for meeting in meetings}
    ran: set[UUID] = set()
    if standing.roles & {Role.COMMITTEE, Role.PARTY_MEMBER}:
        held = select(MeetingRole.meeting_id).where(
            MeetingRole.account_id == account_id, col(MeetingRole.role).in_(RUNNING)
        )
        ran = set(session.exec(held))
    appointed = select(ThreadModerator.thread_id).where(ThreadModerator.account_id == account_id)
    threads = set(session.exec(appointed)) & {meeting.thread_id for meeting in meetings}
    threads = {one for one in threads if moderates(session, estate_id, one, account_id, now)}
    return {meeting.id for meeting in meetings if meeting.id in ran or meeting.thread_id in threads}


def moderates(
    session: Session, estate_id: UUID, thread_id: UUID | None, account_id: UUID, now: datetime
) -> bool:
    """Whether the person is appointed to moderate the thread a meeting is about."""
    if thread_id is None:
        return False
    where = {"estate_id": estate_id, "thread_id": thread_id, "account_id": account_id}
    return seat_in_thread(session, **where, now=now).is_moderator


def ensure_runs(session: Session, meeting: Meeting, actor: Actor, now: datetime) -> Seat:
    """Raises `NotAllowed` for everybody who does not run this meeting."""
    seat = seat_of(session, meeting, actor.id, now)
    if not seat.may_run:
        raise NotAllowed(N_("这里只有居委会，以及这次会议的主持人和记录人可以办理"))
    return seat


def place_of(meeting: Meeting) -> Place:
    return Place(meeting.scope, meeting.scope_building, meeting.scope_entrance)


def current_record(session: Session, meeting_id: UUID) -> MeetingRecord | None:
    """The version that is written, put or confirmed; earlier ones are replaced."""
    query = select(MeetingRecord).where(
        MeetingRecord.meeting_id == meeting_id, MeetingRecord.state != RecordState.REPLACED
    )
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def open_objections(session: Session, record_id: UUID) -> int:
    query = select(sa.func.count()).where(
        MeetingAnswer.record_id == record_id, MeetingAnswer.handling == Handling.OPEN
    )
    return int(session.exec(query).one())


def phase_of(session: Session, meeting: Meeting, now: datetime) -> Phase:
    """What holds now: a record whose window has passed with nothing open is confirmed, recorded or not."""
    if meeting.state is MeetingState.RECORD:
        record = current_record(session, meeting.id)
        if record and record.due_at and record.state is RecordState.PUT:
            open_ones = open_objections(session, record.id)
            if standing(due_at=record.due_at, open_objections=open_ones, now=now) is Standing.CONFIRMED:
                return Phase.CONFIRMED
    return phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)


def present_rows(session: Session, meeting_id: UUID) -> list[MeetingAttendance]:
    """Who is counted as present, in the order of arrival."""
    query = (
        select(MeetingAttendance)
        .where(MeetingAttendance.meeting_id == meeting_id, col(MeetingAttendance.struck_at).is_(None))
        .order_by(col(MeetingAttendance.at), col(MeetingAttendance.id))
    )
    return list(session.exec(query))


def attendance_of(session: Session, meeting_id: UUID, account_id: UUID) -> MeetingAttendance | None:
    """The person's own attendance that was not struck out."""
    query = select(MeetingAttendance).where(
        MeetingAttendance.meeting_id == meeting_id,
        MeetingAttendance.account_id == account_id,
        col(MeetingAttendance.struck_at).is_(None),
    )
    return session.exec(query).one_or_none()


def tell(
    session: Session,
    meeting: Meeting,
    people: Iterable[UUID],
    *,
    template: str,
    key: str,
    values: Mapping[str, object],
    now: datetime,
    channel: Channel = Channel.SMS,
) -> None:
    """One message to each, once per template and `key`."""
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"{template}:{key}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                channel=channel,
                estate_id=meeting.estate_id,
                values={"title": meeting.title, **values},
                link=f"meetings/{meeting.id}",
            )
            for account_id in dict.fromkeys(people)
        ],
    )


def note(
    session: Session,
    meeting: Meeting,
    tag: str,
    actor: Actor,
    now: datetime,
    *,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    """A row of the trail; `tag` is `thing:verb`."""
    trail.record(
        session,
        tag=f"meetings:{tag}",
        actor=actor,
        now=now,
        estate_id=meeting.estate_id,
        subject_kind="meeting",
        subject_id=meeting.id,
        old=old,
        new=new,
        reason=reason,
    )
