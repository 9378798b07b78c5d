"""What the desk's pages of the register have in common: the frame, and what their forms send."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from fastapi import UploadFile

from app.routers.forms import visit_page

desk_page = partial(visit_page, tab="", staff=True)


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
