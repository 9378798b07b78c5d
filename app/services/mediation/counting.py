"""Mediation: all that is ever told of it outside its rooms: how many cases there are, by year and state."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, func, select

from app.models.mediation import MediationCase
from app.rules.mediation.cases import State


@dataclass(frozen=True, slots=True)
class CaseCount:
    """How many cases of a year stand in a state."""

    year: int
    state: State
    cases: int


def count_cases(session: Session, *, estate_id: UUID) -> list[CaseCount]:
    """The existence count for the auditor: numbers only, the latest year first."""
    query = (
        select(MediationCase.year, MediationCase.state, func.count())
        .where(MediationCase.estate_id == estate_id)
        .group_by(col(MediationCase.year), col(MediationCase.state))
    )
    order = list(State)
    found = [CaseCount(year, State(state), cases) for year, state, cases in session.exec(query)]
    return sorted(found, key=lambda line: (-line.year, order.index(line.state)))
