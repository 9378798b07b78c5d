"""What the desk's pages of proposals have in common: addresses, and a refusal that loses nothing typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.dependencies import Visit
from app.errors import Refusal
from app.routers.proposals.frames import status_of
from app.rules.proposals.states import ProposalState
from app.templating import page


def board_address(slug: str) -> str:
    return f"/desk/{slug}/proposals"


def desk_address(slug: str, proposal_id: UUID) -> str:
    return f"{board_address(slug)}/{proposal_id}"


def desk_page(
    request: Request, visit: Visit, template: str, data: Any, *, refusal: Refusal | None = None
) -> HTMLResponse:
    """A page of the desk; with a refusal it is the answer to a form that could not be used."""
    status = status_of(refusal) if refusal else 200
    return page(request, template, data, estate=visit.estate, tab="talk", staff=True, status=status)


def read_state(text: str) -> ProposalState:
    """The state a form was made for; a draft, which no desk ever saw, for anything else."""
    return ProposalState(text) if text in set(ProposalState) else ProposalState.DRAFT
