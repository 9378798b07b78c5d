"""The register as an import is compared with it, and the fingerprint of all that an import could change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from app.models.estates import Owner, Unit
from app.rules.estates.plan import RegisteredOwner, RegisteredUnit
from app.services.estates.units import phones_of, read_units


def read_registered(session: Session, *, estate_id: UUID) -> list[RegisteredUnit]:
    """The present register in the form in which an import is compared with it."""
    return [_registered(unit, owners) for unit, owners in read_units(session, estate_id=estate_id)]


def _registered(unit: Unit, owners: Sequence[Owner]) -> RegisteredUnit:
    return RegisteredUnit(
        building=unit.building,
        entrance=unit.entrance,
        floor=unit.floor,
        room=unit.room,
        area=unit.area,
        kind=unit.kind,
        status=unit.status,
        owners=tuple(
            RegisteredOwner(owner.name, owner.phone, str(owner.id), tuple(owner.other_phones.split()))
            for owner in owners
        ),
        heirs_proving=unit.heirs_proving,
        tenant=unit.tenant,
        remark=unit.remark,
    )


def register_fingerprint(session: Session, *, estate_id: UUID) -> str:
    """SHA-256 over all that an import could change; equal as long as nobody edits the register."""
    lines: list[Mapping[str, object]] = []
    for unit, owners in read_units(session, estate_id=estate_id):
        lines.append(
            {
                "home": [unit.building, unit.entrance, unit.floor, unit.room],
                "is": [unit.area, unit.kind, unit.status, unit.heirs_proving, unit.tenant, unit.remark],
                "owners": [[str(owner.id), owner.name, *phones_of(owner)] for owner in owners],
            }
        )
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
