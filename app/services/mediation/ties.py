"""Mediation: what ties somebody to a case: his home, his entrance, what he backed, what he ruled on."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.mediation import MediationCase
from app.models.proposals import Proposal, Seconding
from app.models.votes import Objection, VoteOrigin
from app.rules.mediation.conflicts import Interest, interests
from app.services.estates.units import label_of, place_of


def homes_of(session: Session, *, estate_id: UUID, accounts: Collection[UUID]) -> list[Unit]:
    """Where these people own or live in the estate, in the order of the register."""
    owned = (
        select(Unit)
        .join(Ownership, col(Ownership.unit_id) == Unit.id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Unit.estate_id == estate_id, col(Owner.account_id).in_(accounts))
    )
    lived = (
        select(Unit)
        .join(Residence, col(Residence.unit_id) == Unit.id)
        .where(Unit.estate_id == estate_id, col(Residence.account_id).in_(accounts))
    )
    found = {unit.id: unit for query in (owned, lived) for unit in session.exec(query)}
    return sorted(found.values(), key=place_of)


def home_words(session: Session, *, estate_id: UUID, account_id: UUID) -> str:
    """His homes as they read, "" for somebody who has none here."""
    units = homes_of(session, estate_id=estate_id, accounts=(account_id,))
    return "、".join(label_of(unit) for unit in units)[:80]


def ties_of(
    session: Session, case: MediationCase, *, account_id: UUID, parties: Collection[UUID]
) -> frozenset[Interest]:
    """All that would keep this person from mediating, or must be shown to both."""
    own = homes_of(session, estate_id=case.estate_id, accounts=(account_id,))
    theirs = homes_of(session, estate_id=case.estate_id, accounts=tuple(parties)) if parties else []
    objection = session.get(Objection, case.objection_id) if case.objection_id else None
    return interests(
        is_party=account_id in parties,
        own_homes=[unit.id for unit in own],
        party_homes=[unit.id for unit in theirs],
        own_entrances=[(unit.building, unit.entrance) for unit in own],
        party_entrances=[(unit.building, unit.entrance) for unit in theirs],
        backs=_backs(session, _proposal_of(session, case, objection), account_id),
        ruled=objection is not None and objection.ruled_by == account_id,
    )


def _proposal_of(session: Session, case: MediationCase, objection: Objection | None) -> Proposal | None:
    proposal_id = case.proposal_id
    if objection is not None:
        origin = session.get(VoteOrigin, objection.vote_id)
        proposal_id = origin.proposal_id if origin else None
    return session.get(Proposal, proposal_id) if proposal_id else None


def _backs(session: Session, proposal: Proposal | None, account_id: UUID) -> bool:
    if proposal is None:
        return False
    if account_id in {proposal.author_id, proposal.sponsor_id}:
        return True
    query = select(Seconding.unit_id).where(
        Seconding.proposal_id == proposal.id, Seconding.account_id == account_id
    )
    return session.exec(query.limit(1)).first() is not None
