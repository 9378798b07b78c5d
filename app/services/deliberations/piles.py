"""Deliberations: how much moderation waits for the committee, counted only so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.deliberations import Appeal, AppealState, ContentReport, Post, PostState

# Nobody works down a hundred before looking again; what is above it is shown as "100+".
MOST_COUNTED = 100

_REPORT, _POST, _APPEAL = (table_of(model) for model in (ContentReport, Post, Appeal))


@dataclass(frozen=True, slots=True)
class Piles:
    """Things somebody has reported, posts that wait to be read first, and open appeals; each at most one above `MOST_COUNTED`."""

    reported: int
    unread: int
    appeals: int


def _counting(some: sa.Select[Any]) -> sa.ScalarSelect[int]:
    few = some.limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(few).scalar_subquery()


_ESTATE: sa.BindParameter[UUID] = sa.bindparam("estate_id")
# Each runs along an index that holds little but what waits: open reports, waiting posts, open appeals.
_COUNTS = sa.select(
    _counting(
        sa.select(_REPORT.c.kind, _REPORT.c.subject_id)
        .where(_REPORT.c.estate_id == _ESTATE, _REPORT.c.resolved_at.is_(None))
        .distinct()
    ).label("reported"),
    _counting(
        sa.select(sa.literal(1)).where(_POST.c.estate_id == _ESTATE, _POST.c.state == PostState.WAITING)
    ).label("unread"),
    _counting(
        sa.select(sa.literal(1)).where(_APPEAL.c.estate_id == _ESTATE, _APPEAL.c.state == AppealState.OPEN)
    ).label("appeals"),
)


def count_waiting(session: Session, *, estate_id: UUID) -> Piles:
    """The same three queues that the desk of moderation opens."""
    return Piles(*session.connection().execute(_COUNTS, {"estate_id": estate_id}).one())
