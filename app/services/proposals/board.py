"""Proposals: the desk's board: a column for each thing to be done, the most overdue and the warmest at the top."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.proposals import Proposal
from app.rules.proposals.deadlines import Level, level_at
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.services.proposals.catalogue import item_titles
from app.services.proposals.places import Place

# Beyond this a column says only "99+".
MOST_COUNTED = 99
TOP, PAGE = 5, 30


class Column(StrEnum):
    """What a proposal waits for; `owed` are those that gather no more voices because an answer is due."""

    OWED = "owed"
    GATHERING = "gathering"
    ACCEPTED = "accepted"
    DELIBERATING = "deliberating"
    VOTING = "voting"
    DECIDED_PASSED = "decided_passed"
    DECIDED_NOT_PASSED = "decided_not_passed"
    IMPLEMENTING = "implementing"
    COMPLETED = "completed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A proposal on the board; `place` is empty for the whole estate, `item` may be a marked word."""

    id: UUID
    number: int
    title: str
    item: str
    place: str
    supporters: int
    needed: int
    warmth: int
    answer_due_at: datetime | None
    gathering_until: datetime | None
    level: Level | None
    sponsored: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Pile:
    """A column: its first lines, how many there are (one more than `MOST_COUNTED` for more), and where to go on, or ""."""

    column: Column
    lines: tuple[BoardLine, ...]
    count: int
    after: str


_P = table_of(Proposal).c
_FIELDS = (
    *(_P.id, _P.number, _P.title, _P.item_key, _P.scope, _P.scope_building, _P.scope_entrance),
    *(_P.supporters, _P.needed, _P.warmth, _P.answer_due_at, _P.gathering_until),
    *(_P.street_told_at, _P.sponsor_id, _P.hidden_at),
)
_ESTATE: sa.BindParameter[UUID] = sa.bindparam("estate_id", type_=_P.estate_id.type)
_LIMIT: sa.BindParameter[int] = sa.bindparam("most", type_=sa.Integer())
_LATEST = datetime(1970, 1, 1, tzinfo=UTC)


class _Way(StrEnum):
    """How SQLite, which counts no rows before it chooses an index, is led to the one that reads fewest."""

    FREE = "free"
    BY_STATE = "by_state"
    BY_WARMTH = "by_warmth"


def _in_column(column: Column, way: _Way = _Way.FREE) -> sa.ColumnElement[bool]:
    state = ProposalState.GATHERING if column is Column.OWED else ProposalState(column.value)
    # An expression is what no index answers.
    hidden = sa.type_coerce(_P.state, sa.String()).concat("") == state.value
    found = [_P.estate_id == _ESTATE, hidden if way is _Way.BY_WARMTH else _P.state == state]
    if column is Column.OWED:
        found.append(_P.reached_at.is_not(None))
    elif column is Column.GATHERING:
        found.append(_P.reached_at.is_(None))
    return sa.and_(*found)


def _query(column: Column, way: _Way = _Way.FREE) -> sa.Select[Any]:
    """A page of a column, after a mark: by the day the answer is due, or by warmth."""
    number: sa.BindParameter[int] = sa.bindparam("number", type_=sa.Integer())
    if column is Column.OWED:
        mark = sa.tuple_(sa.bindparam("due", type_=_P.answer_due_at.type), number)
        after = sa.tuple_(_P.answer_due_at, _P.number) > mark
        order: tuple[sa.ColumnElement[Any], ...] = (_P.answer_due_at, _P.number)
    else:
        warmth = _P.warmth + 0 if way is _Way.BY_STATE else _P.warmth
        mark = sa.tuple_(sa.bindparam("warmth", type_=sa.Integer()), number)
        after = sa.tuple_(warmth, _P.number) < mark
        order = (warmth.desc(), _P.number.desc())
    return sa.select(*_FIELDS).where(_in_column(column, way), after).order_by(*order).limit(_LIMIT)


def _counting(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    some = sa.select(sa.literal(1)).where(*conditions).limit(MOST_COUNTED + 1)
    return sa.select(sa.func.count()).select_from(some.subquery())


_PAGES = {(column, way): _query(column, way) for column in Column for way in _Way}
_COUNTS = {column: _counting(_in_column(column)) for column in Column}
_OVERDUE = _counting(_in_column(Column.OWED), _P.answer_due_at <= sa.bindparam("now"))


def read_board(session: Session, *, estate_id: UUID, now: datetime) -> list[Pile]:
    """Every column with its top and its bounded count, in the order of a proposal's way."""
    return [read_pile(session, estate_id=estate_id, column=column, now=now, limit=TOP) for column in Column]


def read_pile(
    session: Session,
    *,
    estate_id: UUID,
    column: Column,
    now: datetime,
    after: str = "",
    limit: int = PAGE,
) -> Pile:
    """A page of one column; an `after` that is no mark of ours gives the first page."""
    connection = session.connection()
    where = {"estate_id": estate_id, "most": limit + 1, **_mark(column, after)}
    count = connection.execute(_COUNTS[column], {"estate_id": estate_id}).scalar_one()
    rows = connection.execute(_PAGES[column, _way(session, column, count)], where).all() if count else []
    return Pile(
        column=column,
        lines=_lines(session, rows[:limit], estate_id, column, now),
        count=count,
        after=_mark_of(column, rows[limit - 1]) if len(rows) > limit else "",
    )


def _way(session: Session, column: Column, count: int) -> _Way:
    if column is Column.OWED or session.get_bind().dialect.name != "sqlite":
        return _Way.FREE
    return _Way.BY_WARMTH if count > MOST_COUNTED else _Way.BY_STATE


def _mark(column: Column, after: str) -> dict[str, object]:
    found = re.fullmatch(r"([0-9]{1,13})-([0-9]{1,9})", after)
    first, number = (int(found[1]), int(found[2])) if found else (None, 0)
    if column is Column.OWED:
        # In milliseconds: deadlines are midnights, but nothing here should hang on that.
        due = _LATEST if first is None else _LATEST + timedelta(milliseconds=min(first, 32503680000000))
        return {"due": due, "number": number}
    most = 2**31 - 1
    return {"warmth": most if first is None else min(first, most), "number": number if found else most}


def _mark_of(column: Column, row: Any) -> str:
    if column is Column.OWED:
        return f"{(row.answer_due_at - _LATEST) // timedelta(milliseconds=1)}-{row.number}"
    return f"{row.warmth}-{row.number}"


def _lines(
    session: Session, rows: Sequence[Any], estate_id: UUID, column: Column, now: datetime
) -> tuple[BoardLine, ...]:
    titles = item_titles(session, estate_id=estate_id, keys=[row.item_key for row in rows]) if rows else {}
    return tuple(_line(row, titles.get(row.item_key, ""), column, now) for row in rows)


def _line(row: Any, item: str, column: Column, now: datetime) -> BoardLine:
    owed = column is Column.OWED and row.answer_due_at is not None
    return BoardLine(
        id=row.id,
        number=row.number,
        title=row.title,
        item=item,
        place=Place(Scope(row.scope), row.scope_building, row.scope_entrance).label,
        supporters=row.supporters,
        needed=row.needed,
        warmth=row.warmth,
        answer_due_at=row.answer_due_at if owed else None,
        gathering_until=row.gathering_until,
        level=level_at(row.answer_due_at, row.street_told_at, now) if owed else None,
        sponsored=row.sponsor_id is not None,
        hidden=row.hidden_at is not None,
    )


def count_owed(session: Session, *, estate_id: UUID, now: datetime) -> tuple[int, int]:
    """Proposals that wait for an answer, and those of them whose day has passed; each at most one above `MOST_COUNTED`."""
    connection = session.connection()
    owed = connection.execute(_COUNTS[Column.OWED], {"estate_id": estate_id}).scalar_one()
    overdue = connection.execute(_OVERDUE, {"estate_id": estate_id, "now": now}).scalar_one()
    return int(owed), int(overdue)
