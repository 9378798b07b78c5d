"""The desk's pile of bindings that a clerk made after a notice: another person looks and says so, and then they vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, spends
from app.routers.votes.paper import ensure_keyer
from app.services.estates.checking import check_binding
from app.services.votes import bindings
from app.services.votes.bindings import BindingLine

router = APIRouter(prefix="/desk/{slug}/bindings")

CAUSES = {cause.value: words for cause, words in bindings.CAUSES.items()}


@dataclass(frozen=True, slots=True)
class BindingsPage:
    """`typed` is what a refused form held, by the id of its binding; `reader` may not check what he did himself."""

    address: str
    waiting: list[BindingLine]
    checked: list[BindingLine]
    causes: dict[str, str]
    reader: UUID
    typed: dict[str, str]
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    row: object = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    data = BindingsPage(
        address=f"/desk/{visit.estate.slug}/bindings",
        waiting=bindings.waiting_bindings(session, estate_id=visit.estate.id),
        checked=bindings.checked_bindings(session, estate_id=visit.estate.id),
        causes=CAUSES,
        reader=visit.actor.id,
        typed={str(row): reason},
        errors=errors_of(request, refusal, row=row),
    )
    return desk_page(request, visit, "votes/bindings.html", data, refusal=refusal)


@router.get("", dependencies=[spends(ModeratorVisit, LIST)])
def show_bindings(request: Request, visit: ModeratorVisit, session: SessionDep) -> Response:
    ensure_keyer(visit)
    return _page(request, visit, session)


@router.post("/{binding_id:uuid}/check")
def check(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    binding_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    ensure_keyer(visit)
    with attempt(session) as tried:
        check_binding(
            session,
            estate_id=visit.estate.id,
            binding_id=binding_id,
            looked_at=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, row=binding_id, reason=reason[:1000], refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/bindings")
