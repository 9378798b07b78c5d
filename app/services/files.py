"""Files: take uploads in by re-encoding them, read them back, and delete what has served its purpose."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from PIL import Image, ImageOps
from sqlmodel import Session, select

from app.errors import N_, Invalid, NotFound, TooLarge
from app.models.base import table_of
from app.models.files import StoredFile, Thumbnail
from app.rules.files import clean_file_name, is_whole_pdf

MIB = 1024 * 1024
MAX_FILE = 10 * MIB
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2560
# Sharp on a phone where a list shows a picture the breadth of a thumb.
SMALL_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP")

# Checked by Pillow on the header, before anything is decoded; its warning must not let one through.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

UNREADABLE = N_("这张照片读不出来。请用 JPG、PNG 或 WebP 格式重新拍照或截屏后上传")
NOT_JPEG = N_(
    "这张照片是 HEIC 或 AVIF 格式，这里打不开。苹果手机请到“设置 → 相机 → 格式”选“兼容性最佳”，"
    "安卓手机请在相机设置里关掉“高效照片”，再重拍；也可以把照片截屏后上传"
)
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
class _Picture:
    """A picture drawn anew, and its thumbnail; b"" where it is small enough itself."""

    full: bytes
    small: bytes


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
) -> UUID:
    """Store a picture as a new JPEG without place, date or device, with a thumbnail; the upload itself is not kept.

    Raises `Invalid` for what is no single JPEG, PNG or WebP picture, `TooLarge` over 10 MB or 40 megapixels;
    both name `field`.
    """
    picture = _picture(content, field)
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
        raise TooLarge(N_("文件超过 %(limit)s MB，请压缩后再上传"), field=field, limit=MAX_FILE // MIB)


def _picture(content: bytes, field: str) -> _Picture:
    _check_size(content, field)
    _check_kind(content, field)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_picture(image, field)
            return _redraw(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(field) from None
    except (Invalid, TooLarge):
        raise
    except Exception:  # a decoder fed with hostile bytes may fail in any way
        raise Invalid(UNREADABLE, field=field) from None


def _check_kind(content: bytes, field: str) -> None:
    """What is often taken for a photo and is none that we read: the sentence says how to get one."""
    if content[4:8] == b"ftyp" and content[8:11] in _PHONE_BRANDS:
        raise Invalid(NOT_JPEG, code="not_jpeg", field=field)
    if content.startswith(b"%PDF-"):
        raise Invalid(
            N_("这是一个 PDF 文件，不是照片。请拍一张照片，或把它截屏成 JPG 图片后上传"), field=field
        )


def _check_picture(image: Image.Image, field: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels(field)
    # A phone's MPO is a photo with a preview behind it: the first picture is the photo.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise Invalid(N_("不能上传动图，请换一张照片"), field=field)


def _too_many_pixels(field: str) -> TooLarge:
    return TooLarge(N_("照片超过 4000 万像素，请把相机分辨率调低后重拍，或截屏后上传"), field=field)


def _redraw(image: Image.Image) -> _Picture:
    """The pixels, upright and no more than needed, on a fresh canvas: nothing else comes along."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    layer = upright.convert("RGBA")
    canvas = Image.new("RGB", layer.size, "white")
    canvas.paste(layer, mask=layer.getchannel("A"))
    return _Picture(_jpeg(canvas, quality=85), _thumbnail(canvas))


def _thumbnail(canvas: Image.Image) -> bytes:
    if max(canvas.size) <= SMALL_SIDE:
        return b""
    small = canvas.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return _jpeg(small, quality=78)


def _jpeg(canvas: Image.Image, *, quality: int) -> bytes:
    written = io.BytesIO()
    canvas.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
