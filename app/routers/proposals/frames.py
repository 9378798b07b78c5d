"""Where the residents' pages of proposals lie."""

from __future__ import annotations

from uuid import UUID


def list_address(slug: str) -> str:
    return f"/e/{slug}/proposals"


def address_of(slug: str, proposal_id: UUID) -> str:
    return f"{list_address(slug)}/{proposal_id}"
