"""Files: what is stored is drawn anew, and what could hurt is refused with a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime
from uuid import UUID

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlmodel import Session, select

from app.errors import Invalid, NotFound, TooLarge
from app.models.files import Thumbnail
from app.rules.files import clean_file_name
from app.services import files
from tests.fixtures.world import World

SECRET = "GPS31.2N120.6E"


def _picture(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, kind, **options)
    return written.getvalue()


def _jpeg_with_everything() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET  # lying on its side; a description
    exif.get_ifd(0x8825)[29] = SECRET
    xmp = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
    return _picture("JPEG", exif=exif, comment=SECRET.encode(), xmp=xmp, icc_profile=SECRET.encode())


def _png_with_text() -> bytes:
    text = PngInfo()
    text.add_text("Comment", SECRET)
    text.add_itxt("XML:com.adobe.xmp", SECRET, zip=False)
    return _picture("PNG", pnginfo=text)


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 5000))
        + chunk(b"IEND", b"")
    )


def _animated(kind: str) -> bytes:
    written = io.BytesIO()
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n40\n%%EOF\n"


class Shelf:
    """Stores and reads for one estate."""

    def __init__(self, session: Session, world: World, now: datetime) -> None:
        self.session, self.world, self.now = session, world, now

    def image(self, content: bytes, name: str = "照片.png") -> files.StoredFileView:
        return self.read(files.store_image(self.session, name=name, content=content, **self._rest()))

    def document(self, content: bytes, name: str = "文件") -> files.StoredFileView:
        return self.read(files.store_document(self.session, name=name, content=content, **self._rest()))

    def _rest(self) -> dict[str, object]:
        return {
            "estate_id": self.world.estate_id,
            "uploaded_by": self.world.li_na.account_id,
            "now": self.now,
            "private": True,
        }

    def read(self, file_id: UUID) -> files.StoredFileView:
        return files.read_file(self.session, estate_id=self.world.estate_id, file_id=file_id)


@pytest.fixture
def shelf(world: World, session: Session, now: datetime) -> Shelf:
    return Shelf(session, world, now)


@pytest.mark.parametrize(
    "content", [_jpeg_with_everything(), _png_with_text(), _picture("WEBP", xmp=SECRET.encode())]
)
def test_a_stored_picture_tells_nothing_but_its_pixels(shelf: Shelf, content: bytes) -> None:
    assert SECRET.encode() in content
    stored = shelf.image(content)
    assert SECRET.encode() not in stored.content
    with Image.open(io.BytesIO(stored.content)) as image:
        assert (image.format, dict(image.getexif())) == ("JPEG", {})
        assert not {"comment", "icc_profile", "xmp", "exif"} & set(image.info)


def test_a_picture_lying_on_its_side_is_set_upright(shelf: Shelf) -> None:
    with Image.open(io.BytesIO(shelf.image(_jpeg_with_everything()).content)) as image:
        assert image.size == (30, 40)


def test_a_large_picture_is_made_smaller_and_see_through_becomes_white(shelf: Shelf) -> None:
    with Image.open(io.BytesIO(shelf.image(_picture("JPEG", (5200, 2600))).content)) as image:
        assert image.size == (2560, 1280)
    written = io.BytesIO()
    Image.new("RGBA", (5, 5), (0, 0, 0, 0)).save(written, "PNG")
    with Image.open(io.BytesIO(shelf.image(written.getvalue()).content)) as image:
        assert image.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("side", [6400, 8000, 13_000, 14_000])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(shelf: Shelf, side: int) -> None:
    with pytest.raises(TooLarge) as refused:
        shelf.image(_png_header(side, side))
    assert refused.value.field == "photo"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_moving_pictures_are_refused(shelf: Shelf, kind: str) -> None:
    with pytest.raises(Invalid):
        shelf.image(_animated(kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a=1;<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        _picture("JPEG", (900, 900))[:500],
        _png_header(30, 30)[:40],
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        PDF,
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(shelf: Shelf, content: bytes) -> None:
    with pytest.raises(Invalid, match="JPG"):
        shelf.image(content)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"])
def test_a_phones_own_format_is_refused_with_how_to_switch_it_off(shelf: Shelf, brand: bytes) -> None:
    content = b"\x00\x00\x00\x18ftyp" + brand + b"\x00" * 64
    with pytest.raises(Invalid, match="兼容性最佳"):
        shelf.image(content)


def test_a_file_over_ten_megabytes_is_refused_unread(shelf: Shelf) -> None:
    with pytest.raises(TooLarge):
        shelf.image(_picture("JPEG") + b"\0" * files.MAX_FILE)
    with pytest.raises(TooLarge):
        shelf.document(PDF + b"\0" * files.MAX_FILE)


def test_script_behind_a_picture_does_not_survive(shelf: Shelf) -> None:
    assert b"<script>" not in shelf.image(_picture("JPEG") + b"<script>alert(1)</script>").content


def test_a_document_is_a_whole_pdf_or_a_picture(shelf: Shelf) -> None:
    stored = shelf.document(PDF, "加梯方案.pdf")
    assert (stored.name, stored.media_type, stored.content) == ("加梯方案.pdf", "application/pdf", PDF)
    assert shelf.document(_picture("PNG")).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "content", [PDF[:60], b"%PDF-1.4 hello", PDF.replace(b"40", b"17"), b"MZ\x90\0", b"PK\x03\x04", b"<html>"]
)
def test_anything_else_is_no_document(shelf: Shelf, content: bytes) -> None:
    with pytest.raises(Invalid, match="PDF"):
        shelf.document(content)


def test_another_estate_does_not_find_the_file(shelf: Shelf, session: Session, world: World) -> None:
    stored = shelf.image(_picture("PNG"))
    with pytest.raises(NotFound):
        files.read_file(session, estate_id=world.other_estate_id, file_id=stored.id)
    files.delete_file(session, estate_id=world.other_estate_id, file_id=stored.id)
    assert shelf.read(stored.id)
    files.delete_file(session, estate_id=world.estate_id, file_id=stored.id)
    with pytest.raises(NotFound):
        shelf.read(stored.id)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("房产证.PNG", "房产证.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\x\\证.jpeg", "证.jpg"),
        ('a"; filename="b.exe', "a filename= b.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        ("长" * 300 + ".png", "长" * 116 + ".jpg"),
    ],
)
def test_file_names_are_cleaned(given: str, clean: str) -> None:
    assert clean_file_name(given, ".jpg") == clean


def test_a_large_picture_has_a_small_one_without_anything_else_in_it(shelf: Shelf) -> None:
    full = shelf.image(_picture("JPEG", (2000, 1000), comment=SECRET.encode()))
    small = files.read_thumbnail(shelf.session, estate_id=shelf.world.estate_id, file_id=full.id)
    assert (small.id, small.name, small.private) == (full.id, full.name, full.private)
    with Image.open(io.BytesIO(small.content)) as image:
        assert (image.format, image.size) == ("JPEG", (480, 240))
    assert len(small.content) < len(full.content)
    assert SECRET.encode() not in small.content


def test_a_picture_that_is_small_and_one_from_before_thumbnails_come_as_they_are(shelf: Shelf) -> None:
    session, estate_id = shelf.session, shelf.world.estate_id
    small, old = shelf.image(_picture("PNG")), shelf.image(_picture("PNG", (900, 900)))
    assert [row.file_id for row in session.exec(select(Thumbnail))] == [old.id]
    session.delete(session.get_one(Thumbnail, old.id))
    session.flush()
    for view in (small, old):
        assert files.read_thumbnail(session, estate_id=estate_id, file_id=view.id) == view


def test_a_thumbnail_is_the_estates_own_and_goes_with_its_picture(shelf: Shelf) -> None:
    session, view = shelf.session, shelf.image(_picture("PNG", (900, 900)))
    with pytest.raises(NotFound):
        files.read_thumbnail(session, estate_id=shelf.world.other_estate_id, file_id=view.id)
    files.delete_file(session, estate_id=shelf.world.estate_id, file_id=view.id)
    assert session.exec(select(Thumbnail)).all() == []
