"""Search: the words of everything that can be found, indexed by each database in its own way."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class SubjectKind(StrEnum):
    """What a searched, reported or moderated thing is."""

    PROPOSAL = "proposal"
    POST = "post"


class SearchEntry(SQLModel, table=True):
    """One findable thing; `words` are `rules/search.py: index_terms` between spaces, the estate's own word first.

    SQLite keeps an FTS5 table beside it (triggers fill it), PostgreSQL a GIN index over the words; see the migration.
    """

    __tablename__ = "search_entry"
    __table_args__ = (sa.UniqueConstraint("kind", "subject_id"),)
    # A plain number: FTS5 refers to its rows by it.
    id: int | None = Field(default=None, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id", index=True)
    kind: SubjectKind = Field(sa_column=enum_column(SubjectKind, "kind"))
    subject_id: UUID
    thread_id: UUID | None = None
    at: datetime
    words: str = Field(sa_type=sa.Text)
