"""The preview of an import in words: what each part of the plan looks like on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from app.errors import N_
from app.rules.accounts import mask_phone
from app.rules.estates.labels import home_label
from app.rules.estates.people import Double
from app.rules.estates.plan import ChangedUnit, FieldChange, RegisteredUnit
from app.rules.estates.rows import FIELD_NAMES, ParsedRow, RowError
from app.rules.estates.units import KIND_NAMES, STATUS_NAMES, UnitKind, UnitStatus
from app.rules.quantities import show_area
from app.services.estates.csv_text import SHEET
from app.services.estates.imports import ImportView
from app.templating import language_of, translate

PAGE_SIZE = 100
PARTS = {
    "errors": N_("被拒绝"),
    "doubles": N_("同名待定"),
    "added": N_("新增"),
    "changed": N_("修改"),
    "removed": N_("文件里没有"),
    "warnings": N_("提醒"),
}

Row = TypeVar("Row")
Table = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """A registered home that the file does not name."""

    key: str
    home: str
    owners: str
    kept: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Persons of one name; each is (value of his tick, words, ticked)."""

    number: int
    name: str
    persons: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the plan, one page of it: plain rows, or rows to tick."""

    name: str
    page: int
    pages: int
    head: tuple[str, ...] = ()
    rows: Table = ()
    removals: tuple[Removal, ...] = ()
    namesakes: tuple[Namesakes, ...] = ()


def sizes_of(view: ImportView) -> dict[str, int]:
    """How many there are of each part."""
    plan = view.plan
    if plan is None:
        return {}
    return {
        "errors": len(view.errors),
        "doubles": len(plan.doubles),
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(plan.removed),
        "warnings": len(view.warnings),
    }


def part_of(request: Request, view: ImportView, *, name: str, page: int, kept: frozenset[str]) -> Part:
    """The asked part, or the first that is not empty; the page nearest to the asked one."""
    sizes = sizes_of(view)
    if name not in sizes:
        name = next((part for part in PARTS if sizes.get(part)), "added")
    pages = max(1, -(-sizes.get(name, 0) // PAGE_SIZE))
    page = min(max(1, page), pages)
    words = _Words(request)
    plan = view.plan
    if plan is None:
        return Part(name, 1, 1)
    if name == "doubles":
        start = (page - 1) * PAGE_SIZE
        shown = _cut(plan.doubles, page)
        return Part(
            name, page, pages, namesakes=tuple(_namesakes(d, start + n, view) for n, d in enumerate(shown))
        )
    if name == "removed":
        removals = tuple(_removal(unit, view, kept) for unit in _cut(plan.removed, page))
        return Part(name, page, pages, removals=removals)
    tables: dict[str, tuple[tuple[str, ...], Sequence[ParsedRow | ChangedUnit | RowError]]] = {
        "added": (words.head("地址", "楼层", "建筑面积", "用途", "状态", "业主"), plan.added),
        "changed": (words.head("地址", "改动"), plan.changed),
        "errors": (words.head("行号", "栏目", "原因"), view.errors),
        "warnings": (words.head("行号", "栏目", "提醒"), view.warnings),
    }
    head, rows = tables[name]
    return Part(name, page, pages, head, tuple(words.row(row) for row in _cut(rows, page)))


def _cut(rows: Sequence[Row], page: int) -> Sequence[Row]:
    return rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def _namesakes(double: Double, number: int, view: ImportView) -> Namesakes:
    joined = frozenset().union(*view.same) if view.same else frozenset()
    persons = tuple(
        (
            f"{number}:{place}",
            f"{mask_phone(person.phone) or '—'} · {'、'.join(person.homes)}",
            person.key in joined,
        )
        for place, person in enumerate(double.persons)
    )
    return Namesakes(number, double.name, persons)


def _removal(unit: RegisteredUnit, view: ImportView, kept: frozenset[str]) -> Removal:
    key = str(unit.home)
    return Removal(
        key=key,
        home=home_label(unit.building, unit.entrance, unit.room),
        owners="、".join(owner.name for owner in unit.owners),
        kept=key in kept,
        ticked=key in view.removals,
    )


# Headings of the tables, so that the catalogue has them.
_HEADINGS = (
    N_("地址"), N_("楼层"), N_("建筑面积"), N_("用途"), N_("状态"), N_("业主"), N_("改动"), N_("行号"), N_("栏目"),
    N_("原因"), N_("提醒"),
)  # fmt: skip


class _Words:
    """Rows of the plan as texts in the visitor's language."""

    def __init__(self, request: Request) -> None:
        self.language = language_of(request)

    def say(self, text: str, values: Mapping[str, object] | None = None) -> str:
        return translate(text, values or {}, self.language)

    def head(self, *texts: str) -> tuple[str, ...]:
        return tuple(map(self.say, texts))

    def row(self, row: ParsedRow | ChangedUnit | RowError) -> tuple[str, ...]:
        if isinstance(row, RowError):
            # A CSV has no sheets to tell apart.
            place = str(row.row) if row.sheet in {"", SHEET} else f"{row.sheet} · {row.row}"
            return (
                place,
                self.say(FIELD_NAMES.get(row.field, row.field)),
                self.say(row.message, row.values),
            )
        if isinstance(row, ChangedUnit):
            return (self._home(row.row), "；".join(map(self._change, row.changes)))
        owners = "、".join(f"{owner.name} {_local(owner.phone)}".strip() for owner in row.owners)
        return (
            self._home(row),
            str(row.floor),
            f"{show_area(row.area)} ㎡",
            self.say(KIND_NAMES[row.kind]),
            self.say(STATUS_NAMES[row.status]),
            owners or "—",
        )

    def _home(self, row: ParsedRow) -> str:
        return home_label(row.building, row.entrance, row.room)

    def _change(self, change: FieldChange) -> str:
        old, new = (self._value(change.field, text) for text in (change.old, change.new))
        return f"{self.say(FIELD_NAMES[change.field])}：{old} → {new}"

    def _value(self, field: str, text: str) -> str:
        if field == "kind":
            return self.say(KIND_NAMES[UnitKind(text)])
        if field == "status":
            return self.say(STATUS_NAMES[UnitStatus(text)])
        if field in {"heirs_proving", "tenant"}:
            return self.say(N_("是") if text else N_("否"))
        return _local(text) or "—"


def _local(text: str | None) -> str:
    """Numbers as they are dialled here."""
    return (text or "").replace("+86", "")
