"""Works: published minutes of which nothing has come yet, neither a vote nor a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.deliberations import Minutes, MinutesState, Thread
from app.models.votes import VoteOrigin
from app.models.works import Project

_MINUTES, _THREAD, _ORIGIN, _PROJECT = (table_of(model) for model in (Minutes, Thread, VoteOrigin, Project))


@dataclass(frozen=True, slots=True)
class IdleMinutes:
    """Minutes nobody has taken up, by their thread."""

    thread_id: UUID
    title: str
    published_at: datetime


def list_idle_minutes(session: Session, *, estate_id: UUID, limit: int) -> Sequence[IdleMinutes]:
    """Published minutes without a hand-over, the longest waiting first."""
    query = (
        sa.select(_THREAD.c.id, _THREAD.c.title, _MINUTES.c.published_at)
        .select_from(_MINUTES.join(_THREAD, _THREAD.c.id == _MINUTES.c.thread_id))
        .where(
            _MINUTES.c.estate_id == estate_id,
            _MINUTES.c.state == MinutesState.PUBLISHED,
            ~sa.exists().where(_ORIGIN.c.minutes_id == _MINUTES.c.id),
            ~sa.exists().where(_PROJECT.c.minutes_id == _MINUTES.c.id),
        )
        .order_by(_MINUTES.c.published_at, _THREAD.c.number)
        .limit(limit)
    )
    return [IdleMinutes(*row) for row in session.connection().execute(query)]
