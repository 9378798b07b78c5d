"""Charges and payments: every home's fee of a month in one statement, and the public totals kept with each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.estates import Unit
from app.models.maintenance.fees import ChargeState, FeeBasis, FeeCharge, FeeService, FeeTotal, Hardship
from app.rules.estates.units import UnitKind
from app.rules.maintenance.fee_sheet import read_receipt
from app.rules.maintenance.fees import first_day, read_month
from app.rules.maintenance.rates import month_of
from app.rules.text import clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.fees.prices import find_service
from app.services.trail import Actor

MOST_REASON = 200
# Parking and storage are not homes: what they pay, their own contracts say.
_CHARGED = (UnitKind.DWELLING, UnitKind.SHOP)
_CHARGE, _UNIT, _HARDSHIP = table_of(FeeCharge), table_of(Unit), table_of(Hardship)


def charge_month(
    session: Session, *, estate_id: UUID, service_id: UUID, month: str, actor: Actor, now: datetime
) -> int:
    """Charge every home that has no charge yet for this service and month; how many. A second click finds none.

    Raises `Invalid` for a month still to come, `Conflict` for one outside the price's own.
    """
    lock_register(session, estate_id=estate_id)
    service = find_service(session, estate_id=estate_id, service_id=service_id)
    month = read_month(month)
    if month > month_of(now):
        raise Invalid(N_("%(month)s 还没有到，到了当月再计费"), code="too_early", field="month", month=month)
    day = first_day(month)
    if day < service.valid_from or (service.valid_to is not None and day > service.valid_to):
        raise Conflict(N_("这个价格不在 %(month)s 生效，请刷新页面"), code="not_valid", month=month)
    charged = _insert(session, service, month, actor, now)
    if charged:
        _count(session, service, month)
        _record(session, service, month, "charge", actor, now, {"homes": charged})
    return charged


def _insert(session: Session, service: FeeService, month: str, actor: Actor, now: datetime) -> int:
    """One statement for all homes; the table's own key leaves out those that were charged before."""
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(_CHARGE)
        .from_select([column.name for column in _CHARGE.c], _owed(service, month, actor, now))
        # Not asked beforehand: an anti-join with the table that is being filled may read each new row again and again.
        .on_conflict_do_nothing(index_elements=["unit_id", "service_id", "month"])
        .execution_options(preserve_rowcount=True)
    )
    return connection.execute(statement).rowcount


def _owed(service: FeeService, month: str, actor: Actor, now: datetime) -> sa.Select[Any]:
    """A row of the table for each home: the arithmetic of `rules.maintenance.fees.charge`, in the database."""
    by_area = service.basis is FeeBasis.AREA
    price = sa.literal(service.price, sa.BigInteger)
    relieved = (
        sa.exists()
        .where(
            _HARDSHIP.c.unit_id == _UNIT.c.id,
            _HARDSHIP.c.first_month <= month,
            _HARDSHIP.c.last_month >= month,
        )
        .correlate(_UNIT)
    )

    def either(value: object, other: object, column: str) -> sa.ColumnElement[Any]:
        kind = _CHARGE.c[column].type
        return sa.case((relieved, sa.literal(value, kind)), else_=sa.literal(other, kind))

    columns: Mapping[str, sa.ColumnElement[Any]] = {
        "unit_id": _UNIT.c.id,
        "service_id": sa.literal(service.id, _CHARGE.c.service_id.type),
        "month": sa.literal(month, _CHARGE.c.month.type),
        "estate_id": _UNIT.c.estate_id,
        "amount": (price * _UNIT.c.area + 50) // 100 if by_area else price,
        "state": either(ChargeState.RELIEVED, ChargeState.DUE, "state"),
        "settled_at": either(now, None, "settled_at"),
        "settled_by": either(actor.id, None, "settled_by"),
        "receipt": sa.literal("", _CHARGE.c.receipt.type),
    }
    return sa.select(*(columns[column.name].label(column.name) for column in _CHARGE.c)).where(
        _UNIT.c.estate_id == service.estate_id, _UNIT.c.kind.in_(_CHARGED)
    )


def _count(session: Session, service: FeeService, month: str) -> None:
    """The totals of a service and month out of its charges."""

    def of(state: ChargeState, value: sa.ColumnElement[int] | int) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((_CHARGE.c.state == state, value), else_=0)), 0)

    query = sa.select(
        sa.func.count().label("homes"),
        of(ChargeState.PAID, 1).label("homes_paid"),
        of(ChargeState.RELIEVED, 1).label("homes_relieved"),
        sa.func.sum(_CHARGE.c.amount).label("charged"),
        of(ChargeState.PAID, _CHARGE.c.amount).label("paid"),
        of(ChargeState.RELIEVED, _CHARGE.c.amount).label("relieved"),
    ).where(
        _CHARGE.c.estate_id == service.estate_id,
        _CHARGE.c.service_id == service.id,
        _CHARGE.c.month == month,
    )
    counted = session.connection().execute(query).one()._mapping
    total = _total(session, service.estate_id, service.id, month) or FeeTotal(
        estate_id=service.estate_id, service_id=service.id, month=month
    )
    for name, number in counted.items():
        setattr(total, name, int(number))
    session.add(total)
    session.flush()


def _total(session: Session, estate_id: UUID, service_id: UUID, month: str) -> FeeTotal | None:
    """As it stands in the database now: the caller holds the estate's lock, and may have read it before that."""
    return session.get(FeeTotal, (estate_id, service_id, month), populate_existing=True)


def set_state(
    session: Session, charge: FeeCharge, state: ChargeState, *, actor: Actor, now: datetime, receipt: str = ""
) -> None:
    """Move one charge, and the totals with it. The caller holds the estate's lock."""
    total = _total(session, charge.estate_id, charge.service_id, charge.month)
    if total is None:
        raise LookupError("a charge without its total")
    for old_or_new, sign in ((charge.state, -1), (state, 1)):
        if old_or_new is ChargeState.PAID:
            total.homes_paid += sign
            total.paid += sign * charge.amount
        elif old_or_new is ChargeState.RELIEVED:
            total.homes_relieved += sign
            total.relieved += sign * charge.amount
    charge.state, charge.receipt = state, receipt
    settled = state is not ChargeState.DUE
    charge.settled_at, charge.settled_by = (now, actor.id) if settled else (None, None)
    session.add_all([charge, total])
    session.flush()


def _find(session: Session, estate_id: UUID, unit_id: UUID, service_id: UUID, month: str) -> FeeCharge:
    charge = session.get(FeeCharge, (unit_id, service_id, month), populate_existing=True)
    if charge is None or charge.estate_id != estate_id:
        raise NotFound(N_("没有找到这笔费用"))
    return charge


def pay(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    charges: Sequence[tuple[UUID, str]],
    receipt: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down that a home paid for (service, month) on one receipt; the same form twice is one payment.

    Raises `Invalid` naming `charges` or `receipt`, `Conflict` (`not_due`) for what is paid or relieved already.
    """
    number = read_receipt(receipt)
    if not charges:
        raise Invalid(N_("请选择缴了哪几笔"), code="none_chosen", field="charges")
    lock_register(session, estate_id=estate_id)
    for service_id, month in dict.fromkeys(charges):
        charge = _find(session, estate_id, unit_id, service_id, month)
        if (charge.state, charge.receipt, charge.settled_by) == (ChargeState.PAID, number, actor.id):
            continue
        if charge.state is not ChargeState.DUE:
            raise Conflict(N_("%(month)s 的这笔已经缴过或减免了，请刷新页面"), code="not_due", month=month)
        set_state(session, charge, ChargeState.PAID, actor=actor, now=now, receipt=number)
        service = find_service(session, estate_id=estate_id, service_id=service_id)
        new = {"receipt": number, "amount": charge.amount}
        _record(session, service, month, "pay", actor, now, new)


def pay_many(
    session: Session,
    *,
    estate_id: UUID,
    service_id: UUID,
    month: str,
    paid: Sequence[tuple[UUID, str]],
    actor: Actor,
    now: datetime,
) -> int:
    """Write down (home, receipt) for one service and month; how many were still due. What was settled before stays."""
    lock_register(session, estate_id=estate_id)
    service = find_service(session, estate_id=estate_id, service_id=service_id)
    receipts = {unit_id: read_receipt(receipt) for unit_id, receipt in paid}
    due = session.exec(
        select(FeeCharge)
        .where(
            FeeCharge.estate_id == estate_id,
            FeeCharge.month == month,
            FeeCharge.state == ChargeState.DUE,
            FeeCharge.service_id == service_id,
            col(FeeCharge.unit_id).in_(receipts),
        )
        .execution_options(populate_existing=True)
    ).all()
    for charge in due:
        charge.state, charge.receipt = ChargeState.PAID, receipts[charge.unit_id]
        charge.settled_at, charge.settled_by = now, actor.id
        session.add(charge)
    if due:
        total = _total(session, estate_id, service_id, month)
        if total is None:
            raise LookupError("charges without their total")
        total.homes_paid += len(due)
        total.paid += sum(charge.amount for charge in due)
        session.add(total)
        session.flush()
        _record(session, service, month, "import", actor, now, {"homes": len(due)})
    return len(due)


def undo_payment(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    service_id: UUID,
    month: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a payment back; the trail keeps the receipt and the reason. Raises `Conflict` where none is written down."""
    said = clean_text(reason, most=MOST_REASON, field="reason")
    if not said:
        raise Invalid(N_("请写明为什么撤销，会留在操作记录里"), code="no_reason", field="reason")
    lock_register(session, estate_id=estate_id)
    charge = _find(session, estate_id, unit_id, service_id, month)
    if charge.state is not ChargeState.PAID:
        raise Conflict(N_("这笔没有登记缴费，请刷新页面"), code="not_paid")
    old = {"receipt": charge.receipt, "amount": charge.amount}
    state = ChargeState.RELIEVED if is_relieved(session, unit_id=unit_id, month=month) else ChargeState.DUE
    set_state(session, charge, state, actor=actor, now=now)
    service = find_service(session, estate_id=estate_id, service_id=service_id)
    _record(session, service, month, "undo", actor, now, {}, old=old, reason=said)


def is_relieved(session: Session, *, unit_id: UUID, month: str) -> bool:
    """Whether the home is on the hardship list for that month."""
    query = select(Hardship.id).where(
        Hardship.unit_id == unit_id, col(Hardship.first_month) <= month, col(Hardship.last_month) >= month
    )
    return session.exec(query).first() is not None


def _record(
    session: Session,
    service: FeeService,
    month: str,
    verb: str,
    actor: Actor,
    now: datetime,
    new: Mapping[str, object],
    old: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    # The trail has more readers than the committee: it names the receipt, never the home.
    trail.record(
        session,
        tag=f"maintenance:fee:{verb}",
        actor=actor,
        now=now,
        estate_id=service.estate_id,
        subject_kind="fee_service",
        subject_id=service.id,
        old=old,
        new={"service": service.title, "month": month, **new},
        reason=reason,
    )
