"""Votes: record what the clock has already decided, one vote a transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.config import Settings
from app.database import Database, database_clock
from app.services.holidays import is_rest_day
from app.services.votes import closing


def tick(database: Database, settings: Settings, secret: bytes, *, now: datetime) -> int:
    """Advance every vote that lags; the number of steps recorded."""
    grace = timedelta(seconds=settings.close_grace_seconds)
    with database.session(writing=False) as session:
        due = closing.due_votes(session, now=now, grace=grace)
    return sum(_advance(database, estate_id, vote_id, now, grace, secret) for estate_id, vote_id in due)


def _advance(
    database: Database, estate_id: UUID, vote_id: UUID, now: datetime, grace: timedelta, secret: bytes
) -> bool:
    with database.transaction() as session:
        return closing.advance(
            session,
            estate_id=estate_id,
            vote_id=vote_id,
            now=now,
            # SQLite has no clock of its own, and a test's clock must not be mixed with the wall's.
            read_clock=(lambda: now) if database.is_sqlite else (lambda: min(now, database_clock(session))),
            grace=grace,
            secret=secret,
            is_rest_day=is_rest_day,
        )
