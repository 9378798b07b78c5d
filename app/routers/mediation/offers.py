"""Offers of one side, and the other side's answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.clock import BEIJING
from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import read_day, room_address
from app.routers.mediation.room import where_of
from app.routers.records import ONE, spends
from app.rules.mediation.cases import State
from app.rules.mediation.offers import OfferKind, OfferVerb
from app.rules.quantities import parse_money
from app.services.mediation import offering, papers, reading
from app.services.mediation.offering import Offered
from app.services.mediation.papers import OfferView
from app.services.mediation.reading import CaseView

router = APIRouter(prefix="/e/{slug}/mediation/{case_id:uuid}/offers")

_USUAL = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Typed:
    """An offer as it was typed."""

    id: UUID = field(default_factory=uuid4)
    kind: str = ""
    amount: str = ""
    text: str = ""
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class OffersPage:
    """All offers, the newest first, and the form while one may be made."""

    case: CaseView
    address: str
    back: str
    offers: list[OfferView]
    may_offer: bool
    form: Typed
    errors: Errors


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    form: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    back = room_address(visit.estate.slug, case_id)
    usual = (now + _USUAL).astimezone(BEIJING).date().isoformat()
    data = OffersPage(
        case=case,
        address=f"{back}/offers",
        back=back,
        offers=papers.list_offers(session, **where_of(visit, case_id), now=now),
        may_offer=case.state is State.TALKING and not case.is_mediator,
        form=form or Typed(last_day=usual),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "mediation/offers.html", data, refusal=refusal)


@router.get("", dependencies=[spends(MemberVisit, ONE)])
def show_offers(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID
) -> Response:
    return _page(request, visit, session, now, case_id)


@router.post("")
def make_offer(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    id: Annotated[UUID, Form()],
    kind: Annotated[str, Form(max_length=30)] = "",
    amount: Annotated[str, Form(max_length=30)] = "",
    text: Annotated[str, Form()] = "",
    last_day: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if kind not in set(OfferKind):
            raise Invalid(N_("请选择是哪一种方案"), field="kind")
        offered = Offered(
            OfferKind(kind),
            parse_money(amount.strip()) if amount.strip() else 0,
            text,
            read_day(last_day, field="last_day"),
        )
        offering.make_offer(session, **where_of(visit, case_id), offer_id=id, offered=offered, now=now)
    if tried.refusal:
        form = Typed(id, kind, amount, text, last_day)
        return _page(request, visit, session, now, case_id, form, tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/offers")


@router.post("/{offer_id:uuid}")
def decide_offer(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    offer_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if act not in set(OfferVerb):
            raise Invalid(N_("请选择接受、不接受，或者撤回"))
        offering.decide_offer(
            session, **where_of(visit, case_id), offer_id=offer_id, verb=OfferVerb(act), now=now
        )
    if tried.refusal:
        return _page(request, visit, session, now, case_id, refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/offers")
