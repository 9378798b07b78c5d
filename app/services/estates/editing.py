"""The register by hand: what the desk corrects in one home, each change with its reason in the trail."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from app.errors import N_, Invalid
from app.models.estates import Owner, Unit
from app.rules.estates.cells import MAX_AREA
from app.rules.estates.reasons import clean_reason
from app.rules.estates.single import FLOORS
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.text import clean_line
from app.services.estates.namings import lapse
from app.services.estates.owners import clean_owner_name, clean_owner_phone, shown_owner
from app.services.estates.ownership import drop_homeless, find_namesake, find_owner, set_owners, tell_owner
from app.services.estates.units import find_unit, label_of, lock_register, owners_of
from app.services.trail import Actor, record

MAX_REMARK = 200


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the register says of a home besides its owners; `area` in hundredths of a square metre."""

    area: int
    floor: int
    kind: UnitKind
    status: UnitStatus
    heirs_proving: bool = False
    tenant: bool = False
    representative_id: UUID | None = None
    remark: str = ""


def edit_home(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    facts: HomeFacts,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Correct a home; False when nothing differs. A roll already posted does not change with it.

    Raises `Invalid` for an area or floor that cannot be, a representative who owns nothing here, or a missing reason.
    """
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    why = clean_reason(reason)
    if not 0 < facts.area <= MAX_AREA:
        raise Invalid(N_("面积要大于 0，并且不超过 100000 ㎡"), field="area")
    if facts.floor not in FLOORS:
        raise Invalid(N_("楼层要在 -9 到 199 之间"), field="floor")
    owners = {owner.id for owner in owners_of(session, unit_id=unit_id)}
    if facts.representative_id and facts.representative_id not in owners:
        raise Invalid(N_("表决代表必须是这套房屋的业主"), field="representative")
    remark = clean_line(facts.remark, most=MAX_REMARK, field="remark")
    wanted = asdict(replace(facts, remark=remark))
    old = {name: getattr(unit, name) for name, value in wanted.items() if getattr(unit, name) != value}
    if not old:
        return False
    for name in old:
        setattr(unit, name, wanted[name])
    session.add(unit)
    if "representative_id" in old:
        lapse(session, unit, now=now)
    new = {name: wanted[name] for name in old}
    _record_home(session, "edit", unit, actor, now, old=_plain(old), new=_plain(new), reason=why)
    return True


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def add_owner(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    name: str,
    phone: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Put an owner on a home, the same row when name and number agree with one; his id.

    Adding him twice is one deed. Raises `Invalid` for an empty name, an unreadable number or a missing reason.
    """
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    why, called, number = clean_reason(reason), clean_owner_name(name), clean_owner_phone(phone)
    owners = owners_of(session, unit_id=unit_id)
    present = find_namesake(session, estate_id=estate_id, name=called, phone=number) or next(
        (owner for owner in owners if owner.name == called and number is None), None
    )
    if present in owners and present is not None:
        return present.id
    owner = present or Owner(
        id=uuid4(), estate_id=estate_id, name=called, phone=number, entered_by=actor.id, entered_at=now
    )
    session.add(owner)
    session.flush()
    set_owners(session, unit=unit, owner_ids=[*(old.id for old in owners), owner.id], now=now)
    _record_home(session, "add_owner", unit, actor, now, new=shown_owner(owner), reason=why)
    return owner.id


def remove_owner(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    owner_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take an owner off a home; if he is bound he is told. Removing him twice is one deed."""
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    why = clean_reason(reason)
    owners = owners_of(session, unit_id=unit_id)
    if owner not in owners:
        return
    left = [other.id for other in owners if other.id != owner.id]
    set_owners(session, unit=unit, owner_ids=left, now=now)
    _record_home(session, "remove_owner", unit, actor, now, old=shown_owner(owner), reason=why)
    tell_owner(
        session,
        owner=owner,
        template="home_taken_off",
        key=f"home_taken_off:{unit.id}:{owner.id}:{now.isoformat()}",
        now=now,
        values={"home": label_of(unit), "reason": why},
    )
    drop_homeless(session, owner_ids=[owner.id])


def _record_home(
    session: Session,
    verb: str,
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
        tag=f"estates:home:{verb}",
        actor=actor,
        now=now,
        estate_id=unit.estate_id,
        subject_kind="unit",
        subject_id=unit.id,
        old={"home": label_of(unit), **(old or {})},
        new=new,
        reason=reason,
    )
