"""One deed for many orders at once: all of them or none, with the order named that stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.maintenance.orders import WorkOrder
from app.rules.accounts import Role
from app.services.accounts.grants import roles_of
from app.services.maintenance.amending import lock_counts
from app.services.maintenance.desk import Hand
from app.services.maintenance.refusing import hand_order
from app.services.maintenance.setting_aside import decline_order, find_number, mark_duplicate
from app.services.maintenance.working import ask_for_information
from app.services.trail import Actor

MOST_AT_ONCE = 100


class BulkDeed(StrEnum):
    """What may be done to several orders."""

    HAND = "hand"
    ASK = "ask"
    DUPLICATE = "duplicate"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOrder:
    """The deed, and what it needs: a party, a day, the number of the original, a reason."""

    deed: BulkDeed
    note: str = ""
    party_id: UUID | None = None
    until: date | None = None
    number: int | None = None


class NamedRefusal(Conflict):
    """What stands in the way at one of several orders; the field is that of the refusal inside."""


def do_to_many(
    session: Session,
    bulk: BulkOrder,
    *,
    estate_id: UUID,
    numbers: Sequence[int],
    actor: Actor,
    now: datetime,
) -> int:
    """Do it to the orders of these numbers, at most `MOST_AT_ONCE`; how many.

    Raises `NamedRefusal` with the number of the first order that refuses; the caller's transaction then keeps nothing.
    """
    if Role.COMMITTEE not in roles_of(session, account_id=actor.id, estate_id=estate_id):
        raise NotAllowed(N_("批量处理由居委会操作"), code="committee_only")
    wanted = sorted(set(numbers))
    if not wanted:
        raise Invalid(N_("请先勾选要处理的工单"), code="none", field="n")
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(N_("一次最多处理 %(most)s 张，请分几次"), code="too_many", field="n", most=MOST_AT_ONCE)
    _ensure_original_apart(bulk, wanted)
    for order in _lock(session, bulk, estate_id, wanted):
        hand = Hand(estate_id=estate_id, order_id=order.id, actor=actor, now=now)
        try:
            _do(session, bulk, hand)
        except Refusal as refusal:
            raise NamedRefusal(
                N_("第 %(number)s 号：%(why)s。所选工单一张也没有改"),
                code=refusal.code,
                field=refusal.field,
                number=order.number,
                why=refusal,
            ) from refusal
    return len(wanted)


def _ensure_original_apart(bulk: BulkOrder, wanted: Sequence[int]) -> None:
    if bulk.deed is BulkDeed.DUPLICATE and bulk.number in wanted:
        raise Invalid(
            N_("第 %(number)s 号是保留的那张，请不要勾选它"),
            code="itself",
            field="number",
            number=bulk.number,
        )


def _lock(session: Session, bulk: BulkOrder, estate_id: UUID, wanted: Sequence[int]) -> list[WorkOrder]:
    """Every row this deed will touch, before the first step: orders by id, then the counts, then the trail as each step goes."""
    query = select(WorkOrder.id, WorkOrder.number, WorkOrder.building).where(
        WorkOrder.estate_id == estate_id, col(WorkOrder.number).in_(wanted)
    )
    found = session.exec(query).all()
    missing = set(wanted) - {number for _, number, _ in found}
    if missing:
        raise NotFound(N_("没有第 %(number)s 号工单，请刷新列表"), number=min(missing))
    ids = {order_id for order_id, _, _ in found}
    if bulk.deed is BulkDeed.DUPLICATE and bulk.number is not None:
        ids.add(find_number(session, estate_id=estate_id, number=bulk.number))
    locked = session.exec(
        select(WorkOrder)
        .where(col(WorkOrder.id).in_(ids))
        .order_by(col(WorkOrder.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    lock_counts(session, estate_id, {building for _, _, building in found})
    return sorted((order for order in locked if order.number in wanted), key=lambda order: order.number)


def _do(session: Session, bulk: BulkOrder, hand: Hand) -> None:
    match bulk.deed:
        case BulkDeed.HAND:
            hand_order(session, hand, party_id=bulk.party_id, note=bulk.note)
        case BulkDeed.ASK:
            ask_for_information(session, hand, note=bulk.note, until=bulk.until)
        case BulkDeed.DUPLICATE:
            mark_duplicate(session, hand, number=bulk.number, note=bulk.note)
        case BulkDeed.DECLINE:
            decline_order(session, hand, note=bulk.note)
