"""Deliberations: 同感, how far one has read, a question marked answered, and the pinned summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.deliberations.frames import Room, enter, number_of, read_number
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.services.deliberations import reacting, reading
from app.services.deliberations.dressing import PostView

router = APIRouter(prefix="/e/{slug}/deliberations/{thread_id}")


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """A question and the form that marks it answered."""

    room: Room
    question: PostView
    answer_seq: str
    source: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """The pinned summary to write."""

    room: Room
    summary: str
    most: int
    errors: Errors


@router.post("/posts/{seq}/like")
def send_like(
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    on: Annotated[str, Form()] = "",
) -> Response:
    reacting.set_like(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        seq=number_of(seq),
        account_id=visit.actor.id,
        on=on == "yes",
        now=now,
    )
    return see_other(f"/e/{visit.estate.slug}/deliberations/{thread_id}/posts/{seq}")


@router.post("/read")
def send_read(
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: Annotated[str, Form()] = "",
    more: Annotated[str, Form()] = "",
) -> Response:
    reacting.mark_read(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        seq=read_number(seq),
        account_id=visit.actor.id,
        now=now,
    )
    return see_other(f"/e/{visit.estate.slug}/deliberations/{thread_id}{'/unread' if more else ''}")


@router.get("/posts/{seq}/answer")
def show_answer_form(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID, seq: int
) -> HTMLResponse:
    return _answer_page(request, visit, session, now, thread_id, seq)


def _answer_page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    *,
    typed: tuple[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    question = reading.read_post(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        reader=room.reader,
        seq=number_of(seq),
    )
    known = (str(question.answer_seq or ""), question.answer_source)
    answer_seq, source = typed if typed is not None else known
    errors = errors_of(request, refusal)
    data = AnswerPage(room, question, answer_seq, source, errors)
    return talk_page(request, visit, "deliberations/answer.html", data, refusal=refusal)


@router.post("/posts/{seq}/answer")
def send_answer(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    answer_seq: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        reacting.mark_answered(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            seq=number_of(seq),
            answer_seq=read_number(answer_seq),
            source=source,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = (answer_seq, source)
        return _answer_page(request, visit, session, now, thread_id, seq, typed=typed, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/deliberations/{thread_id}/posts/{seq}")


@router.get("/summary")
def show_summary_form(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    data = SummaryPage(room, room.thread.summary, reacting.MOST_SUMMARY, ())
    return talk_page(request, visit, "deliberations/summary.html", data)


@router.post("/summary")
def send_summary(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    summary: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        reacting.write_summary(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            text=summary,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        errors = errors_of(request, tried.refusal)
        room = enter(session, visit, thread_id, now)
        data = SummaryPage(room, summary, reacting.MOST_SUMMARY, errors)
        return talk_page(request, visit, "deliberations/summary.html", data, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/deliberations/{thread_id}")
