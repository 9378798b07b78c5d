"""Statements to agree or disagree with: one's own mark, everybody's picture, and the moderators' desk for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, NotAllowed, Refusal
from app.routers.deliberations.pictures import Picture, picture_of
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.stages import STAGE_NAMES, Verb, is_open
from app.rules.deliberations.stances import MARK_NAMES, Mark
from app.services.deliberations import statements
from app.services.deliberations.statements import MOST_REASON, MOST_TEXT, StatementView
from app.services.deliberations.threads import Seat, ThreadView, read_thread, seat_of

router = APIRouter(prefix="/e/{slug}/deliberations/{thread_id}/statements")
desk = APIRouter(prefix="/desk/{slug}/deliberations/{thread_id}/statements")


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement and its picture."""

    statement: StatementView
    picture: Picture


@dataclass(frozen=True, slots=True)
class StatementsPage:
    """All statements of a thread; `as_of` is up to when marks are counted and `next_at` when they are counted again."""

    thread: ThreadView
    seat: Seat
    stage: str
    address: str
    desk: str
    shown: list[Shown]
    marks: tuple[tuple[str, str], ...]
    may_mark: bool
    at_home: bool
    as_of: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The moderators' side: a form for one more, and those that stand. `typed` is what a refused form had in it."""

    thread: ThreadView
    stage: str
    address: str
    action: str
    shown: list[Shown]
    may_draft: bool
    id: str
    text: str
    from_seq: str
    most: int
    most_reason: int
    typed: dict[str, str]
    errors: Errors


def _seat(session: SessionDep, visit: Visit, thread_id: UUID, now: datetime) -> Seat:
    return seat_of(
        session, estate_id=visit.estate.id, thread_id=thread_id, account_id=visit.actor.id, now=now
    )


def _shown(session: SessionDep, visit: Visit, thread_id: UUID, now: datetime) -> list[Shown]:
    found = statements.list_statements(
        session, estate_id=visit.estate.id, thread_id=thread_id, account_id=visit.actor.id, now=now
    )
    return [Shown(statement, picture_of(statement.picture)) for statement in found]


@router.get("")
def list_statements(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID
) -> Response:
    thread = read_thread(session, estate_id=visit.estate.id, thread_id=thread_id, now=now)
    seat = _seat(session, visit, thread_id, now)
    at_home = statements.may_mark(
        session, estate_id=visit.estate.id, thread_id=thread_id, account_id=visit.actor.id
    )
    base = f"deliberations/{thread_id}"
    data = StatementsPage(
        thread=thread,
        seat=seat,
        stage=STAGE_NAMES[thread.stage],
        address=f"/e/{visit.estate.slug}/{base}",
        desk=f"/desk/{visit.estate.slug}/{base}/statements" if seat.is_moderator else "",
        shown=_shown(session, visit, thread_id, now),
        marks=tuple((mark.value, MARK_NAMES[mark]) for mark in Mark),
        may_mark=at_home and seat.muted_until is None and is_open(thread.stage, Verb.MARK),
        at_home=at_home,
        as_of=statements.counted_until(now),
        next_at=statements.counted_until(now) + timedelta(hours=1),
    )
    return talk_page(request, visit, "deliberations/statements.html", data)


@router.post("/{number}/mark")
def mark_statement(
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    number: int,
    mark: Annotated[str, Form()] = "",
) -> Response:
    if mark not in set(Mark):
        raise Invalid(N_("请选择同意、不同意或者说不清"), field="mark")
    statements.mark_statement(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        number=number,
        mark=Mark(mark),
        account_id=visit.actor.id,
        now=now,
    )
    address = f"/e/{visit.estate.slug}/deliberations/{thread_id}/statements"
    return see_other(f"{address}#statement-{number}")


def _desk_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    thread_id: UUID,
    *,
    id: str = "",
    text: str = "",
    from_seq: str = "",
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: object = "",
) -> Response:
    thread = read_thread(session, estate_id=visit.estate.id, thread_id=thread_id, now=now)
    if not _seat(session, visit, thread_id, now).is_moderator:
        raise NotAllowed(N_("这里只有居委会和这次协商的主持党员可以进入"))
    base = f"deliberations/{thread_id}"
    data = DeskPage(
        thread=thread,
        stage=STAGE_NAMES[thread.stage],
        address=f"/e/{visit.estate.slug}/{base}",
        action=f"/desk/{visit.estate.slug}/{base}/statements",
        shown=_shown(session, visit, thread_id, now),
        may_draft=is_open(thread.stage, Verb.DRAFT_STATEMENT),
        id=id or str(uuid4()),
        text=text,
        from_seq=from_seq,
        most=MOST_TEXT,
        most_reason=MOST_REASON,
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
    )
    return talk_page(request, visit, "deliberations/statements_desk.html", data, refusal=refusal)


@desk.get("")
def show_desk(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: Annotated[int, Query(alias="from", ge=0, le=1_000_000)] = 0,
) -> Response:
    """With `?from=12` the form begins with the words of that post."""
    text = statements.words_of_post(session, thread_id=thread_id, seq=seq) if seq else ""
    return _desk_page(request, visit, session, now, thread_id, text=text, from_seq=str(seq) if text else "")


@desk.post("")
def draft_statement(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    id: Annotated[UUID, Form()],
    text: Annotated[str, Form()] = "",
    from_seq: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        number = statements.draft_statement(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            statement_id=id,
            text=text,
            from_seq=_seq(from_seq),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _desk_page(
            request,
            visit,
            session,
            now,
            thread_id,
            id=str(id),
            text=text,
            from_seq=from_seq,
            refusal=tried.refusal,
        )
    address = f"/desk/{visit.estate.slug}/deliberations/{thread_id}/statements"
    return see_other(f"{address}#statement-{number}")


def _seq(typed: str) -> int:
    typed = typed.strip().removeprefix("#")
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise Invalid(N_("楼号请写整数，例如 12；不是从发言来的请留空"), field="from_seq")
    return int(typed)


@desk.post("/{number}/withdraw")
def withdraw_statement(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    number: int,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        statements.withdraw_statement(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            number=number,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {f"reason-{number}": reason}
        return _desk_page(
            request, visit, session, now, thread_id, typed=typed, refusal=tried.refusal, row=number
        )
    address = f"/desk/{visit.estate.slug}/deliberations/{thread_id}/statements"
    return see_other(f"{address}#statement-{number}")
