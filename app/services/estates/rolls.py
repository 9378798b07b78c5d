"""Which homes and owners other rows name, on a posted roll, in an account, by a voice, so that the register keeps them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_

# Votes and maintenance are later rooms, so their tables are named and not imported: all we ask is whether a row is needed.
_ENTRY = sa.table("roll_entry", sa.column("unit_id", sa.Uuid))
_VOTER = sa.table("roll_voter", sa.column("owner_id", sa.Uuid))
_CHARGE = sa.table("fee_charge", sa.column("unit_id", sa.Uuid))
_HARDSHIP = sa.table("hardship", sa.column("unit_id", sa.Uuid))
_ORDER = sa.table("work_order", sa.column("unit_id", sa.Uuid), sa.column("estate_id", sa.Uuid))
_SECONDING = sa.table("seconding", sa.column("unit_id", sa.Uuid))
_ANSWER = sa.table("answer_sheet", sa.column("unit_id", sa.Uuid))
_AT_ONCE = 500

# What a home may not be removed for, table by table, in the words for whoever tries.
HELD_BY = {
    "roll_entry": N_("%(home)s 已经列入表决名册，不能删除。登记有误的，请用“更正登记”"),
    "claim": N_("有人认领过 %(home)s，不能删除。登记有误的，请用“更正登记”"),
    "residence": N_("%(home)s 有核实过的住户，不能删除。登记有误的，请用“更正登记”"),
    "household_code": N_("给 %(home)s 印过一户一码的信，不能删除。登记有误的，请用“更正登记”"),
    "seconding": N_("%(home)s 为议题联过名，不能删除。登记有误的，请用“更正登记”"),
    "answer_sheet": N_("%(home)s 填过问卷，不能删除。登记有误的，请用“更正登记”"),
    "work_order": N_("%(home)s 有报修记录，不能删除。登记有误的，请用“更正登记”"),
    "fee_charge": N_("%(home)s 有物业费记录，不能删除。登记有误的，请用“更正登记”"),
    "hardship": N_("%(home)s 有费用减免记录，不能删除。登记有误的，请用“更正登记”"),
}


def units_on_rolls(session: Session, unit_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the homes that stand on the roll of any vote, whatever became of it."""
    return _named(session, _ENTRY.c.unit_id, unit_ids)


def units_in_accounts(session: Session, unit_ids: Collection[UUID], *, estate_id: UUID) -> frozenset[UUID]:
    """Those of the estate's homes that were charged a fee, relieved of one, or had a fault inside reported."""
    inside = sa.select(_ORDER.c.unit_id).where(_ORDER.c.estate_id == estate_id, _ORDER.c.unit_id.is_not(None))
    charged = _named(session, _CHARGE.c.unit_id, unit_ids) | _named(session, _HARDSHIP.c.unit_id, unit_ids)
    return charged.union(session.connection().scalars(inside.distinct()))


def units_with_voice(session: Session, unit_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the homes that seconded a proposal or answered a survey."""
    return _named(session, _SECONDING.c.unit_id, unit_ids) | _named(session, _ANSWER.c.unit_id, unit_ids)


def what_holds(session: Session, *, unit_id: UUID) -> str:
    """Why the home must stay, as one of the sentences of `HELD_BY`; empty when nothing stands on it."""
    for table, sentence in HELD_BY.items():
        column = sa.table(table, sa.column("unit_id", sa.Uuid)).c.unit_id
        if _named(session, column, [unit_id]):
            return sentence
    return ""


def owners_on_rolls(session: Session, owner_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the owners who may cast, or could have cast, a ballot of any vote."""
    return _named(session, _VOTER.c.owner_id, owner_ids)


def _named(session: Session, column: sa.ColumnClause[UUID], ids: Collection[UUID]) -> frozenset[UUID]:
    wanted, found = list(ids), set[UUID]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(column).where(column.in_(wanted[start : start + _AT_ONCE])).distinct()
        found.update(session.connection().scalars(query))
    return frozenset(found)
