"""Browsers: which accounts this one was signed in to before, and when; a code is enough for those."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from app.routers.accounts import sealed
from app.rules.accounts import BROWSER_ACCOUNTS, BROWSER_KNOWN
from app.templating import set_cookie

COOKIE = "known"


def known_at(request: Request, account_id: UUID) -> datetime | None:
    """When this browser was last signed in to the account, as far as it can show."""
    found = _read(request).get(account_id.hex)
    return datetime.fromisoformat(found) if found else None


def remember(request: Request, response: Response, account_id: UUID, now: datetime) -> None:
    """This account first, then those before it, as many as one browser may know."""
    others = [pair for pair in _read(request).items() if pair[0] != account_id.hex]
    known = [(account_id.hex, now.isoformat()), *others][:BROWSER_ACCOUNTS]
    text = sealed.seal(COOKIE, dict(known), request.app.state.secret)
    set_cookie(request, response, COOKIE, text, days=BROWSER_KNOWN.days)


def _read(request: Request) -> dict[str, str]:
    return sealed.unseal(COOKIE, request.cookies.get(COOKIE, ""), request.app.state.secret) or {}
