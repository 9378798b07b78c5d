"""Deliberations: the estate's threads, and the search over proposals and posts."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.deliberations.frames import read_number
from app.routers.forms import talk_page
from app.routers.paging import Links, links_of
from app.rules.paging import read_turn
from app.rules.search import MOST_QUERY
from app.services.deliberations import listing
from app.services.deliberations.listing import Hit, ThreadLine

router = APIRouter(prefix="/e/{slug}/deliberations")


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of threads with the links under it."""

    threads: tuple[ThreadLine, ...]
    pages: Links


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was found; `more` is the address of the next page."""

    query: str
    hits: list[Hit]
    more: str


@router.get("")
def list_threads(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    q: str = "",
    before: str = "",
    after: str = "",
    start: str = "",
) -> HTMLResponse:
    address = f"/e/{visit.estate.slug}/deliberations"
    query = q.strip()[:MOST_QUERY]
    if query:
        hits, go_on = listing.search_talk(
            session, estate_id=visit.estate.id, query=query, start=read_number(start)
        )
        path = str(request.url.include_query_params(start=go_on).query) if go_on else ""
        found = SearchPage(query, hits, f"{address}?{path}" if path else "")
        return talk_page(request, visit, "deliberations/search.html", found)
    turn = read_turn(before, after)
    threads = listing.list_threads(
        session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now, turn=turn
    )
    data = ListPage(threads.rows, links_of(address, threads))
    return talk_page(request, visit, "deliberations/list.html", data)
