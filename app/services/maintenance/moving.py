"""Move an order from state to state under its lock: one door for every step, whoever takes it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.maintenance.orders import FaultCount, OrderMove, WorkOrder
from app.rules.maintenance.clocks import Pause
from app.rules.maintenance.demands import (
    Need,
    ensure_brought,
    ensure_reopenable,
    ensure_withdrawable,
)
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.states import CLOSED, MOVES, OPEN, STATE_NAMES, Cause, OrderState, move
from app.services import trail
from app.services.maintenance.clocks import asks_until, follow_history
from app.services.maintenance.telling import people_of_party, residents_of, tell
from app.services.trail import Actor

_ANSWERS = CLOSED | {OrderState.ACCEPTED, OrderState.IN_PROGRESS, OrderState.REPAIRED}
_CALLS_PARTY = frozenset({OrderState.ASSIGNED, OrderState.REOPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step to take: what the table asks for besides (`rules/maintenance/demands.py`), and whose word it is.

    `note` is public, `private_note` for those who work on the order. `proof` says that a photo of the repair was
    stored with this step. `party_id` answers from here on; None leaves it. `asked_at` is when it was asked for, if
    somebody decides about it later: a window does not close over the committee's own slowness.
    """

    to: OrderState
    by: Collection[Cause]
    actor: Actor
    note: str = ""
    private_note: str = ""
    pause: Pause | None = None
    reason: PauseReason | None = None
    recipient: str = ""
    original: UUID | None = None
    proof: bool = False
    party_id: UUID | None = None
    asked_at: datetime | None = None

    def brought(self) -> set[Need]:
        given = {
            Need.NOTE: bool(self.note.strip()),
            Need.RECIPIENT: bool(self.recipient.strip()),
            Need.ORIGINAL: self.original is not None,
            Need.PAUSE: self.pause is not None,
            Need.PHOTO: self.proof,
        }
        return {need for need, there in given.items() if there}


def lock_order(session: Session, *, estate_id: UUID, order_id: UUID) -> WorkOrder:
    """The order with its row locked until the end of the transaction; `NotFound` for another estate's."""
    query = (
        select(WorkOrder)
        .where(WorkOrder.id == order_id, WorkOrder.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    order = session.exec(query).one_or_none()
    if order is None:
        raise NotFound(N_("没有找到这张工单"))
    return order


def move_order(session: Session, order: WorkOrder, step: Step, *, now: datetime) -> None:
    """Take one step of `rules/maintenance/states.py` with an order whose lock the caller holds.

    Writes the move, lets the clocks follow, keeps the public count, leaves a trail row, and tells whom it concerns.
    Raises what `states.move` and `demands` raise; nothing is written then.
    """
    old = order.state
    to = move(old, step.to, by=step.by)
    ensure_brought(to, step.brought())
    _ensure_in_time(session, order, to, step.asked_at or now)
    cause = next(cause for cause in Cause if cause in step.by and cause in MOVES[old][to])
    was_counted = order.listed and order.is_open
    _settle(order, old, to, step, now)
    note_move(session, order, cause=cause, step=step, now=now)
    follow_history(session, order, now=now)
    count_fault(session, order, was_counted=was_counted)
    trail.record(
        session,
        tag="maintenance:order:move",
        actor=step.actor,
        now=now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old={"state": old.value},
        new={"state": to.value, **({"party": str(step.party_id)} if step.party_id else {})},
        reason=step.note,
    )
    _tell(session, order, step, now)


def _ensure_in_time(session: Session, order: WorkOrder, to: OrderState, asked_at: datetime) -> None:
    if to is OrderState.REOPENED and order.closed_at is not None:
        ensure_reopenable(asks_until(session, order), asked_at)
    if to is OrderState.WITHDRAWN:
        ensure_withdrawable(order.joiners)


def _settle(order: WorkOrder, old: OrderState, to: OrderState, step: Step, now: datetime) -> None:
    order.state, order.is_open, order.changed_at = to, to in OPEN, now
    if to in _ANSWERS and order.answered_at is None:
        order.answered_at = now
    if to is OrderState.REPAIRED:
        order.repaired_at = now
    if to is OrderState.REOPENED:
        order.reopened += 1
        # A rating is of one repair: the next one is rated anew.
        order.repaired_at = order.rating = None
    order.closed_at = now if to in CLOSED else None
    if step.party_id is not None:
        order.party_id = step.party_id
    if to in {OrderState.DUPLICATE, OrderState.NOT_OURS} or old in CLOSED:
        order.duplicate_of, order.recipient = step.original, step.recipient.strip()


def note_move(session: Session, order: WorkOrder, *, cause: Cause, step: Step, now: datetime) -> None:
    """Add the line of a step to the order's history."""
    session.add(order)
    session.flush()
    last = session.exec(
        select(sa.func.coalesce(sa.func.max(OrderMove.seq), 0)).where(col(OrderMove.order_id) == order.id)
    ).one()
    session.add(
        OrderMove(
            order_id=order.id,
            seq=last + 1,
            state=step.to,
            cause=cause,
            actor_id=step.actor.id,
            actor_name=step.actor.name[:50],
            party_id=order.party_id,
            reason=step.reason,
            until=step.pause.until if step.pause else None,
            note=step.note.strip()[:1000],
            private_note=step.private_note.strip()[:1000],
            at=now,
        )
    )
    session.flush()


def count_fault(session: Session, order: WorkOrder, *, was_counted: bool) -> None:
    """Keep the number of open listed orders of the order's building, after `is_open` or `listed` may have changed."""
    change = int(order.listed and order.is_open) - int(was_counted)
    if not change:
        return
    table = table_of(FaultCount)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(table).values(estate_id=order.estate_id, building=order.building, open=0)
    session.connection().execute(first.on_conflict_do_nothing())
    session.connection().execute(
        sa.update(table)
        .where(table.c.estate_id == order.estate_id, table.c.building == order.building)
        .values(open=table.c.open + change)
    )


def _tell(session: Session, order: WorkOrder, step: Step, now: datetime) -> None:
    """The residents hear of every step but that of being handed round, the party of what waits for it."""
    occasion = now.isoformat()
    if step.to in _CALLS_PARTY:
        tell(
            session,
            order,
            people_of_party(session, order, order.party_id),
            template="order_assigned" if step.to is OrderState.ASSIGNED else "order_reopened",
            occasion=occasion,
            now=now,
            values={"note": step.note},
            but=step.actor.id,
        )
    template = "order_repaired" if step.to is OrderState.REPAIRED else "order_moved"
    tell(
        session,
        order,
        residents_of(session, order),
        template=template,
        occasion=occasion,
        now=now,
        values={"state": STATE_NAMES[step.to], "note": step.note},
        but=step.actor.id,
    )
