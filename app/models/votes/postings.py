"""Postings: which sheet hung on which board from which day, with a photo; a log that only grows."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class PosterKind(StrEnum):
    """What of a vote is hung on a board."""

    NOTICE = "notice"
    ROLL = "roll"
    PRELIMINARY = "preliminary"
    RESULT = "result"


class Posting(SQLModel, table=True):
    """One sheet on one board; `text_hash` is the hash printed on the sheet that hung there."""

    __tablename__ = "posting"
    __table_args__ = (sa.Index("ix_posting_vote", "vote_id", "kind"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    kind: PosterKind = Field(sa_column=enum_column(PosterKind, "kind"))
    board: str = Field(max_length=60)
    posted_on: date
    photo_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    text_hash: str = Field(max_length=64)
    posted_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime
