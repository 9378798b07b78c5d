"""The desk of stickers: make the tree of places from the register, choose places, and print their sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SessionDep, SettingsDep
from app.errors import N_, Invalid
from app.routers.forms import Errors, errors_of, see_other, visit_page
from app.services.maintenance.facilities import grow
from app.services.maintenance.places import PlaceView, list_places
from app.services.maintenance.stickers import Sticker, draw_sheet

router = APIRouter(prefix="/desk/{slug}/stickers")


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """The places of one building, or those of none (`building` is "" then)."""

    building: str
    places: tuple[PlaceView, ...]


@dataclass(frozen=True, slots=True)
class StickersPage:
    """`local` warns that other telephones cannot reach the address in the codes."""

    address: str
    groups: list[PlaceGroup]
    local: bool
    grown: int | None
    errors: Errors


@router.get("")
def show_places(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    grown: Annotated[int | None, Query(ge=0, le=100_000)] = None,
) -> HTMLResponse:
    return _stickers_page(request, visit, session, settings, grown=grown)


def _stickers_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    *,
    grown: int | None = None,
    refusal: Invalid | None = None,
) -> HTMLResponse:
    groups: dict[str, list[PlaceView]] = {}
    for view in list_places(session, estate_id=visit.estate.id):
        groups.setdefault(view.building, []).append(view)
    data = StickersPage(
        address=f"/desk/{visit.estate.slug}/stickers",
        groups=[PlaceGroup(building, tuple(places)) for building, places in groups.items()],
        local=urlsplit(settings.public_url).hostname in {"localhost", "127.0.0.1", "::1"},
        grown=grown,
        errors=errors_of(request, refusal),
    )
    return visit_page(
        request, visit, "maintenance/stickers.html", data, tab="repairs", staff=True, refusal=refusal
    )


@router.post("/grow")
def grow_tree(visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    grown = grow(session, estate_id=visit.estate.id, actor=visit.actor, now=now)
    return see_other(f"/desk/{visit.estate.slug}/stickers?grown={grown}")


@router.get("/sheet.pdf")
def print_sheet(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    place: Annotated[list[str] | None, Query()] = None,
    every: Annotated[str, Query(alias="all")] = "",
) -> Response:
    """The places that were ticked, or all of them."""
    chosen = frozenset(place or ())
    root = settings.public_url.rstrip("/")
    stickers = [
        Sticker(view.label, view.code, f"{root}/q/{view.code}")
        for view in list_places(session, estate_id=visit.estate.id)
        if every or view.code in chosen
    ]
    if not stickers:
        missing = Invalid(N_("请先选择要打印哪些地点的贴纸"), field="place")
        return _stickers_page(request, visit, session, settings, refusal=missing)
    content = draw_sheet(stickers, estate=visit.estate.name, hotline=visit.estate.desk_phone)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="stickers-{visit.estate.slug}.pdf"'},
    )
