"""What an estate sets for its orders: how long the residents may ask for more, what counts as the same fault, its postcode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid
from app.models.maintenance.clocks import MaintenanceSettings
from app.services import trail
from app.services.estates.units import lock_register
from app.services.trail import Actor

MOST_DAYS = 365
# Less would close the door before a neighbour is back from a week away.
LEAST_REOPEN = 7


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The settings as the form shows them."""

    reopen_days: str
    recurrence_days: str
    zipcode: str


def settings_of(session: Session, estate_id: UUID) -> MaintenanceSettings:
    """What the estate set for its orders, or the defaults; not yet stored when there is no row."""
    return session.get(MaintenanceSettings, estate_id) or MaintenanceSettings(estate_id=estate_id)


def read_estate_settings(session: Session, *, estate_id: UUID) -> SettingsView:
    row = settings_of(session, estate_id)
    return SettingsView(str(row.reopen_days), str(row.recurrence_days), row.zipcode)


def save_estate_settings(
    session: Session, *, estate_id: UUID, typed: SettingsView, actor: Actor, now: datetime
) -> None:
    """Raises `Invalid` naming the field. A save without a change leaves no trace."""
    reopen = _days(typed.reopen_days, "reopen_days", LEAST_REOPEN)
    recurrence = _days(typed.recurrence_days, "recurrence_days", 1)
    zipcode = typed.zipcode.strip()
    if zipcode and not re.fullmatch(r"[0-9]{6}", zipcode):
        raise Invalid(N_("邮政编码是 6 位数字，没有就留空"), code="bad_zipcode", field="zipcode")
    lock_register(session, estate_id=estate_id)
    row = session.get(MaintenanceSettings, estate_id) or MaintenanceSettings(estate_id=estate_id)
    old = _shown(row)
    row.reopen_days, row.recurrence_days, row.zipcode = reopen, recurrence, zipcode
    if _shown(row) == old:
        return
    session.add(row)
    session.flush()
    trail.record(
        session,
        tag="maintenance:settings:save",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="estate",
        subject_id=estate_id,
        old=old,
        new=_shown(row),
    )


def _days(text: str, field: str, least: int) -> int:
    text = text.strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not least <= days <= MOST_DAYS:
        raise Invalid(
            N_("请填 %(least)s 到 %(most)s 的整数"), code="bad_days", field=field, least=least, most=MOST_DAYS
        )
    return days


def _shown(row: MaintenanceSettings) -> dict[str, object]:
    return {
        "reopen_days": row.reopen_days,
        "recurrence_days": row.recurrence_days,
        "zipcode": row.zipcode,
    }
