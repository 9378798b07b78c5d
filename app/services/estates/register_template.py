"""The register template to download: headings, two example rows, choices, and a sheet that explains."""

from __future__ import annotations

import io

import xlsxwriter

from app.rules.estates.units import KIND_NAMES, STATUS_NAMES

TEMPLATE_NAME = "业主名册模板.xlsx"

_HEADINGS = ("楼栋", "单元", "楼层", "房号", "建筑面积（㎡）", "用途", "产权人", "联系电话", "状态", "备注")
_WIDTHS = (10, 10, 8, 12, 16, 10, 24, 30, 14, 30)
_EXAMPLES = (
    (
        "1号楼",
        "1单元",
        "2",
        "201",
        "62.35",
        "住宅",
        "张示例、李示例",
        "13800000000、13800000001",
        "正常",
        "示例，请删去本行",
    ),
    ("地下", "", "-1", "车位01", "12.50", "车位", "王示例", "0512-65550000", "正常", "示例，请删去本行"),
)
_EXPLAINED = (
    "每行写一套房屋；楼栋、单元、房号合起来不能重复。没有单元的留空。",
    "建筑面积以不动产登记簿为准，写到两位小数；不要写公式。",
    "一套有几位业主的，写在同一格，用顿号隔开；电话按业主的次序写，也用顿号隔开。",
    "用途：住宅、商业、车位、储藏。车位和储藏默认不计入表决。",
    "状态：正常、未售、已售未交付。未售和未交付的都计为建设单位一人。",
    "业主已故、继承未办完的，在备注里写“继承办理中”；出租的写“出租”。",
    "合计行可有可无，系统会跳过。第 2、3 行是示例，填写前请删去。",
)
_CHOICE_ROWS = 20_000


def template_workbook() -> bytes:
    """The workbook's bytes: every cell a string, no formula anywhere."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("业主名册")
        for column, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
            # Text format keeps a spreadsheet from turning 1-2 into a date.
            sheet.set_column(column, column, width, text)
            sheet.write_string(0, column, heading, bold)
        for number, example in enumerate(_EXAMPLES, start=1):
            for column, cell in enumerate(example):
                sheet.write_string(number, column, cell, text)
        sheet.freeze_panes(1, 0)
        for heading, names in (("用途", KIND_NAMES.values()), ("状态", STATUS_NAMES.values())):
            column = _HEADINGS.index(heading)
            sheet.data_validation(
                1, column, _CHOICE_ROWS, column, {"validate": "list", "source": list(names)}
            )
        explained = book.add_worksheet("说明")
        explained.set_column(0, 0, 80)
        for number, sentence in enumerate(_EXPLAINED):
            explained.write_string(number, 0, sentence)
    return buffer.getvalue()
