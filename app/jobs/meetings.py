"""Meetings: record that a record is confirmed once the clock has decided it, one meeting a transaction."""

from __future__ import annotations

from datetime import datetime

from app.database import Database
from app.services.meetings import confirming


def tick(database: Database, *, now: datetime) -> int:
    """Confirm what nobody objected to within its window; the number of records confirmed."""
    with database.session(writing=False) as session:
        due = confirming.due_records(session, now=now)
    done = 0
    for estate_id, meeting_id in due:
        with database.transaction() as session:
            done += confirming.advance(session, estate_id=estate_id, meeting_id=meeting_id, now=now)
    return done
