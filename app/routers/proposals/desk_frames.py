"""What the desk's pages of proposals have in common: addresses, the frame, and the state a form was made for."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from app.routers.forms import visit_page
from app.rules.proposals.states import ProposalState

desk_page = partial(visit_page, tab="talk", staff=True)


def board_address(slug: str) -> str:
    return f"/desk/{slug}/proposals"


def desk_address(slug: str, proposal_id: UUID) -> str:
    return f"{board_address(slug)}/{proposal_id}"


def read_state(text: str) -> ProposalState:
    """The state a form was made for; a draft, which no desk ever saw, for anything else."""
    return ProposalState(text) if text in set(ProposalState) else ProposalState.DRAFT
