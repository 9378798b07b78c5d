"""The desk hands over what was asked for, by the code that the resident shows, or refuses it with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.credits.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, spends
from app.services.credits import redeeming
from app.services.credits.redeeming import RedemptionView

router = APIRouter(prefix="/desk/{slug}/credits/redemptions")


@dataclass(frozen=True, slots=True)
class PilePage:
    """What waits, or what a code was given for; `chosen` is the line whose form came back, with the reason typed."""

    address: str
    code: str
    waiting: Sequence[RedemptionView]
    chosen: UUID | None
    reason: str
    errors: Errors


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    *,
    code: str = "",
    chosen: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    asked = code.replace(" ", "")[:12]
    data = PilePage(
        address=f"/desk/{visit.estate.slug}/credits",
        code=asked,
        waiting=redeeming.list_waiting(session, estate_id=visit.estate.id, code=asked),
        chosen=chosen,
        reason=reason,
        errors=errors_of(request, refusal, row=chosen or ""),
    )
    return desk_page(request, visit, "credits/desk_redemptions.html", data, refusal=refusal)


@router.get("", dependencies=[spends(CommitteeVisit, LIST)])
def show_pile(request: Request, visit: CommitteeVisit, session: SessionDep, code: str = "") -> Response:
    return _page(request, visit, session, code=code)


@router.post("/{redemption_id}")
def decide(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    redemption_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    which = {"estate_id": visit.estate.id, "redemption_id": redemption_id}
    with attempt(session) as tried:
        if act == "hand_over":
            redeeming.hand_over(session, **which, actor=visit.actor, now=now)
        elif act == "refuse":
            redeeming.refuse(session, **which, reason=reason, actor=visit.actor, now=now)
        else:
            raise Invalid(N_("请选择已经交给本人，或者不能兑换"))
    if tried.refusal:
        return _page(request, visit, session, chosen=redemption_id, reason=reason, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/credits/redemptions")
