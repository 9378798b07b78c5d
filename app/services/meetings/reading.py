"""Meetings: the lists of an estate, and one meeting as its pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.accounts import Account
from app.models.deliberations import Thread
from app.models.meetings import (
    Meeting,
    MeetingAttendance,
    MeetingGuest,
    MeetingInvitee,
    MeetingItem,
    MeetingReply,
    MeetingRole,
)
from app.rules.meetings.kinds import Basis, GuestKind, How, MeetingKind, Reply, RoomRole
from app.rules.meetings.quorum import Quorum
from app.rules.meetings.states import MeetingState, Phase, is_door_open
from app.services.meetings.access import (
    attendance_of,
    ensure_runs,
    get_meeting,
    phase_of,
    place_of,
    run_by,
    seat_of,
)
from app.services.meetings.recording import quorum_of
from app.services.trail import Actor

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting in a list."""

    id: UUID
    number: int
    kind: MeetingKind
    title: str
    place: str
    starts_at: datetime
    phase: Phase


@dataclass(frozen=True, slots=True)
class ItemView:
    title: str
    minutes: int
    who: str


@dataclass(frozen=True, slots=True)
class GuestView:
    kind: GuestKind
    name: str


@dataclass(frozen=True, slots=True)
class HolderView:
    role: RoomRole
    name: str
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many were invited with an account, how many answered what, how many are there."""

    invited: int
    coming: int
    by_phone: int
    not_coming: int
    present: int


@dataclass(frozen=True, slots=True)
class Mine:
    """What the reader is in this meeting and what he did."""

    may_run: bool
    is_committee: bool
    is_invited: bool
    reply: Reply | None
    attended_at: datetime | None
    attendance_id: UUID | None


@dataclass(frozen=True, slots=True)
class MeetingView:
    """One meeting; `quorum` belongs to a residents' meeting."""

    id: UUID
    estate_id: UUID
    number: int
    kind: MeetingKind
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    scope: str
    scope_value: str
    phase: Phase
    is_door_open: bool
    confirm_days: int
    speak_minutes: int
    thread_id: UUID | None
    thread_title: str
    basis: Basis
    quorum: Quorum
    quorum_source: str
    quorum_verified: bool
    convener: str
    invited_at: datetime | None
    changed_at: datetime
    sequence: int
    cancel_reason: str
    agenda: tuple[ItemView, ...]
    guests: tuple[GuestView, ...]
    roles: tuple[HolderView, ...]
    figures: Figures
    mine: Mine


@dataclass(frozen=True, slots=True)
class PresentLine:
    """One attendance as the desk sees it, struck ones too."""

    id: UUID
    name: str
    home: str
    how: How
    at: datetime
    has_account: bool
    struck_at: datetime | None
    struck_reason: str


def list_meetings(
    session: Session, *, estate_id: UUID, now: datetime, drafts: bool = False, account_id: UUID | None = None
) -> tuple[list[MeetingLine], list[MeetingLine]]:
    """Those to come or being held, the next one first, and those past, the latest first.

    With `account_id` only meetings this person runs; drafts are for the desk.
    """
    query = select(Meeting).where(Meeting.estate_id == estate_id)
    if not drafts:
        # A draft that was dropped was never announced.
        query = query.where(col(Meeting.invited_at).is_not(None))
    rows = session.exec(query.order_by(col(Meeting.starts_at).desc()).limit(MOST_LISTED)).all()
    if account_id is not None:
        mine = run_by(session, rows, estate_id=estate_id, account_id=account_id, now=now)
        rows = [row for row in rows if row.id in mine]
    lines = [_line(session, row, now) for row in rows]
    ahead = (Phase.DRAFT, Phase.COMING, Phase.RUNNING)
    coming = [line for line in lines if line.phase in ahead]
    return coming[::-1], [line for line in lines if line.phase not in ahead]


def _line(session: Session, row: Meeting, now: datetime) -> MeetingLine:
    phase = phase_of(session, row, now)
    return MeetingLine(row.id, row.number, row.kind, row.title, row.place, row.starts_at, phase)


def read_meeting(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, now: datetime
) -> MeetingView:
    """One meeting as this person may see it: what was never announced exists only for those who run it."""
    meeting = get_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    seat = seat_of(session, meeting, account_id, now)
    if meeting.invited_at is None and not seat.may_run:
        raise NotFound(N_("没有找到这次会议"))
    present = attendance_of(session, meeting.id, account_id)
    reply = session.get(MeetingReply, (meeting.id, account_id))
    thread = session.get(Thread, meeting.thread_id) if meeting.thread_id else None
    place = place_of(meeting)
    return MeetingView(
        id=meeting.id,
        estate_id=meeting.estate_id,
        number=meeting.number,
        kind=meeting.kind,
        title=meeting.title,
        place=meeting.place,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        scope=place.label or "全小区",
        scope_value=place.value,
        phase=phase_of(session, meeting, now),
        is_door_open=meeting.state is MeetingState.INVITED
        and is_door_open(meeting.starts_at, meeting.ends_at, now),
        confirm_days=meeting.confirm_days,
        speak_minutes=meeting.speak_minutes,
        thread_id=meeting.thread_id,
        thread_title=thread.title if thread else "",
        basis=meeting.basis,
        quorum=quorum_of(meeting),
        quorum_source=meeting.quorum_source,
        quorum_verified=meeting.quorum_verified,
        convener=session.get_one(Account, meeting.convened_by).name,
        invited_at=meeting.invited_at,
        changed_at=meeting.changed_at,
        sequence=meeting.sequence,
        cancel_reason=meeting.cancel_reason,
        agenda=_agenda(session, meeting.id),
        guests=_guests(session, meeting.id),
        roles=_roles(session, meeting.id),
        figures=_figures(session, meeting.id),
        mine=Mine(
            may_run=seat.may_run,
            is_committee=seat.is_committee,
            is_invited=seat.is_invited,
            reply=reply.reply if reply else None,
            attended_at=present.at if present else None,
            attendance_id=present.id if present else None,
        ),
    )


def read_for_desk(
    session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, now: datetime
) -> MeetingView:
    """The same for those who run it; to other staff it says so."""
    meeting = get_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, Actor(account_id, ""), now)
    return read_meeting(session, estate_id=estate_id, meeting_id=meeting_id, account_id=account_id, now=now)


def list_present(session: Session, *, meeting_id: UUID) -> list[PresentLine]:
    """Everybody who was signed in, in the order of arrival, those struck out with their reason."""
    query = (
        select(MeetingAttendance)
        .where(MeetingAttendance.meeting_id == meeting_id)
        .order_by(col(MeetingAttendance.at), col(MeetingAttendance.id))
    )
    return [
        PresentLine(
            id=row.id,
            name=row.name,
            home=row.home,
            how=row.how,
            at=row.at,
            has_account=row.account_id is not None,
            struck_at=row.struck_at,
            struck_reason=row.struck_reason,
        )
        for row in session.exec(query)
    ]


def _agenda(session: Session, meeting_id: UUID) -> tuple[ItemView, ...]:
    query = select(MeetingItem).where(MeetingItem.meeting_id == meeting_id)
    rows = session.exec(query.order_by(col(MeetingItem.position)))
    return tuple(ItemView(row.title, row.minutes, row.who) for row in rows)


def _guests(session: Session, meeting_id: UUID) -> tuple[GuestView, ...]:
    query = select(MeetingGuest).where(MeetingGuest.meeting_id == meeting_id)
    rows = session.exec(query.order_by(col(MeetingGuest.position)))
    return tuple(GuestView(row.kind, row.name) for row in rows)


def _roles(session: Session, meeting_id: UUID) -> tuple[HolderView, ...]:
    query = select(MeetingRole).where(MeetingRole.meeting_id == meeting_id)
    rows = session.exec(query.order_by(col(MeetingRole.position)))
    return tuple(HolderView(row.role, row.name, row.account_id) for row in rows)


def _figures(session: Session, meeting_id: UUID) -> Figures:
    invited = session.exec(select(sa.func.count()).where(MeetingInvitee.meeting_id == meeting_id)).one()
    present = session.exec(
        select(sa.func.count()).where(
            MeetingAttendance.meeting_id == meeting_id, col(MeetingAttendance.struck_at).is_(None)
        )
    ).one()
    query = (
        select(MeetingReply.reply, sa.func.count())
        .where(MeetingReply.meeting_id == meeting_id)
        .group_by(col(MeetingReply.reply))
    )
    said = {Reply(reply): int(count) for reply, count in session.exec(query)}
    return Figures(
        invited=int(invited),
        coming=said.get(Reply.COMING, 0),
        by_phone=said.get(Reply.PHONE, 0),
        not_coming=said.get(Reply.NOT, 0),
        present=int(present),
    )
