"""What the committee does with one order besides moving it: hide and show it, and write down a call-back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.maintenance.order_page import address_of, desk_of
from app.rules.maintenance.rates import CALL_BACK_NAMES, CallBack
from app.services.maintenance import calling_back, hiding
from app.services.maintenance.sight import find_order

router = APIRouter(prefix="/desk/{slug}/orders/{order_id:uuid}")

_RESULTS = {result.value: result for result in CallBack}


@dataclass(frozen=True, slots=True)
class HidePage:
    """`hidden_reason` is why it is hidden now, "" when it is not: then the form hides it."""

    number: int
    address: str
    back: str
    hidden_reason: str
    reason: str
    most: int
    errors: Errors


@dataclass(frozen=True, slots=True)
class CallBackPage:
    """What stands already, and the form as it was typed; `open` when the order may be called back about."""

    number: int
    address: str
    back: str
    open: bool
    known: str
    results: tuple[tuple[str, str, str], ...]
    result: str
    note: str
    most: int
    errors: Errors


def _hide_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    order_id: UUID,
    *,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    order = find_order(session, estate_id=visit.estate.id, order_id=order_id)
    data = HidePage(
        number=order.number,
        address=desk_of(visit.estate.slug, order_id),
        back=address_of(visit.estate.slug, order_id),
        hidden_reason=order.hidden_reason if order.hidden_at else "",
        reason=reason,
        most=hiding.MOST_REASON,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/hide.html", data, tab="repairs", refusal=refusal)


@router.get("/hide")
def show_hide(request: Request, visit: CommitteeVisit, session: SessionDep, order_id: UUID) -> Response:
    return _hide_page(request, visit, session, order_id)


@router.post("/hide")
def hide(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        hiding.hide_order(
            session, estate_id=visit.estate.id, order_id=order_id, reason=reason, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _hide_page(request, visit, session, order_id, reason=reason, refusal=tried.refusal)
    return see_other(address_of(visit.estate.slug, order_id))


@router.post("/show")
def show(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        hiding.show_order(
            session, estate_id=visit.estate.id, order_id=order_id, reason=reason, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _hide_page(request, visit, session, order_id, reason=reason, refusal=tried.refusal)
    return see_other(address_of(visit.estate.slug, order_id))


def _call_back_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    order_id: UUID,
    *,
    result: str = "",
    note: str = "",
    refusal: Refusal | None = None,
) -> Response:
    order = find_order(session, estate_id=visit.estate.id, order_id=order_id)
    data = CallBackPage(
        number=order.number,
        address=f"{desk_of(visit.estate.slug, order_id)}/call-back",
        back=address_of(visit.estate.slug, order_id),
        open=calling_back.may_call_back(order),
        known=CALL_BACK_NAMES[order.call_back] if order.call_back else "",
        results=tuple((key.value, name, "") for key, name in CALL_BACK_NAMES.items()),
        result=result,
        note=note,
        most=calling_back.MOST_NOTE,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/call_back.html", data, tab="repairs", refusal=refusal)


@router.get("/call-back")
def show_call_back(request: Request, visit: CommitteeVisit, session: SessionDep, order_id: UUID) -> Response:
    return _call_back_page(request, visit, session, order_id)


@router.post("/call-back")
def call_back(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    result: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        calling_back.enter_call_back(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            result=_RESULTS.get(result),
            note=note,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _call_back_page(
            request, visit, session, order_id, result=result, note=note, refusal=tried.refusal
        )
    return see_other(address_of(visit.estate.slug, order_id))
