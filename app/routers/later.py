"""The place of the bottom bar that is not open yet says so, and whom to call meanwhile."""

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
    """The committee's desk."""

    estate: EstateView


@router.get("/e/{slug}/maintenance")
def maintenance(request: Request, visit: PublicVisit) -> HTMLResponse:
    return page(request, "estates/later.html", LaterPage(visit.estate), estate=visit.estate, tab="repairs")
