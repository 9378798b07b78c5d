"""Which homes and owners later rooms name, on a posted roll or in an account, so that the register keeps their rows."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

# Votes and maintenance are later rooms, so their tables are named and not imported: all we ask is whether a row is needed.
_ENTRY = sa.table("roll_entry", sa.column("unit_id", sa.Uuid))
_VOTER = sa.table("roll_voter", sa.column("owner_id", sa.Uuid))
_CHARGE = sa.table("fee_charge", sa.column("unit_id", sa.Uuid))
_HARDSHIP = sa.table("hardship", sa.column("unit_id", sa.Uuid))
_ORDER = sa.table("work_order", sa.column("unit_id", sa.Uuid), sa.column("estate_id", sa.Uuid))
_AT_ONCE = 500


def units_on_rolls(session: Session, unit_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the homes that stand on the roll of any vote, whatever became of it."""
    return _named(session, _ENTRY.c.unit_id, unit_ids)


def units_in_accounts(session: Session, unit_ids: Collection[UUID], *, estate_id: UUID) -> frozenset[UUID]:
    """Those of the estate's homes that were charged a fee, relieved of one, or had a fault inside reported."""
    inside = sa.select(_ORDER.c.unit_id).where(_ORDER.c.estate_id == estate_id, _ORDER.c.unit_id.is_not(None))
    charged = _named(session, _CHARGE.c.unit_id, unit_ids) | _named(session, _HARDSHIP.c.unit_id, unit_ids)
    return charged.union(session.connection().scalars(inside.distinct()))


def owners_on_rolls(session: Session, owner_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the owners who may cast, or could have cast, a ballot of any vote."""
    return _named(session, _VOTER.c.owner_id, owner_ids)


def _named(session: Session, column: sa.ColumnClause[UUID], ids: Collection[UUID]) -> frozenset[UUID]:
    wanted, found = list(ids), set[UUID]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(column).where(column.in_(wanted[start : start + _AT_ONCE])).distinct()
        found.update(session.connection().scalars(query))
    return frozenset(found)
