"""Mediation: the mediator prepares: a neutral summary, who is on which side, and then he asks both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid
from app.models.accounts import Account
from app.models.estates import Residence
from app.models.mediation import MediationParty
from app.rules.accounts import mask_name
from app.rules.estates.labels import building_label, entrance_label, home_label
from app.rules.mediation.cases import Side, State, Verb, ensure_state
from app.rules.mediation.conflicts import FORBIDDEN
from app.rules.mediation.consent import Consent, both_sides
from app.services.estates.units import find_unit, label_of, list_buildings, list_rooms, owners_of
from app.services.mediation.access import Chair, ensure_mediator, enter_case, parties_of, people_of
from app.services.mediation.log import move_case, note_act
from app.services.mediation.mediators import refresh_interest
from app.services.mediation.opening import clean_summary
from app.services.mediation.telling import tell
from app.services.mediation.ties import home_words, ties_of

MOST_PARTIES = 12


@dataclass(frozen=True, slots=True)
class HomePerson:
    """Somebody of a home as the mediator chooses him; without an account he cannot be added yet.

    `name` is masked: a duty in one quarrel opens the register of no other home. Whom he adds he reads by name, and the log
    of the case has it.
    """

    account_id: UUID | None
    name: str
    is_owner: bool


@dataclass(frozen=True, slots=True)
class Entrance:
    """An entrance and its homes, to choose one from; no names."""

    name: str
    homes: tuple[tuple[UUID, str], ...]


def list_entrances(session: Session, *, estate_id: UUID) -> list[Entrance]:
    found = []
    for line in list_buildings(session, estate_id=estate_id):
        for entrance in line.entrances:
            rooms = list_rooms(session, estate_id=estate_id, building=line.building, entrance=entrance)
            name = f"{building_label(line.building)}{entrance_label(entrance)}"
            homes = tuple((unit_id, home_label("", "", room)) for unit_id, room in rooms)
            found.append(Entrance(name, homes))
    return found


def people_in(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, unit_id: UUID
) -> tuple[str, list[HomePerson]]:
    """How a home reads, and its owners and residents, for the mediator of a case that is being prepared."""
    chair = _preparing(session, estate_id, case_id, account_id, lock=False)
    unit = find_unit(session, estate_id=chair.case.estate_id, unit_id=unit_id)
    people = [
        HomePerson(owner.account_id, mask_name(owner.name), True)
        for owner in owners_of(session, unit_id=unit.id)
    ]
    lived = select(Residence.account_id, Account.name).where(
        Residence.unit_id == unit.id, Residence.account_id == Account.id
    )
    people += [HomePerson(found, mask_name(name), False) for found, name in session.exec(lived)]
    return label_of(unit), people


def write_summary(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, summary: str, now: datetime
) -> None:
    """What both are shown before they consent, in neutral words."""
    chair = _preparing(session, estate_id, case_id, account_id)
    cleaned = clean_summary(summary)
    if cleaned == chair.case.summary:
        return  # the same form once more
    chair.case.summary = cleaned
    session.add(chair.case)
    session.flush()
    note_act(session, chair.case, "summary", account_id=account_id, now=now)


def add_party(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    unit_id: UUID,
    party_id: UUID,
    side: Side,
    now: datetime,
) -> None:
    """Name somebody of a home as one of a side; he learns of it only when both are asked.

    A second arrival is the same deed. Raises `Invalid` for whoever is not of that home, `Conflict` for somebody on the
    other side already, or whose home is the mediator's own.
    """
    chair = _preparing(session, estate_id, case_id, account_id)
    _label, people = people_in(
        session, estate_id=estate_id, case_id=case_id, account_id=account_id, unit_id=unit_id
    )
    if party_id not in {person.account_id for person in people}:
        raise Invalid(
            N_("这套房屋里没有这个人，或者他还没有账号。没有账号的可以先到居委会办理登录码"), field="person"
        )
    known = session.get(MediationParty, (case_id, party_id))
    if known is not None:
        if known.side is side:
            return
        raise Conflict(
            N_("这个人已经在另一方里。要换到这一方，请先把他移出"), code="other_side", field="person"
        )
    parties = parties_of(session, case_id=case_id)
    if len(parties) >= MOST_PARTIES:
        raise Invalid(N_("一件事最多 %(most)s 位当事人，请双方各推代表"), field="person", most=MOST_PARTIES)
    own = ties_of(
        session, chair.case, account_id=account_id, parties=[*(p.account_id for p in parties), party_id]
    )
    if own & FORBIDDEN:
        raise Conflict(
            N_("这个人和您是一家，或者就是您本人。请退出，让别人来调解"), code="own_case", field="person"
        )
    session.add(
        MediationParty(
            case_id=case_id,
            account_id=party_id,
            side=side,
            home=home_words(session, estate_id=estate_id, account_id=party_id),
            consent=Consent.ASKED,
            added_at=now,
        )
    )
    session.flush()
    refresh_interest(session, chair)
    note_act(session, chair.case, "party", account_id=account_id, now=now)


def remove_party(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, party_id: UUID, now: datetime
) -> None:
    """Take somebody off who has not been asked; removing twice is no fault."""
    chair = _preparing(session, estate_id, case_id, account_id)
    party = session.get(MediationParty, (case_id, party_id))
    if party is None:
        return
    if party.asked_at is not None or party_id == chair.case.opened_by:
        raise Conflict(N_("已经征求过意见的人不能移出"), code="asked")
    session.delete(party)
    session.flush()
    refresh_interest(session, chair)
    note_act(session, chair.case, "unparty", account_id=account_id, now=now)


def ask_parties(session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime) -> None:
    """Ask everybody of both sides, the applicant too: he has not yet said whether he accepts this mediator."""
    chair = _preparing(session, estate_id, case_id, account_id)
    refresh_interest(session, chair)
    case, parties = chair.case, parties_of(session, case_id=case_id)
    if not case.summary:
        raise Invalid(N_("请先写好案情概要，双方要看着它决定是否同意"), field="summary")
    if not both_sides(party.side for party in parties):
        raise Conflict(N_("请先把双方当事人都加进来，再征求意见"), code="one_side")
    for party in parties:
        party.consent, party.asked_at, party.answered_at = Consent.ASKED, now, None
        session.add(party)
    move_case(session, case, Verb.ASK, account_id=account_id, now=now)
    tell(session, case, [party.account_id for party in parties], cause=f"ask:{now.isoformat()}", now=now)


def recall_asking(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime
) -> None:
    """Back to preparing: whoever has not answered is no longer asked, whoever has will be asked anew."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    people = people_of(session, chair)
    move_case(session, chair.case, Verb.RECALL, account_id=account_id, now=now)
    for party in parties_of(session, case_id=case_id):
        if party.consent is Consent.ASKED and chair.case.started_at is None:
            party.asked_at = None
        party.consent, party.answered_at = Consent.ASKED, None
        session.add(party)
    session.flush()
    tell(session, chair.case, people, cause=f"recall:{now.isoformat()}", now=now, but=account_id)


def _preparing(
    session: Session, estate_id: UUID, case_id: UUID, account_id: UUID, *, lock: bool = True
) -> Chair:
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=lock)
    ensure_mediator(chair)
    ensure_state(chair.case.state, State.PREPARING)
    return chair
