"""Tidy: drop what has no further use, such as counted attempts of last week and codes long expired."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.database import Database
from app.services.accounts import codes, limits, sessions

_EVERY = timedelta(hours=1)
_last: dict[str, datetime] = {}


def tick(database: Database, *, now: datetime) -> int:
    """Once an hour for each database; always 0, because nothing waits for it."""
    if now - _last.get(database.url, now - _EVERY) < _EVERY:
        return 0
    _last[database.url] = now
    with database.transaction() as session:
        limits.clear_old(session, now=now)
        codes.clear_old(session, now=now)
        sessions.clear_old(session, now=now)
    return 0
