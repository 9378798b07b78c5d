"""Ids and codes of the demo's repairs by name, and the key of a program for the desk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.fees import FeeService
from app.models.maintenance.orders import OrderAppeal, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place, PlaceKind
from app.models.maintenance.upkeep import Inspection
from app.rules.maintenance.responsible import PartyKind
from app.services.maintenance.clients import add_client
from app.services.trail import Actor

_ORDERS = {
    "taken": "三楼楼梯扶手松了，老人扶着会晃。",
    "repaired": "二楼和三楼之间的灯不亮。",
    "reworked": "去年刚做的屋面，顶楼卧室天花板又渗水了，墙皮掉下来。",
    "declined": "楼道墙面发黑，能不能重新刷一遍。",
    "new": "充电棚第三个插口没电。",
}


def furnish_repairs(session: Session, estate_id: UUID, actor: Actor, now: datetime) -> dict[str, str]:
    """Put it there, and return what the addresses of its pages need."""
    add_client(
        session,
        estate_id=estate_id,
        name="街道随手拍",
        contact="信息科 0512-6555 0404",
        daily=200,
        actor=actor,
        now=now,
    )
    orders = {order.text: order for order in session.exec(select(WorkOrder))}
    facts = {f"order-{name}": str(orders[text].id) for name, text in _ORDERS.items()}
    door = session.exec(select(Place).where(Place.kind == PlaceKind.ENTRANCE, Place.building == "3")).one()
    single = {
        "order-held": select(WorkOrder.id).where(WorkOrder.held),
        "order-appeal": select(OrderAppeal.id),
        "lift": select(Place.id).where(Place.kind == PlaceKind.FACILITY),
        "manager": select(Party.id).where(Party.kind == PartyKind.PROPERTY),
        "round-open": select(Inspection.id).where(col(Inspection.done_at).is_(None)),
        "plan": select(Inspection.plan_id).where(col(Inspection.done_at).is_not(None)),
        "service": select(FeeService.id).where(
            FeeService.title == "物业服务费", col(FeeService.valid_to).is_(None)
        ),
    }
    facts |= {name: str(session.exec(query).first()) for name, query in single.items()}
    return {**facts, "sticker": door.code}
