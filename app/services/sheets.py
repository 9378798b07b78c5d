"""Tables that leave the house, as CSV and as a workbook: every cell is text, and no program computes any of it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

import xlsxwriter

# What a spreadsheet program passes over on the way to a sign.
_PASSED_OVER = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
_SIGNS = frozenset("=+-@")


def safe_cell(text: str) -> str:
    """The text, with a sign before it that keeps a spreadsheet program from computing it.

    Full-width signs count as what they stand for: some programs take them so. Characters that no sheet can hold are
    left out, and line ends are `\\n`.
    """
    if not text.isprintable():
        text = "".join(filter(_writable, text.replace("\r\n", "\n").replace("\r", "\n")))
    first = text[_PASSED_OVER.match(text).end() :][:1]  # type: ignore[union-attr]
    return f"'{text}" if text[:1] in {"\t", "\n"} or unicodedata.normalize("NFKC", first) in _SIGNS else text


def _writable(character: str) -> bool:
    return character in "\t\n" or not (
        unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufffe\uffff"
    )


def write_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines as RFC 4180 has them, the headings first."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow([safe_cell(cell) for cell in head])
    table.writerows([safe_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def write_workbook(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet, the headings first and frozen with the first column."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(title)
        for column, cell in enumerate(head):
            sheet.set_column(column, column, 20, text)
            sheet.write_string(0, column, safe_cell(cell), bold)
        for place, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                sheet.write_string(place, column, safe_cell(cell), text)
        sheet.freeze_panes(1, 1)
    return buffer.getvalue()
