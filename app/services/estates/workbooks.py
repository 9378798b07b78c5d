"""An uploaded register file, refused or read: the one door for `.xlsx` and `.csv`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath

from app.errors import N_, Invalid, TooLarge
from app.rules.estates.register import parse_register
from app.rules.estates.rows import GridRow, ParsedRegister
from app.services.accounts.phones import read_phone
from app.services.estates.csv_text import read_csv
from app.services.estates.excel import read_excel
from app.services.estates.packages import LOCKED, MACROS, MIB, NOT_A_WORKBOOK, inspect_package

MAX_FILE = 20 * MIB

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Progress = Callable[[int, int], None]


def read_register(data: bytes, *, file_name: str, progress: Progress | None = None) -> ParsedRegister:
    """The whole file understood; raises `Invalid` or `TooLarge` with the sentence to show."""
    return parse_register(read_rows(data, file_name=file_name, progress=progress), read_phone=read_phone)


def read_rows(data: bytes, *, file_name: str, progress: Progress | None = None) -> Iterator[GridRow]:
    """Rows of every sheet, lazily; `progress(done, total)` is called on the way with counts of rows.

    What the bytes are decides, not only the name. Raises `Invalid` or `TooLarge` before the first row for
    anything that is no plain workbook or CSV, and while reading for what shows only then.
    """
    if len(data) > MAX_FILE:
        raise TooLarge(
            N_("文件超过 %(limit)d MB，请删去图片或分楼栋上传"), field="file", limit=MAX_FILE // MIB
        )
    if not data.strip():
        raise Invalid(N_("文件是空的，请重新选择"), field="file")
    suffix = PurePath(file_name).suffix.lower()
    if suffix in {".xlsm", ".xltm", ".xlam"}:
        raise Invalid(MACROS, field="file")
    if data.startswith(_OLE):
        raise Invalid(
            LOCKED if _ENCRYPTED in data else N_("这是旧式 .xls 文件，请用表格软件另存为 .xlsx 再上传"),
            field="file",
        )
    if data.startswith(b"PK\x03\x04"):
        return read_excel(data, inspect_package(data), progress)
    if suffix == ".csv":
        return read_csv(data, progress)
    if suffix == ".xlsx":
        raise Invalid(NOT_A_WORKBOOK, field="file")
    raise Invalid(N_("只能读 .xlsx 和 .csv 文件，请用表格软件另存后再上传"), field="file")
