"""Cost shares to the fen: the subsidy comes off, a scheme splits the rest, and no fen is lost or made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from app.errors import N_, Invalid
from app.rules.quantities import format_money


class Scheme(StrEnum):
    """How the net cost is split; without an agreement it is by area (Civil Code art. 283)."""

    HOUSEHOLD = "household"
    AREA = "area"
    COEF = "coef"
    COEF_AREA = "coef_area"
    PERCENT_BY_FLOOR = "percent_by_floor"
    FIXED = "fixed"
    PAID = "paid"


@dataclass(frozen=True)
class Payer:
    """One unit; `area` in hundredths of a square metre, needed only where the scheme weighs it."""

    unit: str
    floor: str | None = None
    area: int | None = None


@dataclass(frozen=True)
class Table:
    """A scheme with its numbers: coefficients or percents by floor, or fen by unit."""

    scheme: Scheme
    by_floor: Mapping[str, Fraction] = field(default_factory=dict)
    by_unit: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Subsidy:
    """A fixed sum in fen, or a rate of the cost with an optional cap in fen."""

    fixed: int = 0
    rate: Fraction = Fraction(0)
    cap: int | None = None

    def of(self, cost: int) -> int:
        """Floored to the fen, then capped; raises `Invalid` (code `subsidy_exceeds_cost`)."""
        share = self.fixed + int(cost * self.rate)
        amount = share if self.cap is None else min(share, self.cap)
        if amount > cost:
            raise Invalid(
                N_("补贴比总费用还多，请核对补贴金额"), code="subsidy_exceeds_cost", field="subsidy"
            )
        return amount


@dataclass(frozen=True)
class Shares:
    """The published sheet, in fen; the shares add up to the net exactly."""

    subsidy: int
    net: int
    shares: dict[str, int]


def share_out(cost: int, subsidy: Subsidy, payers: Sequence[Payer], table: Table) -> Shares:
    """Split a cost in fen among the payers; every refusal is an `Invalid` with its own code.

    `duplicate_unit`, `missing_unit`, `unknown_unit`, `missing_floor`, `percent_sum`, `no_weight`, `bad_area`,
    `subsidy_exceeds_cost`, and `sum_mismatch`, which carries the `difference` in yuan.
    """
    if len({payer.unit for payer in payers}) < len(payers):
        raise Invalid(N_("同一套房屋列了两次，请删去重复的一行"), code="duplicate_unit", field="unit")
    given = subsidy.of(cost)
    net = cost - given
    if table.scheme is Scheme.FIXED:
        amounts = _agreed(net, payers, table.by_unit)
    else:
        amounts = split(net, _weights(payers, table))
    return Shares(given, net, {payer.unit: amount for payer, amount in zip(payers, amounts, strict=True)})


def split(net: int, weights: Sequence[Fraction | int]) -> list[int]:
    """`net` in fen by weight, by largest remainder.

    Each share is floored; the fen left over go one each to the largest fractions, of equal ones to the larger
    weight, then to the one listed first. Weight 0 pays exactly 0, having no fraction.
    Raises `Invalid` (code `no_weight`) when there is no weight at all, `ValueError` below zero.
    """
    if net < 0 or any(weight < 0 for weight in weights):
        raise ValueError("shares are of a sum and by weights that are not negative")
    total = sum(weights)
    if total == 0:
        raise Invalid(N_("没有任何一户需要出资，无法分摊，请检查系数"), code="no_weight", field="scheme")
    shares = [int(net * weight // total) for weight in weights]
    rest = [net * weight % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-rest[i], -weights[i], i))
    for i in order[: net - sum(shares)]:
        shares[i] += 1
    return shares


def _weights(payers: Sequence[Payer], table: Table) -> list[Fraction | int]:
    match table.scheme:
        case Scheme.HOUSEHOLD:
            return [1 for _ in payers]
        case Scheme.AREA:
            return [_area(payer) for payer in payers]
        case Scheme.COEF:
            return [_by_floor(payer, table) for payer in payers]
        case Scheme.COEF_AREA:
            return [_by_floor(payer, table) * _area(payer) for payer in payers]
        case Scheme.PERCENT_BY_FLOOR:
            return _percents(payers, table)
        case _:
            _refuse_strangers(payers, table.by_unit)
            return [table.by_unit.get(payer.unit, 0) for payer in payers]


def _area(payer: Payer) -> int:
    if payer.area is None:
        raise Invalid(N_("%(unit)s 没有面积，请先补上"), code="bad_area", field="area", unit=payer.unit)
    return payer.area


def _by_floor(payer: Payer, table: Table) -> Fraction:
    if payer.floor is None or payer.floor not in table.by_floor:
        raise Invalid(
            N_("%(unit)s 所在楼层没有系数，请补上（不出资的楼层写 0）"),
            code="missing_floor",
            field="floor",
            unit=payer.unit,
        )
    return table.by_floor[payer.floor]


def _percents(payers: Sequence[Payer], table: Table) -> list[Fraction | int]:
    """A floor's percent shared equally by its units; the table and the floors lived on must come to 100."""
    percents = [_by_floor(payer, table) for payer in payers]
    homes = Counter(payer.floor for payer in payers)
    lived_in = sum(table.by_floor[floor] for floor in homes if floor is not None)
    if lived_in != 100 or sum(table.by_floor.values()) != 100:
        raise Invalid(N_("各楼层的百分比加起来必须正好是 100，请调整"), code="percent_sum", field="percent")
    return [percent / homes[payer.floor] for payer, percent in zip(payers, percents, strict=True)]


def _agreed(net: int, payers: Sequence[Payer], amounts: Mapping[str, int]) -> list[int]:
    """The negotiated amounts themselves; they are checked, never adjusted."""
    _refuse_strangers(payers, amounts)
    difference = net - sum(amounts.values())
    if difference:
        raise Invalid(
            N_("各户金额加起来与应分摊总额相差 %(difference)s 元，请协商调整"),
            code="sum_mismatch",
            field="amounts",
            difference=format_money(difference),
        )
    if any(payer.unit not in amounts for payer in payers):
        raise Invalid(N_("有房屋没有写金额，请补上（不出资的写 0）"), code="missing_unit", field="amounts")
    return [amounts[payer.unit] for payer in payers]


def _refuse_strangers(payers: Sequence[Payer], amounts: Mapping[str, int]) -> None:
    if not amounts.keys() <= {payer.unit for payer in payers}:
        raise Invalid(N_("金额表里有不在名单上的房屋，请核对房号"), code="unknown_unit", field="unit")
