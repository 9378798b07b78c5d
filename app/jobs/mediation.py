"""Mediation: reminders that time alone brings, one case a transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.database import Database
from app.services.mediation import clocks


def tick(database: Database, *, now: datetime) -> int:
    """Give every reminder that is due; the number of cases reminded of."""
    with database.session(writing=False) as session:
        due = clocks.due_cases(session, now=now)
    return sum(_remind(database, case_id, now) for case_id in due)


def _remind(database: Database, case_id: UUID, now: datetime) -> bool:
    with database.transaction() as session:
        return clocks.remind(session, case_id=case_id, now=now)
