"""Trail: append a row to an estate's hash chain of acts, and read it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.models.base import NO_ID, table_of
from app.models.trail import TrailHead, TrailRow
from app.rules.paging import FIRST, Leaf, Turn, read_leaf
from app.rules.trail import row_hash


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `SYSTEM` acts when time alone decides."""

    id: UUID
    name: str


PAGE = 50
SYSTEM = Actor(NO_ID, "系统")


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One row as pages show it."""

    seq: int
    tag: str
    actor_name: str
    subject_kind: str
    subject_id: UUID
    old: str
    new: str
    reason: str
    at: datetime


def document_of(row: TrailRow) -> dict[str, object]:
    """What a row's hash is over, in plain values."""
    return {
        "estate": str(row.estate_id),
        "seq": row.seq,
        "tag": row.tag,
        "actor": str(row.actor_id),
        "actor_name": row.actor_name,
        "subject": [row.subject_kind, str(row.subject_id)],
        "old": row.old,
        "new": row.new,
        "reason": row.reason,
        "at": row.at.isoformat(),
        "previous": row.previous_hash,
    }


def _row_hash(row: TrailRow) -> str:
    return row_hash(document_of(row))


def record(
    session: Session,
    *,
    tag: str,
    actor: Actor,
    now: datetime,
    estate_id: UUID = NO_ID,
    subject_kind: str = "",
    subject_id: UUID = NO_ID,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
    reason: str = "",
) -> None:
    """Append one act. `tag` reads `room:thing:verb`; `old` and `new` hold plain JSON values only."""
    head = _lock_head(session, estate_id)
    row = TrailRow(
        estate_id=estate_id,
        seq=head.seq + 1,
        tag=tag,
        actor_id=actor.id,
        actor_name=actor.name[:50],
        subject_kind=subject_kind,
        subject_id=subject_id,
        old=dict(old or {}),
        new=dict(new or {}),
        reason=reason,
        at=now,
        previous_hash=head.row_hash,
        row_hash="",
    )
    row.row_hash = _row_hash(row)
    head.seq, head.row_hash = row.seq, row.row_hash
    session.add(row)
    session.flush()


def _lock_head(session: Session, estate_id: UUID) -> TrailHead:
    query = (
        select(TrailHead)
        .where(TrailHead.estate_id == estate_id)
        .with_for_update(key_share=True)
        # A session that wrote here before may still hold an older head than the row it locks.
        .execution_options(populate_existing=True)
    )
    head = session.exec(query).one_or_none()
    if head is None:
        # Two first acts at once: whoever is second waits here for the other, and goes on from its head.
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        first = insert(table_of(TrailHead)).values(estate_id=estate_id, seq=0, row_hash="")
        session.connection().execute(first.on_conflict_do_nothing(index_elements=["estate_id"]))
        head = session.exec(query).one()
    return head


def list_rows(session: Session, *, estate_id: UUID, limit: int = PAGE) -> list[TrailLine]:
    """The newest rows."""
    return list(read_rows(session, estate_id=estate_id, limit=limit).rows)


def read_rows(
    session: Session, *, estate_id: UUID, turn: Turn = FIRST, limit: int = PAGE, tag: str = ""
) -> Leaf[TrailLine]:
    """A page of rows, the newest first; with `tag` only those under it: a room, or room and thing."""
    query, seq = select(TrailRow).where(TrailRow.estate_id == estate_id).limit(limit + 1), col(TrailRow.seq)
    if tag:
        query = query.where(col(TrailRow.tag).startswith(f"{tag}:", autoescape=True))

    def fetch(turn: Turn) -> Sequence[TrailRow]:
        if turn.back:
            return session.exec(query.where(seq > turn.numbers[0]).order_by(seq)).all()
        below = query.where(seq < turn.numbers[0]) if turn.mark else query
        return session.exec(below.order_by(seq.desc())).all()

    leaf = read_leaf(fetch, turn, size=limit, mark_of=lambda row: row.seq)
    return Leaf(tuple(_line(row) for row in leaf.rows), leaf.older, leaf.newer)


def _line(row: TrailRow) -> TrailLine:
    def show(values: Mapping[str, object]) -> str:
        return "；".join(f"{key}＝{value}" for key, value in values.items())

    return TrailLine(
        seq=row.seq,
        tag=row.tag,
        actor_name=row.actor_name,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        old=show(row.old),
        new=show(row.new),
        reason=row.reason,
        at=row.at,
    )


def first_broken_row(session: Session, *, estate_id: UUID) -> int | None:
    """Recompute the chain; the number of the first row that does not fit, or None when all hold."""
    previous, expected = "", 1
    rows = session.exec(
        select(TrailRow).where(TrailRow.estate_id == estate_id).order_by(sa.asc(col(TrailRow.seq)))
    )
    for row in rows:
        if row.seq != expected or row.previous_hash != previous or row.row_hash != _row_hash(row):
            return expected
        previous, expected = row.row_hash, expected + 1
    head = session.get(TrailHead, estate_id)
    if head is not None and (head.seq, head.row_hash) != (expected - 1, previous):
        return expected
    return None
