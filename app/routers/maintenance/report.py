"""Report a fault: where and what, then the questions, words and photos, and what neighbours reported already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit, reads_only
from app.errors import N_, Invalid, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.maintenance.report_forms import (
    GROUPS,
    MOST_WORDS,
    CategoryGroup,
    ReportForm,
    SentReport,
    faults,
    suggested,
)
from app.rules.maintenance.categories import CATEGORIES, category_of
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.questions import dangers_in
from app.services.maintenance.answering import Answering, preview_answer
from app.services.maintenance.emergencies import Call, list_calls
from app.services.maintenance.filing import MOST_TEXT
from app.services.maintenance.near import NearOrder, find_near
from app.services.maintenance.reporting import report_fault
from app.services.maintenance.residents import join_order
from app.services.maintenance.spots import Spot, near_spots, read_spot, spots_in
from app.templating import page

router = APIRouter(prefix="/e/{slug}/maintenance/new")

# A refused report leads back to the first page, and its text goes along.
Words = Annotated[str, Query(max_length=MOST_TEXT)]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen so far, as the address carries it from page to page."""

    place: str = ""
    category: str = ""
    words: str = ""
    for_neighbour: bool = False

    def query(self, **changes: str) -> str:
        carried = {
            "place": self.place,
            "category": self.category,
            "words": self.words,
            "for": "neighbour" if self.for_neighbour else "",
            **changes,
        }
        return urlencode({name: value for name, value in carried.items() if value})


@dataclass(frozen=True, slots=True)
class WhatPage:
    """The first page; addresses are those of the pages it leads to."""

    address: str
    choice: Choice
    spots: list[Spot]
    groups: tuple[CategoryGroup, ...]
    suggested: tuple[Category, ...]
    most_words: int
    calls: tuple[Call, ...]
    places_address: str
    neighbour_address: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """Where, in large lines: each leads on, a building to what is in it."""

    back: str
    lines: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class DetailsPage:
    """The second page. `blocked` is a danger that must not wait for a repair."""

    address: str
    back: str
    spot: Spot
    category: Category
    calls: tuple[Call, ...]
    blocked: Call | None
    answering: Answering
    near: list[NearOrder]
    form: ReportForm
    errors: Errors
    who: str


@dataclass(frozen=True, slots=True)
class NearPage:
    """The inside of the part that is asked for again while somebody writes."""

    near: list[NearOrder]


def address_of(slug: str) -> str:
    return f"/e/{slug}/maintenance/new"


def _choice(place: str, category: str, words: str, whom: str) -> Choice:
    known = category if category in CATEGORIES else ""
    return Choice(place[:60], known, words[:MOST_TEXT], whom == "neighbour")


@router.get("")
def ask_what(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    place: Words = "",
    category: Words = "",
    words: Words = "",
    whom: Annotated[str, Query(alias="for")] = "",
) -> HTMLResponse:
    return _what_page(request, visit, session, _choice(place, category, words, whom))


def _what_page(
    request: Request, visit: Visit, session: SessionDep, choice: Choice, refusal: Refusal | None = None
) -> HTMLResponse:
    address, account_id = address_of(visit.estate.slug), visit.actor.id
    spots = near_spots(session, estate_id=visit.estate.id, account_id=account_id)
    if choice.for_neighbour:
        spots = [spot for spot in spots if spot.unit_id is None]
    if choice.place not in {spot.value for spot in spots}:
        chosen = _spot_or_none(session, visit, choice.place)
        spots = [chosen, *spots] if chosen else spots
        default = spots[0].value if spots and not choice.for_neighbour else ""
        choice = replace(choice, place=chosen.value if chosen else default)
    data = WhatPage(
        address=address,
        choice=choice,
        spots=spots,
        groups=GROUPS,
        suggested=suggested(choice.words),
        most_words=MOST_WORDS,
        calls=list_calls(session, estate_id=visit.estate.id),
        places_address=f"{address}/places?{choice.query(place='')}",
        neighbour_address=f"{address}?{choice.query(**{'for': '' if choice.for_neighbour else 'neighbour'})}",
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/what.html", data, tab="repairs", refusal=refusal)


def _spot_or_none(session: SessionDep, visit: Visit, value: str) -> Spot | None:
    try:
        return read_spot(session, estate_id=visit.estate.id, account_id=visit.actor.id, value=value)
    except Invalid:
        return None


@router.get("/places")
def ask_place(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    category: Words = "",
    words: Words = "",
    whom: Annotated[str, Query(alias="for")] = "",
    building: Annotated[str | None, Query(alias="in", max_length=20)] = None,
) -> HTMLResponse:
    choice, address = _choice("", category, words, whom), address_of(visit.estate.slug)
    lines = []
    for spot in spots_in(session, estate_id=visit.estate.id, building=building or None):
        leads_in = not building and bool(spot.building)
        onward = (
            f"{address}/places?{choice.query(**{'in': spot.building})}"
            if leads_in
            else f"{address}?{choice.query(place=spot.value)}"
        )
        lines.append((spot.label, onward, leads_in))
    up = f"{address}/places" if building else address
    data = PlacesPage(back=f"{up}?{choice.query()}", lines=lines)
    return visit_page(request, visit, "maintenance/places.html", data, tab="repairs")


@router.get("/details")
def ask_details(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    place: Words = "",
    category: Words = "",
    words: Words = "",
    whom: Annotated[str, Query(alias="for")] = "",
) -> HTMLResponse:
    choice = _choice(place, category, words, whom)
    with attempt(session) as tried:
        spot = read_spot(session, estate_id=visit.estate.id, account_id=visit.actor.id, value=choice.place)
        if not choice.category:
            raise Invalid(N_("请选择是什么坏了，都不合适就选“其他”"), field="category")
    if tried.refusal:
        return _what_page(request, visit, session, choice, tried.refusal)
    form = ReportForm(
        uuid4(),
        place=spot.value,
        category=choice.category,
        text=choice.words,
        for_neighbour=choice.for_neighbour,
    )
    return _details_page(request, visit, session, now, form)


def _details_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    form: ReportForm,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    estate_id, address = visit.estate.id, address_of(visit.estate.slug)
    spot = read_spot(session, estate_id=estate_id, account_id=visit.actor.id, value=form.place)
    category = category_of(form.category)
    told = list_calls(
        session, estate_id=estate_id, dangers=dangers_in(category.questions, form.answers) if refusal else ()
    )
    choice = Choice(form.place, form.category, form.text[:MOST_WORDS], form.for_neighbour)
    data = DetailsPage(
        address=address,
        back=f"{address}?{choice.query()}",
        spot=spot,
        category=category,
        calls=list_calls(session, estate_id=estate_id, dangers=category.dangers),
        blocked=next((call for call in told if call.blocking), None),
        answering=preview_answer(
            session, estate_id=estate_id, place_id=spot.place_id, category=category.key, now=now
        ),
        near=_near(session, visit, spot, form, now),
        form=form,
        errors=errors_of(request, *faults(form, refusal)),
        who=str(visit.actor.id),
    )
    return visit_page(request, visit, "maintenance/details.html", data, tab="repairs", refusal=refusal)


def _near(session: SessionDep, visit: Visit, spot: Spot, form: ReportForm, now: datetime) -> list[NearOrder]:
    """Nothing for a fault inside a flat: it is nobody else's."""
    if spot.unit_id is not None:
        return []
    return find_near(
        session,
        estate_id=visit.estate.id,
        place_id=spot.place_id,
        category=form.category,
        text=form.text,
        account_id=visit.actor.id,
        now=now,
    )


@router.post("/details")
def send_report(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, sent: SentReport
) -> Response:
    form = sent.form
    with attempt(session) as tried:
        order_id = report_fault(
            session,
            estate_id=visit.estate.id,
            told=sent.told(),
            for_neighbour=form.for_neighbour,
            is_committee=visit.standing.is_committee,
            actor=visit.actor,
            now=now,
        )
    refusal = tried.refusal
    if refusal is None:
        return see_other(f"/e/{visit.estate.slug}/maintenance/{order_id}?filed=1")
    if refusal.field in {"place", "category"}:
        choice = _choice(form.place, form.category, form.text, "neighbour" if form.for_neighbour else "")
        return _what_page(request, visit, session, choice, refusal)
    return _details_page(request, visit, session, now, form, refusal)


@router.post("/near")
@reads_only
def show_near(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, sent: SentReport
) -> HTMLResponse:
    """What is like the text as it stands in the form."""
    form = sent.form
    spot = _spot_or_none(session, visit, form.place)
    if spot is None or form.category not in CATEGORIES:
        raise NotFound(N_("没有找到这个地点，请从列表里重新选择"))
    data = NearPage(_near(session, visit, spot, form, now))
    return page(request, "maintenance/near.html", data, estate=visit.estate)


@router.post("/join")
def join(visit: MemberVisit, session: SessionDep, now: Now, order: Annotated[str, Form()] = "") -> Response:
    try:
        order_id = UUID(order)
    except ValueError:
        raise NotFound(N_("没有找到这张工单")) from None
    join_order(
        session,
        estate_id=visit.estate.id,
        order_id=order_id,
        account_id=visit.actor.id,
        text="",
        now=now,
    )
    return see_other(f"/e/{visit.estate.slug}/maintenance/{order_id}?joined=1")


@router.get("/token")
def give_token(request: Request, visit: MemberVisit) -> JSONResponse:
    """What a report that waited on the telephone needs to be sent: a fresh token, and whose browser this is now."""
    return JSONResponse({"csrf": request.state.csrf, "who": str(visit.actor.id)})
