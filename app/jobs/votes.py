"""Votes: record what the clock has already decided, one vote a transaction, and sign checkpoints of their chains."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from app.config import Settings
from app.database import Database, database_clock
from app.services.holidays import is_rest_day
from app.services.votes import checkpoints, closing

log = logging.getLogger("haoshangliang.worker")

# A chain that does not hold is read again an hour later, not every second.
_again: WeakKeyDictionary[Database, dict[UUID, datetime]] = WeakKeyDictionary()


def tick(database: Database, settings: Settings, secret: bytes, *, now: datetime) -> int:
    """Advance every vote that lags, then make the checkpoints that are due; the number of votes advanced."""
    grace = timedelta(seconds=settings.close_grace_seconds)
    with database.session(writing=False) as session:
        due = closing.due_votes(session, now=now, grace=grace)
    steps = sum(_advance(database, estate_id, vote_id, now, grace, secret) for estate_id, vote_id in due)
    checkpoint_all(database, secret, now=now)
    return steps


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


def checkpoint_all(database: Database, secret: bytes, *, now: datetime) -> int:
    """Checkpoints for all votes that are due, whatever happened while no worker ran; the number made."""
    with database.session(writing=False) as session:
        due = checkpoints.due_votes(session, now=now)
    later = _again.setdefault(database, {})
    return sum(
        _checkpoint(database, estate_id, vote_id, secret, now)
        for estate_id, vote_id in due
        if later.get(vote_id, now) <= now
    )


def _checkpoint(database: Database, estate_id: UUID, vote_id: UUID, secret: bytes, now: datetime) -> bool:
    try:
        # Read without a lock: thousands of events take a while, and meanwhile others go on casting.
        with database.session(writing=False) as session:
            made = checkpoints.make_checkpoint(session, vote_id=vote_id, secret=secret)
    except checkpoints.BrokenChain as broken:
        log.error("vote %s: no checkpoint signed: %s", vote_id, broken.values["why"])
        _again[database][vote_id] = now + checkpoints.EVERY
        with database.transaction() as session:
            why = str(broken.values["why"])
            checkpoints.note_refusal(session, estate_id=estate_id, vote_id=vote_id, why=why, now=now)
        return False
    if made is None:
        return False
    with database.transaction() as session:
        return checkpoints.keep_checkpoint(session, made, now=now)
