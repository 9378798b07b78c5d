"""Deliberations: photos and documents of a post, made anew as they are taken in, and withheld with a hidden one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid
from app.models.base import table_of
from app.models.deliberations import PostFile
from app.models.files import StoredFile
from app.services.files import store_document, store_image

MOST_PHOTOS, MOST_DOCUMENTS = 4, 2


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrived."""

    name: str
    content: bytes


def ensure_few(photos: Sequence[Upload], documents: Sequence[Upload]) -> None:
    if len(photos) > MOST_PHOTOS:
        raise Invalid(N_("照片最多 %(most)s 张，请减少后再发"), field="photos", most=MOST_PHOTOS)
    if len(documents) > MOST_DOCUMENTS:
        raise Invalid(N_("文件最多 %(most)s 个，请减少后再发"), field="documents", most=MOST_DOCUMENTS)


def store_files(
    session: Session,
    *,
    estate_id: UUID,
    account_id: UUID,
    photos: Sequence[Upload],
    documents: Sequence[Upload],
    now: datetime,
) -> list[tuple[UUID, str]]:
    """The stored files in order with their names; raises `Invalid` or `TooLarge` naming `photos` or `documents`."""
    stored = []
    for kind, uploads, store in (
        ("photos", photos, store_image),
        ("documents", documents, store_document),
    ):
        for upload in uploads:
            file_id = store(
                session,
                estate_id=estate_id,
                name=upload.name,
                content=upload.content,
                uploaded_by=account_id,
                now=now,
                private=False,
                field=kind,
            )
            stored.append((file_id, upload.name))
    return stored


def attach(session: Session, *, post_id: UUID, files: Sequence[tuple[UUID, str]]) -> None:
    for position, (file_id, name) in enumerate(files, start=1):
        session.add(PostFile(post_id=post_id, file_id=file_id, title=name[-120:], position=position))
    session.flush()


def withhold_files(session: Session, *, post_id: UUID, withheld: bool) -> None:
    """Whoever knows the address of a hidden post's photo must not see it either: only its author and the committee."""
    files = select(PostFile.file_id).where(PostFile.post_id == post_id)
    session.connection().execute(
        sa.update(table_of(StoredFile)).where(col(StoredFile.id).in_(files)).values(private=withheld)
    )
