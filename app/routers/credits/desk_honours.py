"""The desk confirms the honours of a quarter that is over, and takes one back with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, NotFound, Refusal
from app.routers.credits.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, spends
from app.rules.credits.honours import HONOUR_NAMES, Honour
from app.services.credits import honours
from app.services.credits.honours import Candidate, Honoured

router = APIRouter(prefix="/desk/{slug}/credits/honours")


@dataclass(frozen=True, slots=True)
class HonoursDeskPage:
    """Whom to confirm and whom was; `names` are marked words, `chosen` the line whose form came back."""

    address: str
    home: str
    quarter: str
    quarters: Sequence[str]
    candidates: Sequence[Candidate]
    honoured: Sequence[Honoured]
    names: dict[Honour, str]
    chosen: UUID | None
    reason: str
    errors: Errors


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    quarter: str,
    *,
    chosen: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    ended = honours.quarters(now)[1:]
    if quarter and quarter not in ended:
        raise NotFound(N_("没有这个季度"))
    estate_id, shown = visit.estate.id, quarter or ended[0]
    data = HonoursDeskPage(
        address=f"/desk/{visit.estate.slug}/credits",
        home=f"/e/{visit.estate.slug}/honours",
        quarter=shown,
        quarters=ended,
        candidates=honours.candidates(session, estate_id=estate_id, quarter=shown),
        honoured=honours.list_honoured(session, estate_id=estate_id, quarter=shown),
        names=HONOUR_NAMES,
        chosen=chosen,
        reason=reason,
        errors=errors_of(request, refusal, row=chosen or ""),
    )
    return desk_page(request, visit, "credits/desk_honours.html", data, refusal=refusal)


@router.get("", dependencies=[spends(CommitteeVisit, LIST)])
def show_list(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, quarter: str = ""
) -> Response:
    return _page(request, visit, session, now, quarter)


@router.post("")
def confirm(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    quarter: Annotated[str, Form(max_length=6)] = "",
    chosen: Annotated[list[str] | None, Form()] = None,
) -> Response:
    if quarter not in honours.quarters(now):
        raise NotFound(N_("没有这个季度"))
    with attempt(session) as tried:
        honours.confirm(
            session,
            estate_id=visit.estate.id,
            quarter=quarter,
            chosen={_read(one) for one in chosen or ()},
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        shown = "" if quarter == honours.quarters(now)[0] else quarter
        return _page(request, visit, session, now, shown, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/credits/honours?quarter={quarter}")


def _read(text: str) -> tuple[Honour, UUID]:
    """A tick as the form sends it: the honour and the person."""
    honour, _, person = text.partition(":")
    try:
        return Honour(honour), UUID(person)
    except ValueError:
        raise Invalid(N_("名单有变化，请重新核对再确认"), field="chosen") from None


@router.post("/{honour_id}")
def take_off(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    honour_id: UUID,
    quarter: Annotated[str, Form(max_length=6)] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        honours.take_off(
            session,
            estate_id=visit.estate.id,
            honour_id=honour_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request, visit, session, now, quarter, chosen=honour_id, reason=reason, refusal=tried.refusal
        )
    return see_other(f"/desk/{visit.estate.slug}/credits/honours?quarter={quarter}")
