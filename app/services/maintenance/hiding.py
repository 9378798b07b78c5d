"""Take an order out of public sight with a reason that stays, and put it back; the repair goes on meanwhile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.base import table_of
from app.models.files import StoredFile
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.rules.text import clean_text
from app.services import trail
from app.services.maintenance.moving import count_fault, lock_order
from app.services.maintenance.telling import tell
from app.services.trail import Actor

MOST_REASON = 500


def hide_order(
    session: Session, *, estate_id: UUID, order_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Others than those concerned see a stub with the reason, or nothing of a fault inside a flat.

    Raises `Invalid` without a reason, `Conflict` (`hidden`) when it is hidden already.
    """
    why = _reason(reason)
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if order.hidden_at is not None:
        raise Conflict(N_("这张工单已经隐藏了，请刷新页面"), code="hidden")
    order.hidden_at, order.hidden_reason = now, why
    _settle(session, order, verb="hide", reason=why, actor=actor, now=now)


def show_order(
    session: Session, *, estate_id: UUID, order_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Put it back; raises `Invalid` without a reason, `Conflict` (`not_hidden`)."""
    why = _reason(reason)
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if order.hidden_at is None:
        raise Conflict(N_("这张工单没有隐藏，请刷新页面"), code="not_hidden")
    order.hidden_at, order.hidden_reason = None, ""
    _settle(session, order, verb="show", reason=why, actor=actor, now=now)


def _reason(typed: str) -> str:
    why = clean_text(typed, most=MOST_REASON, field="reason")
    if not why:
        raise Invalid(N_("请写明理由，居民会看到"), code="required", field="reason")
    return why


def _settle(
    session: Session, order: WorkOrder, *, verb: str, reason: str, actor: Actor, now: datetime
) -> None:
    hidden, was_counted = order.hidden_at is not None, order.listed and order.is_open
    order.listed = not (hidden or order.private or order.held)
    session.add(order)
    session.flush()
    count_fault(session, order, was_counted=was_counted)
    _withhold_files(session, order.id, withheld=hidden)
    trail.record(
        session,
        tag=f"maintenance:order:{verb}",
        actor=actor,
        now=now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old={"hidden": not hidden},
        new={"hidden": hidden},
        reason=reason,
    )
    if order.reporter_id is not None:
        tell(
            session,
            order,
            [order.reporter_id],
            template="order_hidden" if hidden else "order_shown",
            occasion=now.isoformat(),
            now=now,
            values={"reason": reason},
            but=actor.id,
        )


def _withhold_files(session: Session, order_id: UUID, *, withheld: bool) -> None:
    """Whoever knows the address of a published photo must not see it either while its order is hidden."""
    files = select(OrderPhoto.public_file_id).where(OrderPhoto.order_id == order_id)
    session.connection().execute(
        sa.update(table_of(StoredFile)).where(col(StoredFile.id).in_(files)).values(private=withheld)
    )
