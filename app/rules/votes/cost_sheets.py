"""A cost table as a form gives it, checked figure by figure and written down as the document a vote stores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.errors import N_, Invalid
from app.rules.quantities import format_money, parse_money
from app.rules.text import clean_line
from app.rules.votes.shares import Scheme

_COEFFICIENT = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4})?")

# A late joiner pays by what others have paid; before the works nobody has, so a vote offers all schemes but that one.
SCHEMES: dict[Scheme, str] = {
    Scheme.AREA: N_("按面积"),
    Scheme.HOUSEHOLD: N_("按户平均"),
    Scheme.COEF: N_("按楼层系数"),
    Scheme.COEF_AREA: N_("按楼层系数乘面积"),
    Scheme.PERCENT_BY_FLOOR: N_("按楼层百分比"),
    Scheme.FIXED: N_("各户协商金额"),
}
FLOOR_TABLES = {Scheme.COEF: "coef", Scheme.COEF_AREA: "coef", Scheme.PERCENT_BY_FLOOR: "percent"}


@dataclass(frozen=True, kw_only=True)
class CostForm:
    """The figures as typed, in yuan and percent; `subsidy` is none, fixed or rate; `by_floor` and `by_unit` by their keys."""

    cost: str = ""
    subsidy: str = "none"
    subsidy_fixed: str = ""
    subsidy_rate: str = ""
    subsidy_cap: str = ""
    scheme: str = Scheme.AREA.value
    by_floor: Mapping[str, str] = field(default_factory=dict)
    by_unit: Mapping[str, str] = field(default_factory=dict)
    running: str = ""
    source: str = ""
    preset: str = ""


def cost_document(form: CostForm) -> dict[str, object]:
    """The document that `read_subsidy` and `read_table` read back. Raises `Invalid` naming the field at fault."""
    if form.scheme not in {scheme.value for scheme in SCHEMES}:
        raise Invalid(N_("请选择一种分摊办法"), field="scheme")
    document: dict[str, object] = {"cost": _money(form.cost, "cost", N_("请填写总费用"))}
    if document["cost"] == "0.00":
        raise Invalid(N_("总费用要大于 0；没有费用请选“不涉及费用”"), field="cost")
    subsidy = _subsidy(form)
    if subsidy:
        document["subsidy"] = subsidy
    document["scheme"] = _scheme(form, Scheme(form.scheme))
    for name in ("running", "source"):
        words = clean_line(getattr(form, name), most=300, field=name)
        if words:
            document[name] = words
    if form.preset:
        document["preset"] = clean_line(form.preset, most=40, field="preset")
    return document


def cost_form(document: Mapping[str, object]) -> CostForm:
    """A stored document back in its fields, for editing."""
    subsidy, scheme = document.get("subsidy"), document.get("scheme")
    given = subsidy if isinstance(subsidy, Mapping) else {}
    table = scheme if isinstance(scheme, Mapping) else {}
    kind = "fixed" if "fixed" in given else "rate" if "rate" in given else "none"
    rate = str(given.get("rate", ""))
    return CostForm(
        cost=str(document.get("cost", "")),
        subsidy=kind,
        subsidy_fixed=str(given.get("fixed", "")),
        subsidy_rate=_plain(Decimal(rate).scaleb(2)) if rate else "",
        subsidy_cap=str(given.get("cap", "")),
        scheme=str(table.get("type", Scheme.AREA.value)),
        by_floor=dict(table.get("coef") or table.get("percent") or {}),
        by_unit=dict(table.get("amounts") or {}),
        running=str(document.get("running", "")),
        source=str(document.get("source", "")),
        preset=str(document.get("preset", "")),
    )


def _subsidy(form: CostForm) -> dict[str, str]:
    if form.subsidy == "none":
        return {}
    if form.subsidy == "fixed":
        return {"fixed": _money(form.subsidy_fixed, "subsidy_fixed", N_("请填写补贴金额"))}
    if form.subsidy != "rate":
        raise Invalid(N_("请选择补贴的算法"), field="subsidy")
    rate = form.subsidy_rate.strip()
    if not _PERCENT.fullmatch(rate) or Decimal(rate) > 100:
        raise Invalid(N_("补贴比例请写 0 到 100 之间的数，例如 40"), field="subsidy_rate")
    # Shifting the point is exact; dividing a float is not.
    subsidy = {"rate": _plain(Decimal(rate).scaleb(-2))}
    if form.subsidy_cap.strip():
        subsidy["cap"] = _money(form.subsidy_cap, "subsidy_cap", "")
    return subsidy


def _scheme(form: CostForm, scheme: Scheme) -> dict[str, object]:
    if scheme is Scheme.FIXED:
        return {
            "type": scheme.value,
            "amounts": {
                unit: _money(form.by_unit[unit], f"unit-{unit}", N_("请填写这一户的金额，不出资的写 0"))
                for unit in form.by_unit
            },
        }
    key = FLOOR_TABLES.get(scheme)
    if key is None:
        return {"type": scheme.value}
    for floor, typed in form.by_floor.items():
        if not _COEFFICIENT.fullmatch(typed.strip()):
            raise Invalid(N_("请填写 %(floor)s 层的数字，不出资的写 0"), field=f"floor-{floor}", floor=floor)
    return {"type": scheme.value, key: {floor: typed.strip() for floor, typed in form.by_floor.items()}}


def _money(typed: str, name: str, missing: str) -> str:
    typed = typed.strip().replace(",", "").replace("，", "")
    if not typed and missing:
        raise Invalid(missing, field=name)
    try:
        return format_money(parse_money(typed))
    except Invalid as refusal:
        raise Invalid(refusal.message, code=refusal.code, field=name, **refusal.values) from refusal


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
