"""Deliberations: the estate's threads, and the search over proposals and posts."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.deliberations.frames import read_number, thread_page
from app.rules.search import MOST_QUERY
from app.services.deliberations import listing
from app.services.deliberations.listing import Hit, ThreadLine

router = APIRouter(prefix="/e/{slug}/deliberations")


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of threads; `more` is the address of the next one."""

    threads: list[ThreadLine]
    more: str
    first: bool


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
    start: str = "",
) -> HTMLResponse:
    address = f"/e/{visit.estate.slug}/deliberations"
    query = q.strip()[:MOST_QUERY]
    if query:
        hits, after = listing.search_talk(
            session, estate_id=visit.estate.id, query=query, start=read_number(start)
        )
        path = str(request.url.include_query_params(start=after).query) if after else ""
        found = SearchPage(query, hits, f"{address}?{path}" if path else "")
        return thread_page(request, visit, "deliberations/search.html", found)
    threads, below = listing.list_threads(
        session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now, before=read_number(before)
    )
    data = ListPage(threads, f"{address}?before={below}" if below else "", not before)
    return thread_page(request, visit, "deliberations/list.html", data)
