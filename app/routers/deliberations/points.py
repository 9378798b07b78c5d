"""The points of minutes and of a meeting's record as they are typed: rows of a form, and the values read from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.errors import N_, Invalid
from app.rules.deliberations.minutes import PointKind
from app.services.deliberations.minutes import PointView

_MOST_STATEMENT = 9999


@dataclass(frozen=True, slots=True)
class Row:
    """One point as typed; `statement` is the number of the statement it came from."""

    kind: str = PointKind.AGREED.value
    text: str = ""
    who: str = ""
    by: str = ""
    statement: str = "0"

    @property
    def is_blank(self) -> bool:
        return not (self.text.strip() or self.who.strip() or self.by.strip())


def rows_of(*columns: list[str] | None) -> list[Row]:
    """The columns of the form as rows, blank ones left out."""
    rows = (Row(*row) for row in zip(*(column or [] for column in columns), strict=False))
    return [row for row in rows if not row.is_blank]


def stored_rows(points: Sequence[PointView]) -> list[Row]:
    return [
        Row(point.kind.value, point.text, point.who, str(point.by or ""), str(point.statement))
        for point in points
    ]


def read_points(rows: Sequence[Row]) -> list[PointView]:
    """Raises `Invalid` at `kind-N` or `by-N`."""
    points = []
    for place, row in enumerate(rows, 1):
        if row.kind not in set(PointKind):
            raise Invalid(N_("请选择这一条属于哪一类"), field=f"kind-{place}")
        by = read_day(row.by, f"by-{place}") if row.by.strip() else None
        number = int(row.statement) if row.statement.isascii() and row.statement.isdigit() else 0
        points.append(PointView(PointKind(row.kind), row.text, row.who, by, min(number, _MOST_STATEMENT)))
    return points


def read_day(typed: str, field: str) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = None
    if day is None or not 2020 <= day.year <= 2100:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), field=field)
    return day
