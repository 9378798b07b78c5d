"""The open page of an estate's repairs: its buildings by open faults, and the list of what was reported."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import Now, PublicVisit, SessionDep
from app.routers.forms import visit_page
from app.rules.maintenance.categories import CATEGORIES
from app.services.maintenance.listing import FaultMap, ListFilter, OrderPage, draw_faults, list_orders
from app.services.maintenance.rates import Published, read_published

router = APIRouter(prefix="/e/{slug}/maintenance")


@dataclass(frozen=True, slots=True)
class HomePage:
    """`older` and `first` are addresses, "" for none; `building` is None for all, "" for what lies between them."""

    address: str
    drawing: FaultMap
    found: OrderPage
    building: str | None
    category: str
    open_only: bool
    narrowed: bool
    categories: tuple[tuple[str, str], ...]
    older: str
    first: str
    published: Published | None
    may_report: bool


@router.get("")
def show_home(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    building: str | None = None,
    category: str = "",
    state: str = "",
    before: str = "",
) -> Response:
    address = f"/e/{visit.estate.slug}/maintenance"
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
    # PostgreSQL takes no text with a zero in it.
    building = building.replace("\0", "") if building is not None else None
    asked = ListFilter(building=building, category=category, open_only=state == "open")
    if last is not None:
        asked = ListFilter(asked.building, asked.category, asked.open_only, last)
    found = list_orders(session, estate_id=visit.estate.id, asked=asked, now=now)
    kept = {
        **({"building": building} if building is not None else {}),
        **({"category": category} if category in CATEGORIES else {}),
        **({"state": "open"} if asked.open_only else {}),
    }
    data = HomePage(
        address=address,
        drawing=draw_faults(session, estate_id=visit.estate.id),
        found=found,
        building=building,
        category=category if category in CATEGORIES else "",
        open_only=asked.open_only,
        narrowed=bool(kept),
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()),
        older=f"{address}?{urlencode({**kept, 'before': found.before})}" if found.before else "",
        first=f"{address}?{urlencode(kept)}" if last is not None else "",
        published=read_published(session, estate_id=visit.estate.id),
        may_report=visit.standing.is_member,
    )
    return visit_page(request, visit, "maintenance/home.html", data, tab="repairs")
