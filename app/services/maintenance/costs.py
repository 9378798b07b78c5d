"""What a repair costs and who pays: lines with their documents, a later one of a stage and source replacing the earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.files import StoredFile
from app.models.maintenance.orders import CostLine
from app.rules.maintenance.costs import CostStage, MoneySource, Sum, needs_vote
from app.rules.maintenance.states import NOT_COUNTED, Cause
from app.rules.quantities import parse_money
from app.rules.text import clean_text
from app.services import trail
from app.services.deliberations.attaching import Upload
from app.services.files import store_document
from app.services.maintenance.desk import Hand, take_order


@dataclass(frozen=True, slots=True)
class CostView:
    """One recorded sum in fen; `stands` while no later line of its stage and source has replaced it."""

    stage: CostStage
    source: MoneySource
    amount: int
    note: str
    file_id: UUID | None
    file_name: str
    at: datetime
    stands: bool


def list_costs(session: Session, *, order_id: UUID) -> list[CostView]:
    """Every line in the order of recording."""
    rows = session.exec(
        select(CostLine, StoredFile.name)
        .outerjoin(StoredFile, col(StoredFile.id) == CostLine.file_id)
        .where(CostLine.order_id == order_id)
        .order_by(col(CostLine.at), col(CostLine.id))
    ).all()
    newest = {(line.stage, line.source): line.id for line, _ in rows}
    return [
        CostView(
            stage=line.stage,
            source=line.source,
            amount=line.amount,
            note=line.note,
            file_id=line.file_id,
            file_name=name or "",
            at=line.at,
            stands=newest[line.stage, line.source] == line.id,
        )
        for line, name in rows
    ]


def wants_vote(costs: Sequence[CostView]) -> bool:
    """Whether the maintenance fund is to pay."""
    return needs_vote(Sum(one.stage, one.source, one.amount) for one in costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCost:
    """A line as the form gives it; `amount` is text in yuan."""

    id: UUID
    stage: str
    source: str
    amount: str
    note: str = ""
    document: Upload | None = None


def add_cost(session: Session, hand: Hand, new: NewCost) -> None:
    """Record a sum. The party may estimate and hand in its invoice; what is approved the committee says.

    Raises `Invalid` naming a field, `NotAllowed` (`committee_only`), `Conflict` (`not_counted`) for a duplicate.
    """
    order, seat = take_order(session, hand)
    present = session.get(CostLine, new.id)
    if present is not None:
        if (present.order_id, present.by) != (order.id, hand.actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    if not seat.causes & {Cause.PARTY, Cause.COMMITTEE}:
        raise NotAllowed(N_("工单不在您这里，费用由现在的责任方登记"), code="not_yours")
    if order.state in NOT_COUNTED:
        raise Conflict(N_("重复或已撤回的工单不登记费用"), code="not_counted")
    if new.stage not in set(CostStage):
        raise Invalid(N_("请选择这是估算、核定还是发票"), code="required", field="stage")
    if new.source not in set(MoneySource):
        raise Invalid(N_("请选择由谁出钱"), code="required", field="source")
    stage, source = CostStage(new.stage), MoneySource(new.source)
    if stage is CostStage.APPROVED and Cause.COMMITTEE not in seat.causes:
        raise NotAllowed(N_("核定金额由居委会登记，请联系居委会"), code="committee_only")
    if order.private and source is MoneySource.MAINTENANCE_FUND:
        raise Invalid(
            N_("住宅专项维修资金只能用于共用部位和共用设施，户内维修不能动用"),
            code="private_fund",
            field="source",
        )
    amount = parse_money(new.amount.strip())
    note = clean_text(new.note, most=500, field="note")
    file_id = _keep(session, hand, new.document, private=order.private)
    session.add(
        CostLine(
            id=new.id,
            estate_id=order.estate_id,
            order_id=order.id,
            stage=stage,
            source=source,
            amount=amount,
            note=note,
            file_id=file_id,
            by=hand.actor.id,
            at=hand.now,
        )
    )
    order.changed_at = hand.now
    session.add(order)
    trail.record(
        session,
        tag="maintenance:cost:add",
        actor=hand.actor,
        now=hand.now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        new={"stage": stage.value, "source": source.value, "amount": amount},
        reason=note,
    )


def _keep(session: Session, hand: Hand, document: Upload | None, *, private: bool) -> UUID | None:
    if document is None:
        return None
    return store_document(
        session,
        estate_id=hand.estate_id,
        name=document.name,
        content=document.content,
        uploaded_by=hand.actor.id,
        now=hand.now,
        private=private,
        field="document",
    )
