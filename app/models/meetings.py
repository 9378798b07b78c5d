"""Meetings: invitations, who was there, who spoke, and the record those present confirm."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.deliberations.minutes import PointKind
from app.rules.meetings.kinds import (
    Basis,
    GuestKind,
    Handling,
    How,
    MeetingKind,
    RecordState,
    Reply,
    RoomRole,
    SpeechState,
    Verdict,
)
from app.rules.meetings.states import MeetingState
from app.rules.proposals.support import Scope


def _once(name: str, *columns: str, where: str) -> sa.Index:
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class Meeting(SQLModel, table=True):
    """One meeting. Whether it is being held follows from the clock; what its record tells is fixed once that is put (trigger)."""

    __tablename__ = "meeting"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("eligible >= 0", name="eligible_not_negative"),
        sa.CheckConstraint("attend_num < attend_den AND attend_num > 0", name="attend_share"),
        sa.CheckConstraint("decide_num < decide_den AND decide_num > 0", name="decide_share"),
        sa.CheckConstraint("state <> 'cancelled' OR cancel_reason <> ''", name="cancelled_with_reason"),
        sa.Index("ix_meeting_estate_starts", "estate_id", "starts_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    kind: MeetingKind = Field(sa_column=enum_column(MeetingKind, "meeting_kind"))
    title: str = Field(max_length=60)
    place: str = Field(max_length=100)
    starts_at: datetime
    ends_at: datetime
    thread_id: UUID | None = Field(default=None, foreign_key="thread.id", index=True)
    scope: Scope = Field(sa_column=enum_column(Scope, "meeting_scope"))
    scope_building: str = Field(default="", max_length=20)
    scope_entrance: str = Field(default="", max_length=20)
    state: MeetingState = Field(sa_column=enum_column(MeetingState, "meeting_state"))
    confirm_days: int = Field(default=3)
    # How long everybody may speak in one turn.
    speak_minutes: int = Field(default=3)
    # A residents' meeting only: who is counted, how many they are, and two shares that must be exceeded, with their source.
    basis: Basis = Field(sa_column=enum_column(Basis, "meeting_basis"))
    eligible: int = Field(default=0)
    attend_num: int = Field(default=1)
    attend_den: int = Field(default=2)
    decide_num: int = Field(default=1)
    decide_den: int = Field(default=2)
    quorum_source: str = Field(default="", max_length=200)
    quorum_verified: bool = Field(default=False)
    # SEQUENCE of the calendar file: grows with every change after the invitation.
    sequence: int = Field(default=0)
    convened_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    changed_at: datetime
    invited_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = Field(default="", max_length=200)


class MeetingItem(SQLModel, table=True):
    """One item of the agenda."""

    __tablename__ = "meeting_item"
    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    position: int = Field(primary_key=True)
    title: str = Field(max_length=100)
    minutes: int
    who: str = Field(default="", max_length=40)


class MeetingGuest(SQLModel, table=True):
    """Somebody invited by name who may have no account."""

    __tablename__ = "meeting_guest"
    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: GuestKind = Field(sa_column=enum_column(GuestKind, "guest_kind"))
    name: str = Field(max_length=60)


class MeetingRole(SQLModel, table=True):
    """What somebody is in the room; without an account he is known by name only."""

    __tablename__ = "meeting_role"
    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    position: int = Field(primary_key=True)
    role: RoomRole = Field(sa_column=enum_column(RoomRole, "room_role"))
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    name: str = Field(max_length=50)


class MeetingInvitee(SQLModel, table=True):
    """A person with an account who was invited: everybody of the scope on that day, and whoever has a role."""

    __tablename__ = "meeting_invitee"
    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    at: datetime


class MeetingReply(SQLModel, table=True):
    """Whether an invited person comes; a later answer replaces an earlier one."""

    __tablename__ = "meeting_reply"
    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    reply: Reply = Field(sa_column=enum_column(Reply, "reply"))
    at: datetime


class MeetingAttendance(SQLModel, table=True):
    """Somebody was there, once per person. Struck out with a reason the row stays (triggers)."""

    __tablename__ = "meeting_attendance"
    __table_args__ = (
        _once(
            "uq_meeting_attendance_account",
            "meeting_id",
            "account_id",
            where="account_id IS NOT NULL AND struck_at IS NULL",
        ),
        _once(
            "uq_meeting_attendance_name",
            "meeting_id",
            "name",
            "home",
            where="account_id IS NULL AND struck_at IS NULL",
        ),
        sa.CheckConstraint("struck_at IS NULL OR struck_reason <> ''", name="struck_with_reason"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    name: str = Field(max_length=50)
    home: str = Field(default="", max_length=60)
    how: How = Field(sa_column=enum_column(How, "how"))
    at: datetime
    entered_by: UUID | None = Field(default=None, foreign_key="account.id")
    struck_at: datetime | None = None
    struck_by: UUID | None = Field(default=None, foreign_key="account.id")
    struck_reason: str = Field(default="", max_length=200)


class MeetingSpeech(SQLModel, table=True):
    """A request to speak; one at a time per person, one speaker at a time per meeting."""

    __tablename__ = "meeting_speech"
    __table_args__ = (
        _once("uq_meeting_speech_asked", "attendance_id", where="state IN ('waiting', 'speaking')"),
        _once("uq_meeting_speech_speaking", "meeting_id", where="state = 'speaking'"),
        sa.Index("ix_meeting_speech_meeting", "meeting_id", "asked_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id")
    attendance_id: UUID = Field(foreign_key="meeting_attendance.id")
    state: SpeechState = Field(sa_column=enum_column(SpeechState, "speech_state"))
    asked_at: datetime
    called_at: datetime | None = None
    ended_at: datetime | None = None


class MeetingRecord(SQLModel, table=True):
    """One version of the record (纪要). From the moment it is put to those present it does not change (triggers)."""

    __tablename__ = "meeting_record"
    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "version"),
        _once("uq_meeting_record_current", "meeting_id", where="state <> 'replaced'"),
        sa.CheckConstraint("version >= 1", name="version_from_one"),
        sa.CheckConstraint("voters >= 0", name="voters_not_negative"),
        sa.CheckConstraint(
            "state = 'draft' OR (digest <> '' AND due_at IS NOT NULL)", name="put_with_digest"
        ),
        sa.Index("ix_meeting_record_due", "state", "due_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id")
    version: int
    state: RecordState = Field(sa_column=enum_column(RecordState, "record_state"))
    # How many were present, frozen with the version; of them `voters` count in a residents' meeting.
    present: int = Field(default=0)
    voters: int = Field(default=0)
    digest: str = Field(default="", max_length=64)
    written_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime
    put_at: datetime | None = None
    due_at: datetime | None = None
    confirmed_at: datetime | None = None


class MeetingPoint(SQLModel, table=True):
    """One point of a version; a task says who does it and by when."""

    __tablename__ = "meeting_point"
    record_id: UUID = Field(foreign_key="meeting_record.id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: PointKind = Field(sa_column=enum_column(PointKind, "meeting_point_kind"))
    text: str = Field(max_length=500)
    who: str = Field(default="", max_length=50)
    due_on: date | None = None
    # The statement of the thread it came from, by number; 0 is none.
    statement: int = Field(default=0)


class MeetingDecision(SQLModel, table=True):
    """An item residents decided by a show of hands, as counted in the room."""

    __tablename__ = "meeting_decision"
    __table_args__ = (
        sa.CheckConstraint("hands_for >= 0 AND against >= 0 AND abstain >= 0", name="hands_not_negative"),
    )
    record_id: UUID = Field(foreign_key="meeting_record.id", primary_key=True)
    position: int = Field(primary_key=True)
    text: str = Field(max_length=200)
    hands_for: int
    against: int
    abstain: int


class MeetingAnswer(SQLModel, table=True):
    """What one who was present says of a version, and what came of an objection."""

    __tablename__ = "meeting_answer"
    __table_args__ = (
        sa.CheckConstraint("verdict <> 'object' OR text <> ''", name="objection_says_what"),
        sa.CheckConstraint("(verdict = 'confirm') = (handling = 'none')", name="objection_is_handled"),
    )
    record_id: UUID = Field(foreign_key="meeting_record.id", primary_key=True)
    attendance_id: UUID = Field(foreign_key="meeting_attendance.id", primary_key=True)
    verdict: Verdict = Field(sa_column=enum_column(Verdict, "verdict"))
    text: str = Field(default="", max_length=500)
    at: datetime
    # Staff who wrote it down for somebody without a telephone.
    entered_by: UUID | None = Field(default=None, foreign_key="account.id")
    handling: Handling = Field(sa_column=enum_column(Handling, "handling"))
    reply: str = Field(default="", max_length=500)
    handled_by: UUID | None = Field(default=None, foreign_key="account.id")
    handled_at: datetime | None = None


class MeetingTaskDone(SQLModel, table=True):
    """A task of a confirmed record was done; the record itself does not change. Only grows (trigger)."""

    __tablename__ = "meeting_task_done"
    record_id: UUID = Field(foreign_key="meeting_record.id", primary_key=True)
    position: int = Field(primary_key=True)
    note: str = Field(max_length=300)
    by: UUID = Field(foreign_key="account.id")
    at: datetime
