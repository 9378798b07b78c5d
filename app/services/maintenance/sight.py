"""Who may see an order, and how much of it: everyone what is listed, only those concerned what is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, NotFound
from app.models.maintenance.orders import WorkOrder
from app.rules.accounts import mask_name
from app.rules.maintenance.states import Cause
from app.services.maintenance.moving import lock_order
from app.services.maintenance.seats import OrderSeat, seat_of

_GONE = N_("没有找到这张工单")


@dataclass(frozen=True, slots=True)
class Eye:
    """Somebody who looks at one order; `is_mine` for the reporter and for who wrote it down for him.

    `sees_names` is a member of the estate: a passer-by reads no names.
    """

    account_id: UUID | None
    seat: OrderSeat
    is_mine: bool
    sees_names: bool

    @property
    def is_concerned(self) -> bool:
        """Whether he sees what is not listed: a fault inside a flat, a held report, a hidden one."""
        return self.is_mine or self.seat.is_resident or self.seat.is_staff

    @property
    def sees_originals(self) -> bool:
        """Whether he sees the photos as they came."""
        return self.is_mine or self.seat.is_staff

    def name(self, account_id: UUID | None, name: str) -> str:
        """A resident's name as this person may read it: in full his own, masked a neighbour's."""
        if not self.sees_names:
            return ""
        return name if account_id is not None and account_id == self.account_id else mask_name(name)


@dataclass(frozen=True, slots=True)
class Stub:
    """What is left of a hidden order for everybody else."""

    id: UUID
    number: int
    reason: str
    at: datetime


def eye_of(
    session: Session, order: WorkOrder, *, account_id: UUID | None, member: bool, follower: bool = False
) -> Eye:
    """How a person looks at an order; a `follower` came with the secret of a report without an account."""
    seat = seat_of(session, order, account_id=account_id)
    mine = account_id is not None and account_id in (order.reporter_id, order.filed_by)
    return Eye(account_id=account_id, seat=seat, is_mine=mine or follower, sees_names=member)


def find_order(session: Session, *, estate_id: UUID, order_id: UUID) -> WorkOrder:
    """The order for reading; `NotFound` for another estate's."""
    query = select(WorkOrder).where(WorkOrder.id == order_id, WorkOrder.estate_id == estate_id)
    order = session.exec(query).one_or_none()
    if order is None:
        raise NotFound(_GONE)
    return order


def stub_of(order: WorkOrder, eye: Eye) -> Stub | None:
    """The stub where only that is left; raises `NotFound` where a person may not know of the order at all."""
    if order.listed or eye.is_concerned:
        return None
    if order.hidden_at is None or order.private or order.held:
        raise NotFound(_GONE)
    return Stub(order.id, order.number, order.hidden_reason, order.hidden_at)


def lock_seen(
    session: Session, *, estate_id: UUID, order_id: UUID, account_id: UUID
) -> tuple[WorkOrder, OrderSeat]:
    """The order with its lock and what the person is to it; `NotFound` for one he may not see."""
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    eye = eye_of(session, order, account_id=account_id, member=True)
    if stub_of(order, eye) is not None:
        raise NotFound(_GONE)
    return order, eye.seat


def is_reporter(seat: OrderSeat) -> bool:
    return Cause.REPORTER in seat.causes
