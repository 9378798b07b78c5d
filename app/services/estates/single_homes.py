"""A single home comes into the register by hand, and one entered by mistake goes again while nothing stands on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.errors import N_, Conflict
from app.models.estates import Owner, Unit
from app.models.trail import TrailRow
from app.rules.estates.reasons import clean_reason
from app.rules.estates.rows import OwnerCell, ParsedRow
from app.rules.estates.single import TypedHome, read_single
from app.rules.quantities import show_area
from app.services.accounts.phones import read_phone
from app.services.estates.owners import shown_owner
from app.services.estates.ownership import drop_homeless, find_namesake, set_owners, tell_owner
from app.services.estates.rolls import what_holds
from app.services.estates.units import find_unit, home_of, label_of, lock_register, owners_of
from app.services.trail import Actor, record

ADDED, REMOVED = "estates:home:add", "estates:home:remove"


def add_home(
    session: Session,
    typed: TypedHome,
    *,
    estate_id: UUID,
    unit_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Put a home under the form's id, with its owners; a second arrival is the same deed. No posted roll changes.

    Raises `Invalid` as for a row of an upload, and `Conflict` (`home_known`, with `unit` its id) for one there already.
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(Unit, unit_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表格已经用过了，请重新打开再填"))
        return present.id
    if _is_removed(session, estate_id, unit_id):
        raise Conflict(N_("这张表格已经用过了，请重新打开再填"))
    why, row = clean_reason(reason), read_single(typed, read_phone=read_phone)
    _ensure_new(session, estate_id, row)
    unit = Unit(
        id=unit_id,
        estate_id=estate_id,
        building=row.building,
        entrance=row.entrance,
        floor=row.floor,
        room=row.room,
        area=row.area,
        kind=row.kind,
        status=row.status,
        heirs_proving=row.heirs_proving,
        tenant=row.tenant,
        remark=row.remark,
    )
    owners = [_owner(session, estate_id, cell, actor, now) for cell in row.owners]
    session.add_all([unit, *owners])
    session.flush()
    set_owners(session, unit=unit, owner_ids=[owner.id for owner in owners], now=now)
    _record(session, ADDED, unit, actor, now, new=_shown(unit, owners), reason=why)
    return unit.id


def _ensure_new(session: Session, estate_id: UUID, row: ParsedRow) -> None:
    query = select(Unit).where(
        Unit.estate_id == estate_id,
        Unit.building == row.building,
        Unit.entrance == row.entrance,
        Unit.room == row.room,
    )
    known = session.exec(query).one_or_none()
    if known is None:
        return
    names = "、".join(owner.name for owner in owners_of(session, unit_id=known.id))
    values = {"home": label_of(known), "area": show_area(known.area), "unit": str(known.id)}
    if not names:
        sentence = N_("%(home)s 已经在名册里：%(area)s 平方米，没有登记业主")
        raise Conflict(sentence, code="home_known", field="room", **values)
    sentence = N_("%(home)s 已经在名册里：%(area)s 平方米，业主 %(names)s")
    raise Conflict(sentence, code="home_known", field="room", names=names, **values)


def _owner(session: Session, estate_id: UUID, cell: OwnerCell, actor: Actor, now: datetime) -> Owner:
    """The register's own row of this person, when name and number agree."""
    known = find_namesake(session, estate_id=estate_id, name=cell.name, phone=cell.phone)
    return known or Owner(
        estate_id=estate_id, name=cell.name, phone=cell.phone, entered_by=actor.id, entered_at=now
    )


def remove_home(
    session: Session, *, estate_id: UUID, unit_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Take out a home that was entered by mistake; removing it twice is one deed, and owners who are bound are told.

    Raises `Conflict` saying what stands on it, `NotFound` for one that never was here.
    """
    lock_register(session, estate_id=estate_id)
    if _is_removed(session, estate_id, unit_id):
        return
    unit, why = find_unit(session, estate_id=estate_id, unit_id=unit_id), clean_reason(reason)
    held = what_holds(session, unit_id=unit_id)
    if held:
        raise Conflict(held, code="home_in_use", home=label_of(unit))
    owners = list(owners_of(session, unit_id=unit_id))
    old, label = _shown(unit, owners), label_of(unit)
    set_owners(session, unit=unit, owner_ids=[], now=now)
    _record(session, REMOVED, unit, actor, now, old=old, reason=why)
    for owner in owners:
        tell_owner(
            session,
            owner=owner,
            template="home_taken_off",
            key=f"home_taken_off:{unit.id}:{owner.id}:{now.isoformat()}",
            now=now,
            values={"home": label, "reason": why},
        )
    try:
        with session.begin_nested():
            session.delete(unit)
    except IntegrityError:  # somebody used the home this very moment
        raise Conflict(N_("刚刚有人用到 %(home)s，没有删除。请刷新后再看"), home=label) from None
    drop_homeless(session, owner_ids=[owner.id for owner in owners])


def _is_removed(session: Session, estate_id: UUID, unit_id: UUID) -> bool:
    if session.get(Unit, unit_id) is not None:
        return False
    query = select(TrailRow.seq).where(
        TrailRow.subject_kind == "unit",
        TrailRow.subject_id == unit_id,
        TrailRow.estate_id == estate_id,
        TrailRow.tag == REMOVED,
    )
    return session.exec(query).first() is not None


def hold_of(session: Session, *, estate_id: UUID, unit_id: UUID) -> str:
    """Why this home of the estate must stay, as a sentence with `home` to fill; empty when it may go."""
    find_unit(session, estate_id=estate_id, unit_id=unit_id)
    return what_holds(session, unit_id=unit_id)


def _shown(unit: Unit, owners: list[Owner]) -> dict[str, object]:
    return {
        "home": str(home_of(unit)),
        "floor": unit.floor,
        "area": unit.area,
        "kind": unit.kind.value,
        "status": unit.status.value,
        "owners": [shown_owner(owner) for owner in owners],
    }


def _record(
    session: Session,
    tag: str,
    unit: Unit,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
    reason: str,
) -> None:
    record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        estate_id=unit.estate_id,
        subject_kind="unit",
        subject_id=unit.id,
        old=old,
        new=new,
        reason=reason,
    )
