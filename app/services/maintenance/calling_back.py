"""Call-backs (回访): what staff heard when they asked, entered with a note and kept apart from residents' own ratings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import WorkOrder
from app.rules.maintenance.rates import CallBack
from app.rules.maintenance.states import CLOSED, NOT_COUNTED
from app.rules.text import clean_text
from app.services import trail
from app.services.maintenance.moving import lock_order
from app.services.trail import Actor

MOST_NOTE = 500


def may_call_back(order: WorkOrder) -> bool:
    """Only what has ended, and not as a duplicate or taken back: there is nothing to ask of those."""
    return order.state in CLOSED - NOT_COUNTED


def enter_call_back(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    result: CallBack | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down what was heard; a later call replaces it and both stand in the trail, the same once. No rating changes.

    Raises `Invalid` (`result`) without a result, `Conflict` (`not_closed`).
    """
    words = clean_text(note, most=MOST_NOTE, field="note")
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if not may_call_back(order):
        raise Conflict(N_("办结以后才能登记回访；重复和撤回的不用回访"), code="not_closed")
    if result is None:
        raise Invalid(N_("请选择回访的结果"), code="required", field="result")
    old = order.call_back
    if (old, order.call_back_note, order.call_back_by) == (result, words, actor.id):
        return  # the same form once more
    order.call_back, order.call_back_note = result, words
    order.call_back_by, order.call_back_at = actor.id, now
    session.add(order)
    session.flush()
    trail.record(
        session,
        tag="maintenance:order:call_back",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="work_order",
        subject_id=order_id,
        old={"call_back": old.value if old else ""},
        new={"call_back": result.value},
        reason=words,
    )
