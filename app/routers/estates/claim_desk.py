"""Claims at the desk: what waits, and one claim with its photo, the register beside it, and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import desk_page, read_id
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, ONE, spends
from app.services.estates.claim_desk import (
    ClaimLine,
    ClaimSheet,
    approve_claim,
    get_claim,
    list_claims,
    refuse_claim,
)
from app.services.estates.claims import STATE_NAMES
from app.services.estates.homes import RELATION_NAMES

router = APIRouter(prefix="/desk/{slug}/claims")

RELATIONS = {relation.value: name for relation, name in RELATION_NAMES.items()}
STATES = {state.value: name for state, name in STATE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    address: str
    pending: tuple[ClaimLine, ...]
    decided: tuple[ClaimLine, ...]
    relations: dict[str, str]
    states: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """`owner_id` and `reasons` are what a refused form held."""

    address: str
    back: str
    slug: str
    claim: ClaimSheet
    relations: dict[str, str]
    states: dict[str, str]
    owner_id: str
    reasons: dict[str, str]
    errors: Errors


@router.get("", dependencies=[spends(CommitteeVisit, LIST)])
def show_claims(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    estate_id = visit.estate.id
    data = ClaimsPage(
        address=f"/desk/{visit.estate.slug}/claims",
        pending=tuple(list_claims(session, estate_id=estate_id, pending=True)),
        decided=tuple(list_claims(session, estate_id=estate_id, pending=False, limit=30)),
        relations=RELATIONS,
        states=STATES,
    )
    return desk_page(request, visit, "estates/claims.html", data)


def _claim_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    claim_id: UUID,
    *,
    form: str = "",
    owner_id: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    back = f"/desk/{visit.estate.slug}/claims"
    data = ClaimPage(
        address=f"{back}/{claim_id}",
        back=back,
        slug=visit.estate.slug,
        claim=get_claim(session, estate_id=visit.estate.id, claim_id=claim_id),
        relations=RELATIONS,
        states=STATES,
        owner_id=owner_id,
        reasons={form: reason},
        errors=errors_of(request, refusal, form=form),
    )
    return desk_page(request, visit, "estates/claim.html", data, refusal=refusal)


@router.get("/{claim_id:uuid}", dependencies=[spends(CommitteeVisit, ONE)])
def show_claim(request: Request, visit: CommitteeVisit, session: SessionDep, claim_id: UUID) -> Response:
    return _claim_page(request, visit, session, claim_id)


@router.post("/{claim_id:uuid}/approve")
def approve(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    claim_id: UUID,
    owner_id: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        approve_claim(
            session,
            estate_id=visit.estate.id,
            claim_id=claim_id,
            owner_id=read_id(owner_id),
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _claim_page(
            request,
            visit,
            session,
            claim_id,
            form="approve",
            owner_id=owner_id,
            reason=reason,
            refusal=tried.refusal,
        )
    return see_other(f"/desk/{visit.estate.slug}/claims")


@router.post("/{claim_id:uuid}/refuse")
def refuse(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    claim_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        refuse_claim(
            session,
            estate_id=visit.estate.id,
            claim_id=claim_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _claim_page(
            request, visit, session, claim_id, form="refuse", reason=reason, refusal=tried.refusal
        )
    return see_other(f"/desk/{visit.estate.slug}/claims")
