"""Votes: the desk's list, with the state of each vote and how much of it waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.votes import CorrectionState, Objection, ObjectionState, RollCorrection, Vote
from app.rules.votes.states import State
from app.services.votes.counting import state_at


@dataclass(frozen=True, slots=True)
class DeskVote:
    """One vote, drafts included; `corrections` and `objections` wait for an answer, `upheld` ones keep it from being final."""

    id: UUID
    number: int
    title: str
    state: State
    scope_level: str
    scope_building: str
    scope_entrance: str
    opens_at: datetime | None
    closes_at: datetime | None
    objections_until: datetime | None
    corrections: int
    objections: int
    upheld: int


def list_desk_votes(session: Session, *, estate_id: UUID, now: datetime) -> list[DeskVote]:
    """Every vote of the estate, the newest first, in the state the clock gives it."""
    corrections = _count(RollCorrection, CorrectionState.OPEN)
    objections, upheld = _count(Objection, ObjectionState.OPEN), _count(Objection, ObjectionState.UPHELD)
    query = (
        select(Vote, corrections, objections, upheld)
        .where(Vote.estate_id == estate_id)
        .order_by(col(Vote.number).desc())
    )
    return [
        DeskVote(
            id=vote.id,
            number=vote.number,
            title=vote.title,
            state=state_at(vote, now),
            scope_level=vote.scope_level.value,
            scope_building=vote.scope_building,
            scope_entrance=vote.scope_entrance,
            opens_at=vote.opens_at,
            closes_at=vote.closes_at,
            objections_until=vote.objections_until,
            corrections=asked,
            objections=raised,
            upheld=kept,
        )
        for vote, asked, raised, kept in session.exec(query)
    ]


def _count(
    table: type[RollCorrection] | type[Objection], state: CorrectionState | ObjectionState
) -> sa.ScalarSelect[int]:
    query = (
        sa.select(sa.func.count())
        .select_from(table)
        .where(col(table.vote_id) == Vote.id, col(table.state) == state)
    )
    return query.correlate(sa.inspect(Vote).local_table).scalar_subquery()
