"""Proposals: record what the clock has already decided, one proposal a transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.database import Database
from app.services.proposals import clocks


def tick(database: Database, *, now: datetime) -> int:
    """Settle every proposal that lags; the number of those that had to be."""
    with database.session(writing=False) as session:
        due = clocks.due_proposals(session, now=now)
    return sum(_settle(database, estate_id, proposal_id, now) for estate_id, proposal_id in due)


def _settle(database: Database, estate_id: UUID, proposal_id: UUID, now: datetime) -> bool:
    with database.transaction() as session:
        return clocks.settle(session, estate_id=estate_id, proposal_id=proposal_id, now=now)
