"""One sheet of a register below its headings, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.errors import N_, Invalid
from app.rules.estates.addresses import Home, building_name, read_home
from app.rules.estates.cells import clean, compact, filled, is_formula, read_area, read_floor
from app.rules.estates.contacts import TOO_MANY_PHONES, read_owners
from app.rules.estates.headings import Headings, find_headings
from app.rules.estates.rows import GridRow, OwnerCell, ParsedRow, ReadPhone, RowError
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.estates.words import has_tenant, heirs_are_proving, read_kind, read_status

MAX_REMARK = 200

_PLACES = ("building", "entrance", "floor", "room", "address")
_TOTAL = re.compile(r"合计|小计|总计|共计|累计")
_FOOTER = re.compile(r"^(?:制表|审核|复核|填表|经办|负责|日期|备注|说明|注|单位|联系人|打印)")
_TOWER_SHEET = re.compile(r"第?[0-9A-Z一二三四五六七八九十]+(?:号楼|#楼|#|栋|幢|座)")


@dataclass
class Findings:
    """What has been understood so far, over all sheets; `seen` is where each home, refused or not, first stood."""

    units: dict[Home, ParsedRow] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    seen: dict[Home, tuple[str, int]] = field(default_factory=dict)


@dataclass
class SheetReading:
    """Adds what one sheet says to the findings; `headings` may change where a page repeats them."""

    found: Findings
    headings: Headings
    read_phone: ReadPhone
    building: str = ""
    entrance: str = ""

    def read(self, rows: Iterable[GridRow]) -> None:
        for row in rows:
            again = None if self._has_number(row) else find_headings(row.cells)
            if again and not again.missing:
                self.headings = again
            elif self._has_home(row):
                self._read_row(row)

    def _has_number(self, row: GridRow) -> bool:
        return self.headings.text(row.cells, "area").lstrip()[:1].isdigit()

    def _text(self, row: GridRow, key: str) -> str:
        return filled(self.headings.text(row.cells, key))

    def _covered(self, row: GridRow, key: str) -> bool:
        return any(column in (row.merged or ()) for column in self.headings.columns.get(key, ()))

    def _has_home(self, row: GridRow) -> bool:
        """Whether the row is about a unit: not empty, no total, no line of signatures."""
        first = next((clean(cell) for cell in row.cells if filled(cell)), "")
        if not first:
            return False
        texts = [compact(self._text(row, key)) for key in _PLACES]
        if any(_TOTAL.search(text) for text in [compact(first), *texts]):
            return False
        if self._text(row, "room") or self._text(row, "address"):
            return True
        area = self._text(row, "area")
        if area and not is_formula(area):
            return True
        people = [filled(text) for key in ("owner", "phone") for text in self.headings.texts(row.cells, key)]
        return any(people) and not any(_FOOTER.search(text) for text in [first, *people])

    def _read_row(self, row: GridRow) -> None:
        problems: list[RowError] = []
        home = self._home(row, problems)
        if home and self._is_next_owner(row, home):
            self._add_owner(row, home)
            return
        area = 0
        try:
            area = read_area(self._own_area(row))
        except Invalid as refusal:
            problems.append(RowError.of(refusal, row))
        owners, notes = self._owners(row, problems)
        if home and home in self.found.seen:
            problems.append(_repeated(row, home, self.found.seen[home]))
        if home:
            self.found.seen.setdefault(home, (row.sheet, row.number))
        if home and not problems:
            self.found.units[home] = self._unit(row, home, area, owners, notes)
        self.found.errors.extend(problems)

    def _own_area(self, row: GridRow) -> str:
        # An area merged over two homes is the sum of both; carrying it down would count it twice.
        return "" if self._covered(row, "area") else self.headings.text(row.cells, "area")

    def _home(self, row: GridRow, problems: list[RowError]) -> Home | None:
        texts = {key: self._text(row, key) for key in _PLACES}
        if formula := next((key for key, text in texts.items() if is_formula(text)), None):
            message = N_("这一格是公式，系统不计算公式，请改成文字")
            problems.append(RowError(row.number, formula, message, {}, row.sheet))
            return None
        if row.merged is None and texts["room"]:
            self._carry_down(texts)
        if "building" not in self.headings.columns and _TOWER_SHEET.fullmatch(compact(row.sheet)):
            texts["building"] = building_name(row.sheet)
        try:
            return read_home(texts["building"], texts["entrance"], texts["room"], texts["address"])
        except Invalid as refusal:
            problems.append(RowError.of(refusal, row))
            return None

    def _carry_down(self, texts: dict[str, str]) -> None:
        """A CSV shows no merged cells: a blank building goes on from above, and with it a blank entrance."""
        if texts["building"]:
            self.building, self.entrance = texts["building"], texts["entrance"]
            return
        texts["building"] = self.building
        self.entrance = texts["entrance"] = texts["entrance"] or self.entrance

    def _is_next_owner(self, row: GridRow, home: Home) -> bool:
        """A room merged over several rows lists one owner per row."""
        key = "room" if self._text(row, "room") else "address"
        if not self._covered(row, key) or home not in self.found.seen:
            return False
        return self._covered(row, "area") or not self._text(row, "area")

    def _add_owner(self, row: GridRow, home: Home) -> None:
        problems: list[RowError] = []
        owners = () if self._covered(row, "owner") else self._owners(row, problems)[0]
        self.found.errors.extend(problems)
        if unit := self.found.units.get(home):
            self.found.units[home] = replace(unit, owners=tuple(dict.fromkeys(unit.owners + owners)))

    def _owners(self, row: GridRow, problems: list[RowError]) -> tuple[tuple[OwnerCell, ...], str]:
        names = self.headings.texts(row.cells, "owner")
        phones = self.headings.texts(row.cells, "phone")
        try:
            owners, notes, spare = read_owners(names, phones, self.read_phone)
        except Invalid as refusal:
            problems.append(RowError.of(refusal, row))
            return (), ""
        if spare:
            self._warn(row, "phone", TOO_MANY_PHONES, count=spare)
        if not owners:
            self._warn(row, "owner", N_("没有写业主，导入后请补上"))
        return owners, notes

    def _unit(
        self, row: GridRow, home: Home, area: int, owners: tuple[OwnerCell, ...], notes: str
    ) -> ParsedRow:
        remark = self._remark(row, notes)
        state = self._text(row, "status")
        return ParsedRow(
            sheet=row.sheet,
            row=row.number,
            building=home.building,
            entrance=home.entrance,
            floor=read_floor(self._text(row, "floor"), home.building, home.room),
            room=home.room,
            area=area,
            kind=self._kind(row, home),
            status=self._status(row, state, remark),
            heirs_proving=heirs_are_proving(f"{state} {remark}"),
            tenant=has_tenant(f"{state} {remark}"),
            owners=owners,
            remark=remark,
        )

    def _remark(self, row: GridRow, notes: str) -> str:
        own = self._text(row, "remark").replace("\n", "；")
        if is_formula(own):
            own = ""
            self._warn(row, "remark", N_("备注是公式，没有采用"))
        remark = "；".join(part for part in (own, notes) if part)
        if len(remark) > MAX_REMARK:
            self._warn(row, "remark", N_("备注超过 %(limit)d 个字，后面的没有采用"), limit=MAX_REMARK)
        return remark[:MAX_REMARK]

    def _kind(self, row: GridRow, home: Home) -> UnitKind:
        text = self._text(row, "kind")
        kind = read_kind(text, home.building, home.room)
        if kind is None:
            self._warn(row, "kind", N_("不认识用途“%(text)s”，按房号判断，请核对"), text=text[:40])
            kind = read_kind("", home.building, home.room)
        return kind or UnitKind.DWELLING

    def _status(self, row: GridRow, text: str, remark: str) -> UnitStatus:
        status = read_status(text)
        if status is None:
            self._warn(row, "status", N_("不认识状态“%(text)s”，按正常处理，请核对"), text=text[:40])
        if not text:
            status = read_status(remark)
        return status or UnitStatus.NORMAL

    def _warn(self, row: GridRow, key: str, message: str, **values: str | int) -> None:
        self.found.warnings.append(RowError(row.number, key, message, values, row.sheet))


def _repeated(row: GridRow, home: Home, first: tuple[str, int]) -> RowError:
    message = N_("%(home)s 与第 %(first)d 行重复，请只留一行")
    values: dict[str, str | int] = {"home": str(home), "first": first[1]}
    if first[0] != row.sheet:
        message = N_("%(home)s 与工作表“%(sheet)s”第 %(first)d 行重复，请只留一行")
        values["sheet"] = first[0]
    return RowError(row.number, "room", message, values, row.sheet)
