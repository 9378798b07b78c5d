"""The figures of an estate's repairs for everyone: three rates, contractors, costs, what came back, the monthly sheet, the data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.dependencies import Now, PublicVisit, SessionDep, SettingsDep
from app.errors import N_, Invalid
from app.routers.codes import drawn_code, is_local
from app.routers.forms import visit_page
from app.rules.estates.labels import building_label
from app.rules.maintenance.costs import SOURCE_NAMES
from app.rules.maintenance.rates import RATE_NAMES, month_of
from app.services.maintenance.chains import Chains, read_chains
from app.services.maintenance.open_data import csv_of_month
from app.services.maintenance.poster import MonthSheet, read_month
from app.services.maintenance.rates import Group, Published, read_published
from app.templating import page

router = APIRouter(prefix="/e/{slug}/maintenance")

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class RatesPage:
    """`groups` are the figures by party, building or month, as `by` says."""

    address: str
    published: Published | None
    names: dict[str, str]
    by: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class ContractorsPage:
    """The table of those who built, and what repairs cost whom."""

    address: str
    published: Published | None
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class ChainsPage:
    """What came back after a repair, the most often first; None before anything was computed."""

    address: str
    found: Chains | None


@dataclass(frozen=True, slots=True)
class PosterPage:
    """One month on a sheet for the stairwell; `local` warns that other telephones cannot reach the code's address."""

    address: str
    sheet: MonthSheet
    earlier: str
    later: str
    code: Markup
    host: str
    local: bool


@router.get("/rates")
def show_rates(request: Request, visit: PublicVisit, session: SessionDep, by: str = "party") -> Response:
    published = read_published(session, estate_id=visit.estate.id)
    found = {"building": "buildings", "month": "months"}.get(by, "parties")
    groups: tuple[Group, ...] = getattr(published, found) if published else ()
    if by == "building":
        groups = tuple(Group(building_label(group.name), group.rates) for group in groups)
    data = RatesPage(
        address=f"/e/{visit.estate.slug}/maintenance",
        published=published,
        names=RATE_NAMES,
        by=by if by in {"building", "month"} else "party",
        groups=groups,
    )
    return visit_page(request, visit, "maintenance/rates.html", data, tab="repairs")


@router.get("/contractors")
def show_contractors(request: Request, visit: PublicVisit, session: SessionDep) -> Response:
    data = ContractorsPage(
        address=f"/e/{visit.estate.slug}/maintenance",
        published=read_published(session, estate_id=visit.estate.id),
        sources={source.value: name for source, name in SOURCE_NAMES.items()},
    )
    return visit_page(request, visit, "maintenance/contractors.html", data, tab="repairs")


@router.get("/chains")
def show_chains(request: Request, visit: PublicVisit, session: SessionDep) -> Response:
    data = ChainsPage(
        address=f"/e/{visit.estate.slug}/maintenance",
        found=read_chains(session, estate_id=visit.estate.id),
    )
    return visit_page(request, visit, "maintenance/chains.html", data, tab="repairs")


def _month(given: str, now: Now) -> str:
    if not given:
        return month_of(now)
    if not _MONTH.fullmatch(given):
        raise Invalid(N_("月份请写成“2026-11”这样"), code="bad_month", field="month")
    return given


def _next(month: str, by: int) -> str:
    place = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{place // 12}-{place % 12 + 1:02d}"


@router.get("/poster")
def show_poster(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    month: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The month's sheet, to be printed and hung up for who has no telephone."""
    wanted = _month(month, now)
    address = f"/e/{visit.estate.slug}/maintenance"
    public_url = settings.public_url.rstrip("/")
    data = PosterPage(
        address=address,
        sheet=read_month(session, estate_id=visit.estate.id, month=wanted, now=now),
        earlier=_next(wanted, -1),
        later=_next(wanted, 1) if wanted < month_of(now) else "",
        code=drawn_code(public_url + address),
        host=urlsplit(public_url).netloc,
        local=is_local(public_url),
    )
    return page(request, "maintenance/poster.html", data, estate=visit.estate)


@router.get("/orders.csv")
def download(
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    month: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The listed orders of one month, one a row, without anything about people."""
    wanted = _month(month, now)
    text = csv_of_month(session, estate_id=visit.estate.id, month=wanted)
    name = f"maintenance-{visit.estate.slug}-{wanted}.csv"
    return Response(
        # The mark tells spreadsheet programs that it is UTF-8.
        "\ufeff" + text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
