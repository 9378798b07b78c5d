"""The reporter disagrees with how his order ended: he says so once, and somebody who did not end it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select, tuple_

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.maintenance.orders import OrderAppeal, OrderAppealState, OrderMove, WorkOrder
from app.models.maintenance.places import Place
from app.rules.maintenance.states import STATE_NAMES, Cause, OrderState
from app.rules.text import clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.clocks import asks_until
from app.services.maintenance.filing import dispatch
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.places import way_of
from app.services.maintenance.sight import is_reporter, lock_seen
from app.services.maintenance.telling import committee_of, tell
from app.services.trail import Actor

APPEALABLE = frozenset(
    {OrderState.DECLINED, OrderState.NOT_OURS, OrderState.DUPLICATE, OrderState.AUTO_CLOSED}
)
PAGE = 20
MOST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal with the end it is against; `state_name` is marked, `ended_by` who ended the order and `why`."""

    id: UUID
    order_id: UUID
    number: int
    state_name: str
    text: str
    at: datetime
    ended_by: str
    why: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class MyAppeal:
    """The reporter's own appeal against the present end, and what came of it."""

    state: OrderAppealState
    text: str
    at: datetime
    reason: str
    decided_at: datetime | None


def file_appeal(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    appeal_id: UUID,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Ask the committee to look again; the same form again is the same appeal.

    Raises `NotAllowed` for others than the reporter, `Invalid` without words, `Conflict` for an end that is none of
    `APPEALABLE` (`nothing_to_appeal`), after the time for it (`appeal_late`), and the second time (`already_appealed`).
    """
    words = clean_text(text, most=MOST_TEXT, field="text")
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    known = session.get(OrderAppeal, appeal_id)
    if known is not None and (known.order_id, known.account_id) == (order_id, actor.id):
        return
    _ensure_may_appeal(session, order, is_reporter(seat), now)
    if not words:
        raise Invalid(N_("请写明您为什么不同意"), code="required", field="text")
    session.add(
        OrderAppeal(
            id=appeal_id,
            estate_id=estate_id,
            order_id=order_id,
            account_id=actor.id,
            text=words,
            at=now,
            state=OrderAppealState.PENDING,
        )
    )
    session.flush()
    tell(
        session,
        order,
        committee_of(session, estate_id),
        template="order_appealed",
        occasion=str(appeal_id),
        now=now,
        but=actor.id,
    )


def _ensure_may_appeal(session: Session, order: WorkOrder, own: bool, now: datetime) -> None:
    if not own:
        raise NotAllowed(N_("只有报修人可以申诉"), code="not_yours")
    if order.state not in APPEALABLE:
        raise Conflict(N_("这张工单现在没有可以申诉的决定，请刷新页面"), code="nothing_to_appeal")
    if my_appeal(session, order) is not None:
        raise Conflict(N_("这个决定您已经申诉过了，每个决定只能申诉一次"), code="already_appealed")
    if not in_time(session, order, now):
        raise Conflict(N_("申诉期限已过；问题还在请重新报修，系统会关联以前的记录"), code="appeal_late")


def in_time(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Whether the time to appeal against the present end still runs."""
    until = asks_until(session, order)
    return until is not None and now < until


def my_appeal(session: Session, order: WorkOrder) -> MyAppeal | None:
    """The appeal against the present end of a closed order, or one that still waits from an earlier end."""
    if order.closed_at is None:
        return None
    query = select(OrderAppeal).where(
        OrderAppeal.order_id == order.id,
        (col(OrderAppeal.at) >= order.closed_at) | (col(OrderAppeal.state) == OrderAppealState.PENDING),
    )
    row = session.exec(query.order_by(col(OrderAppeal.at).desc()).limit(1)).one_or_none()
    return MyAppeal(row.state, row.text, row.at, row.reason, row.decided_at) if row else None


def may_appeal(session: Session, order: WorkOrder, *, own: bool, now: datetime) -> bool:
    """Whether to draw the form."""
    try:
        _ensure_may_appeal(session, order, own, now)
    except (NotAllowed, Conflict):
        return False
    return True


def list_appeals(
    session: Session, *, estate_id: UUID, viewer_id: UUID, after: UUID | None = None
) -> list[AppealLine]:
    """Appeals that wait, the oldest first, one more than `PAGE`, from behind the one named."""
    query = (
        select(OrderAppeal, WorkOrder)
        .join(WorkOrder, col(WorkOrder.id) == OrderAppeal.order_id)
        .where(OrderAppeal.estate_id == estate_id, OrderAppeal.state == OrderAppealState.PENDING)
    )
    last = session.get(OrderAppeal, after) if after else None
    if last is not None and last.estate_id == estate_id:
        query = query.where(tuple_(col(OrderAppeal.at), col(OrderAppeal.id)) > (last.at, last.id))
    query = query.order_by(col(OrderAppeal.at), col(OrderAppeal.id)).limit(PAGE + 1)
    return [_line(session, row, order, viewer_id) for row, order in session.exec(query)]


def _line(session: Session, row: OrderAppeal, order: WorkOrder, viewer_id: UUID) -> AppealLine:
    end = _last_move(session, order.id)
    return AppealLine(
        id=row.id,
        order_id=order.id,
        number=order.number,
        state_name=STATE_NAMES[order.state],
        text=row.text,
        at=row.at,
        ended_by=end.actor_name,
        why=end.note,
        is_mine=viewer_id in (end.actor_id, row.account_id),
    )


def _last_move(session: Session, order_id: UUID) -> OrderMove:
    query = select(OrderMove).where(OrderMove.order_id == order_id).order_by(col(OrderMove.seq).desc())
    return session.exec(query.limit(1)).one()


def count_appeals(session: Session, *, estate_id: UUID) -> int:
    """How many wait, for the desk's piles; a hundred stands for more."""
    query = select(OrderAppeal.id).where(
        OrderAppeal.estate_id == estate_id, OrderAppeal.state == OrderAppealState.PENDING
    )
    return len(session.exec(query.limit(100)).all())


def read_appeal(session: Session, *, estate_id: UUID, appeal_id: UUID, viewer_id: UUID) -> AppealLine:
    """One appeal that waits; `NotFound` for another estate's, `Conflict` (`decided`) for one that was decided."""
    row = _find(session, estate_id, appeal_id)
    if row.state is not OrderAppealState.PENDING:
        raise Conflict(N_("这个申诉已经处理过了"), code="decided")
    return _line(session, row, session.get_one(WorkOrder, row.order_id), viewer_id)


def _find(session: Session, estate_id: UUID, appeal_id: UUID) -> OrderAppeal:
    query = select(OrderAppeal).where(OrderAppeal.id == appeal_id, OrderAppeal.estate_id == estate_id)
    row = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这个申诉"))
    return row


def decide_appeal(
    session: Session,
    *,
    estate_id: UUID,
    appeal_id: UUID,
    granted: bool | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Grant or refuse with a reason. Granted, the order is open again: sent back, or looked at anew and handed out.

    Raises `Invalid` without a decision or a reason, `NotAllowed` (`own_decision`) for who ended the order or is its
    reporter, `Conflict` (`decided`) when somebody was first.
    """
    why = clean_text(reason, most=MOST_TEXT, field="reason")
    lock_register(session, estate_id=estate_id)
    order = lock_order(session, estate_id=estate_id, order_id=_find(session, estate_id, appeal_id).order_id)
    row = _find(session, estate_id, appeal_id)
    if row.state is not OrderAppealState.PENDING:
        raise Conflict(N_("这个申诉已经处理过了"), code="decided")
    if actor.id in (_last_move(session, order.id).actor_id, row.account_id):
        raise NotAllowed(
            N_("这个决定是您作的，或者是您自己的报修，请另一位工作人员处理"), code="own_decision"
        )
    if granted is None:
        raise Invalid(N_("请选择申诉是否成立"), code="required", field="decision")
    if not why:
        raise Invalid(N_("请写明理由，报修人会看到"), code="required", field="reason")
    row.state = OrderAppealState.GRANTED if granted else OrderAppealState.REFUSED
    row.reason, row.decided_by, row.decided_at = why, actor.id, now
    session.add(row)
    session.flush()
    _record(session, row, order, actor, now)
    # Whoever was first has opened it again already, by another way.
    if granted and order.state in APPEALABLE:
        _open_again(session, order, row, actor, now)
    _tell_reporter(session, order, row, actor, now)


def _open_again(session: Session, order: WorkOrder, row: OrderAppeal, actor: Actor, now: datetime) -> None:
    sent_back = order.state is OrderState.AUTO_CLOSED
    step = Step(
        to=OrderState.REOPENED if sent_back else OrderState.SUBMITTED,
        by={Cause.COMMITTEE},
        actor=actor,
        note=row.reason,
        asked_at=row.at,
    )
    move_order(session, order, step, now=now)
    if not sent_back:
        dispatch(session, order, way=way_of(session, session.get_one(Place, order.place_id)), now=now)


def _record(session: Session, row: OrderAppeal, order: WorkOrder, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag="maintenance:appeal:decide",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old={"state": OrderAppealState.PENDING.value, "order": order.state.value},
        new={"state": row.state.value},
        reason=row.reason,
    )


def _tell_reporter(session: Session, order: WorkOrder, row: OrderAppeal, actor: Actor, now: datetime) -> None:
    granted = row.state is OrderAppealState.GRANTED
    people: Sequence[UUID] = [row.account_id]
    tell(
        session,
        order,
        people,
        template="order_appeal_granted" if granted else "order_appeal_refused",
        occasion=str(row.id),
        now=now,
        values={"reason": row.reason},
        but=actor.id,
    )
