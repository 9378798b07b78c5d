"""Addresses: many spellings, one home."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.estates.addresses import (
    Home,
    building_name,
    entrance_name,
    read_home,
    room_name,
    split_address,
)
from app.rules.estates.cells import read_floor

CHINESE = "零一二三四五六七八九十"
FULL = str.maketrans("0123456789-", "０１２３４５６７８９－")


def in_chinese(number):
    tens, ones = divmod(number, 10)
    if tens == 0:
        return CHINESE[ones]
    return ("" if tens == 1 else CHINESE[tens]) + "十" + (CHINESE[ones] if ones else "")


buildings = st.integers(1, 99)
entrances = st.integers(1, 12)
rooms = st.builds(lambda floor, door: f"{floor}{door:02d}", st.integers(1, 33), st.integers(1, 20))
numbers = st.sampled_from([str, in_chinese, lambda n: str(n).translate(FULL)])
towers = st.sampled_from(["号楼", "栋", "幢", "#", "#楼", "座"])
stairs = st.sampled_from(["单元", "门", "号门", "梯"])
prefixes = st.sampled_from(["", "幸福里小区", "人民路88号", "第", "和平里"])
fillers = st.sampled_from(["", " ", "\u3000", "\u200b"])


@given(
    buildings,
    entrances,
    rooms,
    numbers,
    numbers,
    towers,
    stairs,
    prefixes,
    fillers,
    st.sampled_from(["", "室", "号", "房"]),
)
def test_every_worded_address_is_its_home(b, e, room, as_b, as_e, tower, stair, prefix, space, end):
    text = f"{prefix}{as_b(b)}{tower}{space}{as_e(e)}{stair}{space}{room}{end}"
    assert split_address(text) == Home(str(b), str(e), room)


@given(buildings, entrances, rooms, st.sampled_from("-－—–―/"), st.booleans(), st.sampled_from(["", "室"]))
def test_every_dashed_address_is_its_home(b, e, room, dash, full, end):
    text = f"{b}{dash}{e}{dash}{room}{end}"
    assert split_address(text.translate(FULL) if full else text) == Home(str(b), str(e), room)


@given(buildings, entrances, rooms, towers, stairs, numbers)
def test_separate_cells_and_one_cell_are_the_same_home(b, e, room, tower, stair, as_text):
    cells = read_home(f"第{as_text(b)}{tower}", f"{as_text(e)}{stair}", f"{room}室", "")
    assert cells == read_home("", "", "", f"{b}{tower}{e}{stair}{room}")


@given(st.text("0123456789０１一二十〇栋楼号座#单元门室房层期区第东A b-－负地下商铺", max_size=12))
def test_normal_names_stay_as_they_are(text):
    for normal in (building_name, entrance_name, room_name):
        assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    "text", ["1号楼", "1栋", "1幢", "1#", "第1栋", "一号楼", "01", "1", "１＃", "1#楼", "1.0"]
)
def test_spellings_of_building_one(text):
    assert building_name(text) == "1"


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("人民路88弄5号202室", Home("5", "", "202")),
        ("5#1-202", Home("5", "1", "202")),
        ("5栋2层202", Home("5", "", "202")),
        ("地下车位01", Home("地下", "", "车位01")),
        ("5栋商铺1", Home("5", "", "商铺1")),
        ("一期5栋202", Home("1期5", "", "202")),
        ("5栋1单元-101", Home("5", "1", "-101")),
        ("5-1-2-202", Home("5", "1", "202")),
    ],
)
def test_less_common_addresses(text, home):
    assert split_address(text) == home


@pytest.mark.parametrize("text", ["幸福里小区", "张三", "2025-01-02", ""])
def test_what_is_no_address_is_not_guessed(text):
    assert split_address(text) is None


def test_a_room_cell_may_repeat_entrance_or_whole_address():
    assert read_home("5栋", "", "1-202", "") == Home("5", "1", "202")
    assert read_home("5栋", "1单元", "1单元202室", "") == Home("5", "1", "202")
    assert read_home("5栋", "", "5-1-202", "") == Home("5", "1", "202")
    assert read_home("5栋1单元", "", "202", "") == Home("5", "1", "202")
    with pytest.raises(Invalid):
        read_home("5栋", "2单元", "1单元202室", "")


def test_floors_are_told_or_derived():
    assert read_floor("", "1", "1203") == 12
    assert read_floor("", "1", "202") == 2
    assert read_floor("2层", "1", "301") == 2
    assert read_floor("负一层", "1", "车位1") == -1
    assert read_floor("B1", "1", "") == -1
    assert read_floor("3/6", "1", "") == 3
    assert read_floor("", "1", "-101") == -1
    assert read_floor("", "1", "商铺1") == 0
