"""Trail: every staff act as a row in a hash chain per estate; rows are never changed or deleted."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import NO_ID, json_column


class TrailRow(SQLModel, table=True):
    """Who did what to what, the old and the new, why and when. `tag` reads `room:thing:verb`."""

    __tablename__ = "trail_row"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "seq"),
        sa.Index("ix_trail_row_subject", "subject_kind", "subject_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(default=NO_ID)
    seq: int
    tag: str = Field(max_length=60)
    actor_id: UUID = Field(default=NO_ID)
    actor_name: str = Field(default="", max_length=50)
    subject_kind: str = Field(default="", max_length=30)
    subject_id: UUID = Field(default=NO_ID)
    old: dict[str, object] = Field(sa_column=json_column())
    new: dict[str, object] = Field(sa_column=json_column())
    reason: str = Field(default="", max_length=2000)
    at: datetime
    previous_hash: str = Field(max_length=64)
    row_hash: str = Field(max_length=64)


class TrailHead(SQLModel, table=True):
    """The last row's number and hash per estate; locked while a row is added."""

    __tablename__ = "trail_head"
    estate_id: UUID = Field(primary_key=True)
    seq: int = 0
    row_hash: str = Field(default="", max_length=64)
