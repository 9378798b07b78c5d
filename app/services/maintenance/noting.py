"""Words without a step, public or for those who work on the order; and a look at whom to call, which leaves a trace."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.accounts import Account
from app.models.estates import Estate, Unit
from app.models.maintenance.orders import OrderNote, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.estates.labels import home_label
from app.rules.maintenance.states import Cause
from app.rules.text import clean_text
from app.services import trail
from app.services.maintenance.desk import Hand, take_order
from app.services.maintenance.seats import OrderSeat
from app.services.maintenance.telling import residents_of, tell

MOST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask back; `home` is known where the fault is inside a flat."""

    name: str
    phone: str
    home: str


def voice_of(session: Session, order: WorkOrder, seat: OrderSeat) -> str:
    """Residents hear a body, not a person: the party that holds it, or the committee."""
    if Cause.COMMITTEE in seat.causes:
        return session.get_one(Estate, order.estate_id).committee_name or "居委会"
    mine = order.party_id if order.party_id in seat.party_ids else min(seat.party_ids)
    return session.get_one(Party, mine).name


def write_note(session: Session, order: WorkOrder, note: OrderNote) -> None:
    """Add a word to an order whose lock is held, and tell the residents of a public one."""
    session.add(note)
    order.changed_at = note.at
    session.add(order)
    session.flush()
    if not note.private:
        tell(
            session,
            order,
            residents_of(session, order),
            template="order_note",
            occasion=str(note.id),
            now=note.at,
            values={"author": note.author, "text": note.text},
            but=note.account_id,
        )


def add_note(session: Session, hand: Hand, *, note_id: UUID, text: str, private: bool) -> None:
    """News for the residents, or a word for those who work on it. Sent twice it is one."""
    order, seat = take_order(session, hand)
    present = session.get(OrderNote, note_id)
    if present is not None:
        if (present.order_id, present.account_id) != (order.id, hand.actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    said = clean_text(text, most=MOST_NOTE, field="note")
    if not said:
        raise Invalid(N_("请写要说的话"), code="required", field="note")
    note = OrderNote(
        id=note_id,
        order_id=order.id,
        account_id=hand.actor.id,
        author=voice_of(session, order, seat),
        text=said,
        private=private,
        at=hand.now,
    )
    write_note(session, order, note)


def look_at_contact(session: Session, hand: Hand) -> Contact:
    """Whom to call about an order, for the party that has it while it is open, and for the committee; each look is a row.

    Raises `NotAllowed` (`not_yours`) for a party that has handed it on or is done with it.
    """
    order, seat = take_order(session, hand)
    if Cause.COMMITTEE not in seat.causes and not (Cause.PARTY in seat.causes and order.is_open):
        raise NotAllowed(N_("工单不在您这里或已经办结，不能再看报修人的电话"), code="not_yours")
    trail.record(
        session,
        tag="maintenance:contact:look",
        actor=hand.actor,
        now=hand.now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        reason=f"办理第 {order.number} 号工单，联系报修人",
    )
    account = session.get(Account, order.reporter_id) if order.reporter_id else None
    unit = session.get(Unit, order.unit_id) if order.unit_id else None
    return Contact(
        name=order.contact_name or (account.name if account else ""),
        phone=order.contact_phone or (account.phone or "" if account else ""),
        home=home_label(unit.building, unit.entrance, unit.room) if unit else "",
    )
