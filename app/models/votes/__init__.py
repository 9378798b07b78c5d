"""Votes: the vote, its frozen roll, the append-only ballot events, their sealed contents, and objections.

What a vote needs beside that is in the modules of this package.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import NO_ID, enum_column, json_column
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.votes.states import LegalMode, State


class ScopeLevel(StrEnum):
    """How far a vote reaches."""

    ESTATE = "estate"
    BUILDING = "building"
    ENTRANCE = "entrance"


class Vote(SQLModel, table=True):
    """One question put to the owners of a scope. From the notice on, what was posted cannot change (a trigger says so)."""

    __tablename__ = "vote"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint("matter BETWEEN 1 AND 9", name="matter_of_article_278"),
        sa.CheckConstraint("closes_at IS NULL OR opens_at < closes_at", name="window_in_order"),
        sa.CheckConstraint(
            "state = 'draft' OR (opens_at IS NOT NULL AND closes_at IS NOT NULL)", name="window_set"
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    title: str = Field(max_length=80)
    matter: int
    text: str = Field(default="", sa_type=sa.Text)
    scope_level: ScopeLevel = Field(sa_column=enum_column(ScopeLevel, "scope_level"))
    scope_building: str = Field(default="", max_length=20)
    scope_entrance: str = Field(default="", max_length=20)
    legal_mode: LegalMode = Field(sa_column=enum_column(LegalMode, "legal_mode"))
    legal_basis: str = Field(default="", max_length=500)
    rules: dict[str, object] = Field(sa_column=json_column())
    # Empty for one question, else as `rules/votes/questions.py` reads them; the first line of a paper is `title` in any case.
    questions: list[dict[str, object]] = Field(
        default_factory=list, sa_column=json_column(server_default="[]")
    )
    # A poll of interests that binds nobody and needs no quorum.
    survey: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Empty, or on what the silent join the majority: text, date of adoption, sign-off (`rules/votes/silence.py`).
    silent: dict[str, object] = Field(default_factory=dict, sa_column=json_column(server_default="{}"))
    # Empty, or cost, subsidy, scheme and running costs as `rules/votes/shares.py` reads them.
    cost: dict[str, object] = Field(sa_column=json_column())
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    state: State = Field(sa_column=enum_column(State, "state"))
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    noticed_at: datetime | None = None
    text_hash: str = Field(default="", max_length=64)
    roll_hash: str = Field(default="", max_length=64)
    # The chain's head; moved only under the lock of this row.
    head_seq: int = Field(default=0)
    head_hash: str = Field(default="", max_length=64)
    head_time: datetime | None = None
    sealed_at: datetime | None = None
    objections_until: datetime | None = None
    final_at: datetime | None = None
    annulled_at: datetime | None = None
    annul_reason: str = Field(default="", max_length=2000)
    # Extended once at most, while open; `closes_at` is then the new one.
    extended_at: datetime | None = None
    closed_before: datetime | None = None
    extend_reason: str = Field(default="", max_length=2000, sa_column_kwargs={"server_default": ""})
    # Running when a restored backup was accepted: sheets could not be entered until then.
    resumed_at: datetime | None = None


class VoteRepeat(SQLModel, table=True):
    """A vote that puts the question of an earlier one again."""

    __tablename__ = "vote_repeat"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    repeats_id: UUID = Field(foreign_key="vote.id", index=True)


class VoteOrigin(SQLModel, table=True):
    """The proposal a vote decides about, and the minutes its text was made from."""

    __tablename__ = "vote_origin"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    proposal_id: UUID = Field(foreign_key="proposal.id", index=True)
    minutes_id: UUID | None = Field(default=None, foreign_key="minutes.id", index=True)


class VoteAttachment(SQLModel, table=True):
    """A document that belongs to the question; frozen with it."""

    __tablename__ = "vote_attachment"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    file_id: UUID = Field(foreign_key="stored_file.id", primary_key=True)
    title: str = Field(max_length=120)
    position: int = Field(default=0)


class RollEntry(SQLModel, table=True):
    """One home on the roll of one vote. A correction appends the next revision; `struck` takes a home off.

    `area` in hundredths of a square metre, `share` in fen (NULL without a cost table); `head_key` is the same for
    homes that count as one head.
    """

    __tablename__ = "roll_entry"
    __table_args__ = (
        sa.CheckConstraint("area > 0", name="area_positive"),
        # All that a count reads of a home, so that it reads nothing else.
        sa.Index("ix_roll_entry_count", "vote_id", "unit_id", "revision", "struck", "area", "head_key"),
    )
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    revision: int = Field(default=1, primary_key=True)
    struck: bool = Field(default=False)
    building: str = Field(max_length=20)
    entrance: str = Field(max_length=20)
    floor: int
    room: str = Field(max_length=20)
    kind: UnitKind = Field(sa_column=enum_column(UnitKind, "kind"))
    status: UnitStatus = Field(sa_column=enum_column(UnitStatus, "status"))
    heirs_proving: bool = Field(default=False)
    area: int = Field(sa_type=sa.BigInteger)
    head_key: str = Field(max_length=64)
    owner_names: str = Field(max_length=300)
    share: int | None = Field(default=None, sa_type=sa.BigInteger)
    entry_hash: str = Field(max_length=64)


class RollVoter(SQLModel, table=True):
    """Which owners of the register may cast a roll entry's ballot."""

    __tablename__ = "roll_voter"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    revision: int = Field(default=1, primary_key=True)
    owner_id: UUID = Field(primary_key=True, index=True)


class CorrectionState(StrEnum):
    """Where a request to correct the roll stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"


class RollCorrection(SQLModel, table=True):
    """An owner says that his line on the posted roll is wrong; staff decide before the vote opens."""

    __tablename__ = "roll_correction"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id", index=True)
    unit_id: UUID | None = None
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(max_length=1000)
    state: CorrectionState = Field(sa_column=enum_column(CorrectionState, "state"))
    reason: str = Field(default="", max_length=1000)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None
    created_at: datetime


class EventKind(StrEnum):
    """What a link of the ballot chain records."""

    NOTICE = "notice"
    ROLL_AMEND = "roll_amend"
    OPEN = "open"
    CAST = "cast"
    KEPT = "kept"  # a paper that came while, by the vote's rule, another ballot counts
    EXTEND = "extend"
    CLOSE = "close"
    ANNUL = "annul"
    EPOCH = "epoch"  # the chain goes on from a restored backup; numbers after it may have been given before


class BallotChannel(StrEnum):
    """How a ballot came. A phone bound by a household code is a phone."""

    NONE = "none"
    PHONE = "phone"
    PAPER = "paper"
    PROXY = "proxy"
    CODE = "code"
    ASSISTED = "assisted"


class BallotEvent(SQLModel, table=True):
    """A link of the chain; never changed or deleted.

    `leaf` is the exact public bytes, without name, room, area or choice; `head` binds it to all before it.
    """

    __tablename__ = "ballot_event"
    __table_args__ = (
        sa.UniqueConstraint("vote_id", "unit_id", "revision", name="uq_ballot_event_revision"),
        sa.UniqueConstraint("vote_id", "key", name="uq_ballot_event_key"),
        sa.Index("ix_ballot_event_receipt", "vote_id", "receipt"),
        sa.Index(
            "uq_ballot_event_close",
            "vote_id",
            unique=True,
            sqlite_where=sa.text("kind = 'close'"),
            postgresql_where=sa.text("kind = 'close'"),
        ),
        sa.Index(
            "uq_ballot_event_open",
            "vote_id",
            unique=True,
            sqlite_where=sa.text("kind = 'open'"),
            postgresql_where=sa.text("kind = 'open'"),
        ),
        sa.CheckConstraint("seq > 0", name="seq_positive"),
    )
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    seq: int = Field(primary_key=True)
    kind: EventKind = Field(sa_column=enum_column(EventKind, "kind"))
    # For events that are no ballot: the zero unit, and `revision` repeats `seq` so that it stays out of the homes' number space.
    unit_id: UUID = Field(default=NO_ID)
    revision: int
    channel: BallotChannel = Field(sa_column=enum_column(BallotChannel, "channel"))
    key: str = Field(max_length=64)
    payload_hash: str = Field(max_length=64)
    leaf: str = Field(sa_type=sa.Text)
    leaf_hash: str = Field(max_length=64)
    previous_head: str = Field(max_length=64)
    head: str = Field(max_length=64)
    receipt: str = Field(default="", max_length=24)
    received_at: datetime
    recorded_at: datetime


class BallotSecret(SQLModel, table=True):
    """The opening of a ballot's commitment, encrypted; can be deleted after its term without touching the chain."""

    __tablename__ = "ballot_secret"
    __table_args__ = (
        sa.ForeignKeyConstraint(["vote_id", "seq"], ["ballot_event.vote_id", "ballot_event.seq"]),
    )
    vote_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    sealed: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class BallotCurrent(SQLModel, table=True):
    """The one ballot that counts per home: a projection of the events. `sealed_choice` is encrypted."""

    __tablename__ = "ballot_current"
    __table_args__ = (
        sa.ForeignKeyConstraint(["vote_id", "seq"], ["ballot_event.vote_id", "ballot_event.seq"]),
    )
    vote_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    seq: int
    revision: int
    channel: BallotChannel = Field(sa_column=enum_column(BallotChannel, "channel"))
    sealed_choice: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class VoteResult(SQLModel, table=True):
    """The count as sealed at closing, with the head it was computed from; never changed."""

    __tablename__ = "vote_result"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    tally: dict[str, object] = Field(sa_column=json_column())
    head_seq: int
    head_hash: str = Field(max_length=64)
    counted_at: datetime


class ObjectionKind(StrEnum):
    """What an objection is about."""

    ROLL = "roll"
    CONDUCT = "conduct"
    RESULT = "result"


class ObjectionState(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


class Objection(SQLModel, table=True):
    """An objection to the conduct or the result of a vote, and the ruling on it."""

    __tablename__ = "objection"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    kind: ObjectionKind = Field(
        default=ObjectionKind.RESULT,
        sa_column=enum_column(ObjectionKind, "kind", server_default=ObjectionKind.RESULT.value),
    )
    # The day by whose end it must be ruled on, counted as Civil Code arts. 201 and 203 do.
    rule_by: datetime | None = None
    text: str = Field(max_length=2000)
    state: ObjectionState = Field(sa_column=enum_column(ObjectionState, "state"))
    ruling: str = Field(default="", max_length=2000)
    ruled_by: UUID | None = Field(default=None, foreign_key="account.id")
    ruled_at: datetime | None = None
    created_at: datetime
