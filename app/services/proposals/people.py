"""Proposals: how a person is shown to his neighbours: a masked name and his entrance, or a name with a badge."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.accounts import Account, Grant
from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.rules.accounts import Duty, Role, mask_name
from app.rules.estates.labels import building_label, entrance_label, in_order

_ACCOUNT, _GRANT = table_of(Account), table_of(Grant)
_OWNER, _OWNERSHIP, _UNIT, _RESIDENCE = (table_of(model) for model in (Owner, Ownership, Unit, Residence))
_WANTED: sa.BindParameter[list[UUID]] = sa.bindparam("wanted", expanding=True)
_NAMES = sa.select(_ACCOUNT.c.id, _ACCOUNT.c.name).where(_ACCOUNT.c.id.in_(_WANTED))
_BADGES = sa.select(_GRANT.c.account_id, _GRANT.c.role, _GRANT.c.duty).where(
    _GRANT.c.account_id.in_(_WANTED),
    _GRANT.c.estate_id == sa.bindparam("estate_id"),
    _GRANT.c.ended_at.is_(None),
    _GRANT.c.role.in_([Role.COMMITTEE, Role.PARTY_MEMBER]),
)
_HOMES = (
    sa.select(_OWNER.c.account_id, _UNIT.c.building, _UNIT.c.entrance)
    .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
    .where(_OWNER.c.account_id.in_(_WANTED), _UNIT.c.estate_id == sa.bindparam("estate_id"))
    .union(
        sa.select(_RESIDENCE.c.account_id, _UNIT.c.building, _UNIT.c.entrance)
        .select_from(_RESIDENCE.join(_UNIT))
        .where(_RESIDENCE.c.account_id.in_(_WANTED), _UNIT.c.estate_id == sa.bindparam("estate_id"))
    )
)


@dataclass(frozen=True, slots=True)
class Writer:
    """A person beside what he wrote. `badge` is `committee`, a duty, or nothing; `home` is his house and entrance."""

    id: UUID
    name: str
    badge: str = ""
    home: str = ""
    is_me: bool = False


def show_people(
    session: Session,
    *,
    estate_id: UUID,
    account_ids: Collection[UUID],
    viewer_id: UUID | None = None,
    with_homes: bool = False,
) -> dict[UUID, Writer]:
    """Each by id: neighbours masked, those who hold an office and the viewer himself by their whole name."""
    where: dict[str, Any] = {"wanted": list(set(account_ids)), "estate_id": estate_id}
    connection = session.connection()
    badges = _badges(connection.execute(_BADGES, where))
    homes = _homes(connection.execute(_HOMES, where)) if with_homes else {}
    return {
        account_id: Writer(
            id=account_id,
            name=name if account_id in badges or account_id == viewer_id else mask_name(name),
            badge=badges.get(account_id, ""),
            home=homes.get(account_id, ""),
            is_me=account_id == viewer_id,
        )
        for account_id, name in connection.execute(_NAMES, {"wanted": where["wanted"]})
    }


def public_name(session: Session, *, estate_id: UUID, account_id: UUID) -> str:
    """The name that stands on the public way of a proposal."""
    return show_people(session, estate_id=estate_id, account_ids=[account_id])[account_id].name


def _badges(rows: Iterable[Any]) -> dict[UUID, str]:
    """The committee's before any duty, and of several duties the first in the order of the rules."""
    order = ["committee", *Duty]
    found: dict[UUID, str] = {}
    for account_id, role, duty in rows:
        badge = "committee" if role is Role.COMMITTEE else duty.value
        found[account_id] = min(found.get(account_id, badge), badge, key=order.index)
    return found


def _homes(rows: Iterable[Any]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for account_id, building, entrance in sorted(rows, key=lambda row: (in_order(row[1]), in_order(row[2]))):
        found.setdefault(account_id, building_label(building) + entrance_label(entrance))
    return found
