"""Work orders: what residents reported, every step since, who joined, what they answered, and what it cost."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column
from app.rules.maintenance.clockrules import ClockKind, Urgency
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.costs import CostStage, MoneySource
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.rates import CallBack, Rating
from app.rules.maintenance.responsible import Basis, Reply
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.warranty import Cover


class ReportSource(StrEnum):
    """By which way a report came in."""

    RESIDENT = "resident"
    PROXY = "proxy"
    STICKER = "sticker"
    OPEN311 = "open311"
    HOTLINE = "hotline"
    INSPECTION = "inspection"


class WorkOrder(SQLModel, table=True):
    """One fault with one clock, from the report to its end.

    `listed` and `is_open` follow from the other columns (`services/maintenance/moving.py` keeps them) and stand here for
    the indexes: everyone may see what is `listed`, that is neither held, hidden, nor inside a flat.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("estate_id", "number"),
        sa.UniqueConstraint("estate_id", "hotline_number"),
        sa.UniqueConstraint("token_hash"),
        sa.CheckConstraint("reopened >= 0 AND joiners >= 0", name="counts_not_negative"),
        sa.CheckConstraint("(state = 'duplicate') = (duplicate_of IS NOT NULL)", name="duplicate_of_another"),
        sa.CheckConstraint(
            "listed = false OR (held = false AND private = false)", name="listed_is_open_to_all"
        ),
        sa.Index("ix_work_order_listed", "estate_id", "listed", "number"),
        sa.Index("ix_work_order_listed_open", "estate_id", "listed", "is_open", "number"),
        sa.Index("ix_work_order_open_building", "estate_id", "listed", "is_open", "building", "number"),
        sa.Index("ix_work_order_listed_building", "estate_id", "listed", "building", "number"),
        sa.Index("ix_work_order_listed_category", "estate_id", "listed", "category", "number"),
        sa.Index("ix_work_order_listed_filed", "estate_id", "listed", "filed_at", "id"),
        sa.Index("ix_work_order_state", "estate_id", "state", "number"),
        sa.Index("ix_work_order_party", "party_id", "is_open", "number"),
        sa.Index("ix_work_order_party_due", "party_id", "is_open", "due_at", "number"),
        sa.Index("ix_work_order_place", "place_id", "family", "filed_at"),
        sa.Index("ix_work_order_building_filed", "estate_id", "building", "filed_at"),
        sa.Index("ix_work_order_reporter", "reporter_id", "filed_at"),
        sa.Index("ix_work_order_filed_by", "filed_by", "filed_at"),
        sa.Index("ix_work_order_vote", "vote_id"),
        sa.Index("ix_work_order_duplicate", "duplicate_of"),
        sa.Index("ix_work_order_follows", "follows_id"),
        sa.Index("ix_work_order_item", "warranty_item_id"),
        sa.Index("ix_work_order_held", "estate_id", "held", "number"),
        sa.Index("ix_work_order_next_look", "next_look_at"),
        sa.Index("ix_work_order_closed", "estate_id", "closed_at"),
    )
    # The id comes with the form, so that a report sent twice is one.
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    source: ReportSource = Field(sa_column=enum_column(ReportSource, "source"))
    # NULL for a report without an account. `filed_by` wrote it down for somebody else.
    reporter_id: UUID | None = Field(default=None, foreign_key="account.id")
    filed_by: UUID | None = Field(default=None, foreign_key="account.id")
    # Whom to ask back when there is no account; never public.
    contact_name: str = Field(default="", max_length=50)
    contact_phone: str = Field(default="", max_length=30)
    # Of the secret by which somebody without an account follows it; also the Open311 token.
    token_hash: str | None = Field(default=None, max_length=64)
    category: str = Field(max_length=40)
    family: Family = Field(sa_column=enum_column(Family, "family"))
    urgency: Urgency = Field(sa_column=enum_column(Urgency, "urgency"))
    place_id: UUID = Field(foreign_key="place.id")
    building: str = Field(default="", max_length=20)
    entrance: str = Field(default="", max_length=20)
    # Inside one flat; `unit_id` is whose.
    private: bool = Field(default=False)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    text: str = Field(sa_type=sa.Text)
    answers: dict[str, object] = Field(sa_column=json_column())
    media_url: str = Field(default="", max_length=500)
    state: OrderState = Field(sa_column=enum_column(OrderState, "state"))
    is_open: bool = Field(default=True)
    listed: bool = Field(default=False)
    held: bool = Field(default=False)
    hidden_at: datetime | None = None
    hidden_reason: str = Field(default="", max_length=500)
    # Who holds it, and why he answers.
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    basis: Basis | None = Field(default=None, sa_column=enum_column(Basis, "basis", nullable=True))
    worker_name: str = Field(default="", max_length=50)
    worker_number: str = Field(default="", max_length=30)
    plan: str = Field(default="", max_length=500)
    promised_at: datetime | None = None
    # Decided at filing and kept, whatever the register of warranties says later.
    cover: Cover | None = Field(default=None, sa_column=enum_column(Cover, "cover", nullable=True))
    warranty_item_id: UUID | None = Field(default=None, foreign_key="warranty_item.id")
    # The order whose fault came back.
    follows_id: UUID | None = Field(default=None, foreign_key="work_order.id")
    duplicate_of: UUID | None = Field(default=None, foreign_key="work_order.id")
    recipient: str = Field(default="", max_length=80)
    vote_id: UUID | None = Field(default=None, foreign_key="vote.id")
    hotline_number: str | None = Field(default=None, max_length=40)
    filed_at: datetime
    changed_at: datetime
    answered_at: datetime | None = None
    repaired_at: datetime | None = None
    closed_at: datetime | None = None
    reopened: int = Field(default=0)
    joiners: int = Field(default=0)
    # The clock that runs towards the residents now; exact by `clocks.read_clocks`, here for lists and sorting.
    due_clock: ClockKind | None = Field(
        default=None, sa_column=enum_column(ClockKind, "due_clock", nullable=True)
    )
    due_at: datetime | None = None
    due_provisional: bool = Field(default=False)
    response_due_at: datetime | None = None
    # Whether the repair ran over its time; for an open order ask the clock as well.
    overdue: bool = Field(default=False)
    # When a job has something to do about it next: a level, the end of a pause, of the time to confirm.
    next_look_at: datetime | None = None
    rating: Rating | None = Field(default=None, sa_column=enum_column(Rating, "rating", nullable=True))
    call_back: CallBack | None = Field(
        default=None, sa_column=enum_column(CallBack, "call_back", nullable=True)
    )
    call_back_note: str = Field(default="", max_length=500)
    call_back_by: UUID | None = Field(default=None, foreign_key="account.id")
    call_back_at: datetime | None = None


class OrderMove(SQLModel, table=True):
    """One step, public but for `private_note`; only grows (trigger). `party_id` answers from here on."""

    __tablename__ = "order_move"
    order_id: UUID = Field(foreign_key="work_order.id", primary_key=True)
    seq: int = Field(primary_key=True)
    state: OrderState = Field(sa_column=enum_column(OrderState, "move_state"))
    cause: Cause = Field(sa_column=enum_column(Cause, "cause"))
    actor_id: UUID
    actor_name: str = Field(default="", max_length=50)
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    reason: PauseReason | None = Field(
        default=None, sa_column=enum_column(PauseReason, "reason", nullable=True)
    )
    until: datetime | None = None
    note: str = Field(default="", max_length=1000)
    private_note: str = Field(default="", max_length=1000)
    at: datetime


class OrderNote(SQLModel, table=True):
    """A word without a step: news for the residents, or an answer to a question; only grows (trigger)."""

    __tablename__ = "order_note"
    __table_args__ = (sa.Index("ix_order_note_order", "order_id", "at"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="work_order.id")
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    author: str = Field(default="", max_length=60)
    text: str = Field(max_length=1000)
    private: bool = Field(default=False)
    at: datetime


class Handing(SQLModel, table=True):
    """A party asked to take the order, and its reply; `ruled` when the committee decided that it must."""

    __tablename__ = "handing"
    order_id: UUID = Field(foreign_key="work_order.id", primary_key=True)
    seq: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    asked_at: datetime
    refuse_by: datetime
    ruled: bool = Field(default=False)
    reply: Reply | None = Field(default=None, sa_column=enum_column(Reply, "reply", nullable=True))
    replied_at: datetime | None = None
    note: str = Field(default="", max_length=500)


class Joiner(SQLModel, table=True):
    """A neighbour who has the same fault (我也遇到): he gets the news and may confirm."""

    __tablename__ = "joiner"
    order_id: UUID = Field(foreign_key="work_order.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True, index=True)
    text: str = Field(default="", max_length=500)
    at: datetime


class RepairAnswer(SQLModel, table=True):
    """What the reporter or a joiner says of one repair; `round` counts the repairs, the first is 0.

    A rating is a resident's own word, never one that staff heard.
    """

    __tablename__ = "repair_answer"
    order_id: UUID = Field(foreign_key="work_order.id", primary_key=True)
    round: int = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    answer: Answer = Field(sa_column=enum_column(Answer, "answer"))
    rating: Rating | None = Field(default=None, sa_column=enum_column(Rating, "rating", nullable=True))
    text: str = Field(default="", max_length=500)
    at: datetime


class OrderAppealState(StrEnum):
    """Where an appeal against the end of an order stands."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"


class OrderAppeal(SQLModel, table=True):
    """The reporter disagrees with how the order ended; the committee decides with a reason."""

    __tablename__ = "order_appeal"
    __table_args__ = (
        sa.Index("ix_order_appeal_estate_state", "estate_id", "state", "at"),
        sa.Index(
            "uq_order_appeal_pending",
            "order_id",
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    order_id: UUID = Field(foreign_key="work_order.id")
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(max_length=1000)
    at: datetime
    state: OrderAppealState = Field(sa_column=enum_column(OrderAppealState, "appeal_state"))
    reason: str = Field(default="", max_length=1000)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None


class CostLine(SQLModel, table=True):
    """One sum of an order with the source that pays it, in fen; only grows (trigger): a later line of a stage replaces it."""

    __tablename__ = "cost_line"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.Index("ix_cost_line_order", "order_id", "at"),
        sa.Index("ix_cost_line_estate", "estate_id", "stage", "at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    order_id: UUID = Field(foreign_key="work_order.id")
    stage: CostStage = Field(sa_column=enum_column(CostStage, "stage"))
    source: MoneySource = Field(sa_column=enum_column(MoneySource, "money_source"))
    amount: int = Field(sa_type=sa.BigInteger)
    note: str = Field(default="", max_length=500)
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    by: UUID = Field(foreign_key="account.id")
    at: datetime


class FaultCount(SQLModel, table=True):
    """How many listed orders of a building are open, kept with each step; '' is what belongs to no building."""

    __tablename__ = "fault_count"
    __table_args__ = (sa.CheckConstraint("open >= 0", name="open_not_negative"),)
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    building: str = Field(max_length=20, primary_key=True)
    open: int = Field(default=0)


class RatesSnapshot(SQLModel, table=True):
    """What an estate publishes of its orders as last computed, with the instant; rewritten by a job."""

    __tablename__ = "rates_snapshot"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    at: datetime
    document: dict[str, object] = Field(sa_column=json_column())
