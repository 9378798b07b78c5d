"""The committee's list of orders: piles by what has to be done, filters, and pages by the orders' numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import Handing, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.responsible import MOST_REFUSALS, PartyKind, Reply
from app.rules.maintenance.states import OPEN, OrderState
from app.services.maintenance.lines import ORDER, DeskLine, lines_of

PAGE = 30
# Beyond this a pile says only "99+".
MOST_COUNTED = 99
_ALL = 2**31 - 1


class Pile(StrEnum):
    """What an order waits for: a ruling, its time that ran out, an answer, a party; or anything at all."""

    RULE = "rule"
    OVERDUE = "overdue"
    INFO = "info"
    UNACCEPTED = "unaccepted"
    OPEN = "open"


_STATES: dict[Pile, tuple[OrderState, ...]] = {
    Pile.RULE: (OrderState.ASSIGNED,),
    Pile.INFO: (OrderState.NEED_INFO,),
    Pile.UNACCEPTED: (OrderState.SUBMITTED, OrderState.ASSIGNED),
}
_EVERY_OPEN = tuple(state for state in OrderState if state in OPEN)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to; "" and None for all. `state` may name a closed one. `before` begins the page."""

    pile: Pile = Pile.OPEN
    party_id: UUID | None = None
    building: str | None = None
    category: str = ""
    state: OrderState | None = None
    overdue: bool = False
    before: int = _ALL


@dataclass(frozen=True, slots=True)
class TriagePage:
    """Lines, newest first, and the number below which the next page begins; None on the last one."""

    lines: tuple[DeskLine, ...]
    before: int | None


def list_triage(session: Session, *, estate_id: UUID, asked: Asked, now: datetime) -> TriagePage:
    """A page of the list. Each state is read from its own stretch of an index, so closed orders cost nothing."""
    rows = session.connection().execute(_query(estate_id, asked, now, PAGE + 1)).all()
    lines = lines_of(session, [row.id for row in rows[:PAGE]], now=now)
    return TriagePage(tuple(lines), rows[PAGE - 1].number if len(rows) > PAGE else None)


def count_pile(session: Session, *, estate_id: UUID, pile: Pile, now: datetime) -> int:
    """How many wait there, at most one more than `MOST_COUNTED`."""
    query = _query(estate_id, Asked(pile), now, MOST_COUNTED + 1).subquery()
    return int(session.connection().execute(sa.select(sa.func.count()).select_from(query)).scalar_one())


def count_piles(session: Session, *, estate_id: UUID, now: datetime) -> dict[Pile, int]:
    return {pile: count_pile(session, estate_id=estate_id, pile=pile, now=now) for pile in Pile}


def count_held(session: Session, *, estate_id: UUID) -> int:
    """Reports that nobody has looked at yet, at most one more than `MOST_COUNTED`; they have a page of their own."""
    some = sa.select(sa.literal(1)).where(ORDER.estate_id == estate_id, ORDER.held.is_(True))
    held = some.limit(MOST_COUNTED + 1).subquery()
    return int(session.connection().execute(sa.select(sa.func.count()).select_from(held)).scalar_one())


def _query(estate_id: UUID, asked: Asked, now: datetime, limit: int) -> sa.Select[Any]:
    states: Sequence[OrderState] = _STATES.get(asked.pile, _EVERY_OPEN)
    if asked.state is not None:
        states = (asked.state,) if asked.state in states or asked.pile is Pile.OPEN else ()
    narrowed = _conditions(estate_id, asked, now)
    parts = [
        sa.select(
            sa.select(ORDER.id, ORDER.number)
            .where(ORDER.state == state, *narrowed)
            .order_by(ORDER.number.desc())
            .limit(limit)
            .subquery()
        )
        for state in states
    ]
    every = sa.union_all(*(parts or [sa.select(ORDER.id, ORDER.number).where(sa.false())])).subquery()
    return sa.select(every.c.id, every.c.number).order_by(every.c.number.desc()).limit(limit)


def _conditions(estate_id: UUID, asked: Asked, now: datetime) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [
        ORDER.estate_id == estate_id,
        ORDER.held.is_(False),
        ORDER.number < asked.before,
    ]
    if asked.party_id is not None:
        found.append(ORDER.party_id == asked.party_id)
    if asked.building is not None:
        found.append(ORDER.building == asked.building)
    if asked.category:
        found.append(ORDER.category == asked.category)
    if asked.overdue or asked.pile is Pile.OVERDUE:
        found.append(sa.or_(ORDER.overdue.is_(True), sa.and_(ORDER.is_open.is_(True), ORDER.due_at <= now)))
    if asked.pile is Pile.RULE:
        found.append(_needs_ruling(estate_id, now))
    return found


_HANDING, _CLOCK, _ORDERS = (table_of(table) for table in (Handing, OrderClock, WorkOrder))


def _needs_ruling(estate_id: UUID, now: datetime) -> sa.ColumnElement[bool]:
    """As `rules.maintenance.responsible.holding` has it, and besides whatever was refused and came to the committee."""
    party = table_of(Party).c
    own = sa.select(party.id).where(party.estate_id == estate_id, party.kind == PartyKind.COMMITTEE)
    with_committee = ORDER.party_id == own.scalar_subquery()
    return sa.or_(
        _refused() >= MOST_REFUSALS,
        sa.and_(with_committee, _refused() >= 1),
        sa.and_(sa.not_(with_committee), _unanswered(), _run_out(now)),
    )


def _refused() -> sa.ScalarSelect[Any]:
    """How many have refused since the order was last accepted or ruled upon."""
    one, taken = _HANDING.alias(), _HANDING.alias()
    since = (
        sa.select(sa.func.coalesce(sa.func.max(taken.c.seq), 0))
        .where(taken.c.order_id == one.c.order_id, sa.or_(taken.c.reply == Reply.ACCEPTED, taken.c.ruled))
        .correlate(one)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.count())
        .select_from(one)
        .where(one.c.order_id == ORDER.id, one.c.reply == Reply.REFUSED, one.c.seq > since)
        .correlate(_ORDERS)
        .scalar_subquery()
    )


def _unanswered() -> sa.Exists:
    last, any_of = _HANDING.alias(), _HANDING.alias()
    newest = sa.select(sa.func.max(any_of.c.seq)).where(any_of.c.order_id == last.c.order_id).correlate(last)
    return (
        sa.exists()
        .where(
            last.c.order_id == ORDER.id,
            last.c.seq == newest.scalar_subquery(),
            last.c.reply.is_(None),
            last.c.ruled.is_(False),
        )
        .correlate(_ORDERS)
    )


def _run_out(now: datetime) -> sa.Exists:
    """Whether the time for refusing is over, as its clock has it: a question may have stopped it."""
    last, any_of = _CLOCK.alias(), _CLOCK.alias()
    newest = (
        sa.select(sa.func.max(any_of.c.round))
        .where(any_of.c.order_id == last.c.order_id, any_of.c.clock == ClockKind.REFUSAL)
        .correlate(last)
    )
    return (
        sa.exists()
        .where(
            last.c.order_id == ORDER.id,
            last.c.clock == ClockKind.REFUSAL,
            last.c.round == newest.scalar_subquery(),
            last.c.due_at <= now,
        )
        .correlate(_ORDERS)
    )


def chosen(session: Session, *, estate_id: UUID, numbers: Sequence[int], now: datetime) -> list[DeskLine]:
    """The lines of orders that were ticked, in the order of their numbers; what is not there is left out."""
    query = sa.select(ORDER.id).where(ORDER.estate_id == estate_id, ORDER.number.in_(list(numbers)))
    ids = session.connection().execute(query.order_by(ORDER.number)).scalars().all()
    return lines_of(session, ids, now=now)
