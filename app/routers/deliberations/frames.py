"""What the pages of a thread have in common: the thread, who reads it, and what he may do there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.dependencies import SessionDep, Visit
from app.rules.deliberations.stages import Stage, Verb, is_open
from app.services.deliberations.reacting import may_answer
from app.services.deliberations.reading import Reader
from app.services.deliberations.threads import Seat, ThreadView, read_thread, seat_with


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do in this stage: the buttons to draw. The use cases ask again."""

    post: bool
    reply: bool
    like: bool
    answer: bool
    summarise: bool
    moderates: bool
    muted_until: datetime | None
    muted_everywhere: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A thread with its reader; `address` is the thread's own page, `until` the end of its stage."""

    thread: ThreadView
    address: str
    desk: str
    reader: Reader
    rights: Rights
    until: datetime | None


def enter(session: SessionDep, visit: Visit, thread_id: UUID, now: datetime) -> Room:
    """The thread for this person; `NotFound` when it is another estate's."""
    thread = read_thread(session, estate_id=visit.estate.id, thread_id=thread_id, now=now)
    me = visit.actor.id
    where = {"estate_id": visit.estate.id, "thread_id": thread_id, "account_id": me}
    seat = seat_with(session, **where, standing=visit.standing, now=now)
    return Room(
        thread=thread,
        address=f"/e/{visit.estate.slug}/deliberations/{thread.id}",
        desk=f"/desk/{visit.estate.slug}/deliberations/{thread.id}",
        reader=Reader(me, seat.is_moderator),
        rights=_rights(thread.stage, seat),
        until=next((at for _, at in thread.plan if at > now), None),
    )


def _rights(stage: Stage, seat: Seat) -> Rights:
    free = seat.muted_until is None
    return Rights(
        post=free and is_open(stage, Verb.POST),
        reply=free and is_open(stage, Verb.REPLY),
        like=free and is_open(stage, Verb.LIKE),
        answer=free and is_open(stage, Verb.ANSWER) and may_answer(seat),
        summarise=free and is_open(stage, Verb.SUMMARISE) and seat.is_moderator,
        moderates=seat.is_moderator,
        muted_until=seat.muted_until,
        muted_everywhere=seat.muted_everywhere,
    )


def number_of(typed: int) -> int:
    """A post's number out of an address; whatever no database can hold is nobody's."""
    return typed if 0 <= typed < 2**31 - 1 else -1


def read_number(typed: str) -> int:
    """The same out of a form, 0 for what is no number."""
    digits = typed.strip().lstrip("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else 0
