"""What the pages of mediation have in common: addresses, uploads and days; none of it names a case outside its room."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import File, UploadFile

from app.errors import N_, Invalid
from app.rules.mediation.cases import Kind
from app.services.files import MAX_FILE
from app.services.mediation.opening import MOST_PHOTOS

Photos = Annotated[list[UploadFile | str], File(default_factory=list)]
Scan = Annotated[UploadFile | str | None, File()]


def list_address(slug: str) -> str:
    return f"/e/{slug}/mediation"


def room_address(slug: str, case_id: UUID) -> str:
    return f"{list_address(slug)}/{case_id}"


def read_photos(uploads: list[UploadFile | str]) -> tuple[tuple[str, bytes], ...]:
    """The pictures picked, one more than may be, each to one byte more than may be."""
    picked = [one for one in uploads if not isinstance(one, str) and one.filename]
    return tuple((one.filename or "", one.file.read(MAX_FILE + 1)) for one in picked[: MOST_PHOTOS + 1])


def read_scan(upload: UploadFile | str | None) -> tuple[str, bytes]:
    if upload is None or isinstance(upload, str) or not upload.filename:
        return "", b""
    return upload.filename, upload.file.read(MAX_FILE + 1)


def read_day(typed: str, *, field: str) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = None
    if day is None or not 2020 <= day.year <= 2100:
        raise Invalid(N_("请填写日期"), field=field)
    return day


def read_kind(typed: str) -> Kind:
    if typed not in set(Kind):
        raise Invalid(N_("请选择是哪方面的事"), field="kind")
    return Kind(typed)


def read_id(typed: str, *, field: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Invalid(N_("请从列表里选一项"), field=field) from None
