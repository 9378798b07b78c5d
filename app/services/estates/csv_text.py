"""CSV as Chinese offices save it: UTF-8 with or without a mark, or GB18030; comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator

from app.errors import N_, Invalid
from app.rules.estates.register import MAX_COLUMNS
from app.rules.estates.rows import GridRow

SHEET = "CSV"
_TELLING_LINES = 20
_STEP = 200

NOT_TEXT = N_("这个 .csv 文件不是文本（含有空字符）。请用表格软件另存为“CSV UTF-8”再上传")
UNKNOWN_ENCODING = N_("这个 .csv 文件的文字编码读不出来。请用表格软件另存为“CSV UTF-8”再上传")
BROKEN_LINE = N_("CSV 第 %(row)d 行附近的引号不成对，请改正后再上传")

Progress = Callable[[int, int], None]


def read_csv(data: bytes, progress: Progress | None) -> Iterator[GridRow]:
    """Rows with the number a spreadsheet would show: decodes at once (`Invalid`), then yields lazily."""
    text = _decode(data)
    return _rows(text, _delimiter(text), progress)


def _decode(data: bytes) -> str:
    if b"\0" in data:
        raise Invalid(NOT_TEXT, field="file")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.removeprefix(codecs.BOM_UTF8).decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(UNKNOWN_ENCODING, field="file")


def _delimiter(text: str) -> str:
    # Owners within one cell are also parted by signs; columns outnumber them.
    head = "\n".join(text[:100_000].splitlines()[:_TELLING_LINES])
    return max(",;\t", key=head.count)


def _rows(text: str, delimiter: str, progress: Progress | None) -> Iterator[GridRow]:
    total = text.count("\n") + 1
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if progress and number % _STEP == 0:
                progress(min(number, total), total)
            if any(cells):
                yield GridRow(SHEET, number, tuple(cells[:MAX_COLUMNS]), None)
    except csv.Error as error:
        raise Invalid(BROKEN_LINE, field="file", row=number + 1) from error
    if progress:
        progress(total, total)
