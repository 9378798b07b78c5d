"""Objections of residents: to the roll, to the conduct, to the result; what was ruled on them, and what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.votes.pages import address_of
from app.services.votes import objections, reading
from app.services.votes.objections import ObjectionKind, ObjectionView
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/objections")


@dataclass(frozen=True, slots=True)
class ObjectionsPage:
    """All objections without names, and the form while something can be objected to; `kinds` is what."""

    vote: VoteSheet
    objections: list[ObjectionView]
    kinds: tuple[ObjectionKind, ...]
    ruling_days: int
    objection_id: UUID
    kind: str
    text: str
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    objection_id: UUID | None = None,
    kind: str = "",
    text: str = "",
    refusal: Refusal | None = None,
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    kinds = objections.kinds_now(vote.state, vote.objections_until, now)
    data = ObjectionsPage(
        vote=vote,
        objections=objections.list_objections(session, vote_id=vote_id, account_id=visit.actor.id, now=now),
        kinds=kinds,
        ruling_days=objections.RULING_DAYS,
        objection_id=objection_id or uuid4(),
        kind=kind or (kinds[0].value if len(kinds) == 1 else ""),
        text=text,
        errors=errors_of(request, refusal),
        address=address_of(visit.estate.slug, vote_id),
    )
    return visit_page(request, visit, "votes/objections.html", data, tab="votes", refusal=refusal)


@router.get("")
def show_objections(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    return _page(request, visit, session, now, vote_id)


@router.post("")
def raise_objection(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    kind: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if kind not in set(ObjectionKind):
            raise Invalid(N_("请选择对什么有异议"), field="kind")
        objections.raise_objection(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            objection_id=id,
            account_id=visit.actor.id,
            kind=ObjectionKind(kind),
            text=text,
            now=now,
        )
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            now,
            vote_id,
            objection_id=id,
            kind=kind,
            text=text,
            refusal=tried.refusal,
        )
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/objections")


@router.post("/{objection_id}/withdraw")
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
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/objections")
