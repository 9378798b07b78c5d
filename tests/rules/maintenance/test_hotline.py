"""A hotline's sheet as offices send it: headings, times, numbers, places in addresses, and what may be public."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.estates.rows import GridRow
from app.rules.maintenance.hotline import (
    MOST_ROWS,
    category_for,
    public_words,
    read_calls,
    read_number,
    read_time,
    spot_in,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SPOTS = {"3": ["1", "2"], "12": [], "综合楼": []}
HEAD = ("工单编号", "来电时间", "类别", "内容", "地址", "来电人", "电话")


def grid(*rows: tuple[str, ...]) -> list[GridRow]:
    return [GridRow("CSV", number, cells, None) for number, cells in enumerate(rows, 1)]


def test_a_row_is_read_with_all_its_columns() -> None:
    row = ("20261122001", "2026-11-22 09:15", "路灯", "灯不亮", "3栋1单元", "张三", "13812345678")
    (call,) = read_calls(grid(HEAD, row), now=NOW).calls
    assert (call.row, call.number, call.category) == (2, "20261122001", "lighting")
    assert call.called_at == datetime(2026, 11, 22, 1, 15, tzinfo=UTC)
    assert (call.caller, call.phone, call.address) == ("张三", "13812345678", "3栋1单元")


def test_headings_have_synonyms_and_may_stand_below_a_title() -> None:
    rows = grid(("12345工单表",), ("编号", "诉求内容", "工单号", "事发地点"), ("7", "灯不亮", "A-1", "3栋"))
    (call,) = read_calls(rows, now=NOW).calls
    # The more telling of two headings counts.
    assert (call.number, call.address) == ("A-1", "3栋")


def test_a_row_that_cannot_be_used_is_named_with_its_column() -> None:
    rows = grid(
        HEAD,
        ("A1", "", "", "灯不亮"),
        ("A1", "", "", "同一个编号"),
        ("", "", "", "没有编号"),
        ("A2", "昨天", "", "x"),
        ("A3", "2026-11-24 09:00", "", "x"),
        ("A4",),
        ("2.02E+13", "", "", "x"),
        ("A5", "", "", "漏" * 2001),
        ("", "", ""),
    )
    sheet = read_calls(rows, now=NOW)
    assert [call.number for call in sheet.calls] == ["A1"]
    assert [(one.row, one.refusal.field, one.refusal.code) for one in sheet.refused] == [
        (3, "number", "twice"),
        (4, "number", "required"),
        (5, "called_at", "bad_time"),
        (6, "called_at", "ahead"),
        (7, "text", "required"),
        (8, "number", "scientific"),
        (9, "text", "too_long"),
    ]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("甲", "乙")], "no_heading"),
        ([HEAD], "no_rows"),
        ([HEAD, *[(str(number), "", "", "x") for number in range(MOST_ROWS + 1)]], "too_many"),
    ],
)
def test_a_sheet_without_heading_or_rows_or_with_too_many_is_refused(rows, code) -> None:
    with pytest.raises(Invalid) as refused:
        read_calls(grid(*rows), now=NOW)
    assert (refused.value.code, refused.value.field) == (code, "file")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03 09:15",
        "2026/11/3 9:15:00",
        "2026年11月3日 9时15分",
        "2026-11-03T09:15:00+08:00",
        "2026-11-03T01:15:00Z",
    ],
)
def test_times_are_beijing_time_however_written(text) -> None:
    assert read_time(text, now=NOW) == datetime(2026, 11, 3, 1, 15, tzinfo=UTC)


def test_no_time_is_none_and_an_impossible_one_is_refused() -> None:
    assert read_time(" / ", now=NOW) is None
    for text in ("2026-13-01 00:00", "45000.5", "2026-11-03 25:00", "1" * 10_000):
        with pytest.raises(Invalid):
            read_time(text, now=NOW)


def test_a_number_stays_as_the_hotline_wrote_it() -> None:
    assert read_number("'2026112300123") == "2026112300123"
    assert read_number("苏〔2026〕（8）号") == "苏〔2026〕（8）号"
    for text in ("=1+1", "<b>", "9" * 41, "无", ""):
        with pytest.raises(Invalid):
            read_number(text)


@pytest.mark.parametrize(
    ("address", "spot"),
    [
        ("幸福路88号幸福里3栋1单元301室", ("3", "1")),
        ("3-1-301", ("3", "1")),
        ("三号楼二单元门口", ("3", "2")),
        ("幸福里12幢楼下", ("12", "")),
        ("3号楼9单元", ("3", "")),
        ("综合楼旁", ("综合楼", "")),
        ("人民路3号", ("", "")),
        ("99栋", ("", "")),
        ("", ("", "")),
    ],
)
def test_an_address_names_a_building_and_entrance_that_are_there(address, spot) -> None:
    assert spot_in(address, SPOTS) == spot


def test_the_hotlines_kind_counts_before_the_words_of_the_call() -> None:
    assert category_for("屋面漏水", "路灯") == "roof_leak"
    assert category_for("市政/路灯", "漏水") == "lighting"
    assert category_for("其他", "路灯不亮") == "lighting"
    assert category_for("", "不知道") == "other"


def test_names_and_numbers_of_people_are_left_out() -> None:
    text = "张三反映3栋漏水，请回电138 1234 5678或0512-65550301，身份证320501198001011234，工单20261122001"
    shown = public_words(text, "张三", "13812345678")
    assert shown == "来电人反映3栋漏水，请回电（电话略）或（电话略），身份证（证件号略），工单20261122001"


@given(st.lists(st.lists(st.text(max_size=60), min_size=2, max_size=7), min_size=1, max_size=5))
def test_whatever_the_cells_hold_a_row_is_taken_or_refused(rows) -> None:
    sheet = read_calls(grid(HEAD, ("A0", "", "", "灯不亮"), *map(tuple, rows)), now=NOW)
    assert all(
        one.refusal.field in {"number", "called_at", "text", "address", "caller", "phone", "kind"}
        for one in sheet.refused
    )
    for call in sheet.calls:
        spot_in(call.address, SPOTS)
        assert call.public is not None
