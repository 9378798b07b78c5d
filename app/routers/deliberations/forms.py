"""The form of a post as it is typed, sent, and given back when it was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from fastapi import UploadFile

from app.routers.deliberations.frames import read_number
from app.services.deliberations.attaching import MOST_DOCUMENTS, MOST_PHOTOS, Upload
from app.services.deliberations.posting import MOST_TEXT
from app.services.files import MAX_FILE


@dataclass(frozen=True, slots=True)
class PostForm:
    """What was typed; `had_files` says that files were sent, which a browser does not keep."""

    id: UUID
    text: str = ""
    stance: str = ""
    quote: int = 0
    had_files: bool = False
    most_text: int = MOST_TEXT
    most_photos: int = MOST_PHOTOS
    most_documents: int = MOST_DOCUMENTS


def empty_form(quote: int = 0) -> PostForm:
    return PostForm(uuid4(), quote=quote)


def read_form(key: str, text: str, stance: str, quote: str, had_files: bool) -> PostForm:
    """The fields as they were sent; an id that is none gets a new one, since nothing was written under it."""
    try:
        known = UUID(key)
    except ValueError:
        known = uuid4()
    return PostForm(known, text, stance, read_number(quote), had_files)


def read_files(uploads: Sequence[UploadFile | str]) -> tuple[Upload, ...]:
    """The files that were picked; a browser sends an empty one for a field without any."""
    picked = [upload for upload in uploads if not isinstance(upload, str) and upload.filename]
    # One byte more than allowed shows that it is too many; the rest need not be held in memory.
    return tuple(Upload(upload.filename or "", upload.file.read(MAX_FILE + 1)) for upload in picked[:10])
