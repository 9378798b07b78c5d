"""The committee's desk for appeals against the end of an order: those that wait, and one with the form that decides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.services.maintenance import appeals
from app.services.maintenance.appeals import MOST_TEXT, PAGE, AppealLine

router = APIRouter(prefix="/desk/{slug}/orders/appeals")

_DECISIONS = {"grant": True, "refuse": False}


@dataclass(frozen=True, slots=True)
class AppealsPage:
    """`older` is the address of the next page, "" at the end."""

    address: str
    appeals: Sequence[AppealLine]
    older: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """`order_address` is the order's own page."""

    address: str
    back: str
    order_address: str
    appeal: AppealLine
    decision: str
    reason: str
    most: int
    errors: Errors


def _desk(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/orders/appeals"


@router.get("")
def show_appeals(request: Request, visit: CommitteeVisit, session: SessionDep, after: str = "") -> Response:
    try:
        last = UUID(after)
    except ValueError:
        last = None
    lines = appeals.list_appeals(session, estate_id=visit.estate.id, viewer_id=visit.actor.id, after=last)
    address = _desk(visit)
    data = AppealsPage(
        address=address,
        appeals=lines[:PAGE],
        older=f"{address}?after={lines[PAGE - 1].id}" if len(lines) > PAGE else "",
    )
    return visit_page(request, visit, "maintenance/order_appeals.html", data, tab="repairs")


def _form(
    request: Request,
    visit: Visit,
    session: SessionDep,
    appeal_id: UUID,
    *,
    decision: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    appeal = appeals.read_appeal(
        session, estate_id=visit.estate.id, appeal_id=appeal_id, viewer_id=visit.actor.id
    )
    data = DecisionPage(
        address=f"{_desk(visit)}/{appeal_id}",
        back=_desk(visit),
        order_address=f"/e/{visit.estate.slug}/maintenance/{appeal.order_id}",
        appeal=appeal,
        decision=decision,
        reason=reason,
        most=MOST_TEXT,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/order_appeal.html", data, tab="repairs", refusal=refusal)


@router.get("/{appeal_id:uuid}")
def show_appeal(request: Request, visit: CommitteeVisit, session: SessionDep, appeal_id: UUID) -> Response:
    return _form(request, visit, session, appeal_id)


@router.post("/{appeal_id:uuid}")
def decide(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    appeal_id: UUID,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        appeals.decide_appeal(
            session,
            estate_id=visit.estate.id,
            appeal_id=appeal_id,
            granted=_DECISIONS.get(decision),
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _form(
            request, visit, session, appeal_id, decision=decision, reason=reason, refusal=tried.refusal
        )
    return see_other(_desk(visit))
