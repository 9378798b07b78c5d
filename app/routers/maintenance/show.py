"""One order, open to whoever may see it; and whether it is repaired, answered with one tap, rated with another."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, PublicVisit, SessionDep
from app.errors import N_, Invalid
from app.routers.forms import attempt, see_other
from app.routers.maintenance.order_page import Typed, address_of, order_page
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.rates import Rating
from app.services.maintenance.confirming import Word, answer_repair, rate_repair

router = APIRouter(prefix="/e/{slug}/maintenance/{order_id:uuid}")

_ANSWERS = {answer.value: answer for answer in Answer}
_RATINGS = {rating.value: rating for rating in Rating}


@router.get("")
def show_order(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    filed: str = "",
    joined: str = "",
) -> Response:
    arrived = "filed" if filed == "1" else "joined" if joined == "1" else ""
    return order_page(request, visit, session, now, order_id, arrived=arrived)


@router.post("/answer")
def answer(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    answer: Annotated[str, Form()] = "",
    round: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if answer not in _ANSWERS:
            raise Invalid(N_("请选择修好了还是没有修好"), field="answer")
        # A page that does not say which repair it showed is none of ours: -1 is no repair's number.
        shown = int(round) if round.isascii() and round.isdigit() and len(round) < 5 else -1
        answer_repair(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            word=Word(answer=_ANSWERS[answer], round=shown, text=text),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = Typed("answer", text, answer=answer)
        return order_page(request, visit, session, now, order_id, typed=typed, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, order_id)}#rate")


@router.post("/rate")
def rate(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    rating: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        rate_repair(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            rating=_RATINGS.get(rating),
            answer=_ANSWERS.get(answer),
            text=text,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = Typed("rate", text, rating, answer)
        return order_page(request, visit, session, now, order_id, typed=typed, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, order_id)}#rate")
