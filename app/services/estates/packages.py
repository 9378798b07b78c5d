"""An xlsx is a zip: looked through without unpacking to disk, before anything parses it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from app.errors import N_, Invalid, TooLarge

MIB = 1024 * 1024
MAX_ENTRIES = 200
# A file of 20 MiB may be mostly pictures, which hardly grow, beside the largest table we read: 20,000 rows of
# 40 cells are about 50 MiB of XML. 100 MiB leaves room for both and is still read in seconds.
MAX_UNPACKED = 100 * MIB
MAX_PART = 64 * MIB
# Tables repeat themselves; measured registers shrink 6 to 30 times, a bomb a thousand times. Small parts may
# shrink as they like: below the floor they cannot hurt.
MAX_RATIO = 100
RATIO_FLOOR = MIB
# Names and bookkeeping of 200 entries; a directory longer than this is refused before Python builds it.
MAX_DIRECTORY = 256 * 1024
# More than the 20,000 rows we read, because blank ones do not count.
LAST_ROW = 100_000
MAX_MERGES = 100_000
# No tag with its text is longer than a cell may be (32,767 characters).
MAX_TAG = 512 * 1024

_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ROW = re.compile(rb'<(?:[A-Za-z0-9]+:)?row(?=[\s/>])(?:[^>]*?\sr="([0-9]+)")?')
_MERGE = re.compile(
    rb'<(?:[A-Za-z0-9]+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"'
)
_END = b"PK\x05\x06"

BOMB = N_("这个文件解开后异常庞大，已拒绝读取。请把数据复制到新建的工作簿，另存后再上传")
FAR_CELLS = N_("表格在第 %(limit)d 行以下还有内容，请删掉数据以外的行后再上传")
BROKEN = N_("这个 .xlsx 文件已损坏，读不出来。请用表格软件打开后另存为 .xlsx 再上传")
FOREIGN = N_(
    "这个 .xlsx 文件里含有不应有的内容（外部定义或压缩包），已拒绝读取。请把数据复制到新建的工作簿再上传"
)
MACROS = N_("文件带有宏，已拒绝读取。请另存为不带宏的 .xlsx 再上传")
LOCKED = N_("文件设有打开密码，读不出来。请去掉密码后再上传")
NOT_A_WORKBOOK = N_("这不是 Excel 工作簿（只改扩展名不能改变格式）。请用表格软件另存为 .xlsx 再上传")


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range that goes over several rows: its first column (from 1) and its rows."""

    column: int
    top: int
    bottom: int


@dataclass
class Package:
    """What the look through found: how many rows to expect, and merged cells by the sheet's part name."""

    rows: int = 0
    merges: dict[str, list[Merge]] = field(default_factory=dict)


def inspect_package(data: bytes) -> Package:
    """Read every part once, in pieces; raises `Invalid` or `TooLarge` with a sentence for each danger."""
    _check_directory(data)
    package = Package()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            for entry in entries:
                _look_through(archive, entry, package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Invalid(BROKEN, field="file") from error
    return package


def _check_directory(data: bytes) -> None:
    end = data.rfind(_END, max(0, len(data) - 66_000))
    if end < 0 or len(data) < end + 22:
        raise Invalid(BROKEN, field="file")
    entries = int.from_bytes(data[end + 10 : end + 12], "little")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if (
        entries > MAX_ENTRIES
        or size > MAX_DIRECTORY
        or data[max(0, end - 20) : end].startswith(b"PK\x06\x07")
    ):
        raise TooLarge(BOMB, field="file")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename.lower() for entry in entries]
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        raise Invalid(NOT_A_WORKBOOK, field="file")
    if len(set(names)) < len(names):
        raise Invalid(BROKEN, field="file")
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise Invalid(MACROS, field="file")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid(LOCKED, field="file")
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise TooLarge(BOMB, field="file")
    for entry in entries:
        if entry.file_size > MAX_PART:
            raise TooLarge(BOMB, field="file")
        if entry.file_size > RATIO_FLOOR and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise TooLarge(BOMB, field="file")
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Invalid(BROKEN, field="file")


def _look_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, package: Package) -> None:
    with archive.open(entry) as part:
        first = part.read(64 * 1024)
        if first.startswith(b"PK\x03\x04"):
            raise Invalid(FOREIGN, field="file")
        if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            while part.read(64 * 1024):
                pass  # reading to the end checks the sum of the part
            return
        # In UTF-16 the definitions looked for below would not be seen.
        if b"\0" in first[:4] or first.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Invalid(FOREIGN, field="file")
        for tags in _whole_tags(first, part):
            _look_at(tags, entry.filename, package)


def _whole_tags(first: bytes, part: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that never cut a tag in two."""
    held, more = b"", first
    while more:
        held += more
        cut = held.rfind(b"<")
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
        if len(held) > MAX_TAG:
            raise TooLarge(BOMB, field="file")
        more = part.read(64 * 1024)
    yield held


def _look_at(tags: bytes, name: str, package: Package) -> None:
    if _FORBIDDEN.search(tags):
        raise Invalid(FOREIGN, field="file")
    if name.lower() == "[content_types].xml" and b"macroenabled" in tags.lower():
        raise Invalid(MACROS, field="file")
    if "/worksheets/" not in name:
        return
    for row in _ROW.findall(tags):
        package.rows += 1
        # Rows between two far ones are blank, but something has to count them.
        if package.rows > LAST_ROW or len(row) > 7 or int(row or 0) > LAST_ROW:
            raise TooLarge(FAR_CELLS, field="file", limit=LAST_ROW)
    merges = package.merges.setdefault(name, [])
    for letters, top, bottom in _MERGE.findall(tags):
        if int(bottom) > int(top):
            merges.append(Merge(_column(letters), int(top), int(bottom)))
    if len(merges) > MAX_MERGES:
        raise TooLarge(BOMB, field="file")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
