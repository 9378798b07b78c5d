"""What the desk's pages of the register have in common: the frame, and a refusal beside the field it is about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from app.dependencies import Visit
from app.errors import Refusal
from app.routers.refusals import STATUS, sentence_of
from app.templating import page

Errors = tuple[tuple[str, str], ...]


def desk_page(
    request: Request, visit: Visit, template: str, data: Any, *, refusal: Refusal | None = None
) -> HTMLResponse:
    status = 200
    if refusal is not None:
        status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
    return page(request, template, data, estate=visit.estate, staff=True, status=status)


def errors_of(request: Request, refusal: Refusal | None, *, form: str = "") -> Errors:
    """The sentence with the id of the field at fault; `form` keeps apart the fields of two forms on a page."""
    if refusal is None:
        return ()
    field = f"{form}-{refusal.field}" if form and refusal.field else refusal.field
    return ((field, sentence_of(request, refusal)),)


def see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def read_id(text: str) -> UUID | None:
    """The id a form sent; nothing for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_upload(upload: UploadFile | str | None, *, most: int) -> tuple[bytes, str]:
    """The bytes, one more than `most` at the most so that too many show, and the name; empty without a file."""
    if upload is None or isinstance(upload, str):
        return b"", ""
    return upload.file.read(most + 1), upload.filename or ""
