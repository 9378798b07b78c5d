"""Homes in the words people use, and in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PARTS = re.compile(r"[0-9]+|[^0-9]+")


def building_label(building: str) -> str:
    """`3` as `3号楼`; `地下` stays."""
    return f"{building}号楼" if building.isdigit() else building


def entrance_label(entrance: str) -> str:
    """`1` as `1单元`; nothing where there is none."""
    return f"{entrance}单元" if entrance else ""


def home_label(building: str, entrance: str, room: str) -> str:
    """A home as it is said: 3号楼1单元402室."""
    return f"{building_label(building)}{entrance_label(entrance)}{room}{'室' if room.isdigit() else ''}"


def in_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that puts 2 before 10, and numbers before words."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _PARTS.findall(text))


def sorted_names(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=in_order)
