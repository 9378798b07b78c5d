"""Proposals: what neighbours have proposed already that is like what somebody is writing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.proposals.similarity import rank, wording_of
from app.rules.proposals.states import ProposalState
from app.rules.search import terms
from app.services import search
from app.services.proposals.places import place_of

MOST_TERMS = 8
MOST_CANDIDATES = 50
MOST_SHOWN = 5
# The likeness of stories does not need all of them.
_TEXT_COMPARED = 2_000
_NOT_SHOWN = (ProposalState.MERGED, ProposalState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class SimilarLine:
    """A proposal alike; `place` is empty for the whole estate."""

    id: UUID
    number: int
    title: str
    place: str
    state: ProposalState
    supporters: int


def find_similar(
    session: Session, *, estate_id: UUID, title: str, text: str, but: UUID | None = None
) -> list[SimilarLine]:
    """The most alike first, at most five; `but` is the proposal being written itself."""
    mine = wording_of(title, text[:_TEXT_COMPARED])
    telling = [term for term in terms(title) if term in mine.title][:MOST_TERMS]
    hits: Counter[UUID] = Counter()
    for term in telling:
        found = search.find(
            session, estate_id=estate_id, query=term, kind=SubjectKind.PROPOSAL, limit=MOST_CANDIDATES
        )
        hits.update(one.subject_id for one in found if one.subject_id != but)
    candidates = [proposal_id for proposal_id, _ in hits.most_common(MOST_CANDIDATES)]
    query = select(Proposal).where(
        Proposal.estate_id == estate_id,
        col(Proposal.id).in_(candidates),
        col(Proposal.number) > 0,
        col(Proposal.hidden_at).is_(None),
        col(Proposal.state).not_in(_NOT_SHOWN),
    )
    rows = {row.id: row for row in session.exec(query.order_by(col(Proposal.number).desc()))}
    others = ((row.id, wording_of(row.title, row.text[:_TEXT_COMPARED])) for row in rows.values())
    return [_line(rows[key]) for key in rank(mine, others, most=MOST_SHOWN)]


def _line(row: Proposal) -> SimilarLine:
    return SimilarLine(row.id, row.number or 0, row.title, place_of(row).label, row.state, row.supporters)
