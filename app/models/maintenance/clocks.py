"""Clocks: the rules and the calendar as tables, and the terms each order was given."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.maintenance.clockrules import REOPEN_DAYS, ClockKind, Urgency
from app.rules.maintenance.terms import Measure


class ClockRule(SQLModel, table=True):
    """An estate's own rule; only `valid_to` is ever set (trigger), so that no rule changes under an order.

    A NULL or '' fits everything; `place` is `private` or `common`.
    """

    __tablename__ = "clock_rule"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),
        sa.Index("ix_clock_rule_estate", "estate_id", "clock", "valid_from"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    clock: ClockKind = Field(sa_column=enum_column(ClockKind, "clock"))
    measure: Measure = Field(sa_column=enum_column(Measure, "measure"))
    amount: int
    category: str = Field(default="", max_length=40)
    urgency: Urgency | None = Field(default=None, sa_column=enum_column(Urgency, "urgency", nullable=True))
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    place: str = Field(default="", max_length=10)
    source: str = Field(default="", max_length=200)
    valid_from: date
    valid_to: date | None = None
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime


class OrderClock(SQLModel, table=True):
    """One run of one clock of one order with the term, hours and calendar it was given; `round` counts the runs from 0.

    `due_at` is what they come to; `told` is the highest level that was told of, in hundredths.
    """

    __tablename__ = "order_clock"
    order_id: UUID = Field(foreign_key="work_order.id", primary_key=True)
    clock: ClockKind = Field(sa_column=enum_column(ClockKind, "clock", primary_key=True))
    round: int = Field(primary_key=True)
    started_at: datetime
    stopped_at: datetime | None = None
    measure: Measure = Field(sa_column=enum_column(Measure, "measure"))
    amount: int
    extended: int = Field(default=0)
    extended_reason: str = Field(default="", max_length=500)
    hours: str = Field(default="", max_length=100)
    every_day: bool = Field(default=True)
    calendar_version: int
    due_at: datetime
    provisional: bool = Field(default=False)
    told: int = Field(default=0)


class CalendarYear(SQLModel, table=True):
    """A year whose notice is out: from which version of the calendar on, and from where."""

    __tablename__ = "calendar_year"
    year: int = Field(primary_key=True)
    version: int
    source: str = Field(max_length=200)
    loaded_at: datetime


class CalendarDay(SQLModel, table=True):
    """A day that differs from Monday to Friday; a later version of the same day replaces the earlier."""

    __tablename__ = "calendar_day"
    day: date = Field(primary_key=True)
    version: int = Field(primary_key=True)
    workday: bool
    name: str = Field(default="", max_length=60)
    source: str = Field(default="", max_length=200)


class CalendarVersion(SQLModel, table=True):
    """One state of the calendar table; orders name the one their due times were computed with."""

    __tablename__ = "calendar_version"
    version: int = Field(primary_key=True)
    note: str = Field(default="", max_length=200)
    at: datetime
    # NULL for what came with the library.
    by: UUID | None = Field(default=None, foreign_key="account.id")


class MaintenanceSettings(SQLModel, table=True):
    """What an estate sets for its work orders; without a row the defaults of `rules/maintenance/` hold."""

    __tablename__ = "maintenance_settings"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    reopen_days: int = Field(default=REOPEN_DAYS)
    recurrence_days: int = Field(default=90)
    zipcode: str = Field(default="", max_length=10)
