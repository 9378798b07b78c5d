"""`register check FILE`."""

import json
from pathlib import Path

import openpyxl
import pytest

from app.cli.register import run

DATA = Path(__file__).parents[3] / "shared/data"


def write(path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return str(path)


def test_the_real_register_gives_its_expected_sums(capsys):
    if not DATA.exists():
        pytest.skip("the shared data is not beside the repository")
    expected = json.loads((DATA / "register-xingfuli.expected.json").read_text())
    assert run(["check", str(DATA / "register-xingfuli.xlsx")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {
        "units": expected["rows"],
        "dwellings": expected["dwellings"],
        "area_m2": "7340.00",
        "votable_units": expected["votable_units"],
        "votable_area_m2": expected["votable_area_m2"],
        "heads": expected["heads_if_names_identify_people"],
        "area_by_building_m2": expected["area_by_building_m2"],
        "errors": [],
    }


def test_refused_rows_are_listed_with_the_spreadsheets_row_number(tmp_path, capsys):
    path = write(
        tmp_path / "a.xlsx",
        ("某小区",),
        ("楼栋", "房号", "面积", "用途", "业主", "电话"),
        (1, 101, 60, "住宅", "张三", 13800000001),
        (),
        (1, "101室", 60, "住宅", "李四"),
        (1, 102, None, "住宅", "王五"),
        (1, 103, 60, "住宅", "赵六", "123"),
        ("地下", "车位1", 12.5, "车位", "张三"),
        ("合计", None, "=SUM(C3:C8)"),
    )
    assert run(["check", path]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert [(error["row"], error["field"]) for error in printed["errors"]] == [
        (5, "room"),
        (6, "area"),
        (7, "phone"),
    ]
    assert "第 3 行重复" in printed["errors"][0]["message"]
    assert (printed["units"], printed["votable_units"], printed["heads"]) == (2, 1, 1)
    assert (printed["area_m2"], printed["votable_area_m2"]) == ("72.50", "60.00")


@pytest.mark.parametrize("content", [b"text", b"", None])
def test_an_unreadable_file_is_one_sentence_on_stderr_and_exit_2(content, tmp_path, capsys):
    path = tmp_path / "a.xlsx"
    if content is not None:
        path.write_bytes(content)
    assert run(["check", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1


def test_a_wrong_call_shows_the_usage(capsys):
    assert run([]) == 2
    assert "register check" in capsys.readouterr().err
