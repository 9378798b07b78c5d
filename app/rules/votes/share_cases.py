"""A cost split written down as one JSON case, worked out to the sheet each household signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from app.errors import Invalid
from app.rules.quantities import format_money, parse_area, parse_money
from app.rules.votes.reading import figure, mapping, sequence, text, wrong
from app.rules.votes.shares import Payer, Scheme, Subsidy, Table, share_out

_DECIMAL: Final = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,100})?")
_ALIASES: Final = {
    "equal": Scheme.HOUSEHOLD,
    "by_household": Scheme.HOUSEHOLD,
    "by_area": Scheme.AREA,
    "coefficient": Scheme.COEF,
    "coefficient_area": Scheme.COEF_AREA,
    "percent": Scheme.PERCENT_BY_FLOOR,
    "negotiated": Scheme.FIXED,
}
# Under which key of the case each scheme keeps its floor table, or its amounts by unit.
_FLOOR_TABLES: Final = {Scheme.COEF: "coef", Scheme.COEF_AREA: "coef", Scheme.PERCENT_BY_FLOOR: "percent"}
_UNIT_TABLES: Final = {Scheme.FIXED: "amounts", Scheme.PAID: "paid"}


def share_case(case: object) -> dict[str, Any]:
    """Subsidy, net and shares in yuan, or `{"error": code}`; a `sum_mismatch` also names the `difference`."""
    try:
        return _share(mapping(case, "bad_case", "case"))
    except Invalid as refusal:
        difference = refusal.values.get("difference")
        return {"error": refusal.code} | ({"difference": difference} if difference else {})


def _share(case: Mapping[str, object]) -> dict[str, Any]:
    cost = parse_money(figure(case.get("cost")))
    payers = [
        _payer(mapping(row, "bad_unit", "units")) for row in sequence(case.get("units"), "bad_case", "units")
    ]
    sheet = share_out(cost, read_subsidy(case.get("subsidy")), payers, read_table(case.get("scheme")))
    return {
        "subsidy": format_money(sheet.subsidy),
        "net": format_money(sheet.net),
        "shares": {unit: format_money(fen) for unit, fen in sheet.shares.items()},
    }


def _payer(row: Mapping[str, object]) -> Payer:
    floor, area = row.get("floor"), row.get("area")
    return Payer(
        unit=text(row.get("unit"), "bad_unit", "unit"),
        floor=None if floor is None else text(floor, "bad_floor", "floor"),
        area=None if area is None else parse_area(figure(area)),
    )


def read_subsidy(value: object) -> Subsidy:
    """`{"fixed": yuan}` or `{"rate": decimal, "cap": yuan}`; none of it is no subsidy."""
    if value is None:
        return Subsidy()
    given = mapping(value, "bad_subsidy", "subsidy")
    if given.keys() == {"fixed"}:
        return Subsidy(fixed=parse_money(figure(given["fixed"])))
    if "rate" not in given or not given.keys() <= {"rate", "cap"}:
        raise wrong("bad_subsidy", "subsidy")
    cap = given.get("cap")
    return Subsidy(
        rate=_decimal(given["rate"], "bad_rate", "rate"),
        cap=None if cap is None else parse_money(figure(cap)),
    )


def read_table(value: object) -> Table:
    """The scheme of a case with its coefficients, percents or amounts."""
    given = mapping(value, "bad_scheme", "scheme")
    name = figure(given.get("type"))
    if name not in _ALIASES and name not in list(Scheme):
        raise wrong("unknown_scheme", "type")
    scheme = _ALIASES.get(name) or Scheme(name)
    if key := _FLOOR_TABLES.get(scheme):
        rows = mapping(given.get(key), "bad_scheme", key)
        floors = {text(floor, "bad_floor", key): _decimal(rows[floor], f"bad_{key}", key) for floor in rows}
        return Table(scheme, by_floor=floors)
    if key := _UNIT_TABLES.get(scheme):
        rows = mapping(given.get(key), "bad_scheme", key)
        return Table(
            scheme, by_unit={text(unit, "bad_unit", key): parse_money(figure(rows[unit])) for unit in rows}
        )
    return Table(scheme)


def _decimal(value: object, code: str, where: str) -> Fraction:
    """A plain decimal of any length, exactly; no sign, no exponent."""
    written = figure(value)
    if not _DECIMAL.fullmatch(written):
        raise wrong(code, where)
    return Fraction(written)
