"""Credits: who joined, a ledger that only grows, rates, rewards and their redemptions, honours, and who looked at whose."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.credits.honours import Honour
from app.rules.credits.reasons import Reason
from app.rules.credits.redemptions import RedemptionState

MEMBER = ["credit_member.estate_id", "credit_member.account_id"]


class CreditMember(SQLModel, table=True):
    """A person who joined in an estate; his entries are written under the lock of this row.

    Nothing is granted for what was before `joined_at`, nor while `left_at` is set. `shown_since` is his consent to stand
    by name on the honour roll.
    """

    __tablename__ = "credit_member"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    joined_at: datetime
    left_at: datetime | None = None
    shown_since: datetime | None = None


class Choice(StrEnum):
    """What a person decides about his own credits."""

    JOIN = "join"
    LEAVE = "leave"
    SHOW = "show"
    HIDE = "hide"
    ERASE = "erase"


class CreditChoice(SQLModel, table=True):
    """Proof of a consent given or withdrawn (PIPL arts. 14 and 15); only grows (trigger)."""

    __tablename__ = "credit_choice"
    __table_args__ = (sa.Index("ix_credit_choice_person", "estate_id", "account_id", "at"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    account_id: UUID = Field(foreign_key="account.id")
    choice: Choice = Field(sa_column=enum_column(Choice, "choice"))
    at: datetime


class CreditEntry(SQLModel, table=True):
    """One line of a person's ledger; only grows, and each carries on the balance of the one before it (triggers).

    `subject` is what it is for, such as `vote:UUID`: the same thing counts once. `on_day` is the day it counts for in
    Beijing. `refers_id` is the line that a reversal or a redemption given back undoes, once.
    """

    __tablename__ = "credit_entry"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "account_id", "seq", name="uq_credit_entry_seq"),
        sa.UniqueConstraint("estate_id", "account_id", "reason", "subject", name="uq_credit_entry_once"),
        sa.UniqueConstraint("refers_id", name="uq_credit_entry_refers"),
        sa.ForeignKeyConstraint(["estate_id", "account_id"], MEMBER),
        sa.CheckConstraint("seq > 0", name="seq_positive"),
        sa.CheckConstraint("balance >= 0", name="balance_not_negative"),
        sa.CheckConstraint(
            "CASE WHEN reason IN ('reversal', 'redemption', 'erased') THEN amount <= 0 ELSE amount > 0 END",
            name="amount_by_reason",
        ),
        sa.CheckConstraint(
            "(reason IN ('reversal', 'redemption_back')) = (refers_id IS NOT NULL)", name="refers_by_reason"
        ),
        sa.Index("ix_credit_entry_counted", "estate_id", "account_id", "reason", "on_day"),
        sa.Index("ix_credit_entry_day", "estate_id", "on_day"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID
    account_id: UUID
    seq: int
    reason: Reason = Field(sa_column=enum_column(Reason, "reason"))
    subject: str = Field(max_length=120)
    amount: int
    balance: int
    on_day: date
    refers_id: UUID | None = Field(default=None, foreign_key="credit_entry.id")
    # Who entered it, NULL where it was found in what took place.
    by: UUID | None = Field(default=None, foreign_key="account.id")
    note: str = Field(default="", max_length=500)
    at: datetime


class CreditRate(SQLModel, table=True):
    """What a deed earns from a day on, and at most how much in a day and a quarter; only grows (trigger)."""

    __tablename__ = "credit_rate"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint("points >= 0 AND per_day >= 0 AND per_quarter >= 0", name="not_negative"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    reason: Reason = Field(sa_column=enum_column(Reason, "rate_reason"))
    valid_from: date
    points: int
    per_day: int
    per_quarter: int
    by: UUID = Field(foreign_key="account.id")
    at: datetime


class CreditCursor(SQLModel, table=True):
    """Until when an earlier room was read for an estate; `source` is one of `services/credits/sources.py`."""

    __tablename__ = "credit_cursor"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    source: str = Field(max_length=20, primary_key=True)
    read_until: datetime


class CreditReward(SQLModel, table=True):
    """What points can be exchanged for; title and points stay as offered (trigger). `stock` is NULL where there is enough."""

    __tablename__ = "credit_reward"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.CheckConstraint("points > 0", name="points_positive"),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name="stock_not_negative"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    title: str = Field(max_length=60)
    points: int
    stock: int | None = None
    how: str = Field(max_length=300)
    valid_until: date | None = None
    off_at: datetime | None = None
    created_at: datetime


class CreditRedemption(SQLModel, table=True):
    """One request for a reward; its id comes with the form. An end is an end, and what was asked for stays (trigger)."""

    __tablename__ = "credit_redemption"
    __table_args__ = (
        sa.ForeignKeyConstraint(["estate_id", "account_id"], MEMBER),
        sa.ForeignKeyConstraint(
            ["estate_id", "reward_id"],
            ["credit_reward.estate_id", "credit_reward.id"],
            name="fk_credit_redemption_reward",
        ),
        sa.CheckConstraint("points > 0", name="points_positive"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_when_ended"),
        sa.Index(
            "uq_credit_redemption_code",
            "estate_id",
            "code",
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_credit_redemption_pile", "estate_id", "state", "asked_at"),
        sa.Index("ix_credit_redemption_person", "account_id", "estate_id", "asked_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID
    account_id: UUID
    reward_id: UUID
    points: int
    code: str = Field(max_length=6)
    state: RedemptionState = Field(sa_column=enum_column(RedemptionState, "state"))
    asked_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None
    reason: str = Field(default="", max_length=500)


class CreditHonour(SQLModel, table=True):
    """A person honoured for a quarter, as the committee confirmed; taken back only with a reason (trigger)."""

    __tablename__ = "credit_honour"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "quarter", "honour", "account_id", name="uq_credit_honour_once"),
        sa.ForeignKeyConstraint(["estate_id", "account_id"], MEMBER),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID
    quarter: str = Field(max_length=6)
    honour: Honour = Field(sa_column=enum_column(Honour, "honour"))
    account_id: UUID
    confirmed_by: UUID = Field(foreign_key="account.id")
    confirmed_at: datetime
    ended_at: datetime | None = None
    end_reason: str = Field(default="", max_length=500)


class CreditLook(SQLModel, table=True):
    """A member of staff opened a person's ledger to correct it, and why; only grows (trigger), shown to that person."""

    __tablename__ = "credit_look"
    __table_args__ = (sa.Index("ix_credit_look_person", "estate_id", "account_id", "at"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    account_id: UUID = Field(foreign_key="account.id")
    staff_id: UUID = Field(foreign_key="account.id")
    staff_name: str = Field(max_length=50)
    reason: str = Field(max_length=500)
    at: datetime
