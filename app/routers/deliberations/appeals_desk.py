"""The committee's desk for appeals: those that wait, and one with the form that decides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.moderation import ACT_NAMES, REASON_LEAST, REASON_MOST
from app.services.deliberations import appeals
from app.services.deliberations.acts import Order
from app.services.deliberations.appeals import PAGE, AppealLine
from app.services.deliberations.log import LogEntry, read_entry

router = APIRouter(prefix="/desk/{slug}/moderation/appeals")

_DECISIONS = {"uphold": True, "refuse": False}


@dataclass(frozen=True, slots=True)
class AppealsPage:
    """`older` is the number to go on after, 0 at the end."""

    address: str
    back: str
    appeals: Sequence[AppealLine]
    act_names: dict[str, str]
    older: int


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """`own` says why this clerk may not decide: `act` is his own act, `content` his own content, "" neither."""

    address: str
    back: str
    slug: str
    entry: LogEntry
    own: str
    decision: str
    reason: str
    least: int
    most: int
    errors: Errors


@router.get("")
def show_appeals(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    lines = appeals.list_open_appeals(
        session, estate_id=visit.estate.id, viewer_id=visit.actor.id, after=after
    )
    back = f"/desk/{visit.estate.slug}/moderation"
    data = AppealsPage(
        address=f"{back}/appeals",
        back=back,
        appeals=lines[:PAGE],
        act_names={act.value: name for act, name in ACT_NAMES.items()},
        older=lines[PAGE - 1].number if len(lines) > PAGE else 0,
    )
    return talk_page(request, visit, "deliberations/appeals.html", data)


def _form(
    request: Request,
    visit: Visit,
    session: SessionDep,
    number: int,
    *,
    decision: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    errors = errors_of(request, refusal)
    me = visit.actor.id
    act = appeals.get_act(session, estate_id=visit.estate.id, number=number)
    entry = read_entry(session, estate_id=visit.estate.id, number=number, viewer_id=me, is_committee=True)
    back = f"/desk/{visit.estate.slug}/moderation/appeals"
    data = DecisionPage(
        address=f"{back}/{number}",
        back=back,
        slug=visit.estate.slug,
        entry=entry,
        own="act" if act.moderator_id == me else "content" if act.author_id == me else "",
        decision=decision,
        reason=reason,
        least=REASON_LEAST,
        most=REASON_MOST,
        errors=errors,
    )
    return talk_page(request, visit, "deliberations/appeal_desk.html", data, refusal=refusal)


@router.get("/{number:int}")
def show_decision(request: Request, visit: CommitteeVisit, session: SessionDep, number: int) -> Response:
    return _form(request, visit, session, number)


@router.post("/{number:int}")
def decide(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    number: int,
    decision: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        appeals.decide_appeal(
            session,
            estate_id=visit.estate.id,
            number=number,
            upheld=_DECISIONS.get(decision),
            order=Order(id=uuid4(), actor=visit.actor, now=now, reason=reason),
        )
    if tried.refusal:
        return _form(request, visit, session, number, decision=decision, reason=reason, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/moderation/appeals")
