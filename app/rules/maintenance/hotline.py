"""A sheet of calls from the citizens' hotline (12345): its heading, what each row says, and what of it may be public."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING
from app.rules.estates.addresses import building_name, entrance_name, split_address
from app.rules.estates.cells import clean, compact, filled, is_formula
from app.rules.estates.rows import GridRow
from app.rules.maintenance.categories import CATEGORIES, OTHER, suggest
from app.rules.text import clean_line, clean_text

MOST_ROWS = 200
MOST_NUMBER, MOST_TEXT, MOST_ADDRESS, MOST_NAME, MOST_PHONE = 40, 2_000, 200, 50, 30
_HEADING_WITHIN = 15
# A clock that is a little ahead of ours is no fault.
_AHEAD = timedelta(minutes=10)

FIELD_NAMES = {
    "number": N_("工单编号"),
    "called_at": N_("来电时间"),
    "kind": N_("类别"),
    "text": N_("内容"),
    "address": N_("地址"),
    "caller": N_("来电人"),
    "phone": N_("电话"),
}
_WORDS = {
    "number": "工单编号 工单号 热线编号 热线工单号 热线工单编号 工单流水号 流水号 受理编号 受理号 诉求编号 案件编号 编号",
    "called_at": "来电时间 受理时间 登记时间 诉求时间 反映时间 创建时间 时间",
    "kind": "类别 诉求类别 工单类别 问题类别 问题类型 诉求类型 工单分类 分类 事项 类型",
    "text": "内容 诉求内容 工单内容 反映内容 来电内容 问题描述 诉求描述 事项描述 描述",
    "address": "地址 事发地址 发生地址 诉求地址 问题地址 事发地点 发生地点 地点 位置",
    "caller": "来电人 来电人姓名 诉求人 诉求人姓名 反映人 联系人 姓名",
    "phone": "电话 来电号码 联系电话 来电电话 联系方式 手机 手机号 手机号码",
}
_RANKS = {word: (key, rank) for key, words in _WORDS.items() for rank, word in enumerate(words.split())}

_NUMBER = re.compile(r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ\u4e00-\u9fff()（）\[\]〔〕【】_/.#-]+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{1,3}")
_TIME = re.compile(
    r"(?P<year>20[0-9]{2})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?"
    r"(?:[T ]*(?P<hour>[0-9]{1,2})[:时点](?:(?P<minute>[0-9]{1,2})分?)?(?::?(?P<second>[0-9]{1,2})(?:\.0+)?秒?)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_NAMED = r"(?:[A-Z]{0,2}[0-9]{1,4}[A-Z]?|[A-Z]|[〇零一二三四五六七八九十]{1,3}|[东西南北中])"
_TOWER = re.compile(rf"第?({_NAMED})(?:号楼|号栋|号幢|#楼|#|栋|幢|座)")
_STAIR = re.compile(rf"第?({_NAMED})(?:单元|门洞|号门|梯)")

_SECRETS = (
    (re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])"), "（证件号略）"),
    (re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9])"), "（电话略）"),
    (re.compile(r"(?<![0-9])0[0-9]{2,3}[- ]?[0-9]{7,8}(?![0-9])"), "（电话略）"),
)


@dataclass(frozen=True, slots=True)
class HotlineCall:
    """One call as the hotline wrote it down; `row` is the sheet's own number, `called_at` None where it says no time."""

    row: int
    number: str
    called_at: datetime | None
    kind: str
    text: str
    address: str
    caller: str
    phone: str

    @property
    def category(self) -> str:
        """The key of the category that the hotline's own kind names, or else its words."""
        return category_for(self.kind, self.text)

    @property
    def public(self) -> str:
        """What of its words everybody may read."""
        return public_words(self.text, self.caller, self.phone)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is left out, by the sheet's own number, and why; the refusal names the column."""

    row: int
    number: str
    refusal: Invalid


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole sheet as read: what can be used, and what cannot."""

    calls: tuple[HotlineCall, ...]
    refused: tuple[RefusedRow, ...]


def read_calls(rows: Iterable[GridRow], *, now: datetime) -> Sheet:
    """The rows under the heading. Raises `Invalid` naming `file`: no heading, no rows, or too many."""
    columns: Mapping[str, int] | None = None
    calls: dict[str, HotlineCall] = {}
    refused: list[RefusedRow] = []
    for place, row in enumerate(rows):
        if columns is None:
            if place >= _HEADING_WITHIN:
                break
            columns = _columns(row)
            continue
        if not any(map(filled, row.cells)):
            continue
        if len(calls) + len(refused) == MOST_ROWS:
            raise Invalid(
                N_("一次最多导入 %(most)s 行，请分几次上传"), code="too_many", field="file", most=MOST_ROWS
            )
        try:
            call = _read(row, columns, now)
            _ensure_new(call, calls)
            calls[call.number] = call
        except Invalid as refusal:
            refused.append(RefusedRow(row.number, _shown(row, columns), refusal))
    if columns is None:
        raise Invalid(
            N_("没有找到表头。请在前 15 行写一行表头，至少有：工单编号、内容"),
            code="no_heading",
            field="file",
        )
    if not calls and not refused:
        raise Invalid(N_("表头下面没有内容，请核对后再上传"), code="no_rows", field="file")
    return Sheet(tuple(calls.values()), tuple(refused))


def _columns(row: GridRow) -> dict[str, int] | None:
    """The best word for each column counts: of 编号 and 工单编号 side by side the latter."""
    found: dict[str, tuple[int, int]] = {}
    for column, text in enumerate(row.cells):
        if known := _RANKS.get(compact(text[:40]).rstrip("*:")):
            key, rank = known
            found[key] = min(found.get(key, (rank, column)), (rank, column))
    columns = {key: column for key, (_, column) in found.items()}
    return columns if {"number", "text"} <= columns.keys() else None


def _cell(row: GridRow, columns: Mapping[str, int], key: str) -> str:
    column = columns.get(key)
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _shown(row: GridRow, columns: Mapping[str, int]) -> str:
    return clean(_cell(row, columns, "number")[:200])[:MOST_NUMBER]


def _read(row: GridRow, columns: Mapping[str, int], now: datetime) -> HotlineCall:
    def line(key: str, most: int) -> str:
        return clean_line(filled(_cell(row, columns, key)), most=most, field=key)

    text = clean_text(_cell(row, columns, "text"), most=MOST_TEXT, field="text")
    number = read_number(_cell(row, columns, "number"))
    if not text:
        raise Invalid(N_("没有写内容"), code="required", field="text")
    return HotlineCall(
        row=row.number,
        number=number,
        called_at=read_time(_cell(row, columns, "called_at"), now=now),
        kind=line("kind", 60),
        text=text,
        address=line("address", MOST_ADDRESS),
        caller=line("caller", MOST_NAME),
        phone=line("phone", MOST_PHONE),
    )


def _ensure_new(call: HotlineCall, calls: Mapping[str, HotlineCall]) -> None:
    if before := calls.get(call.number):
        raise Invalid(N_("第 %(row)s 行已经有这个编号"), code="twice", field="number", row=before.row)


def read_number(text: str) -> str:
    """The hotline's number of a call; raises `Invalid` naming `number`."""
    # As the hotline wrote it, for it must know its own number again; but without the sign by which a spreadsheet
    # program marks a number as text.
    number = "".join(clean_line(text, most=MOST_NUMBER, field="number").lstrip("'’").split())
    if not filled(number):
        raise Invalid(N_("没有写工单编号"), code="required", field="number")
    if _SCIENTIFIC.fullmatch(number.upper()):
        raise Invalid(
            N_("编号被表格软件改成了科学计数法，请把这一列设为文本后重新导出"),
            code="scientific",
            field="number",
        )
    if is_formula(number) or not _NUMBER.fullmatch(number):
        raise Invalid(N_("编号只能有数字、字母、汉字和连接号"), code="bad_number", field="number")
    return number


def read_time(text: str, *, now: datetime) -> datetime | None:
    """When the call came, Beijing time unless the cell says otherwise; raises `Invalid` naming `called_at`."""
    text = filled(text[:60])
    if not text:
        return None
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError("not a time")
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        moment = time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0))
        at = datetime.combine(day, moment, BEIJING)
        if found["zone"]:
            at = datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{found['zone']}").astimezone(BEIJING)
    except ValueError:
        raise Invalid(
            N_("来电时间请写成 2026-11-23 09:15 的样子"), code="bad_time", field="called_at"
        ) from None
    if at > now + _AHEAD:
        raise Invalid(N_("来电时间还没有到，请核对"), code="ahead", field="called_at")
    return at


def category_for(kind: str, text: str) -> str:
    """The category that the hotline's kind names, or whose words it has, or else those of the call; Other at last."""
    plain = compact(kind)
    for key, one in CATEGORIES.items():
        if plain == compact(one.title) and key != OTHER:
            return key
    return next(iter([*suggest(kind), *suggest(text)]), OTHER)


def public_words(text: str, caller: str, phone: str) -> str:
    """The words without the caller's name and number, and without anybody's telephone or identity number."""
    for known, instead in ((phone, "（电话略）"), (caller, "来电人")):
        if len(known) > 1:
            text = text.replace(known, instead)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def spot_in(address: str, spots: Mapping[str, Collection[str]]) -> tuple[str, str]:
    """The building and entrance that an address names, of those there are; "" where it names none of them."""
    plain = compact(address[:MOST_ADDRESS])
    towers = [building_name(found[0]) for found in _TOWER.finditer(plain)]
    stairs = [entrance_name(found[0]) for found in _STAIR.finditer(plain)]
    if home := split_address(plain[:100]):
        towers.append(home.building)
        stairs.append(home.entrance)
    # A building that has a name instead of a number.
    towers += [name for name in spots if not name[-1:].isdigit() and len(name) > 1 and name in plain]
    building = next((one for one in towers if one in spots), "")
    entrance = next((one for one in stairs if one and one in spots.get(building, ())), "")
    return building, entrance
