"""Fees for residents: what each service costs, what it bought, how much was collected, and one's own homes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dependencies import Now, PublicVisit, SessionDep
from app.routers.forms import visit_page
from app.routers.maintenance.fee_frames import Months, months
from app.rules.maintenance.fees import Collected
from app.services.maintenance.fees.deeds import DeedView, MonthWork, deeds_of, work_of
from app.services.maintenance.fees.prices import ServiceView, earlier_prices, services_in
from app.services.maintenance.fees.reading import HomeFees, collected_in, my_fees

router = APIRouter(prefix="/e/{slug}/maintenance/fees")


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service in a month; `collected` None where nothing was charged, `work` and `deeds` for members only."""

    service: ServiceView
    collected: Collected | None
    work: MonthWork | None
    deeds: tuple[DeedView, ...]


@dataclass(frozen=True, slots=True)
class FeesPage:
    """`homes` are the visitor's own, and nobody else's."""

    address: str
    months: Months
    cards: list[ServiceCard]
    earlier: list[ServiceView]
    homes: list[HomeFees]
    is_member: bool
    files: str


@router.get("")
def show_fees(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    month: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    turned, estate_id = months(month, now), visit.estate.id
    services = services_in(session, estate_id=estate_id, month=turned.month)
    collected = collected_in(session, estate_id=estate_id, month=turned.month)
    member = visit.standing.is_member
    deeds: dict[UUID, list[DeedView]] = {}
    work: dict[UUID, MonthWork] = {}
    if member:
        deeds = deeds_of(session, estate_id=estate_id, month=turned.month)
        parties = {one.party_id for one in services if one.party_id}
        work = work_of(session, party_ids=parties, estate_id=estate_id, month=turned.month)
    own = visit.person.account_id if visit.person else None
    data = FeesPage(
        address=f"/e/{visit.estate.slug}/maintenance/fees",
        months=turned,
        cards=[
            ServiceCard(
                one,
                collected.get(one.id),
                work.get(one.party_id) if one.party_id else None,
                tuple(deeds.get(one.id, ())),
            )
            for one in services
        ],
        earlier=earlier_prices(session, estate_id=estate_id, month=turned.month),
        homes=my_fees(session, estate_id=estate_id, account_id=own, month=turned.month) if own else [],
        is_member=member,
        files=f"/e/{visit.estate.slug}/files",
    )
    return visit_page(request, visit, "maintenance/fees.html", data, tab="repairs")
