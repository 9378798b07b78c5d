"""Mediation: who mediates: cases that wait, taking one up after the check for ties, and stepping back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotFound
from app.models.accounts import Account
from app.models.mediation import MediationCase
from app.rules.accounts import Duty, Role
from app.rules.mediation import conflicts
from app.rules.mediation.cases import Kind, State, Verb, ensure_state
from app.rules.mediation.clocks import target_of
from app.services.accounts.grants import list_grants
from app.services.holidays import is_rest_day
from app.services.mediation.access import (
    Chair,
    ensure_party,
    enter_case,
    has_duty,
    is_mediator,
    parties_of,
    people_of,
    seated_parties,
)
from app.services.mediation.log import move_case, note_act
from app.services.mediation.telling import tell
from app.services.mediation.ties import ties_of

NOT_WAITING = N_("这件事已经不在等待，可能别的调解员已经接手，或者申请人撤回了")


@dataclass(frozen=True, slots=True)
class MediatorLine:
    """Somebody who may be asked; `by_duty` is a party member's duty, otherwise he is of the committee."""

    account_id: UUID
    name: str
    by_duty: bool


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A case that waits, for whoever might take it: its kind and since when, nobody's name and nothing told."""

    id: UUID
    kind: Kind
    opened_at: datetime
    is_wish: bool


def list_mediators(session: Session, *, estate_id: UUID, but: UUID | None = None) -> list[MediatorLine]:
    """Everybody who may mediate here, each once."""
    found: dict[UUID, MediatorLine] = {}
    for grant in list_grants(session, estate_id=estate_id):
        by_duty = grant.role is Role.PARTY_MEMBER and grant.duty is Duty.MEDIATOR
        if (by_duty or grant.role is Role.COMMITTEE) and grant.account_id != but:
            known = found.get(grant.account_id)
            found[grant.account_id] = MediatorLine(
                grant.account_id, grant.name, by_duty or (known is not None and known.by_duty)
            )
    return list(found.values())


def wished(session: Session, *, estate_id: UUID, account_id: UUID | None, but: UUID) -> UUID | None:
    """The mediator asked for by name, None for whoever is free. Raises `Invalid` when nobody would ever take it."""
    mediators = list_mediators(session, estate_id=estate_id, but=but)
    if account_id is None:
        if not any(line.by_duty for line in mediators):
            raise Invalid(
                N_("本小区还没有专门的调解员，请在名单里选一位；名单是空的，请联系居委会"), field="mediator"
            )
        return None
    if account_id not in {line.account_id for line in mediators}:
        raise Invalid(N_("请从名单里选一位调解员"), field="mediator")
    return account_id


def tell_mediators(session: Session, case: MediationCase, *, cause: str, now: datetime) -> None:
    """The one who was asked for, or all who have the duty."""
    accounts = (
        [case.wished_id]
        if case.wished_id
        else [
            line.account_id
            for line in list_mediators(session, estate_id=case.estate_id, but=case.opened_by)
            if line.by_duty
        ]
    )
    tell(session, case, accounts, cause=cause, now=now)


def list_waiting(session: Session, *, estate_id: UUID, account_id: UUID) -> list[WaitingLine]:
    """What this person might take: what asks for him, and, where he has the duty, what asks for nobody."""
    mine: sa.ColumnElement[bool] = col(MediationCase.wished_id) == account_id
    if has_duty(session, estate_id=estate_id, account_id=account_id):
        mine = sa.or_(mine, col(MediationCase.wished_id).is_(None))
    elif not is_mediator(session, estate_id=estate_id, account_id=account_id):
        return []
    query = (
        select(MediationCase)
        .where(
            MediationCase.estate_id == estate_id,
            MediationCase.state == State.WAITING,
            col(MediationCase.opened_by) != account_id,
            mine,
        )
        .order_by(col(MediationCase.opened_at))
    )
    parties = {case.id: parties_of(session, case_id=case.id) for case in session.exec(query).all()}
    return [
        WaitingLine(case.id, case.kind, case.opened_at, case.wished_id == account_id)
        for case in session.exec(query)
        if account_id not in {party.account_id for party in parties[case.id]}
    ]


def take_case(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, disclose: bool, now: datetime
) -> None:
    """Take up a case that waits; before that nothing of it has been shown.

    Raises `NotFound` for what does not wait for this person (somebody was first), `NotAllowed` for one's own case,
    `Conflict` (`undisclosed`) for a tie that he would not show; a tie that is shown needs both parties' consent.
    """
    case = _waiting(session, estate_id, case_id, account_id)
    parties = [party.account_id for party in parties_of(session, case_id=case.id)]
    found = ties_of(session, case, account_id=account_id, parties=parties)
    conflicts.ensure_may_mediate(found, disclosed=disclose)
    case.mediator_id, case.wished_id = account_id, None
    case.interest = conflicts.written(found)
    case.target_at, case.target_told_at = target_of(now, is_rest_day), None
    move_case(session, case, Verb.TAKE, account_id=account_id, now=now)
    tell(session, case, seated_parties(session, case), cause=f"take:{now.isoformat()}", now=now)


def decline_case(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> None:
    """Whoever was asked for by name passes it on to all who have the duty; without any, the parties choose again."""
    case = _waiting(session, estate_id, case_id, account_id)
    if case.wished_id != account_id:
        raise NotFound(NOT_WAITING)
    case.wished_id = None
    session.add(case)
    session.flush()
    note_act(session, case, "decline", account_id=account_id, now=now)
    tell_mediators(session, case, cause=f"decline:{now.isoformat()}", now=now)
    tell(session, case, seated_parties(session, case), cause=f"decline:{now.isoformat()}", now=now)


def wish_mediator(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    wished_id: UUID | None,
    now: datetime,
) -> None:
    """While a case waits, a party asks for somebody by name, or for whoever is free."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_party(chair)
    case = chair.case
    ensure_state(case.state, State.WAITING)
    found = wished(session, estate_id=estate_id, account_id=wished_id, but=account_id)
    if found == case.wished_id:
        return  # the same form once more
    case.wished_id = found
    session.add(case)
    session.flush()
    note_act(session, case, "wish", account_id=account_id, now=now)
    tell_mediators(session, case, cause=f"wish:{now.isoformat()}", now=now)


def release_case(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> None:
    """The mediator steps back, or a party asks for another (人民调解法 art. 23 no. 1); the case waits again.

    Whoever steps back has no seat any more. What was said stays with the parties.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    case, people = chair.case, people_of(session, chair)
    move_case(session, case, Verb.RELEASE, account_id=account_id, now=now)
    case.mediator_id, case.interest, case.target_at = None, "", None
    session.add(case)
    session.flush()
    cause = f"release:{now.isoformat()}"
    tell(session, case, people, cause=cause, now=now, but=account_id)
    tell_mediators(session, case, cause=cause, now=now)


def refresh_interest(session: Session, chair: Chair) -> None:
    """What ties the mediator to the case may be more than when he took it: a party was added, he moved, seconded, ruled."""
    case = chair.case
    parties = [party.account_id for party in parties_of(session, case_id=case.id)]
    found = ties_of(session, case, account_id=chair.account_id, parties=parties)
    conflicts.ensure_may_mediate(found, disclosed=True)
    case.interest = conflicts.written(found)
    session.add(case)
    session.flush()


def name_of(session: Session, account_id: UUID | None) -> str:
    account = session.get(Account, account_id) if account_id else None
    return account.name if account else ""


def _waiting(session: Session, estate_id: UUID, case_id: UUID, account_id: UUID) -> MediationCase:
    if case_id not in {line.id for line in list_waiting(session, estate_id=estate_id, account_id=account_id)}:
        raise NotFound(NOT_WAITING)
    case = session.exec(
        select(MediationCase)
        .where(MediationCase.id == case_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if case.state is not State.WAITING or case.wished_id not in {None, account_id}:
        raise NotFound(NOT_WAITING)
    return case
