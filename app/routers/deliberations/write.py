"""Deliberations: write a post or a reply; what was refused comes back in its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import NotFound, Refusal
from app.routers.deliberations.forms import PostForm, empty_form, read_files, read_form
from app.routers.deliberations.frames import Room, enter, number_of
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.services.deliberations import reading
from app.services.deliberations.attaching import Upload
from app.services.deliberations.dressing import PostView
from app.services.deliberations.posting import NewPost, write_post

router = APIRouter(prefix="/e/{slug}/deliberations/{thread_id}")

Files = Annotated[list[UploadFile | str], File(default_factory=list)]


@dataclass(frozen=True, slots=True)
class WritePage:
    """The form of a post by itself: under the post it replies to, or with the post it quotes."""

    room: Room
    action: str
    reply_to: int
    about: PostView | None
    form: PostForm
    errors: Errors


def _write_page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    room: Room,
    form: PostForm,
    *,
    reply_to: int = 0,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    data = WritePage(
        room=room,
        action=f"{room.address}/posts/{reply_to}/reply" if reply_to else f"{room.address}/posts",
        reply_to=reply_to,
        about=_about(session, visit, room, reply_to or form.quote, is_sent=refusal is not None),
        form=form,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "deliberations/write.html", data, refusal=refusal)


def _about(
    session: SessionDep, visit: MemberVisit, room: Room, seq: int, *, is_sent: bool
) -> PostView | None:
    """The post above the form; a form that was sent comes back even when that post is gone."""
    if not seq:
        return None
    try:
        return reading.read_post(
            session, estate_id=visit.estate.id, thread_id=room.thread.id, reader=room.reader, seq=seq
        )
    except NotFound:
        if is_sent:
            return None
        raise


@router.get("/posts")
def show_form(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID, quote: int = 0
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    return _write_page(request, visit, session, room, empty_form(number_of(quote)))


@router.get("/posts/{seq}/reply")
def show_reply_form(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID, seq: int
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    return _write_page(request, visit, session, room, empty_form(), reply_to=number_of(seq))


@router.post("/posts")
def send_post(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    photos: Files,
    documents: Files,
    id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    stance: Annotated[str, Form()] = "",
    quote: Annotated[str, Form()] = "",
) -> Response:
    files = read_files(photos), read_files(documents)
    form = read_form(id, text, stance, quote, any(files))
    return _send(request, visit, session, now, thread_id, form, files)


@router.post("/posts/{seq}/reply")
def send_reply(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    photos: Files,
    documents: Files,
    id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    stance: Annotated[str, Form()] = "",
    quote: Annotated[str, Form()] = "",
) -> Response:
    files = read_files(photos), read_files(documents)
    form = read_form(id, text, stance, quote, any(files))
    reply_to = number_of(seq)
    return _send(request, visit, session, now, thread_id, form, files, reply_to=reply_to)


def _send(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    form: PostForm,
    files: tuple[tuple[Upload, ...], tuple[Upload, ...]],
    *,
    reply_to: int = 0,
) -> Response:
    new = NewPost(
        id=form.id,
        text=form.text,
        stance=form.stance,
        reply_to=reply_to,
        quote=form.quote,
        photos=files[0],
        documents=files[1],
    )
    with attempt(session) as tried:
        posted = write_post(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            post=new,
            account_id=visit.actor.id,
            now=now,
        )
    if tried.refusal:
        room = enter(session, visit, thread_id, now)
        return _write_page(request, visit, session, room, form, reply_to=reply_to, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/deliberations/{thread_id}/posts/{posted.seq}")
