"""Votes: messages to everybody who owns a home on the roll of a vote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.estates import Owner, Ownership
from app.models.votes import RollEntry
from app.services import outbox

_ENTRY, _OWNERSHIP, _OWNER = table_of(RollEntry), table_of(Ownership), table_of(Owner)
_ACCOUNTS = (
    sa.select(_OWNER.c.account_id)
    .distinct()
    .select_from(
        _ENTRY.join(_OWNERSHIP, _OWNERSHIP.c.unit_id == _ENTRY.c.unit_id).join(
            _OWNER, _OWNER.c.id == _OWNERSHIP.c.owner_id
        )
    )
    .where(_ENTRY.c.vote_id == sa.bindparam("vote_id"), _OWNER.c.account_id.is_not(None))
)


def tell_roll(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    template: str,
    values: Mapping[str, object],
    now: datetime,
    page: str = "",
) -> None:
    """One message for each account that owns a home on the roll, once per vote and template."""
    accounts = session.connection().execute(_ACCOUNTS, {"vote_id": vote_id}).scalars()
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"{template}:{vote_id}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                estate_id=estate_id,
                values=values,
                link=f"votes/{vote_id}{page}",
            )
            for account_id in accounts
        ],
    )
