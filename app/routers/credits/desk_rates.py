"""The desk sets what a kind of taking part earns, from tomorrow at the earliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.credits.frames import desk_page, read_day, read_number
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.rules.credits.rates import Rate
from app.rules.credits.reasons import EARNING, REASON_NAMES, Reason
from app.services.credits import rates
from app.services.credits.ledger import day_of
from app.services.credits.rates import RateView

router = APIRouter(prefix="/desk/{slug}/credits/rates")


@dataclass(frozen=True, slots=True)
class RatesPage:
    """Today's rules with what is to come, and the form; `names` are marked words."""

    address: str
    rates: Sequence[RateView]
    names: dict[Reason, str]
    id: UUID
    reason: str
    valid_from: str
    points: str
    per_day: str
    per_quarter: str
    errors: Errors


@router.get("")
def show_rates(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, reason: str = ""
) -> Response:
    return _page(request, visit, session, now, id=uuid4(), reason=reason)


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    *,
    id: UUID,
    reason: str = "",
    valid_from: str = "",
    points: str = "",
    per_day: str = "",
    per_quarter: str = "",
    refusal: Refusal | None = None,
) -> Response:
    data = RatesPage(
        address=f"/desk/{visit.estate.slug}/credits",
        rates=rates.read_sheet(session, estate_id=visit.estate.id, now=now),
        names=REASON_NAMES,
        id=id,
        reason=reason,
        valid_from=valid_from or (day_of(now) + timedelta(days=1)).isoformat(),
        points=points,
        per_day=per_day,
        per_quarter=per_quarter,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "credits/desk_rates.html", data, refusal=refusal)


@router.post("")
def set_rate(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    reason: Annotated[str, Form(max_length=24)] = "",
    valid_from: Annotated[str, Form(max_length=20)] = "",
    points: Annotated[str, Form(max_length=20)] = "",
    per_day: Annotated[str, Form(max_length=20)] = "",
    per_quarter: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    known = {one.value: one for one in EARNING}
    with attempt(session) as tried:
        if reason not in known:
            raise Invalid(N_("请选择一种参与"), field="reason")
        rates.set_rate(
            session,
            estate_id=visit.estate.id,
            rate_id=id,
            reason=known[reason],
            valid_from=read_day(valid_from, field="valid_from"),
            rate=Rate(
                read_number(points, field="points"),
                read_number(per_day, field="per_day"),
                read_number(per_quarter, field="per_quarter"),
            ),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"reason": reason, "valid_from": valid_from, "points": points}
        typed |= {"per_day": per_day, "per_quarter": per_quarter}
        return _page(request, visit, session, now, id=id, **typed, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/credits/rates")
