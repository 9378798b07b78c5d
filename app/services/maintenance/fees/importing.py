"""Payments out of a sheet: read, compared with what is due, shown, and written only when confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, Refusal
from app.models.estates import Unit
from app.models.maintenance.fees import ChargeState, FeeCharge
from app.rules.estates.addresses import Home
from app.rules.maintenance.fee_sheet import MOST_ROWS, PaidRow, read_paid, read_receipt
from app.rules.maintenance.fees import read_month
from app.rules.quantities import format_money
from app.services.estates.units import home_of, label_of
from app.services.estates.workbooks import read_rows
from app.services.maintenance.fees.prices import find_service

_SETTLED = {ChargeState.PAID: N_("这户这个月已经登记过缴费"), ChargeState.RELIEVED: N_("这户这个月已经减免")}


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """A home whose payment can be written down."""

    unit_id: UUID
    home: str
    amount: int
    receipt: str


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A row that is left out, by the sheet's own number, and why."""

    row: int
    home: str
    problem: Refusal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sheet would do; nothing is written yet."""

    ready: tuple[ReadyLine, ...]
    problems: tuple[ProblemLine, ...]

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.ready)


def preview_payments(
    session: Session, *, estate_id: UUID, service_id: UUID, month: str, file_name: str, content: bytes
) -> Preview:
    """Compare a `.csv` or `.xlsx` with what is due. Raises `Invalid` or `TooLarge` naming `file` or `month`."""
    find_service(session, estate_id=estate_id, service_id=service_id)
    month = read_month(month)
    rows = read_paid(read_rows(content, file_name=file_name))
    units = _units(session, estate_id, {row.home for row in rows if row.home})
    charges = {
        charge.unit_id: charge
        for charge in session.exec(
            select(FeeCharge).where(
                FeeCharge.estate_id == estate_id,
                FeeCharge.month == month,
                FeeCharge.service_id == service_id,
                col(FeeCharge.unit_id).in_([unit.id for unit in units.values()]),
            )
        )
    }
    ready: dict[UUID, ReadyLine] = {}
    problems = []
    for row in rows:
        unit = units.get(row.home) if row.home else None
        problem = row.problem or _problem(row, unit, charges.get(unit.id) if unit else None, ready)
        if problem or unit is None:
            problems.append(ProblemLine(row.number, str(row.home or ""), problem or Invalid("")))
        else:
            line = ReadyLine(unit.id, label_of(unit), charges[unit.id].amount, row.receipt)
            ready[unit.id] = line
    return Preview(tuple(ready.values()), tuple(problems))


def _problem(
    row: PaidRow, unit: Unit | None, charge: FeeCharge | None, ready: dict[UUID, ReadyLine]
) -> Refusal | None:
    if unit is None:
        return Invalid(N_("名册里没有这套房屋"))
    if unit.id in ready:
        return Invalid(N_("这户在表里写了两次"))
    if charge is None:
        return Invalid(N_("这户这个月没有这项费用，请先计费"))
    if charge.state is not ChargeState.DUE:
        return Conflict(_SETTLED[charge.state])
    if row.amount is not None and row.amount != charge.amount:
        return Invalid(
            N_("表里写 %(given)s 元，应缴 %(due)s 元，请核对"),
            given=format_money(row.amount),
            due=format_money(charge.amount),
        )
    return None


def _units(session: Session, estate_id: UUID, homes: set[Home]) -> dict[Home, Unit]:
    buildings = {home.building for home in homes}
    query = select(Unit).where(Unit.estate_id == estate_id, col(Unit.building).in_(buildings))
    return {home: unit for unit in session.exec(query) if (home := home_of(unit)) in homes}


def pack(lines: Iterable[ReadyLine]) -> str:
    """What was shown, as a form carries it: a home and its receipt a line."""
    return "\n".join(f"{line.unit_id} {line.receipt}" for line in lines)


def unpack(text: str) -> list[tuple[UUID, str]]:
    """The same back; raises `Invalid` for anything a page of ours did not write."""
    lines = text.splitlines()
    try:
        pairs = [(UUID(line[:36]), read_receipt(line[37:])) for line in lines if line]
    except ValueError:
        pairs = []
    if not 0 < len(pairs) <= MOST_ROWS:
        raise Invalid(N_("没有可以登记的行，请重新上传"), code="nothing", field="file")
    return pairs
