"""Orders that no party mends: the same fault twice, somebody else's, declined; and how they come back."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import Joiner, WorkOrder
from app.rules.maintenance.states import Cause, OrderState, move
from app.rules.text import clean_line
from app.services.maintenance.desk import Hand, ensure_committee, take_order
from app.services.maintenance.filing import join_report
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.working import clean_note


def find_number(session: Session, *, estate_id: UUID, number: int) -> UUID:
    """The order of that number in the estate; raises `Invalid` naming `number`."""
    query = select(WorkOrder.id).where(WorkOrder.estate_id == estate_id, WorkOrder.number == number)
    found = session.exec(query).one_or_none()
    if found is None:
        raise Invalid(
            N_("没有第 %(number)s 号工单，请核对编号"), code="no_such", field="number", number=number
        )
    return found


def mark_duplicate(session: Session, hand: Hand, *, number: int | None, note: str = "") -> None:
    """The same fault as the order of that number: whoever reported or joined this one gets the news of that one.

    Raises `Invalid` naming `number`, `Conflict` (`duplicate_too`) when that one is itself a duplicate.
    """
    if number is None:
        raise Invalid(N_("请填原来那张工单的编号"), code="required", field="number")
    original_id = find_number(session, estate_id=hand.estate_id, number=number)
    # Both rows are locked in one order, whichever is marked.
    for order_id in sorted({original_id, hand.order_id}):
        lock_order(session, estate_id=hand.estate_id, order_id=order_id)
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    move(order.state, OrderState.DUPLICATE, by={Cause.COMMITTEE})
    original = session.get_one(WorkOrder, original_id)
    _ensure_original(session, order, original)
    step = Step(
        to=OrderState.DUPLICATE,
        by={Cause.COMMITTEE},
        actor=hand.actor,
        note=clean_note(note) or f"与第 {original.number} 号工单是同一处故障，后续请看那一张。",
        original=original.id,
    )
    move_order(session, order, step, now=hand.now)
    _bring_along(session, order, original, hand)


def _ensure_original(session: Session, order: WorkOrder, original: WorkOrder) -> None:
    if original.id == order.id:
        raise Invalid(N_("不能和自己重复，请填另一张工单的编号"), code="itself", field="number")
    if original.duplicate_of is not None:
        first = session.get_one(WorkOrder, original.duplicate_of)
        raise Conflict(
            N_("那一张也是重复单，请填最早的那张：第 %(number)s 号"),
            code="duplicate_too",
            field="number",
            number=first.number,
        )


def _bring_along(session: Session, order: WorkOrder, original: WorkOrder, hand: Hand) -> None:
    if not (original.is_open and original.listed):
        return
    joined = session.exec(select(Joiner.account_id).where(col(Joiner.order_id) == order.id)).all()
    people = dict.fromkeys([*([order.reporter_id] if order.reporter_id else []), *joined])
    for account_id in people:
        join_report(
            session,
            estate_id=order.estate_id,
            order_id=original.id,
            account_id=account_id,
            text="",
            now=hand.now,
        )


def send_elsewhere(session: Session, hand: Hand, *, recipient: str, note: str) -> None:
    """Not the estate's to mend: to whom it went, and why; raises `Invalid` naming `recipient` or `note`."""
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    step = Step(
        to=OrderState.NOT_OURS,
        by={Cause.COMMITTEE},
        actor=hand.actor,
        note=clean_note(note),
        recipient=clean_line(recipient, most=80, field="recipient"),
    )
    move_order(session, order, step, now=hand.now)


def decline_order(session: Session, hand: Hand, *, note: str) -> None:
    """Nothing will be done, for a reason that everyone concerned reads."""
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    step = Step(to=OrderState.DECLINED, by={Cause.COMMITTEE}, actor=hand.actor, note=clean_note(note))
    move_order(session, order, step, now=hand.now)


def restore_order(session: Session, hand: Hand, *, note: str) -> None:
    """What was set aside waits for a party again."""
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    if order.state not in {OrderState.DUPLICATE, OrderState.NOT_OURS, OrderState.DECLINED}:
        raise Conflict(N_("这张工单没有被搁置，不用恢复"), code="bad_move")
    step = Step(
        to=OrderState.SUBMITTED,
        by={Cause.COMMITTEE},
        actor=hand.actor,
        note=clean_note(note, required=True),
    )
    move_order(session, order, step, now=hand.now)


def reopen_order(session: Session, hand: Hand, *, note: str) -> None:
    """The committee has looked and it is not repaired; raises `Conflict` (`reopen_late`) when too long ago."""
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    step = Step(
        to=OrderState.REOPENED,
        by={Cause.COMMITTEE},
        actor=hand.actor,
        note=clean_note(note, required=True),
    )
    move_order(session, order, step, now=hand.now)
