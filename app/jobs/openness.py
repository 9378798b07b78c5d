"""What is published of repairs: the figures, renewed at most once an hour, and since when the services are what they are."""

from __future__ import annotations

from datetime import datetime

from app.database import Database
from app.services.maintenance import open311, rates


def tick(database: Database, *, now: datetime) -> int:
    """Renew what is older than an hour; the number of estates renewed."""
    with database.session(writing=False) as session:
        due = rates.estates_due(session, now=now)
    for estate_id in due:
        with database.transaction() as session:
            rates.renew(session, estate_id=estate_id, now=now)
    return len(due) + _note_services(database, now)


def _note_services(database: Database, now: datetime) -> int:
    """The changeset of Open311 names the hour since when the services are what they are."""
    with database.session(writing=False) as session:
        if open311.services_known(session):
            return 0
    with database.transaction() as session:
        return int(open311.note_services(session, now=now))
