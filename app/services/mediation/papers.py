"""Mediation: offers, the agreement, the court and the checks as their pages show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.mediation import (
    MediationCheck,
    MediationCourt,
    MediationFile,
    MediationOffer,
    MediationRemark,
)
from app.rules.mediation.agreements import CourtMark, shown
from app.rules.mediation.cases import Seat, Side, State
from app.rules.mediation.checks import CheckState, is_due
from app.rules.mediation.clocks import whole_days_left
from app.rules.mediation.offers import OfferKind, OfferState, state_at
from app.services.mediation.access import enter_case, parties_of
from app.services.mediation.agreeing import (
    current_version,
    everybody_signed,
    is_void,
    live_signatures,
    number_of,
    registered_name,
)


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer as it stands at this moment; `amount` in fen."""

    id: UUID
    side: Side
    kind: OfferKind
    amount: int
    text: str
    valid_until: datetime
    state: OfferState
    by: str
    made_at: datetime
    may_answer: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class SignerView:
    """Somebody whose confirmation the agreement needs; `at` is None while it has not come."""

    seat: Seat
    name: str
    home: str
    at: datetime | None
    is_me: bool


@dataclass(frozen=True, slots=True)
class AgreementView:
    """The latest version and who has confirmed it; `is_void` says that it was reopened after that, and nobody counts.

    `scan` is the signed paper once it was filed.
    """

    number: str
    version: int
    text: str
    digest: str
    short: str
    at: datetime
    signers: tuple[SignerView, ...]
    all_signed: bool
    i_signed: bool
    is_void: bool
    my_name: str
    scan: UUID | None


@dataclass(frozen=True, slots=True)
class CourtView:
    """The thirty days: how many are left, 0 when over, and what was noted of each step."""

    until: datetime
    days_left: int
    marks: tuple[tuple[CourtMark, date, str], ...]
    next_marks: tuple[CourtMark, ...]


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check and what was said to it."""

    id: UUID
    due_on: date
    what: str
    state: CheckState
    note: str
    is_due: bool
    remarks: tuple[tuple[str, str, datetime], ...]


def list_offers(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> list[OfferView]:
    """Newest first; nothing before both had consented."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    if not chair.sees_all:
        return []
    query = (
        select(MediationOffer, Account.name)
        .join(Account, col(Account.id) == MediationOffer.account_id)
        .where(MediationOffer.case_id == case_id)
        .order_by(col(MediationOffer.made_at).desc(), col(MediationOffer.id))
    )
    found = []
    for row, name in session.exec(query):
        state = state_at(row.state, row.valid_until, now)
        is_open = state is OfferState.OPEN and chair.case.state is State.TALKING
        found.append(
            OfferView(
                id=row.id,
                side=row.side,
                kind=row.kind,
                amount=row.amount,
                text=row.text,
                valid_until=row.valid_until,
                state=state,
                by=name,
                made_at=row.made_at,
                may_answer=is_open and chair.side not in {None, row.side},
                may_withdraw=is_open and chair.side is row.side,
            )
        )
    return found


def read_agreement(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID
) -> AgreementView | None:
    """None while there is no text."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    version = current_version(session, case_id=case_id)
    if version is None or not chair.sees_all:
        return None
    signatures = live_signatures(session, version)
    people: list[tuple[UUID, Seat, str]] = [
        (party.account_id, Seat(party.side.value), party.home)
        for party in parties_of(session, case_id=case_id)
        if party.asked_at is not None
    ]
    if chair.case.mediator_id:
        people.append((chair.case.mediator_id, Seat.MEDIATOR, ""))
    signers = tuple(
        SignerView(
            seat=seat,
            name=registered_name(session, estate_id=estate_id, account_id=person),
            home=home,
            at=signatures[person].at if person in signatures else None,
            is_me=person == account_id,
        )
        for person, seat, home in people
    )
    scan = select(MediationFile.file_id).where(MediationFile.agreement_id == version.id)
    return AgreementView(
        number=number_of(chair.case),
        version=version.version,
        text=version.text,
        digest=version.digest,
        short=shown(version.digest),
        at=version.at,
        signers=signers,
        all_signed=everybody_signed(session, chair),
        i_signed=account_id in signatures,
        is_void=is_void(session, version),
        my_name=registered_name(session, estate_id=estate_id, account_id=account_id),
        scan=session.exec(scan.limit(1)).first(),
    )


def read_court(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> CourtView | None:
    """None before the agreement took effect."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    if chair.case.court_until is None:
        return None
    order = list(CourtMark)
    rows = sorted(
        session.exec(select(MediationCourt).where(MediationCourt.case_id == case_id)),
        key=lambda row: order.index(row.mark),
    )
    marks = {row.mark for row in rows}
    following: tuple[CourtMark, ...] = ()
    if CourtMark.APPLIED not in marks:
        following = (CourtMark.APPLIED,)
    elif marks == {CourtMark.APPLIED}:
        following = (CourtMark.CONFIRMED, CourtMark.REFUSED)
    return CourtView(
        until=chair.case.court_until,
        days_left=whole_days_left(chair.case.court_until, now),
        marks=tuple((row.mark, row.marked_on, row.note) for row in rows),
        next_marks=following,
    )


def list_checks(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> list[CheckView]:
    """In the order of their days."""
    enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    said: defaultdict[UUID, list[tuple[str, str, datetime]]] = defaultdict(list)
    remarks = (
        select(MediationRemark, Account.name)
        .join(MediationCheck, col(MediationCheck.id) == MediationRemark.check_id)
        .join(Account, col(Account.id) == MediationRemark.account_id)
        .where(MediationCheck.case_id == case_id)
        .order_by(col(MediationRemark.at), col(MediationRemark.id))
    )
    for row, name in session.exec(remarks):
        said[row.check_id].append((name, row.text, row.at))
    checks = (
        select(MediationCheck)
        .where(MediationCheck.case_id == case_id)
        .order_by(col(MediationCheck.due_on), col(MediationCheck.at), col(MediationCheck.id))
    )
    return [
        CheckView(
            id=check.id,
            due_on=check.due_on,
            what=check.what,
            state=check.state,
            note=check.note,
            is_due=is_due(check.state, check.due_on, now),
            remarks=tuple(said[check.id]),
        )
        for check in session.exec(checks)
    ]
