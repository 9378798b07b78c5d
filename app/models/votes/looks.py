"""Looks: that one of the staff was shown what a home's ballot says, when, and why; the home's owners read it."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.votes.looks import LookKind


class BallotLook(SQLModel, table=True):
    """One look. `unit_id` is `NO_ID` for one that reached every home of the vote. Only grows."""

    __tablename__ = "ballot_look"
    __table_args__ = (sa.Index("ix_ballot_look_vote", "vote_id", "unit_id"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    unit_id: UUID
    kind: LookKind = Field(sa_column=enum_column(LookKind, "kind"))
    staff_id: UUID = Field(foreign_key="account.id")
    staff_name: str = Field(max_length=50)
    reason: str = Field(max_length=200)
    at: datetime
