"""The orders with a hotline number as a sheet that goes back to the hotline: how far each is, and what was said in public."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.orders import OrderMove, OrderNote, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.calendar import BEIJING
from app.rules.maintenance.states import STATE_NAMES
from app.services.sheets import write_csv

MOST_ROWS = 20_000
HEAD = ("热线编号", "工单号", "状态", "并入工单号", "责任方", "响应时间", "办结时间", "公开说明")
_FOLLOWED = ("state", "answered_at", "closed_at")
_AT_ONCE = 500
_MOST_WORDS = 2_000


def csv_of_calls(session: Session, *, estate_id: UUID) -> str:
    """The newest first, at most twenty thousand. A call that came second shows how far the order is that it was put to."""
    own, party = table_of(WorkOrder), table_of(Party)
    first = own.alias("first")
    theirs = [first.c[name].label(f"first_{name}") for name in ("id", "number", *_FOLLOWED)]
    query = (
        sa.select(own.c.id, own.c.hotline_number, own.c.number, *(own.c[name] for name in _FOLLOWED), *theirs)
        .add_columns(party.c.name.label("party"))
        .join_from(own, first, first.c.id == own.c.duplicate_of, isouter=True)
        .join(party, party.c.id == sa.func.coalesce(first.c.party_id, own.c.party_id), isouter=True)
        .where(own.c.estate_id == estate_id, own.c.hotline_number.is_not(None))
        .order_by(own.c.number.desc())
        .limit(MOST_ROWS)
    )
    return write_csv(HEAD, _lines(session, session.connection().execute(query).all()))


def _lines(session: Session, rows: Sequence[Any]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        words = _public_words(session, [row.first_id or row.id for row in some])
        yield from (_cells(row, words) for row in some)


def _cells(row: Any, words: dict[UUID, list[str]]) -> tuple[str, ...]:
    joined = row.first_id is not None
    state, answered_at, closed_at = (getattr(row, f"first_{name}" if joined else name) for name in _FOLLOWED)
    return (
        row.hotline_number,
        str(row.number),
        STATE_NAMES[state],
        str(row.first_number) if joined else "",
        row.party or "",
        _when(answered_at),
        _when(closed_at),
        "；".join(words.get(row.first_id or row.id, ()))[:_MOST_WORDS],
    )


def _public_words(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """What was said of each order for everybody to read, with its steps or without one, in the order of time."""
    move, note = table_of(OrderMove).c, table_of(OrderNote).c
    said = sa.union_all(
        sa.select(move.order_id, move.at, move.note.label("text")).where(
            move.order_id.in_(ids), move.note != ""
        ),
        sa.select(note.order_id, note.at, note.text).where(note.order_id.in_(ids), note.private.is_(False)),
    ).subquery()
    found: dict[UUID, list[str]] = {}
    for row in session.connection().execute(sa.select(said).order_by(said.c.at)):
        found.setdefault(row.order_id, []).append(" ".join(row.text.split()))
    return found


def _when(at: datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if at else ""
