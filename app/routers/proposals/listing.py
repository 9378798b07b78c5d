"""The list of proposals: narrowed by place, class and state, sorted, searched, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.forms import see_other, talk_page
from app.routers.paging import Links, links_of
from app.routers.proposals.frames import address_of, list_address
from app.rules.paging import read_turn
from app.rules.proposals.catalogue import KIND_NAMES, ItemKind
from app.rules.proposals.states import PUBLIC, STATE_NAMES, ProposalState
from app.rules.search import MOST_QUERY
from app.services.proposals import lists
from app.services.proposals.drafting import may_propose
from app.services.proposals.lists import DraftLine, Filters, ProposalLine
from app.services.proposals.places import Place, list_places

router = APIRouter(prefix="/e/{slug}/proposals")


@dataclass(frozen=True, slots=True)
class ListPage:
    """`narrowed` that some filter holds; `pages` are the links under the list."""

    lines: tuple[ProposalLine, ...]
    drafts: list[DraftLine]
    places: list[Place]
    kinds: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    place: str
    kind: str
    state: str
    sort: str
    query: str
    narrowed: bool
    address: str
    pages: Links
    may_propose: bool


@router.get("")
def list_proposals(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    place: str = "",
    kind: str = "",
    state: str = "",
    sort: str = "",
    q: str = "",
    before: str = "",
    after: str = "",
) -> Response:
    estate_id, account_id = visit.estate.id, visit.actor.id
    filters = Filters(
        place=place,
        kind=ItemKind(kind) if kind in set(ItemKind) else None,
        state=ProposalState(state) if state in PUBLIC else None,
        warmest=sort == "warmest",
        query=q[:MOST_QUERY].strip(),
    )
    found = lists.list_proposals(
        session,
        estate_id=estate_id,
        filters=filters,
        turn=read_turn(before, after),
        viewer_id=account_id,
        now=now,
    )
    typed = {"place": place, "kind": filters.kind or "", "state": filters.state or "", "q": filters.query}
    order = "warmest" if filters.warmest else ""
    address = list_address(visit.estate.slug)
    data = ListPage(
        lines=found.rows,
        drafts=[] if found.newer else lists.list_drafts(session, estate_id=estate_id, account_id=account_id),
        places=list_places(session, estate_id=estate_id),
        kinds=tuple((each.value, KIND_NAMES[each]) for each in ItemKind),
        states=tuple((each.value, STATE_NAMES[each]) for each in ProposalState if each in PUBLIC),
        place=place,
        kind=typed["kind"],
        state=typed["state"],
        sort=order,
        query=filters.query,
        narrowed=any(typed.values()),
        address=address,
        pages=links_of(address, found, sort=order, **typed),
        may_propose=visit.standing.is_resident
        or may_propose(session, estate_id=estate_id, account_id=account_id),
    )
    return talk_page(request, visit, "proposals/list.html", data)


@router.get("/new")
def start(visit: MemberVisit) -> Response:
    """An empty form under an id of its own, so that however often it is sent it makes one proposal."""
    return see_other(f"{address_of(visit.estate.slug, uuid4())}/draft")
