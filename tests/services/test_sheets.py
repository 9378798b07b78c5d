"""Whatever people wrote, a table of it computes nothing and gives back what was written."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.services.estates.register_template import template_workbook
from app.services.sheets import safe_cell, write_csv, write_workbook

SERVICES = Path(__file__).parents[2] / "app" / "services"
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"
# What may stand before a sign, and what a text may hold that a sheet may not.
AROUND = st.sampled_from([*"\t\r\n \x00\x0b\x1f\u3000\xa0\u200b\ufeff'\"\ufffe", *SIGNS])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.builds(lambda head, tail: "".join(head) + tail, st.lists(AROUND, max_size=4), st.text(max_size=20)),
    st.sampled_from(['=HYPERLINK("http://x")', "@SUM(1)", "_x000D_", "_x0041_=1", "a\r\nb", "-1 层", "'=1"]),
)


def told(text: str) -> str:
    """What a reader must find: the text without what no sheet can hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c
        for c in lines
        if c in "\t\n" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in "\ufffe\uffff")
    )


def assert_is_no_formula(cell: str) -> None:
    assert not cell.startswith(("\t", "\r", "\n"))
    seen = unicodedata.normalize("NFKC", re.sub(r"^[\s\u200b-\u200f\u2060\ufeff]+", "", cell))
    assert not seen.startswith(("=", "+", "-", "@"))


@given(TEXTS)
@example("\x00=1+1")
@example("\t=1+1")
@example("\r=1+1")
@example("\ufeff＝1+1")
@example(" =1+1")
def test_a_cell_is_never_a_formula_and_keeps_its_text(text: str) -> None:
    cell = safe_cell(text)
    assert_is_no_formula(cell)
    assert cell in {told(text), f"'{told(text)}"}


def test_a_plain_text_stays_as_it_is() -> None:
    for text in ("", "3号楼", "加装电梯 = 好", "a-b", "13800138000", "两行\n字"):
        assert safe_cell(text) == text


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5))
def test_a_csv_is_read_back_as_it_was_written(rows: list[list[str]]) -> None:
    written = write_csv(("甲", "=乙", "丙"), rows)
    head, *found = csv.reader(io.StringIO(written.encode().decode(), newline=""))
    assert head == ["甲", "'=乙", "丙"]
    assert found == [[safe_cell(text) for text in row] for row in rows]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=8))
def test_a_workbook_is_read_back_as_it_was_written_without_a_formula(rows: list[list[str]]) -> None:
    data = write_workbook("表", ("甲", "+乙"), rows)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
    cells = [list(row) for row in load_workbook(io.BytesIO(data)).active.iter_rows()]
    assert all(cell.data_type in {"s", "n", "inlineStr"} for row in cells for cell in row)
    assert [cell.value for cell in cells[0]] == ["甲", "'+乙"]
    found = [[cell.value or "" for cell in row] for row in cells[1:]]
    found += [["", ""]] * (len(rows) - len(found))  # blank rows at the end are not written
    assert found == [[safe_cell(text) for text in row] for row in rows]


def test_the_template_holds_no_formula() -> None:
    book = load_workbook(io.BytesIO(template_workbook()))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("writer", ["csv.writer", "xlsxwriter.Workbook"])
def test_every_table_that_leaves_the_house_is_written_here(writer: str) -> None:
    """The template writes our own words only; a hotline's calls are packed into a form and read back by us."""
    users = {path.name for path in SERVICES.rglob("*.py") if writer in path.read_text()}
    assert users == {"sheets.py"} | (
        {"previewing.py"} if writer == "csv.writer" else {"register_template.py"}
    )
