"""The dated table of who answers for what, and the question put to it: who answers here on that day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import NO_ID
from app.models.maintenance.parties import Party, Responsibility
from app.models.maintenance.places import Place, WarrantyItem
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.responsible import Basis, PartyKind
from app.rules.maintenance.warranty import Cover
from app.rules.maintenance.workcalendar import day_of, midnight
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.parties import find_party
from app.services.maintenance.places import find_place, label_of, way_of
from app.services.maintenance.warranties import who_answers
from app.services.trail import Actor

MOST_DOCUMENT = 120
# Warranty and default are found, not written down.
BASES = (Basis.CONTRACT, Basis.HAND_OVER, Basis.STATUTE, Basis.RULING)
_ON_PAPER = frozenset({Basis.CONTRACT, Basis.HAND_OVER})
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One row; `place` is empty for everywhere, `family` None for every kind of fault."""

    id: UUID
    party: str
    place: str
    family: Family | None
    basis: Basis
    document: str
    valid_from: date
    valid_to: date | None

    def is_over(self, today: date) -> bool:
        return self.valid_to is not None and self.valid_to < today

    def is_coming(self, today: date) -> bool:
        return self.valid_from > today


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedDuty:
    """A row as typed; an empty `place` or `family` fits all."""

    party: str = ""
    place: str = ""
    family: str = ""
    basis: str = ""
    document: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Who answers, why, and what the warranty says; `party` is empty while the committee's own is not there yet."""

    party: str
    basis: Basis
    cover: Cover | None
    last_day: date | None
    item: str


def list_duties(session: Session, *, estate_id: UUID) -> Sequence[DutyLine]:
    """Every row, those in force first, then by party and day."""
    query = (
        select(Responsibility, Party.name)
        .join(Party, col(Party.id) == col(Responsibility.party_id))
        .where(Responsibility.estate_id == estate_id)
        .order_by(col(Responsibility.valid_to).is_not(None), col(Party.name), col(Responsibility.valid_from))
    )
    return [
        DutyLine(
            row.id,
            name,
            _label(session, row.place_id),
            row.family,
            row.basis,
            row.document,
            row.valid_from,
            row.valid_to,
        )
        for row, name in session.exec(query).all()
    ]


def _label(session: Session, place_id: UUID | None) -> str:
    return label_of(way_of(session, session.get_one(Place, place_id))) if place_id else ""


def add_duty(
    session: Session, *, estate_id: UUID, duty_id: UUID, typed: TypedDuty, actor: Actor, now: datetime
) -> None:
    """Write down who answers; past days may be told too, for they say who answered then.

    A second arrival of the same form is the same deed. Raises `Invalid` or `NotFound` naming the field.
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(Responsibility, duty_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    if typed.family and typed.family not in list(Family):
        raise Invalid(N_("请从列表里选择设施类别"), code="unknown", field="family")
    if typed.basis not in BASES:
        raise Invalid(N_("请选择凭什么由它负责"), code="required", field="basis")
    document = clean_line(typed.document, most=MOST_DOCUMENT, field="document")
    if Basis(typed.basis) in _ON_PAPER and not document:
        raise Invalid(N_("请写明合同或移交单的名称和编号"), code="required", field="document")
    first, last = read_day(typed.valid_from, "valid_from"), None
    if typed.valid_to.strip():
        last = read_day(typed.valid_to, "valid_to")
        if last < first:
            raise Invalid(N_("最后一天不能早于第一天"), code="bad_day", field="valid_to")
    row = Responsibility(
        id=duty_id,
        estate_id=estate_id,
        party_id=find_party(session, estate_id=estate_id, party_id=read_id(typed.party, "party")).id,
        place_id=_place(session, estate_id, typed.place),
        family=Family(typed.family) if typed.family else None,
        basis=Basis(typed.basis),
        document=document,
        valid_from=first,
        valid_to=last,
        recorded_by=actor.id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, row, "add", actor, now)


def _place(session: Session, estate_id: UUID, text: str) -> UUID | None:
    if not text:
        return None
    return find_place(session, estate_id=estate_id, place_id=read_id(text, "place")).id


def read_id(text: str, field: str) -> UUID:
    """The id a list's choice holds; raises `Invalid` naming the field."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(N_("请从列表里选择"), code="required", field=field) from None


def read_day(text: str, field: str) -> date:
    """A day as a date field gives it; raises `Invalid` naming the field."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), code="bad_day", field=field) from None


def end_duty(
    session: Session, *, estate_id: UUID, duty_id: UUID, last_day: str, actor: Actor, now: datetime
) -> None:
    """The last day on which the row holds; orders that were handed out keep their party.

    Raises `NotFound` for another estate's, `Conflict` (`over`) for one that has ended, `Invalid` naming `last_day`.
    """
    lock_register(session, estate_id=estate_id)
    row = session.get(Responsibility, duty_id)
    if row is None or row.estate_id != estate_id:
        raise NotFound(N_("没有找到这一条，请刷新页面"))
    if row.valid_to is not None and row.valid_to < day_of(now):
        raise Conflict(N_("这一条已经结束了"), code="over")
    last = read_day(last_day, "last_day")
    if last < row.valid_from:
        raise Invalid(N_("最后一天不能早于第一天"), code="bad_day", field="last_day")
    if row.valid_to == last:
        return  # the same form once more
    before, row.valid_to = row.valid_to, last
    session.add(row)
    session.flush()
    _record(session, row, "end", actor, now, old={"valid_to": str(before or "")})


def ask_who(session: Session, *, estate_id: UUID, place: str, family: str, day: str) -> Found:
    """Who would answer for a fault of that family at that place, reported on that day."""
    if family not in list(Family):
        raise Invalid(N_("请从列表里选择设施类别"), code="required", field="ask_family")
    where = find_place(session, estate_id=estate_id, place_id=read_id(place, "ask_place"))
    on = midnight(read_day(day, "ask_day")) + _NOON
    query = select(Party.id).where(Party.estate_id == estate_id, Party.kind == PartyKind.COMMITTEE)
    fallback = session.exec(query).one_or_none() or NO_ID
    found = who_answers(
        session, way=way_of(session, where), family=Family(family), filed_at=on, fallback=fallback
    )
    party = session.get(Party, found.party_id)
    item = session.get(WarrantyItem, found.item_id) if found.item_id else None
    return Found(
        party.name if party else "",
        found.basis,
        found.decision.cover if found.decision else None,
        found.decision.last_day if found.decision else None,
        item.title if item else "",
    )


def _record(
    session: Session,
    row: Responsibility,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
) -> None:
    trail.record(
        session,
        tag=f"maintenance:duty:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="responsibility",
        subject_id=row.id,
        old=old,
        new={
            "party": str(row.party_id),
            "place": str(row.place_id or ""),
            "family": row.family.value if row.family else "",
            "basis": row.basis.value,
            "document": row.document,
            "valid_from": str(row.valid_from),
            "valid_to": str(row.valid_to or ""),
        },
    )
