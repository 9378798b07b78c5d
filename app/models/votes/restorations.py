"""Restorations: that the database came from a backup, how far each running vote went then, and who took note of it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel


class Restoration(SQLModel, table=True):
    """One restore. Until it is accepted no ballot event is appended anywhere; accepted once, it does not change."""

    __tablename__ = "restoration"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    taken_at: datetime
    restored_at: datetime
    # The migration the backup was taken at.
    revision: str = Field(max_length=60)
    accepted_at: datetime | None = None
    accepted_by: str = Field(default="", max_length=50)
    accept_reason: str = Field(default="", max_length=2000)


class RestoredVote(SQLModel, table=True):
    """A vote that was running in the backup. `witnessed` is the greatest size of a signed checkpoint that others had kept, or 0."""

    __tablename__ = "restored_vote"
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    restoration_id: UUID = Field(foreign_key="restoration.id", primary_key=True, index=True)
    head_seq: int
    head_hash: str = Field(max_length=64)
    witnessed: int = Field(default=0)
