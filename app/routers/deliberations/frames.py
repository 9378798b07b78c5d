"""What the pages of a thread have in common: the thread, who reads it, what he may do there, and refusals in forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.dependencies import SessionDep, Visit
from app.errors import NotFound, NotSignedIn, Refusal
from app.routers.refusals import STATUS, sentence_of
from app.rules.deliberations.stages import Stage, Verb, is_open
from app.services.deliberations.reacting import may_answer
from app.services.deliberations.reading import Reader
from app.services.deliberations.threads import Seat, ThreadView, read_thread, seat_of
from app.templating import page

Errors = tuple[tuple[str, str], ...]


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
    seat = seat_of(session, estate_id=visit.estate.id, thread_id=thread_id, account_id=me, now=now)
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
    )


def errors_of(request: Request, refusal: Refusal) -> Errors:
    """The refusal beside the field at fault, or over the form. What does not exist has no form to come back to."""
    if isinstance(refusal, NotFound | NotSignedIn):
        raise refusal
    return ((refusal.field, sentence_of(request, refusal)),)


def status_of(refusal: Refusal) -> int:
    return next(code for kind, code in STATUS.items() if isinstance(refusal, kind))


def see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def number_of(typed: int) -> int:
    """A post's number out of an address; whatever no database can hold is nobody's."""
    return typed if 0 <= typed < 2**31 - 1 else -1


def read_number(typed: str) -> int:
    """The same out of a form, 0 for what is no number."""
    digits = typed.strip().lstrip("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else 0


def thread_page(request: Request, visit: Visit, template: str, data: Any, status: int = 200) -> HTMLResponse:
    return page(
        request,
        template,
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
        status=status,
    )
