"""A sheet of paid homes: its heading, and what each row says of a home, its receipt and the amount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.errors import N_, Invalid
from app.rules.estates.addresses import Home, read_home
from app.rules.estates.cells import compact, filled, is_formula
from app.rules.estates.rows import GridRow
from app.rules.quantities import parse_money
from app.rules.text import clean_line

MOST_ROWS = 2_000
MOST_RECEIPT = 60
_HEADING_WITHIN = 15
_WORDS = {
    "building": "楼栋 楼号 栋号 幢号 楼幢号 座号 栋 幢 楼",
    "entrance": "单元 单元号 门洞 梯号",
    "room": "房号 室号 房间号 户号 门牌号 房屋编号",
    "address": "地址 房屋 房屋地址 房屋坐落 坐落 楼栋房号",
    "receipt": "收据号 收据号码 收据编号 收据 票据号 票据号码 发票号 发票号码 流水号",
    "amount": "金额 实收金额 缴费金额 实缴金额 收费金额 实收",
}
_KEYS = {word: key for key, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One row: the home, the receipt and the fen paid, None where the sheet has no amount; or why it cannot be read."""

    number: int
    home: Home | None
    receipt: str
    amount: int | None
    problem: Invalid | None = None


def read_paid(rows: Iterable[GridRow]) -> list[PaidRow]:
    """The rows under the heading. Raises `Invalid` naming `file`: no heading, no rows, or too many."""
    columns: Mapping[str, int] | None = None
    found: list[PaidRow] = []
    for place, row in enumerate(rows):
        if columns is None:
            if place >= _HEADING_WITHIN:
                break
            columns = _columns(row)
            continue
        if not any(map(filled, row.cells)):
            continue
        if len(found) == MOST_ROWS:
            raise Invalid(
                N_("一次最多导入 %(most)s 行，请分楼栋上传"), code="too_many", field="file", most=MOST_ROWS
            )
        found.append(_read(row, columns))
    if columns is None:
        raise Invalid(
            N_("没有找到表头。请在前 15 行写一行表头，至少有：房号（或地址）、收据号"),
            code="no_heading",
            field="file",
        )
    if not found:
        raise Invalid(N_("表头下面没有内容，请核对后再上传"), code="no_rows", field="file")
    return found


def _columns(row: GridRow) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for column, text in enumerate(row.cells):
        key = _KEYS.get(compact(text[:40]))
        if key:
            found.setdefault(key, column)
    return found if "receipt" in found and found.keys() & {"room", "address"} else None


def _read(row: GridRow, columns: Mapping[str, int]) -> PaidRow:
    def text(key: str) -> str:
        column = columns.get(key)
        return filled(row.cells[column]) if column is not None and column < len(row.cells) else ""

    try:
        home = read_home(text("building"), text("entrance"), text("room"), text("address"))
        return PaidRow(row.number, home, read_receipt(text("receipt")), _amount(text("amount")))
    except Invalid as problem:
        return PaidRow(row.number, None, "", None, problem)


def read_receipt(text: str) -> str:
    """The number on the receipt; raises `Invalid` naming `receipt` for none."""
    receipt = clean_line(text, most=MOST_RECEIPT, field="receipt")
    if not receipt or is_formula(receipt):
        raise Invalid(N_("请填写收据号，缴费的人凭它核对"), code="no_receipt", field="receipt")
    return receipt


def _amount(text: str) -> int | None:
    return parse_money(text.replace(",", "").removesuffix("元")) if text else None
