"""What a person is to one order: reporter, neighbour who joined, the party, its first receiver, the committee."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.orders import Handing, Joiner, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.accounts import Role
from app.rules.maintenance.responsible import PartyKind, Reply
from app.rules.maintenance.states import Cause
from app.services.accounts.grants import roles_of
from app.services.maintenance.parties import parties_of


@dataclass(frozen=True, slots=True)
class OrderSeat:
    """The hats of one person at one order; `party_ids` are all parties of the estate he works for."""

    causes: frozenset[Cause]
    party_ids: frozenset[UUID]

    @property
    def is_resident(self) -> bool:
        return bool(self.causes & {Cause.REPORTER, Cause.JOINER})

    @property
    def is_staff(self) -> bool:
        """Whether he sees what only those see who work on it: the original photos, private notes, whom to ask back."""
        return bool(self.causes & {Cause.PARTY, Cause.FIRST_RECEIVER, Cause.COMMITTEE})


def seat_of(session: Session, order: WorkOrder, *, account_id: UUID | None) -> OrderSeat:
    """All hats at once, for `rules.maintenance.states.move`. The committee is the party where its own holds the order."""
    if account_id is None:
        return OrderSeat(frozenset(), frozenset())
    causes: set[Cause] = set()
    if order.reporter_id == account_id:
        causes.add(Cause.REPORTER)
    if session.get(Joiner, (order.id, account_id)) is not None:
        causes.add(Cause.JOINER)
    mine = {party.id for party in parties_of(session, estate_id=order.estate_id, account_id=account_id)}
    if Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=order.estate_id):
        causes.add(Cause.COMMITTEE)
        mine |= _committee_parties(session, order.estate_id)
    if order.party_id in mine:
        causes.add(Cause.PARTY)
    if first_receiver(session, order.id) in mine and not _taken(session, order.id):
        causes.add(Cause.FIRST_RECEIVER)
    return OrderSeat(frozenset(causes), frozenset(mine))


def first_receiver(session: Session, order_id: UUID) -> UUID | None:
    """The party that was asked first (首接负责制); None before anyone was."""
    query = select(Handing.party_id).where(Handing.order_id == order_id).order_by(col(Handing.seq)).limit(1)
    return session.exec(query).one_or_none()


def _taken(session: Session, order_id: UUID) -> bool:
    """Whether somebody other than by default answers: a party accepted, or the committee ruled."""
    query = select(Handing.seq).where(
        Handing.order_id == order_id,
        (col(Handing.reply) == Reply.ACCEPTED) | col(Handing.ruled),
    )
    return session.exec(query.limit(1)).one_or_none() is not None


def _committee_parties(session: Session, estate_id: UUID) -> set[UUID]:
    query = select(Party.id).where(Party.estate_id == estate_id, Party.kind == PartyKind.COMMITTEE)
    return set(session.exec(query).all())
