"""The frame of one's own pages: inside the estate when there is just one, so that the bottom bar leads into it."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.dependencies import SessionDep
from app.services.accounts.sessions import Person
from app.services.estates.homes import places_of
from app.services.estates.standing import standing_of
from app.templating import page


def my_page(
    request: Request, session: SessionDep, person: Person, template: str, data: Any, *, status: int = 200
) -> HTMLResponse:
    places = places_of(session, account_id=person.account_id)
    estate = places[0] if len(places) == 1 else None
    staff = False
    if estate:
        staff = standing_of(session, estate_id=estate.id, account_id=person.account_id).is_committee
    return page(request, template, data, estate=estate, tab="me", staff=staff, status=status)
