"""The hardship list, for the committee only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.fee_frames import fee_page, fees_desk, id_of
from app.rules.maintenance.rates import month_of
from app.services.maintenance.fees.relief import (
    MOST_REASON,
    HardshipView,
    NewHardship,
    end_relief,
    list_hardships,
    relieve,
)

router = APIRouter(prefix="/desk/{slug}/fees/hardship")


@dataclass(frozen=True, slots=True)
class TypedHardship:
    """A line as typed."""

    id: str = ""
    home: str = ""
    reason: str = ""
    first_month: str = ""
    last_month: str = ""


@dataclass(frozen=True, slots=True)
class HardshipPage:
    """The list, the form for one more, and the line whose end was refused."""

    address: str
    back: str
    lines: list[HardshipView]
    typed: TypedHardship
    failed: str
    from_month: str
    most_reason: int
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    *,
    typed: TypedHardship | None = None,
    failed: UUID | None = None,
    from_month: str = "",
    refusal: Refusal | None = None,
) -> Response:
    month = month_of(now)
    data = HardshipPage(
        address=f"{fees_desk(visit)}/hardship",
        back=fees_desk(visit),
        lines=list_hardships(session, estate_id=visit.estate.id, month=month),
        typed=typed or TypedHardship(id=str(uuid4()), first_month=month),
        failed=str(failed or ""),
        from_month=from_month,
        most_reason=MOST_REASON,
        errors=errors_of(request, refusal, row=failed or ""),
    )
    return fee_page(request, visit, "maintenance/hardships.html", data, refusal=refusal)


@router.get("")
def show_list(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    return _page(request, visit, session, now)


@router.post("")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[str, Form(max_length=40)] = "",
    home: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
    first_month: Annotated[str, Form(max_length=10)] = "",
    last_month: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    form_id, typed = id_of(id), TypedHardship(id, home, reason, first_month, last_month)
    with attempt(session) as tried:
        if form_id is None:
            raise Invalid(N_("这张表单不完整，请重新打开页面"))
        new = NewHardship(
            id=form_id, home=home, reason=reason, first_month=first_month, last_month=last_month
        )
        relieve(session, new, estate_id=visit.estate.id, actor=visit.actor, now=now)
    if tried.refusal:
        if form_id is None:
            typed = replace(typed, id=str(uuid4()))
        return _page(request, visit, session, now, typed=typed, refusal=tried.refusal)
    return see_other(f"{fees_desk(visit)}/hardship")


@router.post("/{hardship_id:uuid}/end")
def end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    hardship_id: UUID,
    from_month: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        end_relief(
            session,
            estate_id=visit.estate.id,
            hardship_id=hardship_id,
            from_month=from_month,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request, visit, session, now, failed=hardship_id, from_month=from_month, refusal=tried.refusal
        )
    return see_other(f"{fees_desk(visit)}/hardship")
