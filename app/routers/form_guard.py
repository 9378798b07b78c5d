"""The guard in front of every form: it has to come from our own page, in the browser that the page was made for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request

from app.dependencies import SAFE_METHODS, session_cookie
from app.errors import N_, NotAllowed


def form_token(secret: bytes, visitor: str, session_token: str) -> str:
    """The token a form must carry: bound to the browser and to the signed-in session."""
    return hmac.new(secret, f"form|{visitor}|{session_token}".encode(), hashlib.sha256).hexdigest()[:40]


async def _visitor(request: Request) -> None:
    state = request.state
    if not hasattr(state, "visitor"):
        app, visitor = request.app.state, request.cookies.get("visitor", "")
        if not 20 <= len(visitor) <= 64:
            visitor = state.new_visitor = secrets.token_urlsafe(24)
        token = request.cookies.get(session_cookie(app.settings), "")
        state.visitor, state.csrf = visitor, form_token(app.secret, visitor, token)


def _foreign(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


async def guard_form(request: Request) -> None:
    """Refuse a form that another site sent: fetch metadata first, origin next, and the form's own token always."""
    await _visitor(request)
    if request.method in SAFE_METHODS:
        return
    expired = N_("这个页面放得太久了，为了安全没有提交。请返回上一页刷新后再试")
    if _foreign(request):
        raise NotAllowed(expired, code="foreign_form")
    form = await request.form()
    given = form.get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), request.state.csrf.encode()):
        raise NotAllowed(expired, code="form_token")
