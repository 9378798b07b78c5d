"""My own cases, and, for mediators, what waits for one: a kind and a day, nobody's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import list_address, room_address
from app.services.mediation import mediators, opening, reading
from app.services.mediation.mediators import WaitingLine
from app.services.mediation.reading import CaseLine

router = APIRouter(prefix="/e/{slug}")


@dataclass(frozen=True, slots=True)
class MinePage:
    """The reader's cases; `waiting` is how many he might take up."""

    address: str
    cases: list[CaseLine]
    may_apply: bool
    may_mediate: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """What the reader might take up; `asked` is the case whose tie he has to show first, or None."""

    address: str
    cases: list[WaitingLine]
    asked: UUID | None
    errors: Errors


@router.get("/matters")
def go_to_matters(visit: MemberVisit) -> Response:
    """The address in messages, which says nothing of what waits behind it."""
    return see_other(list_address(visit.estate.slug))


@router.get("/mediation")
def list_mine(request: Request, visit: MemberVisit, session: SessionDep) -> Response:
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    data = MinePage(
        address=list_address(visit.estate.slug),
        cases=reading.list_mine(session, **who),
        may_apply=visit.standing.is_resident,
        may_mediate=opening.may_open_by_hand(session, **who),
        waiting=len(mediators.list_waiting(session, **who)),
    )
    return talk_page(request, visit, "mediation/list.html", data)


def _waiting_page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    *,
    asked: UUID | None = None,
    refusal: Refusal | None = None,
) -> Response:
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    if not opening.may_open_by_hand(session, **who):
        raise NotFound(N_("没有找到这个页面"))
    data = WaitingPage(
        address=f"{list_address(visit.estate.slug)}/waiting",
        cases=mediators.list_waiting(session, **who),
        asked=asked,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "mediation/waiting.html", data, refusal=refusal)


@router.get("/mediation/waiting")
def list_waiting(request: Request, visit: MemberVisit, session: SessionDep) -> Response:
    return _waiting_page(request, visit, session)


@router.post("/mediation/waiting/{case_id:uuid}")
def take_case(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
    disclose: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "case_id": case_id, "account_id": visit.actor.id}
    with attempt(session) as tried:
        if act == "decline":
            mediators.decline_case(session, **where, now=now)
        else:
            mediators.take_case(session, **where, disclose=disclose == "yes", now=now)
    if tried.refusal:
        asked = case_id if tried.refusal.code == "undisclosed" else None
        return _waiting_page(request, visit, session, asked=asked, refusal=tried.refusal)
    if act == "decline":
        return see_other(f"{list_address(visit.estate.slug)}/waiting")
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")
