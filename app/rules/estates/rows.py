"""What one row of a register says once it is understood, and why a row is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as dataclass_field
from typing import Any, Self

from app.errors import N_, Invalid
from app.rules.estates.addresses import Home
from app.rules.estates.units import UnitKind, UnitStatus

ReadPhone = Callable[[str], str | None]

FIELD_NAMES = {
    "building": N_("楼栋"),
    "entrance": N_("单元"),
    "floor": N_("楼层"),
    "room": N_("房号"),
    "address": N_("地址"),
    "area": N_("建筑面积"),
    "kind": N_("用途"),
    "owner": N_("业主"),
    "phone": N_("电话"),
    "status": N_("状态"),
    "remark": N_("备注"),
    "heirs_proving": N_("继承办理中"),
    "tenant": N_("出租"),
    "sheet": N_("工作表"),
}


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row as the file has it: texts by column, formulas with their equals sign.

    `merged` are the columns whose text was carried down from a merged cell above; None when the format (CSV)
    cannot tell.
    """

    sheet: str
    number: int
    cells: tuple[str, ...]
    merged: frozenset[int] | None = frozenset()


@dataclass(frozen=True, slots=True)
class OwnerCell:
    """One owner as written: `phone` is normalised, or None."""

    name: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One unit: `area` in hundredths of a square metre, `floor` 0 when unknown, `entrance` may be empty."""

    sheet: str
    row: int
    building: str
    entrance: str
    floor: int
    room: str
    area: int
    kind: UnitKind
    status: UnitStatus
    heirs_proving: bool
    tenant: bool
    owners: tuple[OwnerCell, ...]
    remark: str

    @property
    def home(self) -> Home:
        return Home(self.building, self.entrance, self.room)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "owners": [asdict(owner) for owner in self.owners]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        owners = tuple(OwnerCell(**owner) for owner in data["owners"])
        return cls(
            **{**data, "kind": UnitKind(data["kind"]), "status": UnitStatus(data["status"]), "owners": owners}
        )


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row is refused, or what was noticed: `row` is the spreadsheet's own number, `message` a msgid."""

    row: int
    field: str
    message: str
    values: dict[str, str | int] = dataclass_field(default_factory=dict)
    sheet: str = ""

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message

    @classmethod
    def of(cls, refusal: Invalid, row: GridRow) -> Self:
        return cls(row.number, refusal.field, refusal.message, dict(refusal.values), row.sheet)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class ParsedRegister:
    """A whole file: usable rows, refusals, remarks that refuse nothing, and the homes of refused rows."""

    rows: tuple[ParsedRow, ...]
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()
    refused: tuple[Home, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": [row.to_json() for row in self.rows],
            "errors": [error.to_json() for error in self.errors],
            "warnings": [warning.to_json() for warning in self.warnings],
            "refused": [asdict(home) for home in self.refused],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            rows=tuple(map(ParsedRow.from_json, data["rows"])),
            errors=tuple(map(RowError.from_json, data["errors"])),
            warnings=tuple(map(RowError.from_json, data["warnings"])),
            refused=tuple(Home(**home) for home in data["refused"]),
        )
