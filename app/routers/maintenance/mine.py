"""A person's own reports: what waits for his answer on top, then those he made, joined, or filed for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.routers.forms import visit_page
from app.services.maintenance.mine import PAGE, MyOrder, Share, list_mine, list_waiting

router = APIRouter(prefix="/e/{slug}/maintenance/mine")

_SHARES = {share.value: share for share in Share}


@dataclass(frozen=True, slots=True)
class MinePage:
    """`older` is the address of the next page, "" at the end; what waits stands on the first page only."""

    home: str
    address: str
    share: str
    waiting: Sequence[MyOrder]
    lines: Sequence[MyOrder]
    older: str


@router.get("")
def show_mine(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    share: str = "",
    before: str = "",
) -> Response:
    asked, me, estate_id = _SHARES.get(share, Share.REPORTED), visit.actor.id, visit.estate.id
    last = _uuid(before)
    lines = list_mine(session, estate_id=estate_id, account_id=me, share=asked, now=now, before=last)
    home = f"/e/{visit.estate.slug}/maintenance"
    data = MinePage(
        home=home,
        address=f"{home}/mine",
        share=asked.value,
        waiting=() if last else list_waiting(session, estate_id=estate_id, account_id=me, now=now),
        lines=lines[:PAGE],
        older=f"{home}/mine?share={asked.value}&before={lines[PAGE - 1].id}" if len(lines) > PAGE else "",
    )
    return visit_page(request, visit, "maintenance/mine.html", data, tab="repairs")


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
