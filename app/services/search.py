"""Search: put things into the full-text index and find them again, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.models.base import table_of
from app.models.search import SearchEntry, SubjectKind
from app.rules.search import index_terms, query_terms

MOST_FOUND = 200

_ENTRY = table_of(SearchEntry)
_MATCH = {
    "sqlite": "search_entry.id IN (SELECT rowid FROM fts_search WHERE fts_search MATCH :wanted)",
    "postgresql": "to_tsvector('simple'::regconfig, search_entry.words) @@ CAST(:wanted AS tsquery)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that has every word of the query; `thread_id` is a post's."""

    kind: SubjectKind
    subject_id: UUID
    thread_id: UUID | None
    at: datetime


def _estate_word(estate_id: UUID) -> str:
    # A word of its own for each estate, so that the index of a city is cut down to one estate before anything is read.
    return f"e{estate_id.hex}"


def put_in_index(
    session: Session,
    *,
    estate_id: UUID,
    kind: SubjectKind,
    subject_id: UUID,
    text: str,
    at: datetime,
    thread_id: UUID | None = None,
) -> None:
    """Make a thing findable by its text, in place of what it was findable by before."""
    words = " ".join([_estate_word(estate_id), *index_terms(text)])
    entry = session.exec(
        select(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.subject_id == subject_id)
    ).one_or_none()
    if entry is None:
        entry = SearchEntry(
            estate_id=estate_id, kind=kind, subject_id=subject_id, thread_id=thread_id, at=at, words=words
        )
    entry.words = words
    session.add(entry)
    session.flush()


def take_out_of_index(session: Session, *, kind: SubjectKind, subject_id: UUID) -> None:
    session.connection().execute(
        sa.delete(_ENTRY).where(_ENTRY.c.kind == kind, _ENTRY.c.subject_id == subject_id)
    )


def find(
    session: Session,
    *,
    estate_id: UUID,
    query: str,
    kind: SubjectKind | None = None,
    limit: int = MOST_FOUND,
) -> list[Found]:
    """What has every word of the query in this estate, the newest first; nothing for a query without words."""
    terms = query_terms(query)
    if not terms:
        return []
    dialect = session.get_bind().dialect.name
    wanted = [_estate_word(estate_id), *terms]
    if dialect == "postgresql":
        match = " & ".join("'" + term.replace("\\", "\\\\").replace("'", "''") + "'" for term in wanted)
    else:
        match = " AND ".join('"' + term.replace('"', '""') + '"' for term in wanted)
    statement = (
        sa.select(_ENTRY.c.kind, _ENTRY.c.subject_id, _ENTRY.c.thread_id, _ENTRY.c.at)
        .where(sa.text(_MATCH[dialect]).bindparams(wanted=match))
        .order_by(_ENTRY.c.at.desc(), _ENTRY.c.id.desc())
        .limit(limit)
    )
    if kind is not None:
        statement = statement.where(_ENTRY.c.kind == kind)
    return [Found(*row) for row in session.connection().execute(statement)]
