"""What the residents' pages of proposals have in common: addresses, the frame, and a refusal that loses nothing typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.dependencies import Visit
from app.errors import Refusal
from app.routers.refusals import STATUS, sentence_of
from app.templating import page

Errors = tuple[tuple[str, str], ...]


def list_address(slug: str) -> str:
    return f"/e/{slug}/proposals"


def address_of(slug: str, proposal_id: UUID) -> str:
    return f"{list_address(slug)}/{proposal_id}"


def see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def status_of(refusal: Refusal) -> int:
    return next(code for kind, code in STATUS.items() if isinstance(refusal, kind))


def errors_of(request: Request, refusal: Refusal | None) -> Errors:
    return ((refusal.field, sentence_of(request, refusal)),) if refusal else ()


def talk_page(
    request: Request, visit: Visit, template: str, data: Any, *, refusal: Refusal | None = None
) -> HTMLResponse:
    """A page under 议事; with a refusal it is the answer to a form that could not be used."""
    return page(
        request,
        template,
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
        status=status_of(refusal) if refusal else 200,
    )
