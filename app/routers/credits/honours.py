"""The honour roll of a quarter: names of those who consent, by house, without places or points; and to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, NotFound
from app.routers.credits.frames import my_page
from app.rules.credits.honours import HONOUR_HINTS, HONOUR_NAMES, Honour
from app.services.credits import honours
from app.services.credits.honours import Roll

router = APIRouter(prefix="/e/{slug}/honours")


@dataclass(frozen=True, slots=True)
class HonoursPage:
    """`names` and `hints` are marked words; `quarters` those that can be chosen."""

    address: str
    committee: str
    quarter: str
    quarters: Sequence[str]
    rolls: Sequence[Roll]
    names: dict[Honour, str]
    hints: dict[Honour, str]


def _data(visit: MemberVisit, session: SessionDep, now: Now, quarter: str) -> HonoursPage:
    ended = honours.quarters(now)[1:]
    if quarter and quarter not in ended:
        raise NotFound(N_("没有这个季度的荣誉榜"))
    chosen = quarter or ended[0]
    return HonoursPage(
        address=f"/e/{visit.estate.slug}/honours",
        committee=visit.estate.committee_name,
        quarter=chosen,
        quarters=ended,
        rolls=honours.read_roll(session, estate_id=visit.estate.id, quarter=chosen),
        names=HONOUR_NAMES,
        hints=HONOUR_HINTS,
    )


@router.get("")
def show_honours(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, quarter: str = ""
) -> Response:
    return my_page(request, visit, "credits/honours.html", _data(visit, session, now, quarter))


@router.get("/print")
def print_honours(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, quarter: str = ""
) -> Response:
    return my_page(request, visit, "credits/honours_print.html", _data(visit, session, now, quarter))
