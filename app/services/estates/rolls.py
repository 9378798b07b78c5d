"""Rolls: which homes and owners a posted roll names, so that the register keeps their rows."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

# Votes are a later room, so their tables are named and not imported: all we ask is whether a row is needed.
_ENTRY = sa.table("roll_entry", sa.column("unit_id", sa.Uuid))
_VOTER = sa.table("roll_voter", sa.column("owner_id", sa.Uuid))
_AT_ONCE = 500


def units_on_rolls(session: Session, unit_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the homes that stand on the roll of any vote, whatever became of it."""
    return _named(session, _ENTRY.c.unit_id, unit_ids)


def owners_on_rolls(session: Session, owner_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the owners who may cast, or could have cast, a ballot of any vote."""
    return _named(session, _VOTER.c.owner_id, owner_ids)


def _named(session: Session, column: sa.ColumnClause[UUID], ids: Collection[UUID]) -> frozenset[UUID]:
    wanted, found = list(ids), set[UUID]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(column).where(column.in_(wanted[start : start + _AT_ONCE])).distinct()
        found.update(session.connection().scalars(query))
    return frozenset(found)
