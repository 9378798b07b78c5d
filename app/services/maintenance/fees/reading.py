"""Fees as pages read them: the public rates, a person's own homes, and for the committee any home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.maintenance.fees import ChargeState, FeeCharge, FeeService, FeeTotal, Hardship
from app.rules.maintenance.fees import Collected
from app.services.estates.units import find_unit, label_of, place_of
from app.services.maintenance.fees.relief import HardshipView, view_of

_MOST_CHARGES = 120


@dataclass(frozen=True, slots=True)
class ChargeView:
    """One fee in fen; `state` is due, paid or relieved."""

    service_id: UUID
    service: str
    month: str
    amount: int
    state: str
    receipt: str

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.service_id}:{self.month}"


@dataclass(frozen=True, slots=True)
class HomeFees:
    """What a home owes and has paid, the latest month first, and what it is relieved of: for its own people."""

    unit_id: UUID
    home: str
    charges: tuple[ChargeView, ...]
    hardships: tuple[HardshipView, ...]

    @property
    def due(self) -> int:
        return sum(charge.amount for charge in self.charges if charge.state == ChargeState.DUE)


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A home at the committee's desk and what it owes."""

    unit_id: UUID
    home: str
    due: int
    charges_due: int


def collected_in(session: Session, *, estate_id: UUID, month: str) -> dict[UUID, Collected]:
    """The totals of a month by service; those of a service that nobody was charged for are not there."""
    query = select(FeeTotal).where(FeeTotal.estate_id == estate_id, FeeTotal.month == month)
    return {
        total.service_id: Collected(
            homes=total.homes,
            homes_paid=total.homes_paid,
            homes_relieved=total.homes_relieved,
            charged=total.charged,
            paid=total.paid,
            relieved=total.relieved,
        )
        for total in session.exec(query)
    }


def my_fees(session: Session, *, estate_id: UUID, account_id: UUID, month: str) -> list[HomeFees]:
    """The homes that the person owns or lives in, and no other."""
    owned = (
        sa.select(col(Ownership.unit_id))
        .join_from(table_of(Ownership), table_of(Owner))
        .where(col(Owner.account_id) == account_id)
    )
    lived = sa.select(col(Residence.unit_id)).where(col(Residence.account_id) == account_id)
    query = select(Unit).where(
        Unit.estate_id == estate_id, sa.or_(col(Unit.id).in_(owned), col(Unit.id).in_(lived))
    )
    return [_fees(session, unit, month) for unit in sorted(session.exec(query), key=place_of)]


def home_fees(session: Session, *, estate_id: UUID, unit_id: UUID, month: str) -> HomeFees:
    """Any home, for the committee; `NotFound` for another estate's."""
    return _fees(session, find_unit(session, estate_id=estate_id, unit_id=unit_id), month)


def _fees(session: Session, unit: Unit, month: str) -> HomeFees:
    charges = session.exec(
        select(FeeCharge, FeeService.title)
        .join(FeeService, col(FeeService.id) == FeeCharge.service_id)
        .where(FeeCharge.unit_id == unit.id)
        .order_by(col(FeeCharge.month).desc(), col(FeeService.title))
        .limit(_MOST_CHARGES)
    ).all()
    hardships = session.exec(
        select(Hardship).where(Hardship.unit_id == unit.id).order_by(col(Hardship.last_month).desc())
    )
    return HomeFees(
        unit_id=unit.id,
        home=label_of(unit),
        charges=tuple(
            ChargeView(one.service_id, title, one.month, one.amount, one.state.value, one.receipt)
            for one, title in charges
        ),
        hardships=tuple(view_of(row, unit, month) for row in hardships),
    )


def homes_at(session: Session, *, estate_id: UUID, building: str, entrance: str) -> Sequence[HomeLine]:
    """The homes of one entrance with what each owes, for the committee."""
    unit, charge = table_of(Unit), table_of(FeeCharge)
    due = sa.and_(charge.c.unit_id == unit.c.id, charge.c.state == ChargeState.DUE)
    query = (
        select(Unit, sa.func.coalesce(sa.func.sum(charge.c.amount), 0), sa.func.count(charge.c.unit_id))
        .join(charge, due, isouter=True)
        .where(Unit.estate_id == estate_id, Unit.building == building, Unit.entrance == entrance)
        .group_by(*unit.c)
    )
    rows = sorted(session.exec(query).all(), key=lambda row: place_of(row[0]))
    return [HomeLine(unit.id, label_of(unit), int(owed), count) for unit, owed, count in rows]
