"""What happened to an order as those who work on it read it: every step and word, residents without their names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_
from app.models.maintenance.orders import Joiner, OrderMove, OrderNote, RepairAnswer, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.pauses import PAUSES
from app.rules.maintenance.rates import Rating
from app.rules.maintenance.states import STATE_NAMES, Cause


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step or a word. `title` is a marked word, "" for a word without a step; `pause` a marked reason.

    `author` is a marked word for residents, and the name of whoever else acted.
    """

    at: datetime
    title: str
    author: str
    party: str
    text: str
    private_text: str
    pause: str
    until: datetime | None
    private: bool


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a resident said of a repair, without a name; `round` counts from 0."""

    round: int
    answer: Answer
    rating: Rating | None
    text: str
    at: datetime


# A resident's name is for a logged look alone.
_RESIDENTS = {Cause.REPORTER: N_("报修人"), Cause.JOINER: N_("一同上报的邻居"), Cause.SYSTEM: N_("系统")}


def tell_history(session: Session, order: WorkOrder) -> tuple[HistoryLine, ...]:
    """Steps and words by their time, the oldest first."""
    moves = session.exec(
        select(OrderMove, Party.name)
        .outerjoin(Party, col(Party.id) == OrderMove.party_id)
        .where(OrderMove.order_id == order.id)
        .order_by(col(OrderMove.seq))
    ).all()
    notes = session.exec(
        select(OrderNote).where(OrderNote.order_id == order.id).order_by(col(OrderNote.at))
    ).all()
    lines = [
        HistoryLine(
            at=move.at,
            title=STATE_NAMES[move.state],
            author=_RESIDENTS.get(move.cause, move.actor_name),
            party=party or "",
            text=move.note,
            private_text=move.private_note,
            pause=PAUSES[move.reason].title if move.reason else "",
            until=move.until,
            private=False,
        )
        for move, party in moves
    ]
    joined = set(session.exec(select(Joiner.account_id).where(Joiner.order_id == order.id)))
    lines += [
        HistoryLine(note.at, "", _author(note, order, joined), "", note.text, "", "", None, note.private)
        for note in notes
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _author(note: OrderNote, order: WorkOrder, joined: Collection[UUID]) -> str:
    if note.account_id is not None and note.account_id == order.reporter_id:
        return _RESIDENTS[Cause.REPORTER]
    return _RESIDENTS[Cause.JOINER] if note.account_id in joined else note.author


def list_said(session: Session, order_id: UUID) -> tuple[AnswerView, ...]:
    """What the residents said of each repair."""
    query = select(RepairAnswer).where(RepairAnswer.order_id == order_id).order_by(col(RepairAnswer.at))
    return tuple(
        AnswerView(one.round, one.answer, one.rating, one.text, one.at) for one in session.exec(query)
    )
