"""Votes: the result with both measures and both tests, its print view, and objections to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SecretDep, SessionDep, SettingsDep
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.votes.pages import address_of
from app.rules.votes.states import State
from app.services.votes import counting, objections, reading
from app.services.votes.reading import Outcome, VoteSheet
from app.templating import page

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}")


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The count, or that it is not there yet; objections with their rulings."""

    vote: VoteSheet
    outcome: Outcome | None
    by_phone: int
    amendments: int
    objections: list[objections.ObjectionView]
    may_object: bool
    objection_id: UUID
    text: str
    errors: Errors
    address: str


def _data(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
    *,
    text: str = "",
    refusal: Refusal | None = None,
) -> ResultPage:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    grace = timedelta(seconds=settings.close_grace_seconds)
    outcome = None
    if vote.state in {State.CLOSED, State.PRELIMINARY, State.FINAL}:
        outcome = reading.result_of(
            session, estate_id=visit.estate.id, vote_id=vote_id, now=now, grace=grace, secret=secret
        )
    return ResultPage(
        vote=vote,
        outcome=outcome,
        by_phone=sum(counting.cast_by_channel(session, vote_id).values()) if outcome else 0,
        amendments=reading.amendments(session, vote_id=vote_id),
        objections=objections.list_objections(session, vote_id=vote_id, account_id=visit.actor.id),
        may_object=vote.state is State.PRELIMINARY
        and vote.objections_until is not None
        and now < vote.objections_until,
        objection_id=uuid4(),
        text=text,
        errors=errors_of(request, refusal),
        address=address_of(visit.estate.slug, vote_id),
    )


@router.get("/result")
def show_result(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
) -> HTMLResponse:
    data = _data(request, visit, session, now, secret, settings, vote_id)
    return visit_page(request, visit, "votes/result.html", data, tab="votes")


@router.get("/result/print")
def print_result(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
) -> HTMLResponse:
    data = _data(request, visit, session, now, secret, settings, vote_id)
    return page(request, "votes/result_print.html", data, estate=visit.estate, tab="votes")


@router.post("/objections")
def raise_objection(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        objections.raise_objection(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            objection_id=id,
            account_id=visit.actor.id,
            text=text,
            now=now,
        )
    if tried.refusal:
        refusal = tried.refusal
        data = _data(request, visit, session, now, secret, settings, vote_id, text=text, refusal=refusal)
        return visit_page(request, visit, "votes/result.html", data, tab="votes", refusal=refusal)
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/result#objections")


@router.post("/objections/{objection_id}/withdraw")
def withdraw_objection(
    visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID, objection_id: UUID
) -> Response:
    objections.withdraw_objection(
        session,
        estate_id=visit.estate.id,
        vote_id=vote_id,
        objection_id=objection_id,
        account_id=visit.actor.id,
        now=now,
    )
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/result#objections")
