"""Mediation: offers of one side, answered by the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, func, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.mediation import MediationOffer
from app.rules.mediation.cases import State, ensure_state
from app.rules.mediation.clocks import LONGEST_OFFER, end_of_day
from app.rules.mediation.offers import SUMS, OfferKind, OfferState, OfferVerb, check_amount, decide, state_at
from app.rules.text import clean_text
from app.services.mediation.access import NOT_HERE, ensure_party, enter_case, people_of
from app.services.mediation.log import note_act
from app.services.mediation.telling import tell

MOST_OFFERS = 60


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody offers; `amount` in fen, 0 where the kind has none; `last_day` is the last on which it holds."""

    kind: OfferKind
    amount: int
    text: str
    last_day: date


def make_offer(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    offer_id: UUID,
    offered: Offered,
    now: datetime,
) -> UUID:
    """Offer something to the other side while the talk is open; the same id twice is one offer."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    known = session.get(MediationOffer, offer_id)
    if known is not None:
        if (known.case_id, known.account_id) != (case_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    party = ensure_party(chair)
    ensure_state(chair.case.state, State.TALKING)
    text = clean_text(offered.text, most=2000, field="text")
    if offered.kind not in SUMS and len(text) < 5:
        raise Invalid(N_("请写明怎么做、由谁做，至少 5 个字"), field="text")
    amount = check_amount(offered.kind, offered.amount)
    valid_until = end_of_day(offered.last_day, now=now, most=LONGEST_OFFER, field="last_day")
    _refuse_too_many(session, case_id)
    session.add(
        MediationOffer(
            id=offer_id,
            case_id=case_id,
            account_id=account_id,
            side=party.side,
            kind=offered.kind,
            amount=amount,
            text=text,
            valid_until=valid_until,
            state=OfferState.OPEN,
            made_at=now,
        )
    )
    session.flush()
    note_act(session, chair.case, "offer", account_id=account_id, now=now)
    tell(session, chair.case, people_of(session, chair), cause=f"offer:{offer_id}", now=now, but=account_id)
    return offer_id


def decide_offer(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    offer_id: UUID,
    verb: OfferVerb,
    now: datetime,
) -> None:
    """Accept, decline, or take back; of two at once the case's lock lets one be first, and the other is told.

    Raises `Conflict` for an offer that is over, by the clock too, and while an agreement is being confirmed.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    party = ensure_party(chair)
    offer = session.get(MediationOffer, offer_id, populate_existing=True)
    if offer is None or offer.case_id != case_id:
        raise NotFound(NOT_HERE)
    ensure_state(chair.case.state, State.TALKING)
    wanted = decide(state_at(offer.state, offer.valid_until, now), verb, is_own_side=offer.side is party.side)
    if offer.state is wanted:
        return
    offer.state, offer.answered_by, offer.answered_at = wanted, account_id, now
    session.add(offer)
    session.flush()
    note_act(session, chair.case, f"offer_{verb.value}", account_id=account_id, now=now)
    people = people_of(session, chair)
    tell(session, chair.case, people, cause=f"offer:{offer_id}:{wanted.value}", now=now, but=account_id)


def _refuse_too_many(session: Session, case_id: UUID) -> None:
    made = session.exec(
        select(func.count()).select_from(MediationOffer).where(MediationOffer.case_id == case_id)
    ).one()
    if made >= MOST_OFFERS:
        raise Conflict(N_("方案已经很多了，请和调解员约时间当面谈"), code="talked_out")
