"""The demo's owners' register: a workbook as a property office writes it, with its merged title, its mixed spellings and its totals row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count, cycle

import xlsxwriter

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
_GIVEN = (
    "秀英",
    "建国",
    "桂兰",
    "志强",
    "玉梅",
    "海涛",
    "淑珍",
    "国庆",
    "丽华",
    "文军",
    "春燕",
    "永福",
    "晓东",
    "美玲",
)
_HEADINGS = ("楼栋", "单元", "楼层", "房号", "建筑面积（㎡）", "用途", "产权人", "联系电话", "状态", "备注")

# The people the demo signs in, and the homes with a story; everybody else gets a name by turns.
_TOLD = {
    ("3", "1", "402"): ("李秀英", "13800030402", "", ""),
    ("3", "1", "301"): ("王建国", "138-0003-0301", "", ""),
    ("3", "1", "302"): ("王建国", "138 0003 0301", "", ""),
    ("3", "1", "501"): ("张志强、刘玉梅", "13800030501/13800030511", "", "出租"),
    ("3", "1", "102"): ("安居房产公司", "13900000900", "未售", ""),
    ("3", "1", "201"): ("徐桂兰", "13800030201", "", "原产权人已故，继承人办理中"),
    ("5", "1", "602"): ("安居房产公司", "13900000900", "未售", ""),
}


def rows() -> Iterator[tuple[str, str, int, str, str, str, str, str, str, str]]:
    """Building, entrance, floor, room, area, use, owners, phones, state, remark: 60 dwellings, 2 shops, 6 parking spaces."""
    told_names = {owner for owner, *_ in _TOLD.values()}
    # 20 and 14 share a factor, so the given names take a step more each time round: no name comes twice.
    everybody = (_SURNAMES[n % 20] + _GIVEN[(5 * n + n // 20) % 14] for n in count())
    names = (name for name in everybody if name not in told_names)
    spellings = cycle(("{}号楼", "{}栋", "{}"))
    areas = cycle(("{}㎡", " {} ", "{}"))
    for building, entrances, sizes in (
        ("1", 2, ("65.20", "82.75")),
        ("3", 1, ("68.50", "74.30")),
        ("5", 2, ("58.12", "71.08")),
    ):
        for entrance in range(1, entrances + 1):
            for floor in range(1, 7):
                for side, size in enumerate(sizes, start=1):
                    room = f"{floor}0{side}"
                    phone = f"138{int(building):04d}{entrance}{room}"
                    told = _TOLD.get((building, str(entrance), room), (next(names), phone, "", ""))
                    owner, phones, state, remark = told
                    unit = (
                        next(spellings).format(building),
                        f"{entrance}单元",
                        floor,
                        room,
                        next(areas).format(size),
                        "住宅",
                    )
                    yield (*unit, owner, phones, state, remark)
    for shop in (1, 2):
        yield ("1号楼", "", 1, f"商铺{shop}", "96.40", "商业", "周志远", "139 0000 0800", "", "沿街")
    for place in range(1, 7):
        yield ("地下", "", -1, f"车位{place:02d}", "12.50", "车位", next(names), f"1380009900{place}", "", "")


def workbook() -> bytes:
    """The .xlsx file, read by the same import as everybody's."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("房屋清册")
    sheet.merge_range(0, 0, 0, len(_HEADINGS) - 1, "幸福里小区房屋及业主清册（演示数据，人物均为虚构）")
    sheet.write_row(1, 0, _HEADINGS)
    last = 1
    for last, row in enumerate(rows(), start=2):
        sheet.write_row(last, 0, row)
    sheet.write(last + 2, 0, "合计")
    sheet.write_formula(last + 2, 4, f"=SUM(E3:E{last + 1})")
    book.add_worksheet("说明").write(0, 0, "面积以不动产登记簿为准；车位不计入表决面积。")
    book.close()
    return buffer.getvalue()
