"""The desk of reports without an account: each is looked at, then released, declined with a reason, or hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.records import ONE, spends
from app.services.maintenance.filing import release_report
from app.services.maintenance.held import HeldLine, HeldReport, decline_held, list_held, read_held
from app.services.maintenance.near import NearOrder, find_near

router = APIRouter(prefix="/desk/{slug}/reports/held")


@dataclass(frozen=True, slots=True)
class HeldListPage:
    address: str
    lines: list[HeldLine]
    older: str


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One report with what neighbours reported there; `typed` is the reason as typed, `act` the form it was in."""

    address: str
    back: str
    report: HeldReport
    near: list[NearOrder]
    typed: str
    act: str
    errors: Errors


def address_of(slug: str) -> str:
    return f"/desk/{slug}/reports/held"


@router.get("")
def show_list(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> HTMLResponse:
    lines, onward = list_held(session, estate_id=visit.estate.id, after=after)
    address = address_of(visit.estate.slug)
    data = HeldListPage(address, lines, f"{address}?after={onward}" if onward else "")
    return visit_page(request, visit, "maintenance/held_list.html", data, tab="repairs", staff=True)


@router.get("/{order_id}", dependencies=[spends(CommitteeVisit, ONE)])
def show_report(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, order_id: UUID
) -> HTMLResponse:
    return _held_page(request, visit, session, now, order_id)


def _held_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    order_id: UUID,
    *,
    typed: str = "",
    act: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    report = read_held(session, estate_id=visit.estate.id, order_id=order_id)
    data = HeldPage(
        address=f"{address_of(visit.estate.slug)}/{order_id}",
        back=address_of(visit.estate.slug),
        report=report,
        near=find_near(
            session,
            estate_id=visit.estate.id,
            place_id=report.place_id,
            category=report.category.key,
            text=report.text,
            account_id=None,
            now=now,
        ),
        typed=typed,
        act=act,
        errors=errors_of(request, refusal, form=act),
    )
    return visit_page(
        request, visit, "maintenance/held.html", data, tab="repairs", staff=True, refusal=refusal
    )


@router.post("/{order_id}/release")
def release(visit: CommitteeVisit, session: SessionDep, now: Now, order_id: UUID) -> Response:
    release_report(session, estate_id=visit.estate.id, order_id=order_id, actor=visit.actor, now=now)
    return see_other(address_of(visit.estate.slug))


@router.post("/{order_id}/decline")
def decline(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    reason: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
) -> Response:
    """Two forms of one page: not taken up, and the whole of it public, or hidden."""
    hide = act == "hide"
    with attempt(session) as tried:
        decline_held(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            reason=reason,
            hide=hide,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal and tried.refusal.field:
        act = "hide" if hide else "decline"
        return _held_page(
            request, visit, session, now, order_id, typed=reason[:600], act=act, refusal=tried.refusal
        )
    if tried.refusal:
        raise tried.refusal
    return see_other(address_of(visit.estate.slug))
