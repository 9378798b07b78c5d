"""What the desk's pages of a vote have in common: addresses, the step of the wizard, and errors in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.dependencies import Visit
from app.errors import Refusal
from app.routers.refusals import sentence_of
from app.templating import page

STEPS = ("question", "scope", "attachments", "cost", "terms", "preview")
Errors = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a wizard page stands: its own address, the one before it, and the number of the step from 1."""

    address: str
    action: str
    back: str
    step: int
    title: str


def desk_address(slug: str, vote_id: UUID) -> str:
    return f"/desk/{slug}/votes/{vote_id}"


def frame_of(slug: str, vote_id: UUID, step: str, title: str) -> Frame:
    address, place = desk_address(slug, vote_id), STEPS.index(step)
    back = f"{address}/{STEPS[place - 1]}" if place else f"/desk/{slug}/votes"
    return Frame(address=address, action=f"{address}/{step}", back=back, step=place + 1, title=title)


def next_step(slug: str, vote_id: UUID, step: str) -> RedirectResponse:
    follows = STEPS[STEPS.index(step) + 1]
    return RedirectResponse(f"{desk_address(slug, vote_id)}/{follows}", status_code=303)


def desk_page(
    request: Request, visit: Visit, template: str, data: Any, *, errors: Errors | None = None
) -> HTMLResponse:
    """A page of the desk; with errors it is the answer to a form that cannot be used."""
    status = 422 if errors else 200
    return page(request, template, data, estate=visit.estate, tab="votes", staff=True, status=status)


def errors_of(request: Request, refusal: Refusal) -> Errors:
    """The refusal beside its field. One without a field cannot be mended on the page, so it goes on to its own."""
    if not refusal.field:
        raise refusal
    return [(refusal.field, sentence_of(request, refusal))]
