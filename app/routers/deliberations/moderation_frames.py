"""What the pages of moderation have in common: frames for residents and for moderators, ids, and refused forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.dependencies import Visit
from app.errors import N_, Invalid, NotAllowed, NotFound, NotSignedIn, Refusal, TooMany
from app.routers.deliberations.frames import status_of
from app.routers.refusals import sentence_of
from app.templating import page

Errors = tuple[tuple[str, str], ...]


def moderation_page(
    request: Request, visit: Visit, template: str, data: Any, *, refusal: Refusal | None = None
) -> HTMLResponse:
    """A page under 议事; the committee's menu is the committee's alone."""
    return page(
        request,
        template,
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
        status=status_of(refusal) if refusal else 200,
    )


def errors_of(request: Request, refusal: Refusal | None, *, form: str = "") -> Errors:
    """The sentence beside its field; `form` keeps apart the forms of one page. Who has no right gets no form back."""
    if refusal is None:
        return ()
    if isinstance(refusal, NotFound | NotSignedIn | NotAllowed | TooMany):
        raise refusal
    field = f"{form}-{refusal.field}" if form and refusal.field else refusal.field
    return ((field, sentence_of(request, refusal)),)


def read_form_id(text: str) -> UUID:
    """The id a form carries; raises `Invalid` for one that somebody has taken out."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(N_("这个表单不完整，请刷新页面再提交")) from None


def read_number(text: str) -> int:
    """A whole number typed into a field, or -1, which no rule accepts."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1
