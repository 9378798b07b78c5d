"""Outcomes: what an estate has posted on its notice board, with the exact text and its hash."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column


class PublicationKind(StrEnum):
    """What is posted."""

    NOTICE = "notice"
    PRELIMINARY = "preliminary"
    FINAL = "final"


class Publication(SQLModel, table=True):
    """One posting. `text` is the fixed text of the poster, `text_hash` its SHA-256; both never change."""

    __tablename__ = "publication"
    __table_args__ = (
        sa.UniqueConstraint("vote_id", "kind"),
        sa.CheckConstraint("posted_at < posted_until", name="term_in_order"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id", index=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    kind: PublicationKind = Field(sa_column=enum_column(PublicationKind, "kind"))
    title: str = Field(max_length=120)
    statement: str = Field(default="", sa_type=sa.Text)
    # [{"what": …, "who": …, "by": "2026-12-01"}]
    next_steps: list[dict[str, str]] = Field(sa_column=json_column())
    text: str = Field(sa_type=sa.Text)
    text_hash: str = Field(max_length=64)
    posted_by: UUID | None = Field(default=None, foreign_key="account.id")
    posted_at: datetime
    posted_until: datetime
