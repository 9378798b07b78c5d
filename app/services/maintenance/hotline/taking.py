"""Take in calls as the committee decided: a new order, or one more number on the order that is here. One fault, one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import OrderNote, ReportSource, WorkOrder
from app.rules.calendar import BEIJING
from app.rules.maintenance.hotline import HotlineCall, Sheet, read_number
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.desk import Hand
from app.services.maintenance.filing import Report, file_report
from app.services.maintenance.hotline.previewing import known_orders
from app.services.maintenance.hotline.spots import Spots, read_spots
from app.services.maintenance.moving import count_fault, lock_order
from app.services.maintenance.setting_aside import find_number, mark_duplicate
from app.services.trail import Actor

NEW, SKIP = "new", "skip"
_HOTLINE = "市民热线"


@dataclass(frozen=True, slots=True)
class Taken:
    """How many calls became orders, were put to orders that are here, were here already, and were left out."""

    new: int = 0
    joined: int = 0
    known: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who takes calls in, where, and when."""

    estate_id: UUID
    spots: Spots
    actor: Actor
    now: datetime


def take_calls(
    session: Session,
    *,
    estate_id: UUID,
    sheet: Sheet,
    choices: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> Taken:
    """Do what was chosen for each hotline number: `new`, `skip`, `order:12` or `call:<an earlier number>`.

    A number that is here already is left as it is, so a sheet taken in twice is one. Raises `Invalid` or `Conflict`
    naming `choice-<number>`; nothing is written then.
    """
    lock_register(session, estate_id=estate_id)
    desk = _Desk(estate_id, read_spots(session, estate_id=estate_id), actor, now)
    here = known_orders(session, estate_id=estate_id, numbers=[call.number for call in sheet.calls])
    orders = {number: known.id for number, known in here.items()}
    _lock_chosen(session, desk, {choices.get(call.number, "") for call in sheet.calls})
    taken = Taken()
    for call in sheet.calls:
        choice = choices.get(call.number, "")
        if call.number in here:
            taken = replace(taken, known=taken.known + 1)
        elif choice == SKIP:
            taken = replace(taken, left=taken.left + 1)
        elif choice == NEW:
            orders[call.number] = _file(session, desk, call)
            taken = replace(taken, new=taken.new + 1)
        else:
            orders[call.number] = _join(session, desk, call, _chosen(session, desk, call, choice, orders))
            taken = replace(taken, joined=taken.joined + 1)
    return taken


def put_number(
    session: Session, *, estate_id: UUID, number: int | None, hotline_number: str, actor: Actor, now: datetime
) -> None:
    """Write the hotline's number on one order by hand; the same twice is once.

    Raises `Invalid` naming `number` or `hotline_number`, `Conflict` when either has another partner.
    """
    if number is None:
        raise Invalid(N_("请填工单的编号"), code="required", field="number")
    try:
        wanted = read_number(hotline_number)
    except Invalid as refusal:
        raise Invalid(refusal.message, code=refusal.code, field="hotline_number", **refusal.values) from None
    lock_register(session, estate_id=estate_id)
    order_id = find_number(session, estate_id=estate_id, number=number)
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    here = known_orders(session, estate_id=estate_id, numbers=[wanted]).get(wanted)
    if here is not None and here.id != order.id:
        raise Conflict(
            N_("这个热线编号已经在第 %(number)s 号工单上"),
            code="number_taken",
            field="hotline_number",
            number=here.number,
        )
    if order.hotline_number not in {None, wanted}:
        raise Conflict(
            N_("第 %(number)s 号工单已经有热线编号 %(known)s"),
            code="has_number",
            field="number",
            number=order.number,
            known=order.hotline_number,
        )
    if order.hotline_number is None:
        _write_number(session, order, wanted, actor, now)


def _lock_chosen(session: Session, desk: _Desk, choices: set[str]) -> None:
    """All orders that calls may be put to, in one order, so that two who lock several never wait for each other."""
    numbers = [
        int(choice[6:]) for choice in choices if choice.startswith("order:") and _is_number(choice[6:])
    ]
    query = select(WorkOrder.id).where(
        WorkOrder.estate_id == desk.estate_id, col(WorkOrder.number).in_(numbers)
    )
    for order_id in sorted(session.exec(query).all()):
        lock_order(session, estate_id=desk.estate_id, order_id=order_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _chosen(
    session: Session, desk: _Desk, call: HotlineCall, choice: str, orders: Mapping[str, UUID]
) -> WorkOrder:
    """The open order a call is put to: the first one of its chain of duplicates."""
    field = f"choice-{call.number}"
    kind, _, key = choice.partition(":")
    order_id = orders.get(key) if kind == "call" else None
    if kind == "order" and _is_number(key):
        order_id = session.exec(
            select(WorkOrder.id).where(WorkOrder.estate_id == desk.estate_id, WorkOrder.number == int(key))
        ).one_or_none()
    if order_id is None:
        raise Invalid(N_("请选择：并入已有的工单、作为新工单，或者这次不导入"), code="required", field=field)
    order = lock_order(session, estate_id=desk.estate_id, order_id=order_id)
    if order.duplicate_of is not None:
        order = lock_order(session, estate_id=desk.estate_id, order_id=order.duplicate_of)
    if not order.is_open:
        raise Conflict(
            N_("第 %(number)s 号工单已经办结，请作为新工单导入，系统会关联以前的记录"),
            code="closed",
            field=field,
            number=order.number,
        )
    return order


def _file(session: Session, desk: _Desk, call: HotlineCall, *, held: bool = False) -> UUID:
    report = Report(
        id=uuid4(),
        estate_id=desk.estate_id,
        source=ReportSource.HOTLINE,
        place_id=desk.spots.place_of(call.address).id,
        category=call.category,
        text=call.public,
        filed_by=desk.actor.id,
        contact_name=call.caller,
        contact_phone=call.phone,
        address=call.address,
        hotline_number=call.number,
        held=held,
    )
    order_id = file_report(session, report, actor=desk.actor, now=desk.now)
    _write_call(session, order_id, call, desk, whole=False)
    return order_id


def _join(session: Session, desk: _Desk, call: HotlineCall, order: WorkOrder) -> UUID:
    """The first call gives its number to the order; a further one is an order of its own, closed at once as a duplicate.

    The hotline asks after each of its numbers, but only the first order has a clock that runs.
    """
    if order.hotline_number is None:
        if order.reporter_id is None and not order.contact_phone:
            order.contact_name, order.contact_phone = call.caller, call.phone
        _write_number(session, order, call.number, desk.actor, desk.now)
        _write_call(session, order.id, call, desk, whole=True)
        return order.id
    # Held while it is filed, so that no party is asked about it.
    order_id = _file(session, desk, call, held=True)
    double = lock_order(session, estate_id=desk.estate_id, order_id=order_id)
    double.held, double.listed = False, True
    count_fault(session, double, was_counted=False)
    hand = Hand(estate_id=desk.estate_id, order_id=order_id, actor=desk.actor, now=desk.now)
    mark_duplicate(session, hand, number=order.number)
    _write_call(session, order.id, call, desk, whole=True)
    return order_id


def _write_number(session: Session, order: WorkOrder, number: str, actor: Actor, now: datetime) -> None:
    order.hotline_number, order.changed_at = number, now
    session.add(order)
    session.flush()
    trail.record(
        session,
        tag="maintenance:order:hotline",
        actor=actor,
        now=now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        new={"number": order.number, "hotline": number},
    )


def _write_call(session: Session, order_id: UUID, call: HotlineCall, desk: _Desk, *, whole: bool) -> None:
    """What the hotline wrote, for those who work on the order; its words too where the order has others.

    Never the caller's number: whoever looks at that leaves a trace (`noting.look_at_contact`).
    """
    when = f"{call.called_at.astimezone(BEIJING):%Y-%m-%d %H:%M}来电。" if call.called_at else ""
    where = f"地址：{call.address}。" if call.address else ""
    said = f"内容：{call.text}" if whole else ""
    note = OrderNote(
        order_id=order_id,
        author=_HOTLINE,
        text=f"热线编号 {call.number}。{when}{where}{said}"[:1000],
        private=True,
        at=desk.now,
    )
    session.add(note)
    session.flush()
