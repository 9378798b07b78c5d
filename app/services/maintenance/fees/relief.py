"""The hardship list: homes relieved of fees for some months, known to the committee and the home itself only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.estates import Unit
from app.models.maintenance.fees import ChargeState, FeeCharge, Hardship
from app.rules.estates.addresses import read_home
from app.rules.maintenance.fees import MOST_MONTHS, month_after, months_between, read_month
from app.rules.text import clean_text
from app.services import trail
from app.services.estates.units import label_of, lock_register
from app.services.maintenance.fees.charging import is_relieved, set_state
from app.services.trail import Actor

MOST_REASON = 500
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class HardshipView:
    """One line of the list, its months included."""

    id: UUID
    unit_id: UUID
    home: str
    reason: str
    first_month: str
    last_month: str
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHardship:
    """A line as typed, under the id of its form; `home` as people write it, `3-1-402`."""

    id: UUID
    home: str
    reason: str
    first_month: str
    last_month: str


def find_home(session: Session, *, estate_id: UUID, text: str) -> Unit:
    """The home that was written; raises `Invalid` naming `home`."""
    try:
        home = read_home("", "", "", text)
    except Invalid as refusal:
        raise Invalid(refusal.message, code=refusal.code, field="home", **refusal.values) from None
    query = select(Unit).where(
        Unit.estate_id == estate_id,
        Unit.building == home.building,
        Unit.entrance == home.entrance,
        Unit.room == home.room,
    )
    unit = session.exec(query).one_or_none()
    if unit is None:
        raise Invalid(
            N_("名册里没有“%(home)s”，请写成 3-1-402 这样"), code="unknown_home", field="home", home=text[:40]
        )
    return unit


def relieve(session: Session, new: NewHardship, *, estate_id: UUID, actor: Actor, now: datetime) -> None:
    """Put a home on the list; what it still owes for those months is relieved, what it paid stays paid."""
    lock_register(session, estate_id=estate_id)
    present = session.get(Hardship, new.id)
    if present is not None:
        if (present.estate_id, present.by) != (estate_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    unit = find_home(session, estate_id=estate_id, text=new.home)
    reason = clean_text(new.reason, most=MOST_REASON, field="reason")
    if not reason:
        raise Invalid(N_("请写明减免的理由，只有居委会和这户人家看得到"), field="reason")
    first = read_month(new.first_month, field="first_month")
    last = read_month(new.last_month, field="last_month")
    if not 1 <= months_between(first, last) <= MOST_MONTHS:
        raise Invalid(
            N_("最后一个月不能早于第一个月，一次最多 %(most)s 个月"), field="last_month", most=MOST_MONTHS
        )
    row = Hardship(
        id=new.id,
        estate_id=estate_id,
        unit_id=unit.id,
        reason=reason,
        first_month=first,
        last_month=last,
        by=actor.id,
        at=now,
    )
    session.add(row)
    session.flush()
    _settle(session, unit.id, actor, now)
    _record(session, row, "add", actor, now)


def end_relief(
    session: Session, *, estate_id: UUID, hardship_id: UUID, from_month: str, actor: Actor, now: datetime
) -> None:
    """From that month on the home pays again; from its first month on, the line is taken off whole."""
    lock_register(session, estate_id=estate_id)
    row = session.get(Hardship, hardship_id, populate_existing=True)
    if row is None or row.estate_id != estate_id:
        raise NotFound(N_("没有找到这条减免，可能已经取消"))
    month = read_month(from_month, field="from_month")
    if month > row.last_month:
        raise Conflict(N_("这条减免在那之前已经结束，请刷新页面"))
    unit_id = row.unit_id
    _record(session, row, "end", actor, now, since=month)
    if month <= row.first_month:
        session.delete(row)
    else:
        row.last_month = month_after(month, -1)
        session.add(row)
    session.flush()
    _settle(session, unit_id, actor, now)


def _settle(session: Session, unit_id: UUID, actor: Actor, now: datetime) -> None:
    """Bring the unpaid charges of a home into line with the list."""
    unpaid = select(FeeCharge).where(FeeCharge.unit_id == unit_id, FeeCharge.state != ChargeState.PAID)
    for charge in session.exec(unpaid.execution_options(populate_existing=True)).all():
        relieved = is_relieved(session, unit_id=unit_id, month=charge.month)
        state = ChargeState.RELIEVED if relieved else ChargeState.DUE
        if charge.state is not state:
            set_state(session, charge, state, actor=actor, now=now)


def _record(session: Session, row: Hardship, verb: str, actor: Actor, now: datetime, since: str = "") -> None:
    # Neither home nor reason: the trail has more readers than this list.
    trail.record(
        session,
        tag=f"maintenance:hardship:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="hardship",
        subject_id=row.id,
        new={"first": row.first_month, "last": row.last_month, **({"from": since} if since else {})},
    )


def list_hardships(session: Session, *, estate_id: UUID, month: str) -> list[HardshipView]:
    """For the committee: those that last longest first, the two hundred latest."""
    query = (
        select(Hardship, Unit)
        .join(Unit, col(Unit.id) == Hardship.unit_id)
        .where(Hardship.estate_id == estate_id)
        .order_by(col(Hardship.last_month).desc(), col(Hardship.id))
        .limit(_MOST_SHOWN)
    )
    return [view_of(row, unit, month) for row, unit in session.exec(query).all()]


def view_of(row: Hardship, unit: Unit, month: str) -> HardshipView:
    return HardshipView(
        id=row.id,
        unit_id=unit.id,
        home=label_of(unit),
        reason=row.reason,
        first_month=row.first_month,
        last_month=row.last_month,
        over=row.last_month < month,
    )
