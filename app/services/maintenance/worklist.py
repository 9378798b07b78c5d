"""A party's own list: what it is asked to take, what it works on, what waits, and what the residents have to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.models.base import table_of
from app.models.maintenance.orders import Handing
from app.models.maintenance.parties import Party
from app.rules.accounts import Role
from app.rules.maintenance.responsible import PartyKind, Reply
from app.rules.maintenance.states import OrderState
from app.services.accounts.grants import roles_of
from app.services.maintenance.lines import ORDER, DeskLine, lines_of
from app.services.maintenance.parties import parties_of

PAGE = 30


class Part(StrEnum):
    """The parts of the list, in the order in which a worker should look at them."""

    NEW = "new"
    DOING = "doing"
    WAITING = "waiting"
    PASSED_ON = "passed_on"
    REPAIRED = "repaired"


_STATES: dict[Part, tuple[OrderState, ...]] = {
    Part.NEW: (OrderState.ASSIGNED, OrderState.REOPENED),
    Part.DOING: (OrderState.ACCEPTED, OrderState.IN_PROGRESS),
    Part.WAITING: (OrderState.WAITING, OrderState.NEED_INFO),
    Part.REPAIRED: (OrderState.REPAIRED,),
}


@dataclass(frozen=True, slots=True)
class WorkPart:
    """One part, most pressing first; `after` is where the next page begins, "" at the end."""

    part: Part
    lines: tuple[DeskLine, ...]
    after: str


def my_parties(session: Session, *, estate_id: UUID, account_id: UUID) -> list[tuple[UUID, str]]:
    """The parties whose orders a person works on; the committee's own for its people."""
    mine = [
        (party.id, party.name) for party in parties_of(session, estate_id=estate_id, account_id=account_id)
    ]
    if Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=estate_id):
        query = select(Party.id, Party.name).where(
            Party.estate_id == estate_id, Party.kind == PartyKind.COMMITTEE
        )
        mine += [found for found in session.exec(query) if found not in mine]
    return mine


def read_work(session: Session, *, estate_id: UUID, parties: Sequence[UUID], now: datetime) -> list[WorkPart]:
    """Every part with its first lines."""
    return [read_part(session, estate_id=estate_id, parties=parties, part=part, now=now) for part in Part]


def read_part(
    session: Session,
    *,
    estate_id: UUID,
    parties: Sequence[UUID],
    part: Part,
    now: datetime,
    after: str = "",
) -> WorkPart:
    """A page of one part by the time that is left; an `after` that is no mark of ours gives the first page."""
    if not parties:
        return WorkPart(part, (), "")
    query = _passed_on(estate_id, parties) if part is Part.PASSED_ON else _held(parties, part)
    mark = _mark(after)
    if mark is not None:
        query = query.where(sa.tuple_(ORDER.due_at, ORDER.number) > sa.tuple_(*mark))
    rows = session.connection().execute(query.order_by(ORDER.due_at, ORDER.number).limit(PAGE + 1)).all()
    lines = lines_of(session, [row.id for row in rows[:PAGE]], now=now)
    further = len(rows) > PAGE and rows[PAGE - 1].due_at is not None
    return WorkPart(part, tuple(lines), _text(rows[PAGE - 1]) if further else "")


def _held(parties: Sequence[UUID], part: Part) -> sa.Select[Any]:
    return sa.select(ORDER.id, ORDER.number, ORDER.due_at).where(
        ORDER.party_id.in_(list(parties)), ORDER.is_open.is_(True), ORDER.state.in_(_STATES[part])
    )


def _passed_on(estate_id: UUID, parties: Sequence[UUID]) -> sa.Select[Any]:
    """首接负责: first asked of us, now asked of somebody else, and nobody has accepted."""
    first, taken = table_of(Handing).alias(), table_of(Handing).alias()
    return sa.select(ORDER.id, ORDER.number, ORDER.due_at).where(
        ORDER.estate_id == estate_id,
        ORDER.state == OrderState.ASSIGNED,
        ORDER.party_id.not_in(list(parties)),
        sa.exists().where(
            first.c.order_id == ORDER.id, first.c.seq == 1, first.c.party_id.in_(list(parties))
        ),
        sa.not_(
            sa.exists().where(
                taken.c.order_id == ORDER.id, sa.or_(taken.c.reply == Reply.ACCEPTED, taken.c.ruled)
            )
        ),
    )


def _text(row: Any) -> str:
    return f"{row.due_at.isoformat()}_{row.number}"


def _mark(after: str) -> tuple[sa.BindParameter[Any], sa.BindParameter[Any]] | None:
    at, _, number = after.partition("_")
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return None
    if when.tzinfo is None or not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return sa.bindparam("due", when, type_=ORDER.due_at.type), sa.bindparam("mark", int(number))
