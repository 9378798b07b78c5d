"""Votes: the acts that belong to a vote, as its evidence package shows them, and the links between them."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import NO_ID, table_of
from app.models.trail import TrailRow
from app.models.votes import Vote
from app.rules.accounts import mask_name
from app.rules.trail import written
from app.services.trail import document_of

# Acts whose reason and figures every member reads on a page anyway. Of the others a masked package tells that they happened.
_OPEN_ACTS = frozenset(
    {
        "votes:notice:give",
        "votes:vote:open",
        "votes:vote:preliminary",
        "votes:vote:final",
        "votes:vote:annulled",
        "votes:checkpoint:refuse",
        "votes:evidence:export",
        "votes:extension:confirm",
        "votes:recount:same",
        "votes:recount:differs",
    }
)
_ROW = table_of(TrailRow).c


def rows_of(session: Session, *, vote: Vote, full: bool) -> Iterator[str]:
    """One line for each row from the vote's first act to its last; of acts about other things only what links them."""
    own = {
        row.seq: row
        for row in session.exec(
            select(TrailRow)
            .where(
                TrailRow.estate_id == vote.estate_id,
                TrailRow.subject_kind == "vote",
                TrailRow.subject_id == vote.id,
            )
            .order_by(col(TrailRow.seq))
        )
    }
    if not own:
        return
    links = (
        sa.select(_ROW.seq, _ROW.previous_hash, _ROW.row_hash)
        .where(_ROW.estate_id == vote.estate_id, _ROW.seq.between(min(own), max(own)))
        .order_by(_ROW.seq)
    )
    for link in session.connection().execute(links):
        row = own.get(link.seq)
        if row is None:
            shown = {"seq": link.seq, "previous": link.previous_hash, "row_hash": link.row_hash}
        else:
            shown = _whole(row) if full else _masked(row)
        yield written(shown) + "\n"


def _whole(row: TrailRow) -> dict[str, object]:
    return {**document_of(row), "row_hash": row.row_hash}


def _masked(row: TrailRow) -> dict[str, object]:
    shown: dict[str, object] = {
        "seq": row.seq,
        "previous": row.previous_hash,
        "row_hash": row.row_hash,
        "tag": row.tag,
        "actor_name": row.actor_name if row.actor_id == NO_ID else mask_name(row.actor_name),
        "at": row.at.isoformat(),
    }
    if row.tag in _OPEN_ACTS:
        shown.update(old=row.old, new=row.new, reason=row.reason)
    return shown
