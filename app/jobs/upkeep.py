"""Upkeep: ask residents to look before a warranty ends, and warn the committee of a lift's certificate; once an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from app.database import Database
from app.services.maintenance import reminders

# Days are what is counted here, so nothing is lost by looking once an hour.
_AGAIN = timedelta(hours=1)
_looked: WeakKeyDictionary[Database, datetime] = WeakKeyDictionary()


def tick(database: Database, *, now: datetime) -> int:
    """The number of warranties and certificates somebody was told of."""
    looked = _looked.get(database)
    if looked is not None and now - looked < _AGAIN:
        return 0
    with database.session(writing=False) as session:
        items = reminders.due_items(session, now=now)
        lifts = reminders.due_certificates(session, now=now)
    told = 0
    for item_id in items:
        with database.transaction() as session:
            told += reminders.remind(session, item_id=item_id, now=now)
    for place_id in lifts:
        with database.transaction() as session:
            told += reminders.warn_certificate(session, place_id=place_id, now=now)
    _looked[database] = now
    return told
