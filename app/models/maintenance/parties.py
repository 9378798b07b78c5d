"""Parties: who answers for what and since when, their people, their hours and their ready answers."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.responsible import Basis, PartyKind


class Party(SQLModel, table=True):
    """One body that takes work orders in an estate. `hours` is as `read_hours` reads it; '' means none of its own."""

    __tablename__ = "party"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("estate_id", "name"),
        # The committee is where an order goes that nobody else answers for.
        sa.Index(
            "uq_party_committee",
            "estate_id",
            unique=True,
            sqlite_where=sa.text("kind = 'committee'"),
            postgresql_where=sa.text("kind = 'committee'"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    kind: PartyKind = Field(sa_column=enum_column(PartyKind, "kind"))
    name: str = Field(max_length=60)
    contact: str = Field(default="", max_length=50)
    phone: str = Field(default="", max_length=30)
    hours: str = Field(default="", max_length=100)
    every_day: bool = Field(default=False)
    created_at: datetime
    ended_at: datetime | None = None


class PartyStaff(SQLModel, table=True):
    """A person who works for a party; he needs the role of party staff as well."""

    __tablename__ = "party_staff"
    party_id: UUID = Field(foreign_key="party.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True, index=True)
    since: datetime
    ended_at: datetime | None = None


class Responsibility(SQLModel, table=True):
    """Who answers for a facility and a family of faults from day to day; a NULL fits all."""

    __tablename__ = "responsibility"
    __table_args__ = (
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),
        sa.Index("ix_responsibility_estate", "estate_id", "valid_from"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    party_id: UUID = Field(foreign_key="party.id")
    place_id: UUID | None = Field(default=None, foreign_key="place.id")
    family: Family | None = Field(default=None, sa_column=enum_column(Family, "family", nullable=True))
    basis: Basis = Field(sa_column=enum_column(Basis, "basis"))
    document: str = Field(default="", max_length=120)
    valid_from: date
    valid_to: date | None = None
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime


class AnswerTemplate(SQLModel, table=True):
    """A ready answer of one party, or of all of an estate's; for one category or for all."""

    __tablename__ = "answer_template"
    __table_args__ = (sa.Index("ix_answer_template_estate", "estate_id", "party_id"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    party_id: UUID | None = Field(default=None, foreign_key="party.id")
    category: str = Field(default="", max_length=40)
    title: str = Field(max_length=40)
    text: str = Field(max_length=500)
    retired_at: datetime | None = None
