"""Uploaded register files: what is read, and what is refused before it can hurt."""

import io
import json
import multiprocessing
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest

from app.errors import Invalid, Refusal, TooLarge
from app.rules.estates.units import UnitKind
from app.services.accounts.phones import is_mobile, read_phone
from app.services.estates import excel
from app.services.estates.packages import LAST_ROW, MIB
from app.services.estates.register_template import template_workbook
from app.services.estates.workbooks import read_register, read_rows

ROOT = Path(__file__).parents[2]
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADINGS = ("楼栋", "单元", "房号", "建筑面积", "业主", "电话")


def workbook(*rows, merges=(), more_sheets=()) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "名册"
    for row in rows:
        book.active.append(row)
    for merge in merges:
        book.active.merge_cells(merge)
    for title, sheet_rows in more_sheets:
        sheet = book.create_sheet(title)
        for row in sheet_rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repack(data: bytes, **changed: bytes) -> bytes:
    """The same zip with parts replaced or added, by their short name in PARTS."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        names = {PARTS[key]: content for key, content in changed.items()}
        for name in [*old.namelist(), *(name for name in names if name not in old.namelist())]:
            new.writestr(name, names.get(name) or old.read(name))
    return buffer.getvalue()


PARTS = {
    "sheet": SHEET,
    "vba": "xl/vbaProject.bin",
    "types": "[Content_Types].xml",
    "inner": "xl/embeddings/a.bin",
}
GOOD = workbook(HEADINGS, (1, 1, 101, 62.35, "张三", 13800000001))


def sheet(rows: str, head: str = "") -> bytes:
    return f"{head}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>".encode()


def cell(place: str, text: str = "x") -> str:
    number = "".join(filter(str.isdigit, place))
    return f'<row r="{number}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def refusal(data: bytes, name: str = "a.xlsx") -> str:
    with pytest.raises(Refusal) as caught:
        read_register(data, file_name=name)
    return str(caught.value)


def test_the_real_register_is_read_without_refusals():
    path = ROOT.parent / "shared/data/register-xingfuli.xlsx"
    if not path.exists():
        pytest.skip("the shared data is not beside the repository")
    register = read_register(path.read_bytes(), file_name=path.name)
    assert len(register.rows) == 113
    assert register.errors == ()
    assert sum(row.kind is UnitKind.DWELLING for row in register.rows) == 105


def test_numbers_and_texts_in_cells_are_the_same():
    (row,) = read_register(GOOD, file_name="a.xlsx").rows
    assert (row.building, row.room, row.area, row.owners[0].phone) == ("1", "101", 6235, "+8613800000001")


def test_the_noise_of_floating_sums_is_no_third_decimal():
    data = workbook(HEADINGS, (1, 1, 101, 78.40000000000001, "张三"))
    assert read_register(data, file_name="a.xlsx").rows[0].area == 7840


def test_a_building_merged_over_its_homes_covers_them_and_nothing_more():
    data = workbook(
        ("名册", None),
        HEADINGS,
        ("1栋", 1, 101, 60, "甲"),
        (None, None, 102, 60, "乙"),
        (None, None, 103, 60, "丙"),
        merges=("A1:F1", "A3:A4", "B3:B4"),
    )
    register = read_register(data, file_name="a.xlsx")
    assert [str(row.home) for row in register.rows] == ["1-1-101", "1-1-102"]
    assert [(error.row, error.field) for error in register.errors] == [(5, "building")]


def test_formulas_are_never_evaluated_whatever_value_is_stored_with_them():
    rows = "".join(
        [
            '<row r="1">' + "".join(f'<c t="inlineStr"><is><t>{h}</t></is></c>' for h in HEADINGS) + "</row>",
            '<row r="2"><c><v>1</v></c><c><v>1</v></c><c><v>101</v></c><c><f>50+12.35</f><v>62.35</v></c></row>',
            '<row r="3"><c t="inlineStr"><is><t>合计</t></is></c><c/><c/><c><f>SUM(D2:D2)</f><v>62.35</v></c></row>',
        ]
    )
    register = read_register(repack(GOOD, sheet=sheet(rows)), file_name="a.xlsx")
    assert [(error.row, error.field) for error in register.errors] == [(2, "area")]


def test_every_sheet_is_read_and_prose_is_skipped():
    data = workbook(
        HEADINGS,
        (1, 1, 101, 60, "甲"),
        more_sheets=[
            ("2号楼", [("单元", "房号", "面积", "业主"), (1, 101, 60, "乙")]),
            ("说明", [("以登记簿为准",)]),
        ],
    )
    homes = [str(row.home) for row in read_register(data, file_name="a.xlsx").rows]
    assert homes == ["1-1-101", "2-1-101"]


def test_progress_grows_and_ends_at_the_total():
    told: list[tuple[int, int]] = []
    data = workbook(HEADINGS, *((1, 1, number, 60, "甲") for number in range(100, 800)))
    rows = list(read_rows(data, file_name="a.xlsx", progress=lambda done, total: told.append((done, total))))
    assert len(rows) == 701
    assert told == sorted(told)
    assert told[-1] == (701, 701)
    assert len(told) > 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_encodings_and_delimiters_offices_use(encoding, delimiter):
    lines = [
        "楼栋,单元,房号,建筑面积,业主,电话",
        '1栋,1,101,"62.35",张三、李四,138-0000-0001',
        ",,102,60,王五,",
    ]
    data = "\r\n".join(lines).replace(",", delimiter).encode(encoding)
    rows = read_register(data, file_name="a.csv").rows
    assert [(str(row.home), row.row) for row in rows] == [("1-1-101", 2), ("1-1-102", 3)]
    assert rows[0].owners[0].name == "张三"


def test_a_line_break_inside_a_csv_cell_does_not_shift_row_numbers():
    data = '楼栋,房号,面积,业主\n1,101,60,"张三\n李四"\n1,102,,王五\n'.encode()
    register = read_register(data, file_name="a.csv")
    assert [owner.name for owner in register.rows[0].owners] == ["张三", "李四"]
    assert [error.row for error in register.errors] == [3]


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"plain text", "a.xlsx", "不是 Excel 工作簿"),
        (b"PK\x03\x04 no zip", "a.xlsx", "损坏"),
        (GOOD[:-400], "a.xlsx", "损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "旧式"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "密码"),
        (GOOD, "a.xlsm", "宏"),
        (repack(GOOD, vba=b"x"), "a.xlsx", "宏"),
        (repack(GOOD, inner=GOOD), "a.xlsx", "不应有"),
        (repack(GOOD, sheet=sheet("")), "a.xlsx", "表头"),
        (repack(GOOD, sheet=b"<worksheet"), "a.xlsx", "损坏"),
        (b"", "a.csv", "空"),
        (b"a,\0b", "a.csv", "空字符"),
        ("楼栋,房号\n1,2".encode("utf-16"), "a.csv", "空字符"),
        (b"\xff\xff\xff", "a.csv", "编码"),
        ('楼栋,房号\n1,"2'.encode(), "a.csv", "引号"),
        (b"whatever", "a.pdf", "只能读"),
    ],
)
def test_what_is_no_register_is_refused_with_its_own_sentence(data, name, sentence):
    assert sentence in refusal(data, name)


def test_a_zip_that_is_no_workbook_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "不是 Excel 工作簿" in refusal(buffer.getvalue())


def test_a_file_over_20_mb_is_refused_and_one_just_below_with_pictures_is_read():
    with pytest.raises(TooLarge):
        read_rows(bytes(20 * MIB + 1), file_name="a.xlsx")
    buffer = io.BytesIO(GOOD)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/media/photo.jpg", bytes(range(256)) * (19 * MIB // 256))
    assert 19 * MIB < len(buffer.getvalue()) < 20 * MIB
    assert len(read_register(buffer.getvalue(), file_name="a.xlsx").rows) == 1


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
BOMBS = {
    "ratio": repack(GOOD, sheet=sheet(" " * (40 * MIB))),
    "entities": repack(GOOD, sheet=sheet(cell("A1", "&b;"), DOCTYPE)),
    "entities in utf-16": repack(GOOD, sheet=sheet(cell("A1", "&b;"), DOCTYPE).decode().encode("utf-16")),
    "far cells": repack(GOOD, sheet=sheet(cell("A1") + cell("XFD1048576"))),
    "absurd row number": repack(GOOD, sheet=sheet(cell("A1") + cell("A999999999"))),
}


SENTENCES = ("异常庞大", "外部定义", "外部定义", "以下还有内容", "以下还有内容")


@pytest.mark.parametrize(
    ("bomb", "sentence"), list(zip(BOMBS.values(), SENTENCES, strict=True)), ids=list(BOMBS)
)
def test_a_bomb_is_refused_at_once(bomb, sentence):
    started = time.perf_counter()
    assert sentence in refusal(bomb)
    assert time.perf_counter() - started < 2


def test_bombs_cost_little_memory():
    tracemalloc.start()
    try:
        for bomb in BOMBS.values():
            refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10 * MIB
    finally:
        tracemalloc.stop()


def test_far_rows_without_numbers_are_counted_and_refused():
    rows = cell("A1") + "<row/>" * LAST_ROW
    assert "以下还有内容" in refusal(repack(GOOD, sheet=sheet(rows)))


def test_a_child_that_meets_its_memory_limit_refuses_the_file(monkeypatch):
    monkeypatch.setattr(excel, "MEMORY", 32 * MIB)
    # Small enough for the look through, but each empty cell becomes objects.
    assert "异常庞大" in refusal(repack(GOOD, sheet=sheet("<row>" + "<c/>" * 200_000 + "</row>")))


def test_a_child_that_falls_silent_is_ended_and_the_file_refused(monkeypatch):
    monkeypatch.setattr(excel, "WAIT_SECONDS", 0)
    assert "异常庞大" in refusal(GOOD)
    assert multiprocessing.active_children() == []


def test_too_many_entries_are_refused_before_the_directory_is_built():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(201):
            archive.writestr(f"{number}.xml", "")
    assert "异常庞大" in refusal(buffer.getvalue())


def test_the_template_is_read_back_and_holds_no_formula():
    register = read_register(template_workbook(), file_name="模板.xlsx")
    assert (len(register.rows), register.errors, register.warnings) == (2, (), ())
    with zipfile.ZipFile(io.BytesIO(template_workbook())) as archive:
        assert b"<f>" not in archive.read(SHEET)
        assert b"dataValidation" in archive.read(SHEET)


@pytest.mark.parametrize(
    "text",
    [
        "13800000001",
        "138-0000-0001",
        "138 0000 0001",
        "１３８００００ ０００１",
        "+86 13800000001",
        "008613800000001",
        "86 138 0000 0001",
    ],
)
def test_a_mobile_number_in_any_spelling_is_one_number(text):
    assert read_phone(text) == "+8613800000001"
    assert is_mobile("+8613800000001")


def test_landlines_are_numbers_but_not_mobile_and_others_are_none():
    assert read_phone("0512-65551234") == "+8651265551234"
    assert not is_mobile("+8651265551234")
    assert not is_mobile("+85291234567")
    assert [
        read_phone(text) for text in ("", "110", "1380000000", "138****0001", "1-800-FLOWERS", "张三")
    ] == [None] * 6


def test_an_abandoned_reading_leaves_no_child_behind():
    code = (
        "import sys, json, multiprocessing\n"
        "from app.services.estates.workbooks import read_rows\n"
        "if __name__ == '__main__':\n"
        "    rows = read_rows(sys.stdin.buffer.read(), file_name='a.xlsx')\n"
        "    next(rows); rows.close()\n"
        "    print(json.dumps(len(multiprocessing.active_children())))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=GOOD, capture_output=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == 0


def test_refusals_name_the_file_field():
    with pytest.raises(Invalid) as caught:
        read_register(b"x", file_name="a.xlsx")
    assert caught.value.field == "file"
