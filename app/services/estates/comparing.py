"""The preview of an import: the file as read beside the register as it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, NotFound
from app.models.estates import RegisterImport
from app.rules.estates.plan import ImportPlan, plan_import
from app.rules.estates.rows import ParsedRegister
from app.services.estates.snapshot import read_registered, register_fingerprint
from app.services.trail import Actor, record


def compare(
    session: Session,
    row: RegisterImport,
    parsed: ParsedRegister,
    *,
    same: Sequence[Collection[str]],
    removals: Collection[str],
) -> ImportPlan:
    """Put the plan on the row, with the fingerprint it was made from and those decisions that still fit."""
    plan = plan_import(parsed.rows, read_registered(session, estate_id=row.estate_id))
    known = {person.key for double in plan.doubles for person in double.persons}
    removable = {str(unit.home) for unit in plan.removed}
    row.register_fingerprint = register_fingerprint(session, estate_id=row.estate_id)
    row.preview = {
        "parsed": parsed.to_json(),
        "plan": plan.to_json(),
        "same": [sorted(set(keys) & known) for keys in same if len(set(keys) & known) > 1],
        "removals": sorted(removable.intersection(removals)),
    }
    session.add(row)
    session.flush()
    return plan


def compare_again(session: Session, *, row: RegisterImport) -> None:
    """Make the plan anew against the register as it is now; decisions that still fit are kept."""
    preview: dict[str, Any] = row.preview
    parsed = ParsedRegister.from_json(preview["parsed"])
    compare(session, row, parsed, same=preview["same"], removals=preview["removals"])


def find_import(session: Session, *, estate_id: UUID, import_id: UUID, lock: bool = False) -> RegisterImport:
    query = select(RegisterImport).where(
        RegisterImport.id == import_id, RegisterImport.estate_id == estate_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这次导入"))
    return row


def record_import(
    session: Session, row: RegisterImport, verb: str, actor: Actor, now: datetime, new: Mapping[str, object]
) -> None:
    record(
        session,
        tag=f"estates:import:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="import",
        subject_id=row.id,
        new=new,
    )
