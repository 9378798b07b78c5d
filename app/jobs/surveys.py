"""Surveys: write to those who are asked once one has opened by the clock, one survey a transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.database import Database
from app.services.surveys import opening


def tick(database: Database, *, now: datetime) -> int:
    """Send the invitations that are due; the number of surveys whose were."""
    with database.session(writing=False) as session:
        due = opening.due_invitations(session, now=now)
    return sum(_invite(database, survey_id, now) for survey_id in due)


def _invite(database: Database, survey_id: UUID, now: datetime) -> bool:
    with database.transaction() as session:
        return opening.invite(session, survey_id=survey_id, now=now)
