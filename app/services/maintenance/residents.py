"""What residents do with an order besides confirming it: join and leave, answer a question, take it back, send it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.maintenance.orders import Joiner, OrderMove, WorkOrder
from app.models.maintenance.photos import PhotoKind
from app.rules.maintenance.states import CLOSED, OrderState
from app.rules.text import clean_text
from app.services.deliberations.attaching import Upload
from app.services.estates.standing import standing_of
from app.services.maintenance.filing import join_report
from app.services.maintenance.moving import Step, move_order
from app.services.maintenance.photos import store_photos
from app.services.maintenance.sight import lock_seen
from app.services.trail import Actor

MOST_NOTE, MOST_JOIN = 1000, 500
# A public word that the history keeps where only photos came.
_PHOTOS_ONLY = "补充了照片"


def join_order(
    session: Session, *, estate_id: UUID, order_id: UUID, account_id: UUID, text: str, now: datetime
) -> None:
    """A neighbour has the same fault; twice is once.

    Raises `NotFound` for an order he may not see, `NotAllowed` (`not_resident`) for who does not live or own here:
    joining gives the right to confirm. `Conflict` (`closed`) for one that is over.
    """
    lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=account_id)
    if not standing_of(session, estate_id=estate_id, account_id=account_id).is_resident:
        raise NotAllowed(N_("“我也遇到”由本小区的业主和住户来点"), code="not_resident")
    join_report(session, estate_id=estate_id, order_id=order_id, account_id=account_id, text=text, now=now)


def leave_order(
    session: Session, *, estate_id: UUID, order_id: UUID, account_id: UUID, now: datetime
) -> None:
    """He no longer counts and gets no more news; what he answered of a repair stays. Twice is once.

    Raises `Conflict` (`closed`) once the order is over: who had the fault then is part of its history.
    """
    order, _ = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=account_id)
    row = session.get(Joiner, (order_id, account_id))
    if row is None:
        return
    if not order.is_open:
        raise Conflict(N_("工单已经办结，不能再退出"), code="closed")
    session.delete(row)
    order.joiners -= 1
    order.changed_at = now
    session.add(order)
    session.flush()


def answer_question(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    text: str,
    photos: Sequence[Upload],
    actor: Actor,
    now: datetime,
) -> None:
    """The reporter or a neighbour says what was asked: the order goes back to whoever held it when the question came.

    Raises `Invalid` (`text`) without a word or a picture, what `move` raises for others and for other states.
    """
    words = clean_text(text, most=MOST_NOTE, field="text")
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    if order.state is not OrderState.NEED_INFO:
        raise Conflict(N_("这张工单现在不用补充，请刷新页面看最新状态"), code="not_asked")
    if not words and not photos:
        raise Invalid(N_("请写几句话，或者加一张照片"), code="required", field="text")
    back = _before_question(session, order)
    note = words or _PHOTOS_ONLY
    move_order(session, order, Step(to=back, by=seat.causes, actor=actor, note=note), now=now)
    if photos:
        store_photos(session, order, kind=PhotoKind.REPORT, uploads=photos, uploaded_by=actor.id, now=now)


def _before_question(session: Session, order: WorkOrder) -> OrderState:
    """Where it was when the first of the questions came that nobody has answered yet."""
    states = session.exec(
        select(OrderMove.state).where(OrderMove.order_id == order.id).order_by(col(OrderMove.seq).desc())
    )
    asked_in = next((state for state in states if state is not OrderState.NEED_INFO), OrderState.SUBMITTED)
    return OrderState.ASSIGNED if asked_in is OrderState.ASSIGNED else OrderState.SUBMITTED


def withdraw_order(
    session: Session, *, estate_id: UUID, order_id: UUID, note: str, actor: Actor, now: datetime
) -> None:
    """The reporter takes his report back, with a reason or without; raises as the table and `ensure_withdrawable` do."""
    words = clean_text(note, most=MOST_NOTE, field="note")
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    step = Step(to=OrderState.WITHDRAWN, by=seat.causes, actor=actor, note=words)
    move_order(session, order, step, now=now)


def reopen_order(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    note: str,
    photos: Sequence[Upload],
    actor: Actor,
    now: datetime,
) -> None:
    """The reporter sends a closed repair back; raises `Invalid` (`no_note`) without a reason, `Conflict` (`reopen_late`).

    Before it is closed he says so where he is asked whether it is repaired.
    """
    words = clean_text(note, most=MOST_NOTE, field="note")
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    if order.state not in CLOSED:
        raise Conflict(N_("这张工单还没有办结，请刷新页面看最新状态"), code="not_closed")
    step = Step(to=OrderState.REOPENED, by=seat.causes, actor=actor, note=words)
    move_order(session, order, step, now=now)
    if photos:
        store_photos(session, order, kind=PhotoKind.REPORT, uploads=photos, uploaded_by=actor.id, now=now)
