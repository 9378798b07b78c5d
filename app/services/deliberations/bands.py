"""Deliberations: whether a person has a home in a proposal's scope, and on which floor band it lies."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.proposals import Proposal
from app.rules.estates.bands import Band, band_of
from app.rules.estates.units import UnitKind, votable_by_default
from app.rules.proposals.support import Scope

_HOMES = tuple(kind for kind in UnitKind if votable_by_default(kind))


def in_scope(proposal: Proposal) -> list[sa.ColumnElement[bool]]:
    """What the units of a proposal's scope have in common."""
    wheres = [col(Unit.estate_id) == proposal.estate_id, col(Unit.kind).in_(_HOMES)]
    if proposal.scope is not Scope.ESTATE:
        wheres.append(col(Unit.building) == proposal.scope_building)
    if proposal.scope is Scope.ENTRANCE:
        wheres.append(col(Unit.entrance) == proposal.scope_entrance)
    return wheres


def band_in_scope(session: Session, *, proposal: Proposal, account_id: UUID) -> Band | None:
    """The band of the person's home in the scope, the highest when he has several; None without one."""
    owned = (
        select(Ownership.unit_id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Owner.estate_id == proposal.estate_id, Owner.account_id == account_id)
    )
    lived = select(Residence.unit_id).where(Residence.account_id == account_id)
    home = session.exec(
        select(Unit)
        .where(sa.or_(col(Unit.id).in_(owned), col(Unit.id).in_(lived)), *in_scope(proposal))
        .order_by(col(Unit.floor).desc(), col(Unit.building), col(Unit.room))
        .limit(1)
    ).first()
    if home is None:
        return None
    top = session.exec(
        select(sa.func.max(Unit.floor)).where(
            Unit.estate_id == home.estate_id, Unit.building == home.building, col(Unit.kind).in_(_HOMES)
        )
    ).one()
    return band_of(home.floor, top or home.floor)
