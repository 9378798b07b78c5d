"""The open page of an estate's repairs: its buildings by open faults, and the list of what was reported."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import Now, PublicVisit, SessionDep
from app.routers.forms import visit_page
from app.routers.paging import Links, links_of
from app.rules.estates.labels import building_label
from app.rules.maintenance.categories import CATEGORIES
from app.rules.paging import read_turn
from app.services.maintenance.listing import FaultMap, ListFilter, OrderLine, draw_faults, list_orders
from app.services.maintenance.rates import Published, read_published

router = APIRouter(prefix="/e/{slug}/maintenance")

# In the address, for what belongs to no building.
GROUNDS = "-"


@dataclass(frozen=True, slots=True)
class HomePage:
    """`building` is "" for all, `-` for what lies between them; `heading` names it, "" for these two."""

    address: str
    drawing: FaultMap
    lines: tuple[OrderLine, ...]
    links: Links
    building: str
    heading: str
    category: str
    open_only: bool
    narrowed: bool
    categories: tuple[tuple[str, str], ...]
    published: Published | None
    may_report: bool


@router.get("")
def show_home(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    building: str = "",
    category: str = "",
    state: str = "",
    before: str = "",
    after: str = "",
) -> Response:
    address = f"/e/{visit.estate.slug}/maintenance"
    # PostgreSQL takes no text with a zero in it.
    building = building.replace("\0", "")
    asked = ListFilter(
        building=("" if building == GROUNDS else building) if building else None,
        category=category if category in CATEGORIES else "",
        open_only=state == "open",
    )
    kept = {"building": building, "category": asked.category, "state": "open" if asked.open_only else ""}
    found = list_orders(
        session, estate_id=visit.estate.id, asked=asked, turn=read_turn(before, after), now=now
    )
    data = HomePage(
        address=address,
        drawing=draw_faults(session, estate_id=visit.estate.id),
        lines=found.rows,
        links=links_of(address, found, **kept),
        building=building,
        heading=building_label(building) if building not in ("", GROUNDS) else "",
        category=asked.category,
        open_only=asked.open_only,
        narrowed=any(kept.values()),
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()),
        published=read_published(session, estate_id=visit.estate.id),
        may_report=visit.standing.is_member,
    )
    return visit_page(request, visit, "maintenance/home.html", data, tab="repairs")
