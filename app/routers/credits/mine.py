"""A person's own credits: what he has and for what, how they are earned, joining, leaving and deletion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.credits.frames import my_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.paging import Links, links_of
from app.rules.credits.honours import HONOUR_NAMES
from app.rules.paging import read_turn
from app.services.credits import honours, ledger, members, rates
from app.services.credits.ledger import EntryView
from app.services.credits.members import Look, Membership
from app.services.credits.rates import RateView

router = APIRouter(prefix="/e/{slug}/credits")


@dataclass(frozen=True, slots=True)
class MinePage:
    """`honours` are (quarter, name) pairs; who reads may join when he lives here."""

    address: str
    mine: Membership
    may_join: bool
    rates: Sequence[RateView]
    entries: Sequence[EntryView]
    links: Links
    honours: Sequence[tuple[str, str]]
    looks: Sequence[Look]
    errors: Errors


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    *,
    before: str = "",
    after: str = "",
    refusal: Refusal | None = None,
) -> Response:
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    address = f"/e/{visit.estate.slug}/credits"
    turn = read_turn(before, after)
    entries = ledger.read_entries(session, estate_id=visit.estate.id, account_id=visit.actor.id, turn=turn)
    data = MinePage(
        address=address,
        mine=members.read_membership(session, **who),
        may_join=visit.standing.is_resident,
        rates=rates.read_sheet(session, estate_id=visit.estate.id, now=now),
        entries=entries.rows,
        links=links_of(address, entries),
        honours=[(quarter, HONOUR_NAMES[honour]) for quarter, honour in honours.my_honours(session, **who)],
        looks=members.looks_at(session, **who),
        errors=errors_of(request, refusal),
    )
    return my_page(request, visit, "credits/mine.html", data, refusal=refusal)


@router.get("")
def show_mine(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, before: str = "", after: str = ""
) -> Response:
    return _page(request, visit, session, now, before=before, after=after)


@router.post("")
def decide(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    act: Annotated[str, Form(max_length=20)] = "",
    agree: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """One's own decision: join, leave, show or hide the name, or have the points deleted."""
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    with attempt(session) as tried:
        match act:
            case "join":
                agreed, lives_here = agree == "yes", visit.standing.is_resident
                members.join(session, **who, is_resident=lives_here, agreed=agreed, now=now)
            case "leave":
                members.leave(session, **who, now=now)
            case "show" | "hide":
                members.set_shown(session, **who, shown=act == "show", now=now)
            case "erase":
                members.erase(session, **who, now=now)
            case _:
                raise Invalid(N_("请重新打开页面再试"))
    if tried.refusal:
        return _page(request, visit, session, now, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/credits")
