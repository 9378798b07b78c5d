"""The sheet of stickers: eight to a page, with the code in the picture and in letters."""

from __future__ import annotations

import re

from app.services.maintenance.stickers import Sticker, draw_sheet

LONG = "12栋 2单元 五楼公共走廊东侧消防栓箱和应急照明灯以及旁边的扶手"


def sheet(count: int, label: str = "3号楼 1单元") -> bytes:
    stickers = [Sticker(label, "AB2C9XYZ", "https://example.com/q/AB2C9XYZ")] * count
    return draw_sheet(stickers, estate="幸福里小区", hotline="0512-65550101")


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def test_eight_stickers_fill_a_page_and_the_ninth_begins_another() -> None:
    assert [pages(sheet(count)) for count in (1, 8, 9, 17)] == [1, 1, 2, 3]


def test_a_sheet_for_a_large_estate_stays_small_and_is_the_same_each_time() -> None:
    large = sheet(300)
    assert pages(large) == 38
    assert len(large) < 2_000_000
    assert sheet(9) == sheet(9)
    assert b"STSong-Light" in large


def test_a_long_name_is_made_to_fit() -> None:
    assert pages(sheet(1, LONG * 2)) == 1
