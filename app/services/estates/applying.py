"""Writing an import into the register: additions and changes as previewed, removals only where staff ticked them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.estates import Claim, ImportState, Owner, Ownership, RegisterImport, Residence, Unit
from app.rules.estates.plan import ImportPlan
from app.rules.estates.rows import ParsedRegister, ParsedRow
from app.services.estates.comparing import compare_again, find_import, record_import
from app.services.estates.identities import Identities
from app.services.estates.ownership import drop_homeless, set_owners, tell_owner
from app.services.estates.rolls import units_in_accounts, units_on_rolls, units_with_voice
from app.services.estates.snapshot import register_fingerprint
from app.services.estates.units import home_of, label_of, lock_register, read_units
from app.services.trail import Actor


class Applied(StrEnum):
    """What came of a confirmation: written, or shown again because the register had moved."""

    WRITTEN = "written"
    MOVED = "moved"


def apply_import(
    session: Session, *, estate_id: UUID, import_id: UUID, seen: str, actor: Actor, now: datetime
) -> Applied:
    """Write the preview whose fingerprint is `seen`; confirming twice writes once.

    When the register is no longer the one previewed, nothing is written to it and the plan is made anew. Raises
    `Conflict` for an upload that is not ready, or for a ticked home that must stay.
    """
    lock_register(session, estate_id=estate_id)
    row = find_import(session, estate_id=estate_id, import_id=import_id, lock=True)
    if row.state is ImportState.APPLIED:
        return Applied.WRITTEN
    if row.state is not ImportState.READY:
        raise Conflict(N_("这次导入还没有读完，或者已经取消"))
    if register_fingerprint(session, estate_id=estate_id) != row.register_fingerprint:
        compare_again(session, row=row)
        return Applied.MOVED
    if seen != row.register_fingerprint:
        return Applied.MOVED
    counts = _write(session, row, actor.id, now)
    new = {"file": row.file_name, "sha256": row.sha256, **counts}
    record_import(session, row, "apply", actor, now, new)
    row.state, row.applied_at, row.content, row.preview = ImportState.APPLIED, now, None, {"counts": counts}
    session.add(row)
    session.flush()
    return Applied.WRITTEN


def homes_to_keep(session: Session, *, estate_id: UUID) -> frozenset[str]:
    """Homes that cannot be removed: on the roll of a vote, lived in, claimed, in an account, or having spoken as a home.

    Named as `str(Home)`.
    """
    units = session.exec(select(Unit).where(Unit.estate_id == estate_id)).all()
    ids = {unit.id for unit in units}
    used = set(units_on_rolls(session, ids)) | units_in_accounts(session, ids, estate_id=estate_id)
    used |= units_with_voice(session, ids)
    used.update(session.exec(select(Claim.unit_id).where(Claim.estate_id == estate_id)))
    lived = select(Residence.unit_id).join(Unit, col(Unit.id) == Residence.unit_id)
    used.update(session.exec(lived.where(Unit.estate_id == estate_id)))
    return frozenset(str(home_of(unit)) for unit in units if unit.id in used)


def _write(session: Session, row: RegisterImport, by: UUID, now: datetime) -> dict[str, int]:
    preview: dict[str, Any] = row.preview
    plan = ImportPlan.from_json(preview["plan"])
    parsed = ParsedRegister.from_json(preview["parsed"])
    people = Identities(session, row.estate_id, preview["same"], by, now)
    units = {home_of(unit): unit for unit, _ in read_units(session, estate_id=row.estate_id)}
    left: dict[UUID, list[Unit]] = defaultdict(list)
    for changed in plan.changed:
        unit = units[changed.row.home]
        for owner_id in _put(session, unit, changed.row, people):
            left[owner_id].append(unit)
    _add(session, row.estate_id, plan.added, people)
    people.settle_phones(parsed.rows)
    removed = [units[home] for home in units if str(home) in preview["removals"]]
    if removed:
        _remove(session, row.estate_id, removed, left, now)
    _tell(session, row, left, now)
    drop_homeless(session, owner_ids=list(left))
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(removed),
        "unchanged": plan.unchanged,
        "refused": len(parsed.errors),
        "joined": len(preview["same"]),
    }


def _facts(row: ParsedRow) -> dict[str, Any]:
    return {
        "building": row.building,
        "entrance": row.entrance,
        "floor": row.floor,
        "room": row.room,
        "area": row.area,
        "kind": row.kind,
        "status": row.status,
        "heirs_proving": row.heirs_proving,
        "tenant": row.tenant,
        "remark": row.remark,
    }


def _put(session: Session, unit: Unit, row: ParsedRow, people: Identities) -> frozenset[UUID]:
    for name, value in _facts(row).items():
        setattr(unit, name, value)
    session.add(unit)
    owners = [people.find(cell, row.home).id for cell in row.owners]
    return set_owners(session, unit=unit, owner_ids=owners, now=people.now)


def _add(session: Session, estate_id: UUID, rows: Sequence[ParsedRow], people: Identities) -> None:
    # Two flushes for all: a first import writes thousands of rows, and the database wants both ends of an ownership.
    held: list[Ownership] = []
    for row in rows:
        unit = Unit(estate_id=estate_id, **_facts(row))
        session.add(unit)
        owner_ids = dict.fromkeys(people.find(cell, row.home).id for cell in row.owners)
        held += [
            Ownership(unit_id=unit.id, owner_id=owner_id, position=n) for n, owner_id in enumerate(owner_ids)
        ]
    session.flush()
    session.add_all(held)
    session.flush()


def _remove(
    session: Session, estate_id: UUID, units: Sequence[Unit], left: dict[UUID, list[Unit]], now: datetime
) -> None:
    kept = homes_to_keep(session, estate_id=estate_id)
    for unit in units:
        if str(home_of(unit)) in kept:
            raise Conflict(
                N_(
                    "%(home)s 已经列入表决名册，或有住户、认领、费用、报修、联名、问卷记录，不能删除。请取消勾选后再确认"
                ),
                home=label_of(unit),
            )
        for owner_id in set_owners(session, unit=unit, owner_ids=[], now=now):
            left[owner_id].append(unit)
        session.delete(unit)
    session.flush()


def _tell(session: Session, row: RegisterImport, left: dict[UUID, list[Unit]], now: datetime) -> None:
    for owner in session.exec(
        select(Owner).where(col(Owner.id).in_(left), col(Owner.account_id).is_not(None))
    ):
        for unit in left[owner.id]:
            tell_owner(
                session,
                owner=owner,
                template="home_taken_off",
                key=f"home_taken_off:{unit.id}:{owner.id}:{row.id}",
                now=now,
                values={"home": label_of(unit), "reason": row.file_name},
            )
