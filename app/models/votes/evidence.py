"""Evidence: signed checkpoints of a vote's tree of events, and counts made again."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import json_column


class Checkpoint(SQLModel, table=True):
    """A signed head of the tree over the first `size` events (RFC 6962, C2SP signed note); never changed or deleted."""

    __tablename__ = "checkpoint"
    __table_args__ = (sa.CheckConstraint("size > 0", name="size_positive"),)
    vote_id: UUID = Field(foreign_key="vote.id", primary_key=True)
    size: int = Field(primary_key=True)
    root: str = Field(max_length=64)
    note: str = Field(sa_type=sa.Text)
    made_at: datetime


class Recount(SQLModel, table=True):
    """A count made again from the sealed contents of the chain, and whether it is the same; never changed or deleted."""

    __tablename__ = "recount"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id", index=True)
    tally: dict[str, object] = Field(sa_column=json_column())
    same: bool
    head_seq: int
    head_hash: str = Field(max_length=64)
    reason: str = Field(max_length=500)
    made_by: UUID = Field(foreign_key="account.id")
    made_at: datetime
