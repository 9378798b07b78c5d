"""What the desk's pages of a vote have in common: addresses, the frame, and the step of the wizard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from fastapi.responses import RedirectResponse

from app.routers.forms import see_other, visit_page

STEPS = ("question", "scope", "attachments", "cost", "terms", "preview")

desk_page = partial(visit_page, tab="votes", staff=True)


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
    return see_other(f"{desk_address(slug, vote_id)}/{follows}")
