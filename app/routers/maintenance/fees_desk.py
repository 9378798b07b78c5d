"""Fees at the desk: services and their prices, and a month's charges at one click; parties see their own services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, PartyVisit, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.fee_frames import Months, fee_page, fees_desk, id_of, months
from app.rules.maintenance.fees import Collected, month_after
from app.rules.maintenance.rates import month_of
from app.rules.maintenance.workcalendar import day_of
from app.rules.quantities import format_money
from app.services.maintenance.fees import prices
from app.services.maintenance.fees.charging import charge_month
from app.services.maintenance.fees.prices import BASIS_NAMES, NewPrice, NewService, ServiceView
from app.services.maintenance.fees.reading import collected_in
from app.services.maintenance.parties import list_parties, parties_of

router = APIRouter(prefix="/desk/{slug}/fees")

_BROKEN = N_("这张表单不完整，请重新打开页面")


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The month's services, those to come, and for the committee what was collected; `charged` homes a moment ago."""

    address: str
    months: Months
    services: list[ServiceView]
    to_come: list[ServiceView]
    collected: dict[UUID, Collected]
    is_committee: bool
    charged: str
    last_month: str
    failed: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class TypedService:
    """A service, or a new price of one, as typed."""

    id: str = ""
    title: str = ""
    text: str = ""
    party: str = ""
    basis: str = ""
    price: str = ""
    document: str = ""
    vote: str = ""
    first_month: str = ""


@dataclass(frozen=True, slots=True)
class ServicePage:
    """The form of a service; `of` is the one whose price changes, None for a new one."""

    address: str
    action: str
    of: ServiceView | None
    typed: TypedService
    bases: dict[str, str]
    parties: list[tuple[str, str]]
    votes: list[tuple[str, str]]
    errors: Errors


def _desk(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    month: str,
    *,
    charged: str = "",
    last_month: str = "",
    failed: UUID | None = None,
    refusal: Refusal | None = None,
) -> Response:
    turned, estate_id = months(month, now), visit.estate.id
    committee = visit.standing.is_committee
    services = prices.services_in(session, estate_id=estate_id, month=turned.month)
    to_come = [
        one
        for one in prices.services_to_come(session, estate_id=estate_id, today=day_of(now))
        if one.first_month > month_of(now)
    ]
    if not committee:
        mine = {party.id for party in parties_of(session, estate_id=estate_id, account_id=visit.actor.id)}
        services = [one for one in services if one.party_id in mine]
        to_come = [one for one in to_come if one.party_id in mine]
    data = DeskPage(
        address=fees_desk(visit),
        months=turned,
        services=services,
        to_come=to_come,
        collected=collected_in(session, estate_id=estate_id, month=turned.month) if committee else {},
        is_committee=committee,
        charged=charged if charged.isascii() and charged.isdigit() else "",
        last_month=last_month,
        failed=str(failed or ""),
        errors=errors_of(request, refusal, row=failed or ""),
    )
    return fee_page(request, visit, "maintenance/fees_desk.html", data, refusal=refusal)


@router.get("")
def show_desk(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    month: Annotated[str, Query(max_length=10)] = "",
    charged: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    return _desk(request, visit, session, now, month, charged=charged)


@router.post("/services/{service_id:uuid}/charge")
def charge(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    month: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    homes = 0
    with attempt(session) as tried:
        homes = charge_month(
            session,
            estate_id=visit.estate.id,
            service_id=service_id,
            month=month,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _desk(request, visit, session, now, month, failed=service_id, refusal=tried.refusal)
    return see_other(f"{fees_desk(visit)}?month={month.strip()}&charged={homes}")


@router.post("/services/{service_id:uuid}/end")
def end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    last_month: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        prices.end_service(
            session,
            estate_id=visit.estate.id,
            service_id=service_id,
            last_month=last_month,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _desk(
            request,
            visit,
            session,
            now,
            "",
            last_month=last_month,
            failed=service_id,
            refusal=tried.refusal,
        )
    return see_other(fees_desk(visit))


def _form(
    request: Request,
    visit: Visit,
    session: SessionDep,
    typed: TypedService,
    of: ServiceView | None,
    refusal: Refusal | None = None,
) -> Response:
    estate_id, address = visit.estate.id, fees_desk(visit)
    data = ServicePage(
        address=address,
        action=f"{fees_desk(visit, of.id)}/price" if of else f"{address}/new",
        of=of,
        typed=typed,
        bases=BASIS_NAMES,
        parties=[(str(one.id), one.name) for one in list_parties(session, estate_id=estate_id)],
        votes=[(str(one), title) for one, title in prices.votes_to_name(session, estate_id=estate_id)],
        errors=errors_of(request, refusal),
    )
    return fee_page(request, visit, "maintenance/fee_service.html", data, refusal=refusal)


@router.get("/new")
def start(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    return _form(request, visit, session, TypedService(id=str(uuid4()), first_month=month_of(now)), None)


def _typed(
    id: Annotated[str, Form(max_length=40)] = "",
    title: Annotated[str, Form(max_length=200)] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    party: Annotated[str, Form(max_length=40)] = "",
    basis: Annotated[str, Form(max_length=10)] = "",
    price: Annotated[str, Form(max_length=20)] = "",
    document: Annotated[str, Form(max_length=400)] = "",
    vote: Annotated[str, Form(max_length=40)] = "",
    first_month: Annotated[str, Form(max_length=10)] = "",
) -> TypedService:
    return TypedService(id, title, text, party, basis, price, document, vote, first_month)


def _price(typed: TypedService) -> NewPrice:
    form_id = id_of(typed.id)
    if form_id is None:
        raise Invalid(_BROKEN)
    return NewPrice(
        id=form_id,
        basis=typed.basis,
        price=typed.price,
        document=typed.document,
        vote_id=id_of(typed.vote),
        first_month=typed.first_month,
    )


def _service(typed: TypedService) -> NewService:
    price = _price(typed)
    return NewService(
        id=price.id,
        basis=price.basis,
        price=price.price,
        document=price.document,
        vote_id=price.vote_id,
        first_month=price.first_month,
        title=typed.title,
        text=typed.text,
        party_id=id_of(typed.party),
    )


TypedForm = Annotated[TypedService, Depends(_typed)]


@router.post("/new")
def create(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, typed: TypedForm
) -> Response:
    with attempt(session) as tried:
        prices.open_service(session, _service(typed), estate_id=visit.estate.id, actor=visit.actor, now=now)
    if tried.refusal:
        return _form(request, visit, session, typed, None, tried.refusal)
    return see_other(fees_desk(visit))


@router.get("/services/{service_id:uuid}/price")
def start_price(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, service_id: UUID
) -> Response:
    of = prices.read_service(session, estate_id=visit.estate.id, service_id=service_id)
    typed = TypedService(
        id=str(uuid4()),
        basis="area" if of.by_area else "home",
        price=format_money(of.price),
        first_month=month_after(month_of(now)),
    )
    return _form(request, visit, session, typed, of)


@router.post("/services/{service_id:uuid}/price")
def change_price(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    typed: TypedForm,
) -> Response:
    estate_id = visit.estate.id
    of = prices.read_service(session, estate_id=estate_id, service_id=service_id)
    with attempt(session) as tried:
        prices.change_price(
            session, _price(typed), estate_id=estate_id, service_id=service_id, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _form(request, visit, session, typed, of, tried.refusal)
    return see_other(fees_desk(visit))
