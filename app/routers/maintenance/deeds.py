"""What residents do on an order's page: join, leave, answer a question, withdraw, send back, appeal."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.routers.deliberations.forms import read_files
from app.routers.forms import attempt, see_other
from app.routers.maintenance.order_page import Typed, address_of, order_page
from app.services.maintenance import appeals, residents

router = APIRouter(prefix="/e/{slug}/maintenance/{order_id:uuid}")

Files = Annotated[list[UploadFile | str], File(default_factory=list)]


def _back(visit: Visit, order_id: UUID, part: str = "") -> RedirectResponse:
    return see_other(address_of(visit.estate.slug, order_id) + part)


@router.post("/join")
def join(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        residents.join_order(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            account_id=visit.actor.id,
            text=text,
            now=now,
        )
    if tried.refusal:
        return order_page(
            request, visit, session, now, order_id, typed=Typed("join", text), refusal=tried.refusal
        )
    return _back(visit, order_id, "#joined")


@router.post("/leave")
def leave(visit: MemberVisit, session: SessionDep, now: Now, order_id: UUID) -> Response:
    residents.leave_order(
        session, estate_id=visit.estate.id, order_id=order_id, account_id=visit.actor.id, now=now
    )
    return _back(visit, order_id, "#joined")


@router.post("/inform")
def inform(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    photos: Files,
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        residents.answer_question(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            text=text,
            photos=read_files(photos),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return order_page(
            request, visit, session, now, order_id, typed=Typed("inform", text), refusal=tried.refusal
        )
    return _back(visit, order_id)


@router.post("/withdraw")
def withdraw(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        residents.withdraw_order(
            session, estate_id=visit.estate.id, order_id=order_id, note=note, actor=visit.actor, now=now
        )
    if tried.refusal:
        return order_page(
            request, visit, session, now, order_id, typed=Typed("withdraw", note), refusal=tried.refusal
        )
    return _back(visit, order_id)


@router.post("/reopen")
def reopen(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    photos: Files,
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        residents.reopen_order(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            note=note,
            photos=read_files(photos),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return order_page(
            request, visit, session, now, order_id, typed=Typed("reopen", note), refusal=tried.refusal
        )
    return _back(visit, order_id)


@router.post("/appeal")
def appeal(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    key = _key(id)
    with attempt(session) as tried:
        appeals.file_appeal(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            appeal_id=key,
            text=text,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = Typed("appeal", text, id=key)
        return order_page(request, visit, session, now, order_id, typed=typed, refusal=tried.refusal)
    return _back(visit, order_id, "#appeal")


def _key(typed: str) -> UUID:
    """The id that came with the form; one that is none gets a new one, since nothing was written under it."""
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()
