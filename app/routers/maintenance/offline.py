"""Reports without a network: the page that a telephone keeps, and the worker that opens it there."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import SessionDep
from app.routers.maintenance.report import address_of
from app.routers.maintenance.report_forms import GROUPS, CategoryGroup
from app.rules.maintenance.emergencies import Danger
from app.services.estates.standing import visit_estate
from app.services.maintenance.emergencies import Call, list_calls
from app.services.maintenance.filing import MOST_TEXT
from app.services.maintenance.photos import MOST_PHOTOS
from app.services.maintenance.spots import Spot, all_spots
from app.templating import ROOT, page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """The whole report on one page, with every category's questions; nothing on it belongs to one person."""

    address: str
    spots: list[Spot]
    groups: tuple[CategoryGroup, ...]
    calls: dict[Danger, Call]
    most_text: int
    most_photos: int


@router.get("/offline-worker.js")
def send_worker() -> Response:
    """At the top, since a worker serves only what lies below its own address; asked for anew each time."""
    return Response(
        (ROOT / "static" / "offline-worker.js").read_text(encoding="utf-8"),
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache"},
    )


@router.get("/e/{slug}/maintenance/new/offline")
def show_offline(request: Request, session: SessionDep, slug: str) -> HTMLResponse:
    """Without looking who asks: it stays on a telephone that others may hold."""
    estate = visit_estate(session, slug=slug)
    data = OfflinePage(
        address=address_of(slug),
        spots=all_spots(session, estate_id=estate.id),
        groups=GROUPS,
        calls={call.danger: call for call in list_calls(session, estate_id=estate.id)},
        most_text=MOST_TEXT,
        most_photos=MOST_PHOTOS,
    )
    return page(request, "maintenance/offline.html", data, estate=estate, tab="repairs")
