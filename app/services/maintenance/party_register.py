"""The register of parties: who may take orders in an estate, their hours and telephone, from when and until when."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.accounts import Account
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.parties import Party, PartyStaff, Responsibility
from app.models.maintenance.places import WarrantyItem
from app.models.maintenance.upkeep import InspectionPlan
from app.rules.accounts import mask_phone
from app.rules.maintenance.responsible import PartyKind
from app.rules.maintenance.workcalendar import day_of, read_hours, show_hours
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.party_staff import end_all_staff
from app.services.trail import Actor

MOST_NAME, MOST_CONTACT, MOST_PHONE, MOST_HOURS = 60, 50, 30, 100
# The committee's own party comes with the estate.
KINDS = tuple(kind for kind in PartyKind if kind is not PartyKind.COMMITTEE)
_PHONE = re.compile(r"[0-9+][0-9 +()-]{2,29}")


@dataclass(frozen=True, slots=True)
class StaffLine:
    """A person who works for a party; the phone is masked."""

    account_id: UUID
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party as the register shows it; `hours` is empty where the product's own for that kind hold."""

    id: UUID
    kind: PartyKind
    name: str
    contact: str
    phone: str
    hours: str
    every_day: bool
    ended_at: datetime | None
    staff: tuple[StaffLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedParty:
    """A party as typed."""

    kind: str = ""
    name: str = ""
    contact: str = ""
    phone: str = ""
    hours: str = ""
    every_day: bool = False


def list_parties(session: Session, *, estate_id: UUID) -> Sequence[PartyLine]:
    """All parties with their people, those that still work here first, by name."""
    parties = session.exec(
        select(Party)
        .where(Party.estate_id == estate_id)
        .order_by(col(Party.ended_at).is_not(None), col(Party.name))
    ).all()
    people: defaultdict[UUID, list[StaffLine]] = defaultdict(list)
    staff = (
        select(PartyStaff.party_id, Account)
        .join(Account, col(Account.id) == col(PartyStaff.account_id))
        .join(Party, col(Party.id) == col(PartyStaff.party_id))
        .where(Party.estate_id == estate_id, col(PartyStaff.ended_at).is_(None))
        .order_by(col(PartyStaff.since))
    )
    for party_id, account in session.exec(staff):
        people[party_id].append(StaffLine(account.id, account.name, mask_phone(account.phone)))
    return [_line(party, tuple(people[party.id])) for party in parties]


def _line(party: Party, staff: tuple[StaffLine, ...]) -> PartyLine:
    return PartyLine(
        party.id,
        party.kind,
        party.name,
        party.contact,
        party.phone,
        party.hours,
        party.every_day,
        party.ended_at,
        staff,
    )


def read_party(session: Session, *, estate_id: UUID, party_id: UUID) -> PartyLine:
    """One party, an ended one too; `NotFound` for another estate's."""
    for line in list_parties(session, estate_id=estate_id):
        if line.id == party_id:
            return line
    raise NotFound(N_("没有找到这个责任方，请从列表里重新选择"))


def add_party(
    session: Session, *, estate_id: UUID, party_id: UUID, typed: TypedParty, actor: Actor, now: datetime
) -> None:
    """A new party; a second arrival of the same form is the same deed.

    Raises `Invalid` naming the field, `Conflict` (`name_taken`).
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(Party, party_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    if typed.kind not in KINDS:
        raise Invalid(N_("请选择这是哪一类单位"), code="required", field="kind")
    party = Party(id=party_id, estate_id=estate_id, kind=PartyKind(typed.kind), name="", created_at=now)
    _fill(session, party, typed)
    session.add(party)
    session.flush()
    _record(session, party, "add", actor, now)


def change_party(
    session: Session, *, estate_id: UUID, party_id: UUID, typed: TypedParty, actor: Actor, now: datetime
) -> None:
    """Rename a party, or change whom to ring and when it works; clocks that run keep the hours they were given."""
    lock_register(session, estate_id=estate_id)
    party = _working(session, estate_id, party_id)
    old = _shown(party)
    _fill(session, party, typed)
    if _shown(party) != old:
        session.add(party)
        session.flush()
        _record(session, party, "change", actor, now, old=old)


def _fill(session: Session, party: Party, typed: TypedParty) -> None:
    name = clean_line(typed.name, most=MOST_NAME, field="name")
    if not name:
        raise Invalid(N_("请填写单位名称"), code="required", field="name")
    taken = select(Party.id).where(
        Party.estate_id == party.estate_id, Party.name == name, Party.id != party.id
    )
    with session.no_autoflush:
        if session.exec(taken).first() is not None:
            raise Conflict(N_("已经有叫这个名字的责任方，请换一个名称"), code="name_taken", field="name")
    phone = clean_line(typed.phone, most=MOST_PHONE, field="phone")
    if phone and not _PHONE.fullmatch(phone):
        raise Invalid(N_("电话请只填数字、空格和连字符，例如 0512-65550301"), code="bad_phone", field="phone")
    contact = clean_line(typed.contact, most=MOST_CONTACT, field="contact")
    hours = clean_line(typed.hours, most=MOST_HOURS, field="hours")
    hours = show_hours(read_hours(hours, every_day=typed.every_day)) if hours else ""
    party.name, party.contact, party.phone = name, contact, phone
    party.hours, party.every_day = hours, typed.every_day


def end_party(
    session: Session, *, estate_id: UUID, party_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """A party leaves the estate: its people lose their access, and it answers for nothing from today on.

    Raises `Conflict` while it still holds orders (`has_orders`), warranties in force (`has_warranties`) or rounds
    (`has_rounds`), and for the committee's own (`is_committee`).
    """
    lock_register(session, estate_id=estate_id)
    party = _working(session, estate_id, party_id)
    reason = clean_line(reason, most=200, field="reason")
    if not reason:
        raise Invalid(N_("请写明为什么结束，例如合同到期"), code="required", field="reason")
    _ensure_endable(session, party, now)
    party.ended_at = now
    session.add(party)
    _end_duties(session, party, now)
    end_all_staff(session, party, actor=actor, now=now)
    session.flush()
    _record(session, party, "end", actor, now, reason=reason)


def _ensure_endable(session: Session, party: Party, now: datetime) -> None:
    if party.kind is PartyKind.COMMITTEE:
        raise Conflict(N_("居委会是小区的兜底责任方，不能结束"), code="is_committee")
    held = select(WorkOrder.number).where(WorkOrder.party_id == party.id, col(WorkOrder.is_open))
    if session.exec(held.limit(1)).first() is not None:
        raise Conflict(N_("它手里还有没办结的工单，请先改派给别人"), code="has_orders")
    covered = select(WarrantyItem.id).where(
        WarrantyItem.estate_id == party.estate_id,
        WarrantyItem.contractor_id == party.id,
        sa.or_(col(WarrantyItem.last_day).is_(None), col(WarrantyItem.last_day) >= day_of(now)),
    )
    if session.exec(covered.limit(1)).first() is not None:
        raise Conflict(N_("它还有没到期的保修项目，请先在设施台账里改由别人负责"), code="has_warranties")
    rounds = select(InspectionPlan.id).where(
        InspectionPlan.party_id == party.id, col(InspectionPlan.ended_at).is_(None)
    )
    if session.exec(rounds.limit(1)).first() is not None:
        raise Conflict(N_("它还有巡检计划，请先结束计划或改由别人负责"), code="has_rounds")


def _end_duties(session: Session, party: Party, now: datetime) -> None:
    """Rows in force end with yesterday; those that begin today or later never come to be."""
    today = day_of(now)
    rows = session.exec(
        select(Responsibility).where(
            Responsibility.party_id == party.id,
            col(Responsibility.valid_to).is_(None) | (col(Responsibility.valid_to) >= today),
        )
    )
    for row in rows.all():
        if row.valid_from >= today:
            session.delete(row)
        else:
            row.valid_to = today - timedelta(days=1)
            session.add(row)


def _working(session: Session, estate_id: UUID, party_id: UUID) -> Party:
    party = session.get(Party, party_id)
    if party is None or party.estate_id != estate_id:
        raise NotFound(N_("没有找到这个责任方，请从列表里重新选择"))
    if party.ended_at is not None:
        raise Conflict(N_("这个责任方已经结束，不能再改"), code="ended")
    return party


def _shown(party: Party) -> dict[str, object]:
    return {
        "kind": party.kind.value,
        "name": party.name,
        "contact": party.contact,
        "phone": party.phone,
        "hours": party.hours,
        "every_day": party.every_day,
    }


def _record(
    session: Session,
    party: Party,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"maintenance:party:{verb}",
        actor=actor,
        now=now,
        estate_id=party.estate_id,
        subject_kind="party",
        subject_id=party.id,
        old=old,
        new=_shown(party),
        reason=reason,
    )
