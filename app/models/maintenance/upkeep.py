"""Planned upkeep: rounds that come again, what each found, and the orders that follow from it."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column
from app.rules.maintenance.rounds import CountedFrom, LineResult


class InspectionPlan(SQLModel, table=True):
    """A round that comes again by an iCalendar rule (RFC 5545, RRULE). `checklist` is {"lines": [text, …]}."""

    __tablename__ = "inspection_plan"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    place_id: UUID = Field(foreign_key="place.id")
    party_id: UUID = Field(foreign_key="party.id")
    # Of the orders that failed lines become.
    category: str = Field(max_length=40)
    title: str = Field(max_length=80)
    rule: str = Field(max_length=120)
    counted_from: CountedFrom = Field(sa_column=enum_column(CountedFrom, "counted_from"))
    source: str = Field(default="", max_length=200)
    checklist: dict[str, object] = Field(sa_column=json_column())
    starts_on: date
    ends_on: date | None = None
    ended_at: datetime | None = None
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime


class Inspection(SQLModel, table=True):
    """One round of a plan: when it is due, and when and by whom it was done. A done one does not change (trigger)."""

    __tablename__ = "inspection"
    __table_args__ = (
        sa.UniqueConstraint("plan_id", "due_on"),
        sa.Index("ix_inspection_estate_due", "estate_id", "done_at", "due_on"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    plan_id: UUID = Field(foreign_key="inspection_plan.id")
    due_on: date
    done_at: datetime | None = None
    done_by: UUID | None = Field(default=None, foreign_key="account.id")
    inspector: str = Field(default="", max_length=50)
    note: str = Field(default="", max_length=500)


class InspectionLine(SQLModel, table=True):
    """One line of a done round; a failed one has the order it became. Only grows (trigger)."""

    __tablename__ = "inspection_line"
    inspection_id: UUID = Field(foreign_key="inspection.id", primary_key=True)
    position: int = Field(primary_key=True)
    text: str = Field(max_length=120)
    result: LineResult = Field(sa_column=enum_column(LineResult, "line_result"))
    note: str = Field(default="", max_length=500)
    order_id: UUID | None = Field(default=None, foreign_key="work_order.id")
