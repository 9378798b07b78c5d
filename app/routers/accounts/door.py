"""The door: what changes in the browser when a person comes in or goes out."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from app.dependencies import SessionDep, owes_second_factor, session_cookie
from app.routers.accounts import pending, proven
from app.routers.accounts.browsers import remember
from app.routers.accounts.paths import local_path
from app.routers.forms import see_other
from app.routers.refusals import second_step
from app.rules.accounts import SESSION_LIFE
from app.services.accounts.proofs import mark_proved
from app.services.accounts.sessions import find_person, start_session
from app.services.estates.homes import places_of
from app.templating import set_cookie


def let_in(
    request: Request,
    session: SessionDep,
    *,
    account_id: UUID,
    now: datetime,
    onward: str,
    proved: bool = False,
) -> Response:
    """A new session under a new token; the browser's old one ends, so that nobody can plant it.

    `proved` says that the phone was shown to be this person's; a desk code alone shows the person and no phone.
    """
    name = session_cookie(request.app.state.settings)
    if proved:
        mark_proved(session, account_id=account_id, now=now)
    token = start_session(
        session,
        account_id=account_id,
        device=request.headers.get("user-agent", ""),
        now=now,
        previous_token=request.cookies.get(name),
    )
    target = local_path(onward, "") or landing(session, account_id=account_id)
    person = find_person(session, token=token, now=now)
    if person and owes_second_factor(request, person):
        target = second_step(person, target)
    response = see_other(target)
    set_cookie(request, response, name, token, days=SESSION_LIFE.days)
    renew_visitor(request, response)
    remember(request, response, account_id, now)
    drop_cookie(request, response, pending.COOKIE)
    drop_cookie(request, response, proven.COOKIE)
    return response


def landing(session: SessionDep, *, account_id: UUID) -> str:
    """The estate's home when there is just one; else the list of estates, which says how to claim a home."""
    places = places_of(session, account_id=account_id)
    return f"/e/{places[0].slug}" if len(places) == 1 else "/"


def renew_visitor(request: Request, response: Response) -> None:
    """Forms made before the person came or went are worth nothing after."""
    set_cookie(request, response, "visitor", secrets.token_urlsafe(24), days=365)


def drop_cookie(request: Request, response: Response, name: str) -> None:
    secure = request.app.state.settings.secure_cookies
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
