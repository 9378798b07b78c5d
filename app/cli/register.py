"""`register check FILE`: read a file as an import would and print its sums and refused rows as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.errors import Refusal
from app.rules.estates.heads import head_keys
from app.rules.estates.people import person_key
from app.rules.estates.rows import ParsedRegister, ParsedRow
from app.rules.estates.units import UnitKind, votable_by_default
from app.rules.quantities import format_area
from app.services.estates.workbooks import read_register

USAGE = "用法：register check 文件.xlsx"


def run(argv: Sequence[str]) -> int:
    """0 when every row can be used, 1 when some are refused, 2 when the file cannot be read."""
    match argv:
        case ["check", path]:
            return _check(Path(path))
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _check(path: Path) -> int:
    try:
        register = read_register(path.read_bytes(), file_name=path.name)
    except OSError as error:
        print(f"打不开文件 {path}：{error.strerror}", file=sys.stderr)
        return 2
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    for warning in register.warnings:
        print(f"{warning.sheet} 第 {warning.row} 行：{warning}", file=sys.stderr)
    print(json.dumps(_summary(register), ensure_ascii=False, indent=2))
    return 1 if register.errors else 0


def _summary(register: ParsedRegister) -> dict[str, Any]:
    rows = register.rows
    votable = [row for row in rows if votable_by_default(row.kind)]
    by_building: dict[str, int] = {}
    for row in rows:
        by_building[row.building] = by_building.get(row.building, 0) + row.area
    return {
        "units": len(rows),
        "dwellings": sum(row.kind is UnitKind.DWELLING for row in rows),
        "area_m2": _area(rows),
        "votable_units": len(votable),
        "votable_area_m2": _area(votable),
        "heads": _heads(votable),
        "area_by_building_m2": {building: format_area(area) for building, area in by_building.items()},
        "errors": [
            {"row": error.row, "field": error.field, "message": str(error)} for error in register.errors
        ],
    }


def _area(rows: Sequence[ParsedRow]) -> str:
    return format_area(sum(row.area for row in rows))


def _heads(rows: Sequence[ParsedRow]) -> int:
    owned = [([person_key(o.name, o.phone, row.home) for o in row.owners], row.status) for row in rows]
    return len(set(head_keys(owned)))
