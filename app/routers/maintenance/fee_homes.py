"""Payments home by home, for the committee only: what an entrance owes, one home's fees, a receipt, a payment taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.fee_frames import fee_page, fees_desk, id_of
from app.rules.estates.labels import building_label, entrance_label
from app.rules.maintenance.rates import month_of
from app.services.estates.units import list_buildings
from app.services.maintenance.fees.charging import MOST_REASON, pay, undo_payment
from app.services.maintenance.fees.reading import HomeFees, HomeLine, home_fees, homes_at
from app.services.maintenance.fees.relief import find_home

router = APIRouter(prefix="/desk/{slug}/fees/homes")


@dataclass(frozen=True, slots=True)
class HomesPage:
    """Names of the entrances with their addresses and whether each is the one chosen, the homes of the chosen one; `find` is what was typed to find a home by."""

    address: str
    doors: tuple[tuple[str, str, bool], ...]
    building: str
    entrance: str
    homes: Sequence[HomeLine]
    find: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class HomePage:
    """One home; `chosen` are the keys of the charges ticked, `failed` the charge whose form was refused."""

    address: str
    fees: HomeFees
    chosen: tuple[str, ...]
    receipt: str
    failed: str
    reason: str
    most_reason: int
    errors: Errors


@router.get("")
def choose(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    building: Annotated[str, Query(max_length=20)] = "",
    entrance: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return _choose(request, visit, session, building=building, entrance=entrance)


def _choose(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    building: str = "",
    entrance: str = "",
    find: str = "",
    refusal: Refusal | None = None,
) -> Response:
    estate_id, address = visit.estate.id, f"{fees_desk(visit)}/homes"
    data = HomesPage(
        address=address,
        doors=tuple(
            (
                building_label(line.building) + entrance_label(door),
                f"{address}?{urlencode({'building': line.building, 'entrance': door})}",
                (line.building, door) == (building, entrance),
            )
            for line in list_buildings(session, estate_id=estate_id)
            for door in line.entrances
        ),
        building=building,
        entrance=entrance,
        homes=homes_at(session, estate_id=estate_id, building=building, entrance=entrance)
        if building
        else (),
        find=find,
        errors=errors_of(request, refusal),
    )
    return fee_page(request, visit, "maintenance/fee_homes.html", data, refusal=refusal)


@router.post("")
def find(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    home: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    unit_id: UUID | None = None
    with attempt(session) as tried:
        unit_id = find_home(session, estate_id=visit.estate.id, text=home).id
    if tried.refusal:
        return _choose(request, visit, session, find=home, refusal=tried.refusal)
    return see_other(f"{fees_desk(visit)}/homes/{unit_id}")


def _home(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    unit_id: UUID,
    *,
    chosen: Sequence[str] | None = None,
    receipt: str = "",
    failed: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    fees = home_fees(session, estate_id=visit.estate.id, unit_id=unit_id, month=month_of(now))
    due = tuple(charge.key for charge in fees.charges if charge.state == "due")
    data = HomePage(
        address=f"{fees_desk(visit)}/homes",
        fees=fees,
        chosen=due if chosen is None else tuple(chosen),
        receipt=receipt,
        failed=failed,
        reason=reason,
        most_reason=MOST_REASON,
        errors=errors_of(request, refusal, row=failed),
    )
    return fee_page(request, visit, "maintenance/fee_home.html", data, refusal=refusal)


@router.get("/{unit_id:uuid}")
def show_home(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, unit_id: UUID
) -> Response:
    return _home(request, visit, session, now, unit_id)


def _keys(texts: Sequence[str]) -> list[tuple[UUID, str]]:
    """Service and month of each key a form sent; what no page of ours wrote is left out."""
    parted = [text.partition(":") for text in texts]
    return [(found, month) for service, _, month in parted if (found := id_of(service))]


@router.post("/{unit_id:uuid}/pay")
def take_payment(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    charges: Annotated[list[str] | None, Form()] = None,
    receipt: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    with attempt(session) as tried:
        pay(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            charges=_keys(charges or ()),
            receipt=receipt,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _home(
            request,
            visit,
            session,
            now,
            unit_id,
            chosen=charges or (),
            receipt=receipt,
            refusal=tried.refusal,
        )
    return see_other(f"{fees_desk(visit)}/homes/{unit_id}")


@router.post("/{unit_id:uuid}/undo")
def take_back(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    charge: Annotated[str, Form(max_length=60)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    service, _, month = charge.partition(":")
    with attempt(session) as tried:
        undo_payment(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            service_id=id_of(service) or unit_id,
            month=month,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _home(
            request, visit, session, now, unit_id, failed=charge, reason=reason, refusal=tried.refusal
        )
    return see_other(f"{fees_desk(visit)}/homes/{unit_id}")
