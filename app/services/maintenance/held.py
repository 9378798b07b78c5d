"""Reports that wait for the committee: looked at, then released, declined with a reason, or hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.orders import ReportSource, WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import CATEGORIES, category_of
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.states import Cause, OrderState
from app.rules.text import clean_text
from app.services import trail
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.places import label_of, way_of
from app.services.trail import Actor

PAGE = 30
# Nobody works down a hundred before looking again.
MOST_COUNTED = 99
_LEAST_REASON = 5


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One report that waits."""

    id: UUID
    number: int
    title: str
    place: str
    text: str
    filed_at: datetime
    source: ReportSource


@dataclass(frozen=True, slots=True)
class HeldReport:
    """The whole of it; photos are the private ones, which the committee sees as they came."""

    id: UUID
    number: int
    category: Category
    place: str
    place_id: UUID
    text: str
    answers: Mapping[str, list[str]]
    photos: tuple[UUID, ...]
    contact_name: str
    contact_phone: str
    filed_at: datetime
    source: ReportSource


def count_held(session: Session, *, estate_id: UUID) -> int:
    """How many wait, no further than one more than are counted."""
    waiting = _waiting(estate_id).limit(MOST_COUNTED + 1).subquery()
    return int(session.exec(select(sa.func.count()).select_from(waiting)).one())


def list_held(session: Session, *, estate_id: UUID, after: int = 0) -> tuple[list[HeldLine], int]:
    """One page from a number on, the oldest first, and the number to go on from; 0 for the last page."""
    query = _waiting(estate_id).where(col(WorkOrder.number) > after).order_by(col(WorkOrder.number))
    orders = session.exec(query.limit(PAGE + 1)).all()
    lines = [
        HeldLine(
            order.id,
            order.number,
            CATEGORIES[order.category].title,
            _place(session, order),
            order.text[:80],
            order.filed_at,
            order.source,
        )
        for order in orders[:PAGE]
    ]
    return lines, lines[-1].number if len(orders) > PAGE else 0


def read_held(session: Session, *, estate_id: UUID, order_id: UUID) -> HeldReport:
    """A report that waits; `NotFound` for another estate's, or one that somebody has dealt with."""
    order = session.exec(_waiting(estate_id).where(WorkOrder.id == order_id)).one_or_none()
    if order is None:
        raise NotFound(N_("没有这条待核对的报修，可能已经有人处理了"))
    photos = select(OrderPhoto.file_id).where(OrderPhoto.order_id == order_id)
    return HeldReport(
        order.id,
        order.number,
        category_of(order.category),
        _place(session, order),
        order.place_id,
        order.text,
        {code: _words(given) for code, given in order.answers.items()},
        tuple(session.exec(photos.order_by(col(OrderPhoto.position)))),
        order.contact_name,
        order.contact_phone,
        order.filed_at,
        order.source,
    )


def decline_held(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    reason: str,
    hide: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """It is not taken up, and the reason is public; with `hide` neither it nor the report is, but who sent it sees why.

    Raises `Invalid` without a reason, `Conflict` when somebody dealt with it meanwhile.
    """
    reason = clean_text(reason, most=500, field="reason")
    if len("".join(reason.split())) < _LEAST_REASON:
        raise Invalid(
            N_("请写明理由，至少 %(least)s 个字，报修人会看到"),
            code="no_reason",
            field="reason",
            least=_LEAST_REASON,
        )
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if not order.held:
        raise Conflict(N_("这条报修已经有人处理了，请回到列表看看"), code="not_held")
    step = Step(to=OrderState.DECLINED, by={Cause.COMMITTEE}, actor=actor, note=reason)
    move_order(session, order, step, now=now)
    order.held = False
    if hide:
        order.hidden_at, order.hidden_reason = now, reason
    else:
        # Over and done with, so the count of open faults does not change.
        order.listed = not order.private
    session.add(order)
    session.flush()
    if hide:
        trail.record(
            session,
            tag="maintenance:order:hide",
            actor=actor,
            now=now,
            estate_id=estate_id,
            subject_kind="work_order",
            subject_id=order_id,
            reason=reason,
        )


def _waiting(estate_id: UUID) -> SelectOfScalar[WorkOrder]:
    return select(WorkOrder).where(WorkOrder.estate_id == estate_id, col(WorkOrder.held))


def _place(session: Session, order: WorkOrder) -> str:
    return label_of(way_of(session, session.get_one(Place, order.place_id)))


def _words(given: object) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]
