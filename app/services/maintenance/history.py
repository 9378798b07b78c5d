"""What happened to an order, line by line: every step and every note, with the body that acted and not the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.maintenance.orders import Joiner, OrderMove, OrderNote, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.pauses import PAUSES
from app.rules.maintenance.states import STATE_NAMES, Cause, OrderState
from app.services.maintenance.seats import first_receiver
from app.services.maintenance.sight import Eye

_MOST_NOTES, _MOST_JOINERS = 200, 50
_BODIES = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One step. `body` is the party that acted, "" for another's act; `name` a resident's, as the reader may see it.

    `handed_to` is whom it was given to, "" when nobody new; `state_name` and `pause` are marked words.
    """

    state: OrderState
    state_name: str
    at: datetime
    cause: Cause
    body: str
    name: str
    is_me: bool
    handed_to: str
    pause: str
    until: datetime | None
    note: str
    private_note: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A word without a step; `body` is who of staff wrote it, "" for a resident."""

    at: datetime
    body: str
    text: str
    private: bool


@dataclass(frozen=True, slots=True)
class JoinerLine:
    """What a neighbour wrote when he joined."""

    name: str
    text: str
    at: datetime


def read_moves(session: Session, order: WorkOrder, eye: Eye) -> list[MoveLine]:
    """Every step, the first one first; private notes only for those who work on it."""
    moves = session.exec(
        select(OrderMove).where(OrderMove.order_id == order.id).order_by(col(OrderMove.seq))
    ).all()
    names = party_names(session, [move.party_id for move in moves])
    first = first_receiver(session, order.id)
    lines, before = [], None
    for move in moves:
        acting = first if move.cause is Cause.FIRST_RECEIVER else before or move.party_id
        is_body = move.cause in _BODIES
        is_person = move.cause in (Cause.REPORTER, Cause.JOINER)
        given = move.state is OrderState.ASSIGNED and move.party_id is not None
        lines.append(
            MoveLine(
                state=move.state,
                state_name=STATE_NAMES[move.state],
                at=move.at,
                cause=move.cause,
                body=names.get(acting, "") if is_body and acting else "",
                name=eye.name(move.actor_id, move.actor_name) if is_person else "",
                is_me=move.actor_id == eye.account_id,
                handed_to=names.get(move.party_id, "") if given and move.party_id else "",
                pause=PAUSES[move.reason].title if move.reason else "",
                until=move.until,
                note=move.note,
                private_note=move.private_note if eye.seat.is_staff else "",
            )
        )
        before = move.party_id or before
    return lines


def party_names(session: Session, ids: Sequence[UUID | None]) -> dict[UUID, str]:
    wanted = {one for one in ids if one is not None}
    query = select(Party.id, Party.name).where(col(Party.id).in_(wanted))
    return dict(session.exec(query).all()) if wanted else {}


def read_notes(session: Session, order: WorkOrder, eye: Eye) -> list[NoteLine]:
    query = select(OrderNote).where(OrderNote.order_id == order.id)
    if not eye.seat.is_staff:
        query = query.where(col(OrderNote.private).is_(False))
    rows = session.exec(query.order_by(col(OrderNote.at), col(OrderNote.id)).limit(_MOST_NOTES))
    return [NoteLine(row.at, row.author, row.text, row.private) for row in rows]


def read_joiners(session: Session, order: WorkOrder, eye: Eye) -> list[JoinerLine]:
    """The newest of those who wrote something when they joined."""
    rows = session.exec(
        select(Joiner, Account.name)
        .join(Account, col(Account.id) == Joiner.account_id)
        .where(Joiner.order_id == order.id, Joiner.text != "")
        .order_by(col(Joiner.at).desc())
        .limit(_MOST_JOINERS)
    )
    return [JoinerLine(eye.name(row.account_id, name), row.text, row.at) for row, name in rows]
