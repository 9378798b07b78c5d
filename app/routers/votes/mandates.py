"""Mandates: an owner names an agent for one vote and takes it back; the person named accepts or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import Now, PublicVisit, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.votes.mandate_frames import keep_refusal, let_in
from app.routers.votes.pages import address_of
from app.rules.votes.states import State
from app.services.votes import mandates, mandates_reading, reading
from app.services.votes.mandates_reading import Giving, MandateView
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/mandates")


@dataclass(frozen=True, slots=True)
class MandatesPage:
    """What the reader gives and what he was given; `typed` holds a refused form's fields by their ids."""

    vote: VoteSheet
    running: bool
    givings: list[Giving]
    offers: list[MandateView]
    may_accept: bool
    is_member: bool
    new_id: UUID
    typed: dict[str, str]
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: object = "",
) -> HTMLResponse:
    account_id = let_in(visit, session, vote_id)
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    data = MandatesPage(
        vote=vote,
        running=vote.state in {State.NOTICED, State.OPEN},
        givings=mandates_reading.given_by(session, vote_id=vote_id, account_id=account_id),
        offers=mandates_reading.offered_to(session, vote_id=vote_id, account_id=account_id),
        may_accept=mandates_reading.may_be_agent(session, estate_id=visit.estate.id, account_id=account_id),
        is_member=visit.standing.is_member,
        new_id=uuid4(),
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
        address=f"{address_of(visit.estate.slug, vote_id)}/mandates",
    )
    return visit_page(request, visit, "votes/mandates.html", data, tab="votes", refusal=refusal)


@router.get("")
def show_mandates(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, vote_id: UUID
) -> HTMLResponse:
    return _page(request, visit, session, now, vote_id)


@router.post("")
def give_mandate(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    owner: Annotated[UUID, Form()],
    phone: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    let_in(visit, session, vote_id)
    with attempt(session) as tried:
        mandates.give_mandate(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            mandate_id=id,
            owner_id=owner,
            phone=phone[:60],
            name=name,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        keep_refusal(visit, session, now, vote_id, tried.refusal)
        typed = {f"phone-{owner}": phone[:60], f"name-{owner}": name[:60]}
        return _page(request, visit, session, now, vote_id, typed=typed, refusal=tried.refusal, row=owner)
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/mandates")


_ACTS = {
    "accept": mandates.accept_mandate,
    "refuse": mandates.refuse_mandate,
    "revoke": mandates.revoke_mandate,
}


def _act(
    request: Request, visit: Visit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID, what: str
) -> Response:
    let_in(visit, session, vote_id)
    with attempt(session) as tried:
        _ACTS[what](
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            mandate_id=mandate_id,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        keep_refusal(visit, session, now, vote_id, tried.refusal)
        return _page(request, visit, session, now, vote_id, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/mandates")


@router.post("/{mandate_id}/accept")
def accept_mandate(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID
) -> Response:
    return _act(request, visit, session, now, vote_id, mandate_id, "accept")


@router.post("/{mandate_id}/refuse")
def refuse_mandate(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID
) -> Response:
    return _act(request, visit, session, now, vote_id, mandate_id, "refuse")


@router.post("/{mandate_id}/revoke")
def revoke_mandate(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID
) -> Response:
    return _act(request, visit, session, now, vote_id, mandate_id, "revoke")
