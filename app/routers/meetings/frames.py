"""What the pages of meetings have in common: their frames and addresses."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from app.dependencies import Visit
from app.routers.forms import talk_page, visit_page

# Who runs a meeting may be a party member without the committee's menu: `staff` follows the person.
desk_page = partial(visit_page, tab="talk")
__all__ = ["desk_address", "desk_page", "home_address", "talk_page"]


def home_address(visit: Visit, meeting_id: UUID) -> str:
    return f"/e/{visit.estate.slug}/meetings/{meeting_id}"


def desk_address(visit: Visit, meeting_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/meetings/{meeting_id}"
