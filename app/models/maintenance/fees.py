"""Fees: what services cost, what was done for them, who has paid (private), and how much was collected (public)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class FeeBasis(StrEnum):
    """What a price is for: a home a month, or a square metre a month."""

    HOME = "home"
    AREA = "area"


class FeeService(SQLModel, table=True):
    """One service and its price in fen, from a day on; a new price is a new row. `document` is the decision or contract."""

    __tablename__ = "fee_service"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    title: str = Field(max_length=60)
    text: str = Field(default="", max_length=500)
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    basis: FeeBasis = Field(sa_column=enum_column(FeeBasis, "fee_basis"))
    price: int = Field(sa_type=sa.BigInteger)
    document: str = Field(default="", max_length=120)
    vote_id: UUID | None = Field(default=None, foreign_key="vote.id")
    valid_from: date
    valid_to: date | None = None
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime


class ServiceDeed(SQLModel, table=True):
    """What was done for a service in a month, with a photo where there is one; only grows (trigger), but may be hidden."""

    __tablename__ = "service_deed"
    __table_args__ = (sa.Index("ix_service_deed_month", "estate_id", "month"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    service_id: UUID = Field(foreign_key="fee_service.id")
    # 2026-11
    month: str = Field(max_length=7)
    text: str = Field(max_length=500)
    photo_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    by: UUID = Field(foreign_key="account.id")
    at: datetime
    hidden_at: datetime | None = None
    hidden_reason: str = Field(default="", max_length=500)


class ChargeState(StrEnum):
    """Where one home's fee of one month stands; relieved is the hardship list's."""

    DUE = "due"
    PAID = "paid"
    RELIEVED = "relieved"


class FeeCharge(SQLModel, table=True):
    """One home's fee of one month for one service, in fen."""

    __tablename__ = "fee_charge"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.Index("ix_fee_charge_unit", "unit_id", "month"),
        sa.Index("ix_fee_charge_month", "estate_id", "month", "state"),
    )
    unit_id: UUID = Field(foreign_key="unit.id", primary_key=True)
    service_id: UUID = Field(foreign_key="fee_service.id", primary_key=True)
    month: str = Field(max_length=7, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    amount: int = Field(sa_type=sa.BigInteger)
    state: ChargeState = Field(sa_column=enum_column(ChargeState, "charge_state"))
    settled_at: datetime | None = None
    settled_by: UUID | None = Field(default=None, foreign_key="account.id")
    receipt: str = Field(default="", max_length=60)


class FeeTotal(SQLModel, table=True):
    """What was charged and collected in a month: the public numbers, kept with each payment."""

    __tablename__ = "fee_total"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    service_id: UUID = Field(foreign_key="fee_service.id", primary_key=True)
    month: str = Field(max_length=7, primary_key=True)
    homes: int = Field(default=0)
    homes_paid: int = Field(default=0)
    homes_relieved: int = Field(default=0)
    charged: int = Field(default=0, sa_type=sa.BigInteger)
    paid: int = Field(default=0, sa_type=sa.BigInteger)
    relieved: int = Field(default=0, sa_type=sa.BigInteger)


class Hardship(SQLModel, table=True):
    """A home relieved of fees for some months, for a reason that only the committee and the home itself see."""

    __tablename__ = "hardship"
    __table_args__ = (
        sa.CheckConstraint("last_month >= first_month", name="months_in_order"),
        sa.Index("ix_hardship_estate", "estate_id", "last_month"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    reason: str = Field(max_length=500)
    first_month: str = Field(max_length=7)
    last_month: str = Field(max_length=7)
    by: UUID = Field(foreign_key="account.id")
    at: datetime
