"""What an import would add, change and remove in the present register; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from app.rules.estates.addresses import Home
from app.rules.estates.people import Double, Holding, likely_doubles, persons_of
from app.rules.estates.rows import OwnerCell, ParsedRow
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.quantities import format_area


@dataclass(frozen=True, slots=True)
class RegisteredOwner:
    """An owner as registered; `owner` is the register's reference, `other_phones` more numbers of his."""

    name: str
    phone: str | None = None
    owner: str = ""
    other_phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisteredUnit:
    """A unit as it stands in the register; `area` in hundredths of a square metre."""

    building: str
    entrance: str
    floor: int
    room: str
    area: int
    kind: UnitKind
    status: UnitStatus
    owners: tuple[RegisteredOwner, ...]
    heirs_proving: bool = False
    tenant: bool = False
    remark: str = ""

    @property
    def home(self) -> Home:
        return Home(self.building, self.entrance, self.room)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        owners = (RegisteredOwner(**{**o, "other_phones": tuple(o["other_phones"])}) for o in data["owners"])
        kind, status = UnitKind(data["kind"]), UnitStatus(data["status"])
        return cls(**{**data, "kind": kind, "status": status, "owners": tuple(owners)})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's old and new value as text: areas as `62.35`, kinds and states by their code, yes as `1`."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangedUnit:
    """A unit that stays, with what the file says differently; `row` is how it shall be."""

    row: ParsedRow
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The preview of an import. Removals are only listed: staff decide about each."""

    added: tuple[ParsedRow, ...]
    changed: tuple[ChangedUnit, ...]
    removed: tuple[RegisteredUnit, ...]
    unchanged: int
    doubles: tuple[Double, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    def to_json(self) -> dict[str, Any]:
        return {
            "added": [row.to_json() for row in self.added],
            "changed": [
                {"row": unit.row.to_json(), "changes": [asdict(change) for change in unit.changes]}
                for unit in self.changed
            ],
            "removed": [asdict(unit) for unit in self.removed],
            "unchanged": self.unchanged,
            "doubles": [double.to_json() for double in self.doubles],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        changed = (
            ChangedUnit(
                ParsedRow.from_json(unit["row"]), tuple(FieldChange(**change) for change in unit["changes"])
            )
            for unit in data["changed"]
        )
        return cls(
            added=tuple(map(ParsedRow.from_json, data["added"])),
            changed=tuple(changed),
            removed=tuple(map(RegisteredUnit.from_json, data["removed"])),
            unchanged=data["unchanged"],
            doubles=tuple(map(Double.from_json, data["doubles"])),
        )


def plan_import(
    rows: Iterable[ParsedRow], register: Iterable[RegisteredUnit], *, kept: Iterable[Home] = ()
) -> ImportPlan:
    """Compare the file with the register, home by home; applied and planned again, nothing is left to do.

    `kept` are homes of refused rows: the file does name them, so they are not listed as removed.
    """
    present = {unit.home: unit for unit in register}
    added: list[ParsedRow] = []
    changed: list[ChangedUnit] = []
    unchanged = 0
    named = set(kept)
    for row in rows:
        named.add(row.home)
        unit = present.get(row.home)
        if unit is None:
            added.append(row)
            continue
        settled = settle(row, unit)
        changes = tuple(_changes(settled, unit))
        if changes:
            changed.append(ChangedUnit(settled, changes))
        else:
            unchanged += 1
    removed = tuple(unit for home, unit in present.items() if home not in named)
    changing = [unit.row for unit in changed]
    doubles = likely_doubles(persons_of(_holdings([*added, *changing], present)))
    return ImportPlan(tuple(added), tuple(changed), removed, unchanged, doubles)


def settle(row: ParsedRow, unit: RegisteredUnit) -> ParsedRow:
    """The row with what the register knows better: a blank floor or number in the file erases nothing."""
    known = list(unit.owners)
    owners: list[OwnerCell] = []
    for cell in row.owners:
        match = next((owner for owner in known if _is_same(cell, owner)), None)
        if match:
            known.remove(match)
        owners.append(OwnerCell(match.name, match.phone) if match else cell)
    return replace(row, owners=tuple(owners), floor=row.floor or unit.floor)


def as_registered(row: ParsedRow) -> RegisteredUnit:
    """The unit as it stands once the row is applied, before its owners have references."""
    return RegisteredUnit(
        building=row.building,
        entrance=row.entrance,
        floor=row.floor,
        room=row.room,
        area=row.area,
        kind=row.kind,
        status=row.status,
        owners=tuple(RegisteredOwner(owner.name, owner.phone) for owner in row.owners),
        heirs_proving=row.heirs_proving,
        tenant=row.tenant,
        remark=row.remark,
    )


def _is_same(cell: OwnerCell, owner: RegisteredOwner) -> bool:
    return cell.name == owner.name and cell.phone in {None, owner.phone, *owner.other_phones}


def _changes(row: ParsedRow, unit: RegisteredUnit) -> Iterator[FieldChange]:
    for field, old in _texts(unit).items():
        new = _texts(row)[field]
        if new != old:
            yield FieldChange(field, old, new)


def _texts(unit: ParsedRow | RegisteredUnit) -> dict[str, str]:
    return {
        "floor": str(unit.floor),
        "area": format_area(unit.area),
        "kind": str(unit.kind),
        "status": str(unit.status),
        # Sorted: the order of co-owners in the cell says nothing.
        "owner": "、".join(sorted(f"{owner.name} {owner.phone or ''}".strip() for owner in unit.owners)),
        "heirs_proving": "1" if unit.heirs_proving else "",
        "tenant": "1" if unit.tenant else "",
        "remark": unit.remark,
    }


def _holdings(rows: Iterable[ParsedRow], present: Mapping[Home, RegisteredUnit]) -> Iterator[Holding]:
    """All registered owners and the rows', the latter with the register's reference where it has one."""
    references: dict[tuple[str, str], str] = {}
    for unit in present.values():
        for owner in unit.owners:
            for phone in (owner.phone, *owner.other_phones):
                if phone:
                    references.setdefault((owner.name, phone), owner.owner)
            yield Holding(owner.name, owner.phone, unit.home, owner.owner)
    for row in rows:
        at_home = (
            {owner.name: owner.owner for owner in present[row.home].owners} if row.home in present else {}
        )
        for cell in row.owners:
            reference = (
                references.get((cell.name, cell.phone), "") if cell.phone else at_home.get(cell.name, "")
            )
            yield Holding(cell.name, cell.phone, row.home, reference)
