"""What residents do with a card: ask about it, and say whether it was of use."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, NotAllowed
from app.routers.forms import attempt, see_other
from app.routers.guides.frames import address_of
from app.routers.guides.read import questions_page, show_page
from app.services.deliberations.threads import muted_until
from app.services.guides import asking, marking

router = APIRouter(prefix="/e/{slug}/guides")


def _guide_id(text: str) -> UUID | None:
    """The card asked about, None for policy at large."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(N_("请回到政策卡的页面再提问")) from None


def _ensure_not_muted(session: SessionDep, visit: Visit, now: datetime) -> None:
    """Who may only read asks nothing either."""
    if muted_until(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now) is not None:
        raise NotAllowed(
            N_("您目前被禁言，可以阅读，不能发言。对处理不服可以在“审核记录”里向居委会申诉"), code="muted"
        )


@router.post("/questions")
def ask(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    guide: Annotated[str, Form(max_length=60)] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    guide_id = _guide_id(guide)
    with attempt(session) as tried:
        _ensure_not_muted(session, visit, now)
        asking.ask(
            session,
            estate_id=visit.estate.id,
            question_id=id,
            guide_id=guide_id,
            text=text,
            asker_id=visit.actor.id,
            now=now,
        )
    if tried.refusal and guide_id:
        return show_page(request, visit, session, now, guide_id, text=text, refusal=tried.refusal)
    if tried.refusal:
        return questions_page(request, visit, session, text=text, refusal=tried.refusal)
    page = address_of(visit.estate.slug, guide_id) if guide_id else f"/e/{visit.estate.slug}/guides/questions"
    return see_other(f"{page}#q-{id}")


@router.post("/{guide_id:uuid}/mark")
def mark(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    mark: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        marking.mark_card(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            account_id=visit.actor.id,
            mark=mark,
            text=note,
            now=now,
        )
    if tried.refusal:
        return show_page(request, visit, session, now, guide_id, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, guide_id)}#marks")
