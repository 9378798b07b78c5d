"""A register as offices write it: headings, rows, refusals."""

import re

import pytest

from app.errors import Invalid, TooLarge
from app.rules.estates.register import parse_register
from app.rules.estates.rows import GridRow, OwnerCell, ParsedRegister
from app.rules.estates.units import UnitKind, UnitStatus

HEADINGS = ("楼栋", "单元", "房号", "建筑面积", "产权人", "联系电话", "状态", "备注")


def fake_phone(text: str) -> str | None:
    digits = re.sub(r"[ -]", "", text)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return f"+86{digits}"
    return f"+86{digits[1:]}" if re.fullmatch(r"0\d{10,11}", digits) else None


def grid(*rows, sheet="名册", merged=frozenset()):
    return [GridRow(sheet, number, tuple(cells), merged) for number, cells in enumerate(rows, start=1)]


def parse(*rows, **kwargs) -> ParsedRegister:
    return parse_register(grid(*rows, **kwargs), read_phone=fake_phone)


def one(*cells, headings=HEADINGS):
    register = parse(headings, cells)
    assert register.errors == ()
    return register.rows[0]


def refusals(*rows, **kwargs):
    return [(error.row, error.field) for error in parse(HEADINGS, *rows, **kwargs).errors]


def test_a_plain_row_is_understood():
    row = one("1号楼", "一单元", "202室", "62.35㎡", "张三、李四", "138-0000-0001", "", "已出租")
    assert (row.building, row.entrance, row.room, row.floor, row.area) == ("1", "1", "202", 2, 6235)
    assert row.owners == (OwnerCell("张三", "+8613800000001"), OwnerCell("李四", None))
    assert row.tenant
    assert row.kind is UnitKind.DWELLING


def test_headings_are_found_below_a_title_by_synonym_and_with_units_in_brackets():
    title = ("幸福里小区清册", "", "", "", "")
    headings = ("序号", "幢 号", "*室号", "产权面积\n（平方米）", "权利人姓名")
    row = parse(title, ("", "", "", "", ""), headings, ("1", "3幢", "301", "80", "张三")).rows[0]
    assert (row.row, row.building, row.room, row.area) == (4, "3", "301", 8000)


def test_the_building_area_is_taken_and_not_the_inner_area_beside_it():
    headings = ("楼栋", "房号", "套内面积", "公摊面积", "面积", "建筑面积", "业主")
    assert one("1", "101", "50", "12", "1", "62.35", "张三", headings=headings).area == 6235


def test_a_combined_address_column_replaces_building_entrance_and_room():
    headings = ("房屋坐落", "面积", "业主", "电话")
    for address in ("5栋1单元202室", "5-1-202", "５－１－２０２", "幸福里小区5号楼1单元202"):
        row = one(address, "60", "张三", "", headings=headings)
        assert (row.building, row.entrance, row.room) == ("5", "1", "202")


def test_a_sheet_per_building_names_the_building():
    rows = grid(("单元", "房号", "面积", "业主"), ("1", "101", "60", "张三"), sheet="3号楼")
    assert parse_register(rows, read_phone=fake_phone).rows[0].building == "3"


def test_totals_empty_rows_and_signatures_are_passed_over():
    register = parse(
        HEADINGS,
        ("1", "1", "101", "60", "张三", "", "", ""),
        ("", "", "", "", "", "", "", ""),
        ("1号楼小计", "", "", "=SUM(D2:D2)", "", "", "", ""),
        ("合 计", "", "1套", "60", "", "", "", ""),
        ("", "", "", "=SUM(D2:D2)", "", "", "", ""),
        ("制表人：王五", "", "", "", "审核：赵六", "", "", ""),
    )
    assert len(register.rows) == 1
    assert register.errors == ()


def test_headings_repeated_on_each_page_are_passed_over():
    register = parse(HEADINGS, ("1", "1", "101", "60", "张三"), HEADINGS, ("1", "1", "102", "60", "李四"))
    assert [row.room for row in register.rows] == ["101", "102"]


def test_a_formula_in_a_units_area_is_refused_with_its_row():
    assert refusals(("1", "1", "101", "=60*1", "张三")) == [(2, "area")]
    assert "公式" in str(parse(HEADINGS, ("1", "1", "101", "=1", "张三")).errors[0])


@pytest.mark.parametrize(
    "area", ["", "/", "约60", "六十", "0", "-60", "62.355", "1e3", "100001", "#REF!", "62,35", "NaN"]
)
def test_an_area_that_is_missing_or_no_number_is_refused(area):
    assert refusals(("1", "1", "101", area, "张三")) == [(2, "area")]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        (" 78.40 ", 7840),
        ("62.35㎡", 6235),
        ("６２．３５平方米", 6235),
        ("60", 6000),
        ("1,234.5平米", 123450),
        ("78.400", 7840),
        ("62.35m²", 6235),
    ],
)
def test_an_area_may_be_text_with_a_unit(text, area):
    assert one("1", "1", "101", text, "张三").area == area


def test_a_repeated_home_is_refused_and_names_the_first_row():
    register = parse(HEADINGS, ("1", "1", "101", "60", "张三"), ("一号楼", "1单元", "101室", "60", "李四"))
    assert [(error.row, error.field) for error in register.errors] == [(3, "room")]
    assert "第 2 行" in str(register.errors[0])
    assert len(register.rows) == 1


def test_a_home_repeated_on_another_sheet_is_refused_and_names_the_sheet():
    first = grid(HEADINGS, ("1", "1", "101", "60", "张三"), sheet="甲")
    second = grid(HEADINGS, ("1", "1", "101", "60", "张三"), sheet="乙")
    (error,) = parse_register(first + second, read_phone=fake_phone).errors
    assert error.sheet == "乙"
    assert "甲" in str(error)


@pytest.mark.parametrize("phone", ["1380000000", "138****0001", "1.38E+10", "同上", "13800000001、123"])
def test_a_phone_that_is_there_but_unreadable_is_refused(phone):
    assert refusals(("1", "1", "101", "60", "张三", phone)) == [(2, "phone")]


@pytest.mark.parametrize("phone", ["", "无", "/", "-", "不详"])
def test_no_phone_is_no_reason_to_refuse(phone):
    assert one("1", "1", "101", "60", "张三", phone).owners == (OwnerCell("张三", None),)


@pytest.mark.parametrize(
    "phones",
    [
        "138-0000-0001；139 0000 0002",
        "13800000001/13900000002",
        "１３８００００ ０００１，13900000002",
        "13800000001 13900000002",
        "138 0000 0001 139 0000 0002",
        "张：13800000001\n李：13900000002",
    ],
)
def test_two_phones_in_one_cell_belong_to_the_owners_in_order(phones):
    owners = one("1", "1", "101", "60", "张三，李四", phones).owners
    assert owners == (OwnerCell("张三", "+8613800000001"), OwnerCell("李四", "+8613900000002"))


def test_one_owner_with_two_phones_keeps_the_mobile_one_and_a_warning_says_so():
    register = parse(HEADINGS, ("1", "1", "101", "60", "张三", "0512-65551234/13800000001"))
    assert register.rows[0].owners == (OwnerCell("张三", "+8613800000001"),)
    assert [warning.field for warning in register.warnings] == ["phone"]


def test_owner_and_phone_columns_side_by_side_are_paired():
    headings = ("楼栋", "房号", "面积", "业主1", "电话1", "业主2", "电话2")
    row = one("1", "101", "60", "张三", "", "李四", "13900000002", headings=headings)
    assert row.owners == (OwnerCell("张三", None), OwnerCell("李四", "+8613900000002"))


def test_state_and_remark_are_read_for_what_they_mean():
    assert one("1", "1", "101", "60", "甲公司", "", "已售未交付").status is UnitStatus.UNDELIVERED
    assert one("1", "1", "101", "60", "甲公司", "", "未售").status is UnitStatus.UNSOLD
    row = one("1", "1", "101", "60", "张三（已故）", "", "", "未出租")
    assert row.heirs_proving
    assert not row.tenant


def test_kind_comes_from_its_column_or_else_from_the_room():
    headings = ("楼栋", "房号", "面积", "用途", "业主")
    rows = parse(
        headings,
        ("地下", "车位01", "12.5", "", "张三"),
        ("1", "商铺1", "50", "", "李四"),
        ("1", "101", "60", "储藏室", "王五"),
        ("1", "102", "60", "成套住宅", "王五"),
    ).rows
    assert [row.kind for row in rows] == [
        UnitKind.PARKING,
        UnitKind.SHOP,
        UnitKind.STORAGE,
        UnitKind.DWELLING,
    ]
    assert rows[0].floor == -1


def test_a_row_without_building_is_refused_when_the_merge_does_not_cover_it():
    assert refusals(("1", "1", "101", "60", "张三"), ("", "1", "102", "60", "李四")) == [(3, "building")]


def test_a_csv_carries_the_building_down_but_not_into_another_one():
    rows = [
        HEADINGS,
        ("1", "1", "101", "60", "甲"),
        ("", "", "102", "60", "乙"),
        ("", "2", "101", "60", "丙"),
        ("", "", "102", "60", "丁"),
        ("2", "", "商铺1", "60", "戊"),
    ]
    homes = [str(row.home) for row in parse(*rows, merged=None).rows]
    assert homes == ["1-1-101", "1-1-102", "1-2-101", "1-2-102", "2-商铺1"]


def test_an_area_merged_over_two_homes_is_not_counted_twice():
    rows = grid(HEADINGS, ("1", "1", "101", "120", "张三"))
    rows.append(GridRow("名册", 3, ("1", "1", "102", "120", "张三"), frozenset({0, 1, 3, 4})))
    register = parse_register(rows, read_phone=fake_phone)
    assert [(error.row, error.field) for error in register.errors] == [(3, "area")]


def test_a_room_merged_over_two_rows_lists_two_owners():
    rows = grid(HEADINGS, ("1", "1", "101", "60", "张三", "13800000001"))
    rows.append(GridRow("名册", 3, ("1", "1", "101", "60", "李四", ""), frozenset({0, 1, 2, 3})))
    register = parse_register(rows, read_phone=fake_phone)
    assert register.errors == ()
    assert [owner.name for owner in register.rows[0].owners] == ["张三", "李四"]


def test_a_room_the_spreadsheet_made_a_date_is_refused_with_that_reason():
    (error,) = parse(HEADINGS, ("1", "1", "2025-01-02 00:00:00", "60", "张三")).errors
    assert (error.field, "日期" in str(error)) == ("room", True)


def test_a_file_without_headings_is_refused_and_told_what_is_needed():
    with pytest.raises(Invalid, match="建筑面积"):
        parse(("说明",), ("面积以登记簿为准",))
    with pytest.raises(Invalid, match="没有“建筑面积”"):
        parse(("楼栋", "房号", "业主", "电话"), ("1", "101", "张三", ""))


def test_a_sheet_that_explains_is_skipped_and_one_that_is_a_table_is_mentioned():
    named = grid(HEADINGS, ("1", "1", "101", "60", "张三"))
    prose = grid(("面积以登记簿为准",), sheet="说明")
    table = grid(("甲", "乙", "丙"), ("1", "2", "3"), sheet="其他")
    register = parse_register(named + prose + table, read_phone=fake_phone)
    assert [warning.sheet for warning in register.warnings] == ["其他"]


def test_more_rows_than_we_read_are_refused():
    rows = (GridRow("名册", number, ("x",)) for number in range(1, 20_002))
    with pytest.raises(TooLarge):
        parse_register(rows, read_phone=fake_phone)


def test_unseen_characters_are_taken_out_and_long_names_refused():
    assert one("1", "1", "101", "60", "张\u200b三\u202e").owners == (OwnerCell("张三"),)
    assert refusals(("1", "1", "101", "60", "某" * 51)) == [(2, "owner")]
    assert refusals(("1", "1", "101", "60", "张三13800000001")) == [(2, "owner")]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (("1", "1", "1" * 101, "60", "张三"), "room"),
        (("1" * 30, "1", "101", "60", "张三"), "building"),
        (("1", "1", "101", "60", "张、" * 300), "owner"),
        (("1", "1", "101", "60", "张三", "13800000001、" * 50), "phone"),
    ],
)
def test_a_text_too_long_for_its_field_is_refused(cells, field):
    assert refusals(cells) == [(2, field)]


def test_a_register_survives_json():
    register = parse(
        HEADINGS, ("1", "1", "101", "60", "张三、李四", "13800000001"), ("1", "1", "102", "", "", "12")
    )
    assert register.errors
    assert [str(home) for home in register.refused] == ["1-1-102"]
    assert ParsedRegister.from_json(register.to_json()) == register
