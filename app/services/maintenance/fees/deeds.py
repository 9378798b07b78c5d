"""What a fee bought: deeds written down with a photo, and what is counted by itself from orders and rounds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.base import table_of
from app.models.maintenance.fees import FeeService, ServiceDeed
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.upkeep import Inspection, InspectionPlan
from app.rules.maintenance.fees import month_after, read_month
from app.rules.maintenance.rates import month_of
from app.rules.text import clean_text
from app.services.deliberations.attaching import Upload
from app.services.files import store_image
from app.services.maintenance.fees.prices import find_service
from app.services.maintenance.parties import parties_of
from app.services.maintenance.poster import bounds_of
from app.services.trail import Actor

MOST_TEXT = 500
# Looked at at once, the newest first: a page must not read all that a party ever repaired.
_MOST_ORDERS = 2_000
_MOST_DEEDS = 100
_MOST_BACK = 12
_ORDER = table_of(WorkOrder).c


@dataclass(frozen=True, slots=True)
class DeedView:
    """One thing done; `hidden` is the reason why the committee took it out of sight, "" when it did not."""

    id: UUID
    text: str
    photo_id: UUID | None
    at: datetime
    hidden: str


@dataclass(frozen=True, slots=True)
class MonthWork:
    """What was counted in a month for one party; `or_more` where there were more orders than one look takes in."""

    repaired: int
    or_more: bool
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeed:
    """A deed as typed, under the id of its form."""

    id: UUID
    service_id: UUID
    month: str
    text: str
    photo: Upload | None


def ensure_may_tell(
    session: Session, *, estate_id: UUID, service_id: UUID, actor: Actor, committee: bool
) -> FeeService:
    """The service, for the committee and the people of the party that does it; `NotAllowed` for everybody else."""
    service = find_service(session, estate_id=estate_id, service_id=service_id)
    mine = {party.id for party in parties_of(session, estate_id=estate_id, account_id=actor.id)}
    if not committee and service.party_id not in mine:
        raise NotAllowed(N_("这项服务由另一家单位提供"), code="not_yours")
    return service


def tell_deed(
    session: Session, new: NewDeed, *, estate_id: UUID, actor: Actor, committee: bool, now: datetime
) -> None:
    """Write down what was done; it stands for ever. Raises `Invalid` naming `text`, `month` or `photo`."""
    service = ensure_may_tell(
        session, estate_id=estate_id, service_id=new.service_id, actor=actor, committee=committee
    )
    present = session.get(ServiceDeed, new.id)
    if present is not None:
        if (present.service_id, present.by) != (service.id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    month, current = read_month(new.month), month_of(now)
    in_force = f"{service.valid_from:%Y-%m}" <= month <= f"{service.valid_to or now.date():%Y-%m}"
    if not month_after(current, -_MOST_BACK) <= month <= current or not in_force:
        raise Invalid(N_("只能登记最近一年里、这项服务生效的月份"), code="bad_month", field="month")
    text = clean_text(new.text, most=MOST_TEXT, field="text")
    if not text:
        raise Invalid(N_("请写明做了什么"), field="text")
    photo_id = None
    if new.photo is not None:
        photo_id = store_image(
            session,
            estate_id=estate_id,
            name=new.photo.name,
            content=new.photo.content,
            uploaded_by=actor.id,
            now=now,
            private=False,
        )
    session.add(
        ServiceDeed(
            id=new.id,
            estate_id=estate_id,
            service_id=service.id,
            month=month,
            text=text,
            photo_id=photo_id,
            by=actor.id,
            at=now,
        )
    )
    session.flush()


def deeds_of(
    session: Session, *, estate_id: UUID, month: str, committee: bool = False
) -> dict[UUID, list[DeedView]]:
    """The deeds of a month by service, the latest first; of a hidden one the reason alone, but for the committee."""
    query = (
        select(ServiceDeed)
        .where(ServiceDeed.estate_id == estate_id, ServiceDeed.month == month)
        .order_by(col(ServiceDeed.at).desc())
        .limit(_MOST_DEEDS)
    )
    found: dict[UUID, list[DeedView]] = {}
    for deed in session.exec(query):
        shown = committee or deed.hidden_at is None
        view = DeedView(
            deed.id, deed.text if shown else "", deed.photo_id if shown else None, deed.at, deed.hidden_reason
        )
        found.setdefault(deed.service_id, []).append(view)
    return found


def work_of(
    session: Session, *, party_ids: Collection[UUID], estate_id: UUID, month: str
) -> dict[UUID, MonthWork]:
    """Orders repaired and rounds done in a month by each of these parties."""
    start, end = bounds_of(month)
    rounds = dict(
        session.exec(
            select(InspectionPlan.party_id, sa.func.count())
            .join(Inspection, col(Inspection.plan_id) == InspectionPlan.id)
            .where(
                Inspection.estate_id == estate_id,
                col(Inspection.done_at) >= start,
                col(Inspection.done_at) < end,
            )
            .group_by(col(InspectionPlan.party_id))
        ).all()
    )
    work = {}
    for party_id in party_ids:
        repaired, or_more = _repaired(session, party_id, start, end)
        work[party_id] = MonthWork(repaired, or_more, rounds.get(party_id, 0))
    return work


def _repaired(session: Session, party_id: UUID, start: datetime, end: datetime) -> tuple[int, bool]:
    count, or_more = 0, False
    for is_open in (True, False):
        newest = (
            sa.select(_ORDER.repaired_at, _ORDER.filed_at)
            .where(_ORDER.party_id == party_id, _ORDER.is_open.is_(is_open))
            .order_by(_ORDER.number.desc())
            .limit(_MOST_ORDERS)
        )
        rows = session.connection().execute(newest).all()
        count += sum(1 for at, _ in rows if at is not None and start <= at < end)
        or_more |= len(rows) == _MOST_ORDERS and rows[-1].filed_at > start
    return count, or_more
