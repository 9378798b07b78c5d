"""Files: take uploads in by re-encoding them, read them back, and delete what has served its purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.errors import N_, Invalid, NotFound, Refusal, TooLarge
from app.models.base import table_of
from app.models.files import StoredFile, Thumbnail
from app.rules.files import clean_file_name, is_whole_pdf
from app.services.pictures import beforehand
from app.services.pictures.crew import Busy, crew
from app.services.pictures.framing import HEAVY, MOVING, TOO_MANY_PIXELS, UNREADABLE, Drawn, Job

MAX_FILE = beforehand.MAX_FILE

_BAD = N_("这张照片读不出来。请用 JPG、PNG 或 WebP 格式重新拍照或截屏后上传")
NOT_JPEG = N_(
    "这张照片是 HEIC 或 AVIF 格式，这里打不开。苹果手机请到“设置 → 相机 → 格式”选“兼容性最佳”，"
    "安卓手机请在相机设置里关掉“高效照片”，再重拍；也可以把照片截屏后上传"
)
# What the child says when it draws nothing, and the refusal for it.
_REFUSALS: dict[str, tuple[type[Refusal], str]] = {
    TOO_MANY_PIXELS: (TooLarge, N_("照片超过 4000 万像素，请把相机分辨率调低后重拍，或截屏后上传")),
    HEAVY: (TooLarge, N_("这张照片处理起来太费内存或时间，没有收下。请重新拍照，或截屏后上传")),
    MOVING: (Invalid, N_("不能上传动图，请换一张照片")),
    UNREADABLE: (Invalid, _BAD),
}
# ISO base media brands of what phones call HEIC, HEIF and AVIF.
_PHONE_BRANDS = (b"hei", b"hev", b"mif", b"msf", b"avi")


_FILE, _THUMBNAIL = table_of(StoredFile), table_of(Thumbnail)
_SMALL = (
    sa.select(_FILE.c.id, _FILE.c.name, _FILE.c.media_type)
    .add_columns(_THUMBNAIL.c.content, _FILE.c.private, _FILE.c.uploaded_by)
    .join(_THUMBNAIL, _THUMBNAIL.c.file_id == _FILE.c.id)
    .where(_FILE.c.id == sa.bindparam("file_id"), _FILE.c.estate_id == sa.bindparam("estate_id"))
)


@dataclass(frozen=True, slots=True)
class StoredFileView:
    """A stored file; `private` ones are for the committee and whoever uploaded it."""

    id: UUID
    name: str
    media_type: str
    content: bytes
    private: bool
    uploaded_by: UUID | None


def store_image(
    session: Session,
    *,
    estate_id: UUID,
    name: str,
    content: bytes,
    uploaded_by: UUID | None,
    now: datetime,
    private: bool,
    field: str = "photo",
    boxes: Sequence[tuple[int, int, int, int]] = (),
) -> UUID:
    """Store a picture as a new JPEG without place, date or device, with a thumbnail; the upload itself is not kept.

    `boxes` (left, top, width, height in thousandths of the sides) are black in it: nothing under them is left to be
    uncovered. Raises `Invalid` for what is no single JPEG, PNG or WebP picture, `TooLarge` over 10 MB or 40 megapixels
    or for what takes a decoder too much, `TooMany` when too many arrive at once; all name `field`.
    """
    picture = _picture(session, content, field, boxes)
    file_id = _store(
        session,
        estate_id=estate_id,
        name=clean_file_name(name, ".jpg"),
        media_type="image/jpeg",
        content=picture.full,
        uploaded_by=uploaded_by,
        now=now,
        private=private,
    )
    if picture.small:
        digest = hashlib.sha256(picture.small).hexdigest()
        session.add(Thumbnail(file_id=file_id, sha256=digest, content=picture.small))
        session.flush()
    return file_id


def store_document(
    session: Session,
    *,
    estate_id: UUID,
    name: str,
    content: bytes,
    uploaded_by: UUID | None,
    now: datetime,
    private: bool,
    field: str = "document",
) -> UUID:
    """Store a PDF as it is, a picture as `store_image` does; nothing else. Raises `Invalid` or `TooLarge`."""
    if not content.startswith(b"%PDF-"):
        try:
            return store_image(
                session,
                estate_id=estate_id,
                name=name,
                content=content,
                uploaded_by=uploaded_by,
                now=now,
                private=private,
                field=field,
            )
        except Invalid as refusal:
            if refusal.code == "not_jpeg":
                raise
            raise Invalid(N_("只能上传 PDF 文件或 JPG、PNG、WebP 图片，请换一个文件"), field=field) from None
    _check_size(content, field)
    if not is_whole_pdf(content):
        raise Invalid(N_("这个 PDF 文件不完整或已损坏，请重新导出后再上传"), field=field)
    return _store(
        session,
        estate_id=estate_id,
        name=clean_file_name(name, ".pdf"),
        media_type="application/pdf",
        content=content,
        uploaded_by=uploaded_by,
        now=now,
        private=private,
    )


def read_file(session: Session, *, estate_id: UUID, file_id: UUID) -> StoredFileView:
    """The file with its bytes; raises `NotFound` for another estate's."""
    query = select(StoredFile).where(StoredFile.id == file_id, StoredFile.estate_id == estate_id)
    file = session.exec(query).one_or_none()
    if file is None:
        raise NotFound(N_("没有找到这个文件，可能已经删除"))
    return StoredFileView(file.id, file.name, file.media_type, file.content, file.private, file.uploaded_by)


def read_thumbnail(session: Session, *, estate_id: UUID, file_id: UUID) -> StoredFileView:
    """The same file as its small picture, or as `read_file` gives it where there is none: a small or an old one."""
    small = session.connection().execute(_SMALL, {"estate_id": estate_id, "file_id": file_id}).first()
    return StoredFileView(*small) if small else read_file(session, estate_id=estate_id, file_id=file_id)


def copy_file(session: Session, *, estate_id: UUID, file_id: UUID, uploaded_by: UUID, now: datetime) -> UUID:
    """The same bytes once more under an id of their own, so that either may be deleted without the other."""
    file = read_file(session, estate_id=estate_id, file_id=file_id)
    return _store(
        session,
        estate_id=estate_id,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        uploaded_by=uploaded_by,
        now=now,
        private=file.private,
    )


def delete_file(session: Session, *, estate_id: UUID, file_id: UUID) -> None:
    """Delete the row and with it the bytes; deleting twice is no fault."""
    file = session.get(StoredFile, file_id)
    if file is not None and file.estate_id == estate_id:
        session.connection().execute(sa.delete(_THUMBNAIL).where(_THUMBNAIL.c.file_id == file_id))
        session.delete(file)
        session.flush()


def _store(
    session: Session,
    *,
    estate_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    uploaded_by: UUID | None,
    now: datetime,
    private: bool,
) -> UUID:
    file = StoredFile(
        estate_id=estate_id,
        name=name,
        media_type=media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        private=private,
        uploaded_by=uploaded_by,
        uploaded_at=now,
    )
    session.add(file)
    session.flush()
    return file.id


def _check_size(content: bytes, field: str) -> None:
    if len(content) > MAX_FILE:
        raise TooLarge(
            N_("文件超过 %(limit)s MB，请压缩后再上传"), field=field, limit=MAX_FILE // beforehand.MIB
        )


def _picture(
    session: Session, content: bytes, field: str, boxes: Sequence[tuple[int, int, int, int]]
) -> Drawn:
    _check_size(content, field)
    _check_kind(content, field)
    job = Job(content, tuple((left, top, width, height) for left, top, width, height in boxes))
    drawn = beforehand.find(session, job) or _draw(job)
    if isinstance(drawn, Refusal):
        raise type(drawn)(drawn.message, code=drawn.code, field=field, **drawn.values)
    if drawn.word in _REFUSALS:
        refusal, sentence = _REFUSALS[drawn.word]
        raise refusal(sentence, field=field)
    return drawn


def _draw(job: Job) -> Drawn | Refusal:
    if word := beforehand.word_at_sight(job.content):
        return Drawn(word)
    try:
        return crew.draw(job)
    except Busy:
        return beforehand.busy()


def _check_kind(content: bytes, field: str) -> None:
    """What is often taken for a photo and is none that we read: the sentence says how to get one."""
    if content[4:8] == b"ftyp" and content[8:11] in _PHONE_BRANDS:
        raise Invalid(NOT_JPEG, code="not_jpeg", field=field)
    if content.startswith(b"%PDF-"):
        raise Invalid(
            N_("这是一个 PDF 文件，不是照片。请拍一张照片，或把它截屏成 JPG 图片后上传"), field=field
        )
