"""The order a person of the desk works on: found, locked, and which deeds are open to him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotAllowed, NotFound, Refusal
from app.models.maintenance.orders import Handing, OrderMove, WorkOrder
from app.rules.maintenance import responsible
from app.rules.maintenance.states import MOVES, NOT_COUNTED, Cause, OrderState, next_states
from app.services.maintenance.handing import as_rule, refuse_by_of
from app.services.maintenance.moving import lock_order
from app.services.maintenance.seats import OrderSeat, seat_of
from app.services.trail import Actor

HOLDERS = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})
_COMMITTEE = frozenset({Cause.COMMITTEE})


class Deed(StrEnum):
    """What the desk's page of an order has a button for."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    START = "start"
    REPAIRED = "repaired"
    WAIT = "wait"
    ASK = "ask"
    HAND = "hand"
    UNASK = "unask"
    EXTEND = "extend"
    NOTE = "note"
    COST = "cost"
    VOTE = "vote"
    AMEND = "amend"
    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"
    DECLINE = "decline"
    RESTORE = "restore"
    REOPEN = "reopen"


# The deeds that are a step of the table, and whose word counts where the committee has its own.
STEPS = {
    Deed.ACCEPT: OrderState.ACCEPTED,
    Deed.START: OrderState.IN_PROGRESS,
    Deed.REPAIRED: OrderState.REPAIRED,
    Deed.WAIT: OrderState.WAITING,
    Deed.ASK: OrderState.NEED_INFO,
    Deed.DUPLICATE: OrderState.DUPLICATE,
    Deed.NOT_OURS: OrderState.NOT_OURS,
    Deed.DECLINE: OrderState.DECLINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who lays hand on which order, and when. `seen` is the number of the last step on the page his form was on."""

    estate_id: UUID
    order_id: UUID
    actor: Actor
    now: datetime
    seen: int | None = None


def _missing() -> NotFound:
    return NotFound(N_("没有找到这张工单"))


def ensure_staff(seat: OrderSeat) -> None:
    """Another party's order does not exist for this one."""
    if not seat.is_staff:
        raise _missing()


def ensure_committee(seat: OrderSeat) -> None:
    if Cause.COMMITTEE not in seat.causes:
        raise NotAllowed(N_("这一步由居委会操作，请联系居委会"), code="committee_only")


def last_step(session: Session, order_id: UUID) -> int:
    """The number of the order's newest step."""
    query = select(sa.func.coalesce(sa.func.max(OrderMove.seq), 0)).where(col(OrderMove.order_id) == order_id)
    return int(session.exec(query).one())


def take_order(session: Session, hand: Hand) -> tuple[WorkOrder, OrderSeat]:
    """The order with its lock, and what the actor is to it.

    Raises `NotFound` for who has nothing to do with it, `Conflict` (`moved_on`) when it has moved since the page was
    made, (`held`) for a report that nobody has looked at yet.
    """
    order = lock_order(session, estate_id=hand.estate_id, order_id=hand.order_id)
    seat = seat_of(session, order, account_id=hand.actor.id)
    ensure_staff(seat)
    if hand.seen is not None and last_step(session, order.id) != hand.seen:
        raise Conflict(N_("这张工单刚刚有了新的进展，请看清最新状态再操作"), code="moved_on")
    if order.held:
        raise Conflict(N_("这条报修还没有核对，请先在“待核对的报修”里放行或退回"), code="held")
    return order, seat


def deeds_of(
    session: Session, order: WorkOrder, seat: OrderSeat, handings: Sequence[Handing], *, now: datetime
) -> list[Deed]:
    """The steps of the table and the deeds without a step that are open to this person now; costs aside."""
    if order.held:
        return []
    following = set(next_states(order.state, by=seat.causes))
    found = [deed for deed, state in STEPS.items() if state in following]
    if may_refuse(session, order, seat, handings, now=now):
        found.append(Deed.REFUSE)
    if Cause.COMMITTEE in seat.causes:
        found += _committees(order)
    found.append(Deed.NOTE)
    if seat.causes & {Cause.PARTY, Cause.COMMITTEE} and order.state not in NOT_COUNTED:
        found.append(Deed.COST)
    return [deed for deed in Deed if deed in found]


def _committees(order: WorkOrder) -> list[Deed]:
    moves = MOVES[order.state]
    found = [Deed.AMEND] if order.is_open else []
    if Cause.COMMITTEE in moves.get(OrderState.ASSIGNED, frozenset()):
        found.append(Deed.HAND)
    if Cause.COMMITTEE in moves.get(OrderState.REOPENED, frozenset()):
        found.append(Deed.REOPEN)
    if Cause.COMMITTEE in moves.get(OrderState.SUBMITTED, frozenset()):
        found.append(Deed.UNASK if order.is_open else Deed.RESTORE)
    return found


def may_refuse(
    session: Session, order: WorkOrder, seat: OrderSeat, handings: Sequence[Handing], *, now: datetime
) -> bool:
    """Whether a refusal with a reason would be taken now."""
    if order.state is not OrderState.ASSIGNED or not handings or handings[-1].party_id not in seat.party_ids:
        return False
    if responsible.refusals([as_rule(one) for one in handings]) >= responsible.MOST_REFUSALS:
        return False
    try:
        responsible.ensure_refusable(asked_last(session, order, handings), now, reason="-----")
    except Refusal:
        return False
    return True


def asked_last(session: Session, order: WorkOrder, handings: Sequence[Handing]) -> responsible.Handing:
    """The last handing as the rules read it, with the time for refusing as its clock has it now."""
    last = as_rule(handings[-1])
    return responsible.Handing(
        last.party, last.asked_at, refuse_by_of(session, order.id) or last.refuse_by, last.reply, last.ruled
    )
