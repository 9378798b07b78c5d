"""Hand an order to a party, take its reply, and rule when nobody takes it: the first receiver keeps it meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import Handing, WorkOrder
from app.rules.maintenance import responsible as rules
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.responsible import Basis, Reply
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.moving import Step, move_order
from app.services.trail import Actor


def handings_of(session: Session, order_id: UUID) -> list[Handing]:
    """Everybody who was asked, in order; the first is the first receiver."""
    query = select(Handing).where(Handing.order_id == order_id).order_by(col(Handing.seq))
    return list(session.exec(query))


def as_rule(handing: Handing) -> rules.Handing:
    return rules.Handing(
        party=str(handing.party_id),
        asked_at=handing.asked_at,
        refuse_by=handing.refuse_by,
        reply=handing.reply,
        ruled=handing.ruled,
    )


def hand_to(
    session: Session,
    order: WorkOrder,
    *,
    party_id: UUID,
    basis: Basis | None,
    by: Collection[Cause],
    actor: Actor,
    now: datetime,
    note: str = "",
    ruled: bool = False,
) -> None:
    """Ask a party to take an order whose lock the caller holds; `ruled` when the committee decided that it must.

    The party is one of the order's estate; `basis` is None where no register says why it. Its time for refusing is that of the clock that starts with this step.
    """
    order.basis = basis
    step = Step(to=OrderState.ASSIGNED, by=by, actor=actor, note=note, party_id=party_id)
    move_order(session, order, step, now=now)
    last = session.exec(
        select(sa.func.coalesce(sa.func.max(Handing.seq), 0)).where(col(Handing.order_id) == order.id)
    ).one()
    session.add(
        Handing(
            order_id=order.id,
            seq=last + 1,
            party_id=party_id,
            asked_at=now,
            refuse_by=refuse_by_of(session, order.id) or now,
            ruled=ruled,
            note=note[:500],
        )
    )
    session.flush()


def refuse_by_of(session: Session, order_id: UUID) -> datetime | None:
    """Until when the party asked last may refuse; later than first said where a question stopped the clock."""
    query = (
        select(OrderClock.due_at)
        .where(OrderClock.order_id == order_id, OrderClock.clock == ClockKind.REFUSAL)
        .order_by(col(OrderClock.round).desc())
        .limit(1)
    )
    return session.exec(query).one_or_none()


def reply_to(session: Session, order: WorkOrder, *, party_id: UUID, reply: Reply, now: datetime) -> None:
    """Write down what the party that was asked last answered; nothing to write when another was asked."""
    asked = handings_of(session, order.id)[-1:]
    if asked and asked[0].party_id == party_id and asked[0].reply is None:
        asked[0].reply, asked[0].replied_at = reply, now
        session.add(asked[0])
        session.flush()
