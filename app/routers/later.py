"""The two places of the bottom bar that are not open yet: each says so and whom to call meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.dependencies import PublicVisit
from app.services.estates.standing import EstateView
from app.templating import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class LaterPage:
    """Which place it is, and the committee's desk."""

    place: str
    estate: EstateView


@router.get("/e/{slug}/deliberations")
def deliberations(request: Request, visit: PublicVisit) -> HTMLResponse:
    return page(
        request, "estates/later.html", LaterPage("talk", visit.estate), estate=visit.estate, tab="talk"
    )


@router.get("/e/{slug}/maintenance")
def maintenance(request: Request, visit: PublicVisit) -> HTMLResponse:
    return page(
        request, "estates/later.html", LaterPage("repairs", visit.estate), estate=visit.estate, tab="repairs"
    )
