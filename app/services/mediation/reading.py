"""Mediation: a case as its own people read it, each from his seat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.mediation import (
    MediationCase,
    MediationClaim,
    MediationFile,
    MediationLog,
    MediationMessage,
    MediationNote,
    MediationParty,
)
from app.rules.mediation.cases import ENDED, Kind, Origin, Seat, Side, State, Verb, may
from app.rules.mediation.conflicts import Interest, read
from app.rules.mediation.consent import Consent
from app.services.mediation.access import Chair, enter_case, is_mediator, parties_of
from app.services.mediation.agreeing import number_of
from app.services.mediation.talking import may_see


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One of my cases in a list."""

    id: UUID
    number: str
    kind: Kind
    state: State
    seat: Seat
    opened_at: datetime
    waits_for_me: bool


@dataclass(frozen=True, slots=True)
class PartyView:
    """Somebody of a side. `answer` is his own consent for himself, and for the mediator while he asks; else ""."""

    account_id: UUID
    name: str
    home: str
    side: Side
    answer: str
    is_me: bool
    may_remove: bool


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What the applicant says; `distance` in centimetres or None."""

    text: str
    distance: int | None
    between: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SaidView:
    """One thing said in the room."""

    seat: Seat
    name: str
    text: str
    is_response: bool
    is_mine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ActView:
    """One act of the case's own log; `name` is "" where no person acted."""

    act: str
    name: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case from one seat. `open_room` says whether the reader may see all that was said; `told` is who the
    applicant says the other side is, for himself and the mediator."""

    id: UUID
    number: str
    origin: Origin
    kind: Kind
    state: State
    seat: Seat
    summary: str
    told: str
    mediator: str
    wished: str
    interest: tuple[Interest, ...]
    parties: tuple[PartyView, ...]
    my_consent: str
    claim: ClaimView | None
    photos: tuple[UUID, ...]
    said: tuple[SaidView, ...]
    notes: tuple[tuple[str, datetime], ...]
    acts: tuple[ActView, ...]
    opened_at: datetime
    opened_by_me: bool
    target_at: datetime | None
    started_at: datetime | None
    effective_on: date | None
    court_until: datetime | None
    ended_at: datetime | None
    conclusion: str
    open_room: bool
    may_stop: bool
    may_release: bool

    @property
    def is_mediator(self) -> bool:
        return self.seat is Seat.MEDIATOR


def read_case(session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID) -> CaseView:
    """Raises `NotFound` for everybody without a seat; see `access.enter_case`."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    case, parties = chair.case, parties_of(session, case_id=case_id)
    names = _names(
        session, [*(party.account_id for party in parties), case.mediator_id, case.wished_id, case.opened_by]
    )
    open_room = chair.sees_all
    knows_told = chair.is_mediator or case.opened_by == account_id
    return CaseView(
        id=case.id,
        number=number_of(case),
        origin=case.origin,
        kind=case.kind,
        state=case.state,
        seat=chair.seat,
        summary=case.summary,
        told=case.told if knows_told else "",
        mediator=names.get(case.mediator_id, ""),
        wished=names.get(case.wished_id, "") if knows_told else "",
        interest=read(case.interest),
        parties=tuple(_party(chair, party, names) for party in parties if _is_shown(chair, party)),
        my_consent=chair.party.consent.value if chair.party else "",
        claim=_claim(session, chair, names),
        photos=_photos(session, chair),
        said=_said(session, chair) if open_room else (),
        notes=_notes(session, chair),
        acts=_acts(session, chair) if open_room or knows_told else (),
        opened_at=case.opened_at,
        opened_by_me=case.opened_by == account_id,
        target_at=case.target_at,
        started_at=case.started_at,
        effective_on=case.effective_on,
        court_until=case.court_until,
        ended_at=case.ended_at,
        conclusion=case.conclusion,
        open_room=open_room,
        may_stop=may(case.state, Verb.STOP) and (chair.party is not None or _may_drop(case, account_id)),
        may_release=may(case.state, Verb.RELEASE),
    )


def list_mine(session: Session, *, estate_id: UUID, account_id: UUID) -> list[CaseLine]:
    """The cases in which this person has a seat, those that go on first, the newest first."""
    mine = (
        sa.exists()
        .where(
            col(MediationParty.case_id) == MediationCase.id,
            col(MediationParty.account_id) == account_id,
            sa.or_(
                col(MediationParty.asked_at).is_not(None),
                col(MediationCase.opened_by) == account_id,
            ),
        )
        .correlate(MediationCase)
    )
    seats: list[sa.ColumnElement[bool]] = [mine]
    if is_mediator(session, estate_id=estate_id, account_id=account_id):
        seats.append(col(MediationCase.mediator_id) == account_id)
    query = (
        select(MediationCase, MediationParty)
        .outerjoin(
            MediationParty,
            sa.and_(
                col(MediationParty.case_id) == MediationCase.id,
                col(MediationParty.account_id) == account_id,
            ),
        )
        .where(MediationCase.estate_id == estate_id, sa.or_(*seats))
        .order_by(
            sa.case((col(MediationCase.state).in_(ENDED), 1), else_=0),
            col(MediationCase.opened_at).desc(),
            col(MediationCase.number).desc(),
        )
    )
    return [_line(case, party) for case, party in session.exec(query)]


def _line(case: MediationCase, party: MediationParty | None) -> CaseLine:
    asked = case.state is State.ASKING and party is not None and party.consent is Consent.ASKED
    return CaseLine(
        id=case.id,
        number=number_of(case),
        kind=case.kind,
        state=case.state,
        seat=Seat(party.side.value) if party else Seat.MEDIATOR,
        opened_at=case.opened_at,
        waits_for_me=asked or (party is None and case.state is State.PREPARING),
    )


def _may_drop(case: MediationCase, account_id: UUID) -> bool:
    return case.state is State.PREPARING and case.opened_by == account_id and case.started_at is None


def _is_shown(chair: Chair, party: MediationParty) -> bool:
    """Whoever is only being thought of is known to the mediator alone."""
    if chair.is_mediator or party.asked_at is not None:
        return True
    return party.account_id in {chair.account_id, chair.case.opened_by}


def _party(chair: Chair, party: MediationParty, names: dict[UUID | None, str]) -> PartyView:
    is_me = party.account_id == chair.account_id
    tells = is_me or (chair.is_mediator and chair.case.state is State.ASKING)
    return PartyView(
        account_id=party.account_id,
        name=names.get(party.account_id, ""),
        home=party.home,
        side=party.side,
        answer=party.consent.value if tells else "",
        is_me=is_me,
        may_remove=chair.is_mediator and party.asked_at is None and party.account_id != chair.case.opened_by,
    )


def _names(session: Session, accounts: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {account_id for account_id in accounts if account_id}
    query = select(Account.id, Account.name).where(col(Account.id).in_(wanted))
    return dict(session.exec(query).all())


def _claim(session: Session, chair: Chair, names: dict[UUID | None, str]) -> ClaimView | None:
    claim = session.get(MediationClaim, chair.case.id)
    if claim is None or not may_see(chair, claim.account_id, claim.at):
        return None
    return ClaimView(claim.text, claim.distance, claim.between, names.get(claim.account_id, ""), claim.at)


def _photos(session: Session, chair: Chair) -> tuple[UUID, ...]:
    query = (
        select(MediationFile)
        .where(MediationFile.case_id == chair.case.id, col(MediationFile.agreement_id).is_(None))
        .order_by(col(MediationFile.at), col(MediationFile.file_id))
    )
    return tuple(file.file_id for file in session.exec(query) if may_see(chair, file.account_id, file.at))


def _said(session: Session, chair: Chair) -> tuple[SaidView, ...]:
    query = (
        select(MediationMessage, Account.name)
        .join(Account, col(Account.id) == MediationMessage.account_id)
        .where(MediationMessage.case_id == chair.case.id)
        .order_by(col(MediationMessage.at), col(MediationMessage.id))
    )
    return tuple(
        SaidView(row.seat, name, row.text, row.is_response, row.account_id == chair.account_id, row.at)
        for row, name in session.exec(query)
    )


def _notes(session: Session, chair: Chair) -> tuple[tuple[str, datetime], ...]:
    if not chair.is_mediator:
        return ()
    query = (
        select(MediationNote)
        .where(MediationNote.case_id == chair.case.id, MediationNote.account_id == chair.account_id)
        .order_by(col(MediationNote.at).desc(), col(MediationNote.id))
    )
    return tuple((note.text, note.at) for note in session.exec(query))


def _acts(session: Session, chair: Chair) -> tuple[ActView, ...]:
    query = (
        select(MediationLog, Account.name)
        .outerjoin(Account, col(Account.id) == MediationLog.account_id)
        .where(MediationLog.case_id == chair.case.id, col(MediationLog.seq) >= chair.acts_from)
        .order_by(col(MediationLog.seq))
    )
    return tuple(ActView(row.act, name or "", row.note, row.at) for row, name in session.exec(query))
