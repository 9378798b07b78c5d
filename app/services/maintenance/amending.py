"""What the committee puts right on an open order: its category, urgency and place, and once its time; each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.base import table_of
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import FaultCount, OrderNote, WorkOrder
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import category_of
from app.rules.maintenance.clockrules import CLOCK_NAMES, URGENCY_NAMES, ClockKind, Urgency
from app.rules.maintenance.clocks import Run, ensure_extendable
from app.rules.maintenance.runs import runs_of
from app.rules.maintenance.states import CLOSED, Cause, OrderState
from app.rules.maintenance.terms import MEASURE_NAMES, Term
from app.services import trail
from app.services.maintenance.clocks import clock_of, follow_history, history_of, rows_of
from app.services.maintenance.desk import Hand, ensure_committee, take_order
from app.services.maintenance.handing import hand_to
from app.services.maintenance.moving import count_fault
from app.services.maintenance.noting import voice_of, write_note
from app.services.maintenance.parties import committee_party
from app.services.maintenance.places import find_place, label_of, way_of
from app.services.maintenance.seats import OrderSeat
from app.services.maintenance.warranties import who_answers
from app.services.maintenance.working import clean_note

_EXTENDABLE = (ClockKind.REWORK, ClockKind.REPAIR)
# The states from which the committee may hand an order on.
_TO_HAND = frozenset(OrderState) - CLOSED - {OrderState.REPAIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What it shall be from now on; `again` decides warranty and party anew by the day of filing."""

    category: str
    urgency: str
    place_id: UUID | None
    note: str
    again: bool = False


def amend_order(session: Session, hand: Hand, change: Amendment) -> None:
    """Put category, urgency or place of an open order right. Terms that were given stay.

    The caller holds the estate's lock. Raises `Invalid` naming a field, `Conflict` (`closed`) for an order that is over.
    """
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    if not order.is_open:
        raise Conflict(N_("工单已经办结，不能再改类别和地点"), code="closed")
    category = category_of(change.category)
    if change.urgency not in set(Urgency):
        raise Invalid(N_("请选择紧急程度"), code="required", field="urgency")
    if change.place_id is None:
        raise Invalid(N_("请选择地点"), code="required", field="place")
    place = find_place(session, estate_id=order.estate_id, place_id=change.place_id)
    reason = clean_note(change.note, required=True)
    old = (order.category, order.urgency, order.place_id)
    new = (category.key, Urgency(change.urgency), place.id)
    if old == new and not change.again:
        raise Invalid(N_("什么也没有改，请先改类别、紧急程度或地点"), code="unchanged", field="category")
    words = _words(session, order, new, place)
    order.category, order.family, order.urgency = category.key, category.family, new[1]
    _move_place(session, order, place)
    _record(session, order, hand, old, new, reason)
    text = "；".join([*words, f"理由：{reason}"])
    _tell(session, order, seat, hand, f"居委会更正了工单：{text}")
    if change.again:
        _decide_again(session, order, place, hand, reason)


def _words(session: Session, order: WorkOrder, new: tuple[str, Urgency, UUID], place: Place) -> list[str]:
    words = []
    if new[0] != order.category:
        words.append(f"类别由“{category_of(order.category).title}”改为“{category_of(new[0]).title}”")
    if new[1] is not order.urgency:
        words.append(f"紧急程度由“{URGENCY_NAMES[order.urgency]}”改为“{URGENCY_NAMES[new[1]]}”")
    if new[2] != order.place_id:
        words.append(f"地点改为“{label_of(way_of(session, place))}”")
    return words


def _move_place(session: Session, order: WorkOrder, place: Place) -> None:
    """The public count follows the building. Its rows are locked in one order, so that two moves do not wait for each other."""
    counted = order.listed and order.is_open and order.building != place.building
    if counted:
        lock_counts(session, order.estate_id, {order.building, place.building})
        order.listed = False
        count_fault(session, order, was_counted=True)
    order.place_id, order.building, order.entrance = place.id, place.building, place.entrance
    if counted:
        order.listed = True
        count_fault(session, order, was_counted=False)
    session.add(order)
    session.flush()


def lock_counts(session: Session, estate_id: UUID, buildings: set[str]) -> None:
    """Hold the counts of these buildings until the end, always in the same order."""
    table = table_of(FaultCount)
    query = sa.select(table.c.building).where(
        table.c.estate_id == estate_id, table.c.building.in_(sorted(buildings))
    )
    session.connection().execute(query.order_by(table.c.building).with_for_update(key_share=True)).all()


def _record(
    session: Session,
    order: WorkOrder,
    hand: Hand,
    old: tuple[str, Urgency, UUID],
    new: tuple[str, Urgency, UUID],
    reason: str,
) -> None:
    names = ("category", "urgency", "place")
    trail.record(
        session,
        tag="maintenance:order:amend",
        actor=hand.actor,
        now=hand.now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old=dict(zip(names, map(str, old), strict=True)),
        new=dict(zip(names, map(str, new), strict=True)),
        reason=reason,
    )


def _tell(session: Session, order: WorkOrder, seat: OrderSeat, hand: Hand, text: str) -> None:
    note = OrderNote(
        id=uuid4(),
        order_id=order.id,
        account_id=hand.actor.id,
        author=voice_of(session, order, seat),
        text=text[:1000],
        at=hand.now,
    )
    write_note(session, order, note)


def _decide_again(session: Session, order: WorkOrder, place: Place, hand: Hand, reason: str) -> None:
    """Warranty and party by the day of filing, as if it had been reported so; the party is asked where it is another."""
    fallback = committee_party(session, estate_id=order.estate_id, now=hand.now)
    found = who_answers(
        session,
        way=way_of(session, place),
        family=order.family,
        category=order.category,
        filed_at=order.filed_at,
        fallback=fallback.id,
    )
    order.cover = found.decision.cover if found.decision else None
    order.warranty_item_id = found.item_id
    session.add(order)
    if found.party_id == order.party_id or order.state not in _TO_HAND:
        session.flush()
        return
    hand_to(
        session,
        order,
        party_id=found.party_id,
        basis=found.basis,
        by={Cause.COMMITTEE},
        actor=hand.actor,
        now=hand.now,
        note=reason,
    )


def running_clock(session: Session, order_id: UUID) -> tuple[OrderClock, Run] | None:
    """The clock of the repair or rework that runs now, with its run."""
    runs = runs_of(history_of(session, order_id))
    latest = {row.clock: row for row in rows_of(session, order_id)}
    for kind in _EXTENDABLE:
        if kind in runs and runs[kind].stopped is None and kind in latest:
            row = latest[kind]
            return row, clock_of(session, row, runs[kind]).run
    return None


def extend_clock(session: Session, hand: Hand, *, amount: int | None, note: str) -> None:
    """The committee gives the running repair more time, once, in the measure of its term; everybody sees it.

    Raises what `ensure_extendable` raises, `Conflict` (`no_clock`) when none runs.
    """
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    found = running_clock(session, order.id)
    if found is None:
        raise Conflict(N_("现在没有在走的维修时限，不用延长"), code="no_clock")
    row, run = found
    term = Term(row.measure, row.amount)
    ensure_extendable(run, amount if amount is not None else 0, term)
    reason = clean_note(note, required=True)[:500]
    before = row.due_at
    row.extended, row.extended_reason = amount or 0, reason
    session.add(row)
    session.flush()
    follow_history(session, order, now=hand.now)
    trail.record(
        session,
        tag="maintenance:clock:extend",
        actor=hand.actor,
        now=hand.now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old={"due_at": before.isoformat()},
        new={"due_at": row.due_at.isoformat(), "amount": amount, "clock": row.clock.value},
        reason=reason,
    )
    unit = MEASURE_NAMES[row.measure].split("（", maxsplit=1)[0]
    said = f"居委会批准{CLOCK_NAMES[row.clock]}延长 {amount} {unit}（只能延长一次）。理由：{reason}"
    _tell(session, order, seat, hand, said)
