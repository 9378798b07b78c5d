"""Mediation: the one door of a case. Whoever has no seat in it learns not even that it exists."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed, NotFound
from app.models.mediation import MediationCase, MediationParty
from app.rules.accounts import Duty, Role
from app.rules.mediation.cases import Seat, Side, Verb
from app.services.accounts.grants import duties_of, roles_of
from app.services.mediation.log import last_act

# The same words for what is not there and for what is somebody else's.
NOT_HERE = N_("没有找到这件事项。可能网址不对，或者它已经不在这里")


@dataclass(frozen=True, slots=True)
class Chair:
    """A person's place in a case. `case` and `party` are rows and stay inside the services.

    Of a mediator: `took` is the number of the act by which he took the case, 0 where he opened it; `begun` whether all
    have consented since.
    """

    case: MediationCase
    account_id: UUID
    seat: Seat
    party: MediationParty | None
    took: int = 0
    begun: bool = False

    @property
    def side(self) -> Side | None:
        return self.party.side if self.party else None

    @property
    def is_mediator(self) -> bool:
        return self.seat is Seat.MEDIATOR

    @property
    def sees_all(self) -> bool:
        """Whether the talk is open to this seat.

        It is once both have consented. Whoever comes later, a party or another mediator, waits until all have consented
        anew, and sees nothing when one does not; whoever was there keeps what he had, however it ended.
        """
        if self.case.started_at is None:
            return False
        return self.begun if self.party is None else self.party.added_at <= self.case.started_at

    @property
    def acts_from(self) -> int:
        """The first act of the log for this seat: a mediator who came after others reads what he does himself."""
        return self.took if self.case.started_at is not None and not self.sees_all else 0


def is_mediator(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """A party member with the duty, or somebody of the committee."""
    if Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=estate_id):
        return True
    return has_duty(session, estate_id=estate_id, account_id=account_id)


def has_duty(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    return Duty.MEDIATOR in duties_of(session, account_id=account_id, estate_id=estate_id)


def enter_case(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, lock: bool = False
) -> Chair:
    """The case from where this person sits. Raises the same `NotFound` for no such case, for another estate's, for
    everybody without a seat, for a mediator whose grant has ended, and for a party that has not been asked yet.

    With `lock` the case stays as it is until the transaction ends: every deed begins so.
    """
    query = select(MediationCase).where(MediationCase.id == case_id, MediationCase.estate_id == estate_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    case = session.exec(query).one_or_none()
    if case is None:
        raise NotFound(NOT_HERE)
    if case.mediator_id == account_id:
        if is_mediator(session, estate_id=estate_id, account_id=account_id):
            took, _ = last_act(session, case_id, Verb.TAKE)
            began, _ = last_act(session, case_id, Verb.START)
            return Chair(case, account_id, Seat.MEDIATOR, None, took, began > took)
        raise NotFound(NOT_HERE)
    party = session.get(MediationParty, (case_id, account_id), populate_existing=lock)
    if party is None or (party.asked_at is None and case.opened_by != account_id):
        raise NotFound(NOT_HERE)
    return Chair(case, account_id, Seat(party.side.value), party)


def ensure_mediator(chair: Chair) -> None:
    if not chair.is_mediator:
        raise NotAllowed(N_("这一步由调解员办理"), code="mediator_only")


def ensure_party(chair: Chair) -> MediationParty:
    if chair.party is None:
        raise NotAllowed(N_("这一步由双方当事人自己办理，调解员不能代办"), code="party_only")
    return chair.party


def parties_of(session: Session, *, case_id: UUID) -> list[MediationParty]:
    query = (
        select(MediationParty)
        .where(MediationParty.case_id == case_id)
        .order_by(col(MediationParty.side), col(MediationParty.added_at), col(MediationParty.account_id))
    )
    return list(session.exec(query))


def people_of(session: Session, chair: Chair) -> list[UUID]:
    """Everybody with a seat at this moment."""
    return [*seated_parties(session, chair.case), *seated_mediator(session, chair.case)]


def seated_parties(session: Session, case: MediationCase) -> list[UUID]:
    """Who has been asked, and who applied: the others do not know yet that there is a case."""
    return [
        party.account_id
        for party in parties_of(session, case_id=case.id)
        if party.asked_at is not None or party.account_id == case.opened_by
    ]


def seated_mediator(session: Session, case: MediationCase) -> list[UUID]:
    """The mediator while his grant lasts, in a list of one or none."""
    mediator = case.mediator_id
    if mediator is None or not is_mediator(session, estate_id=case.estate_id, account_id=mediator):
        return []
    return [mediator]
