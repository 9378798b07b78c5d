"""Votes: what each home of a roll would pay, from the cost table of the vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.errors import N_, Invalid
from app.rules.quantities import parse_money
from app.rules.votes.share_cases import read_subsidy, read_table
from app.rules.votes.shares import Payer, Shares, share_out

if TYPE_CHECKING:
    from app.services.votes.roll import RollLine


class CostRefusal(Invalid):
    """The cost table cannot be worked out for this roll."""


@dataclass(frozen=True, slots=True)
class CostSheet:
    """The sums of a cost table in fen, and its words."""

    cost: int
    subsidy: int
    net: int
    running: str
    source: str


def work_out(cost: Mapping[str, object], lines: Sequence[RollLine]) -> Shares:
    """Split the vote's cost over a roll; refusals are those of `rules/votes/shares.py`, as `CostRefusal`."""
    try:
        payers = [Payer(unit=str(line.unit_id), floor=str(line.floor), area=line.area) for line in lines]
        return share_out(
            parse_money(str(cost["cost"])),
            read_subsidy(cost.get("subsidy")),
            payers,
            read_table(cost.get("scheme")),
        )
    except Invalid as refusal:
        values = dict(refusal.values)
        if "unit" in values:
            values["unit"] = next(
                (label(line) for line in lines if str(line.unit_id) == values["unit"]), N_("有一户")
            )
        raise CostRefusal(refusal.message, code=refusal.code, field=refusal.field, **values) from refusal


def label(line: RollLine) -> str:
    return "-".join(part for part in (line.building, line.entrance, line.room) if part)


def with_shares(lines: Sequence[RollLine], cost: Mapping[str, object]) -> list[RollLine]:
    """The lines with their shares; unchanged when the vote has no cost table."""
    if not cost or not lines:
        return list(lines)
    shares = work_out(cost, lines).shares
    return [replace(line, share=shares[str(line.unit_id)]) for line in lines]


def sheet(cost: Mapping[str, object]) -> CostSheet | None:
    """The sums of a stored cost table, None without one."""
    if not cost:
        return None
    total = parse_money(str(cost["cost"]))
    subsidy = read_subsidy(cost.get("subsidy")).of(total)
    return CostSheet(
        total, subsidy, total - subsidy, str(cost.get("running", "")), str(cost.get("source", ""))
    )
