"""Mediation: both consent or it does not begin; either stops it, and keeps what he could read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid, NotAllowed
from app.rules.mediation.cases import State, Verb, ensure_state, move
from app.rules.mediation.consent import Consent, all_given, answered, stopped
from app.rules.text import clean_text
from app.services.mediation.access import (
    Chair,
    ensure_mediator,
    ensure_party,
    enter_case,
    parties_of,
    people_of,
)
from app.services.mediation.log import move_case
from app.services.mediation.telling import tell


def answer_request(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, agrees: bool, now: datetime
) -> None:
    """Consent to mediation by this mediator, or not; the last consent begins it, one refusal ends it (art. 17).

    The same answer twice is one answer; raises `Conflict` outside the time of asking.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    party, case = ensure_party(chair), chair.case
    wanted = Consent.GIVEN if agrees else Consent.REFUSED
    if party.consent is wanted and case.state in {State.TALKING, State.WITHDRAWN}:
        return
    ensure_state(case.state, State.ASKING)
    party.consent, party.answered_at = answered(party.consent, agrees=agrees), now
    session.add(party)
    session.flush()
    if not agrees:
        _end(session, chair, now)
        return
    parties = parties_of(session, case_id=case_id)
    if all_given((other.side, other.consent) for other in parties):
        # The latest beginning: whoever was there before it may read on, whoever was added for it may now read.
        case.started_at = now
        # The consents together begin it, not the last of them: nobody's name stands beside it.
        move_case(session, case, Verb.START, account_id=None, now=now)
        tell(session, case, people_of(session, chair), cause=f"start:{now.isoformat()}", now=now)


def stop_case(session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime) -> None:
    """A party stops, at any time before the agreement takes effect (art. 23 no. 3); at once and without a reason.

    Everybody keeps what he could read. A mediator drops only what he took up himself and nobody was asked about.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    case, party = chair.case, chair.party
    if case.state is State.WITHDRAWN:
        return
    move(case.state, Verb.STOP)
    if party is not None:
        party.consent, party.answered_at = stopped(party.consent), now
        session.add(party)
        session.flush()
    elif not (case.state is State.PREPARING and case.opened_by == account_id and case.started_at is None):
        raise NotAllowed(N_("停止调解由当事人决定。谈不成的，请登记“未达成”；不便继续的，请退出由别人调解"))
    _end(session, chair, now)


def fail_case(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, conclusion: str, now: datetime
) -> None:
    """No agreement: the mediator ends it, and both read what else the law offers them (art. 26)."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    case = chair.case
    if case.state is State.FAILED:
        return
    cleaned = clean_text(conclusion, most=2000, field="conclusion")
    if len(cleaned) < 5:
        raise Invalid(
            N_("请用平和的话写明为什么结束，双方都会看到，不要说是哪一方的责任"), field="conclusion"
        )
    people = people_of(session, chair)
    case.conclusion, case.ended_at = cleaned, now
    move_case(session, case, Verb.FAIL, account_id=account_id, now=now)
    tell(session, case, people, cause="fail", now=now, but=account_id)


def _end(session: Session, chair: Chair, now: datetime) -> None:
    """Without a name in the log: who stopped is nobody's blame."""
    people = people_of(session, chair)
    chair.case.ended_at = now
    move_case(session, chair.case, Verb.STOP, account_id=None, now=now)
    tell(session, chair.case, people, cause="stop", now=now, but=chair.account_id)
