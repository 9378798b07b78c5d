"""The public log of moderation, one act of it, and the author's appeal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.deliberations.frames import see_other
from app.routers.deliberations.moderation_frames import Errors, errors_of, moderation_page, read_form_id
from app.rules.deliberations.moderation import REASON_LEAST, REASON_MOST
from app.services.deliberations import appeals
from app.services.deliberations.log import PAGE, LogEntry, LogLine, list_log, read_entry

router = APIRouter(prefix="/e/{slug}/moderation")


@dataclass(frozen=True, slots=True)
class LogPage:
    """`older` is the number to go on below, 0 at the end."""

    address: str
    lines: Sequence[LogLine]
    older: int
    first: bool


@dataclass(frozen=True, slots=True)
class ActPage:
    """One act; `desk` where this reader may decide an open appeal."""

    address: str
    back: str
    entry: LogEntry
    desk: str


@dataclass(frozen=True, slots=True)
class AppealPage:
    address: str
    back: str
    entry: LogEntry
    id: str
    text: str
    least: int
    most: int
    errors: Errors


@router.get("")
def show_log(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    me = visit.actor.id
    lines = list_log(session, estate_id=visit.estate.id, viewer_id=me, before=before)
    data = LogPage(
        address=f"/e/{visit.estate.slug}/moderation",
        lines=lines[:PAGE],
        older=lines[PAGE - 1].number if len(lines) > PAGE else 0,
        first=before is None,
    )
    return moderation_page(request, visit, "deliberations/log.html", data)


def _entry(visit: Visit, session: SessionDep, number: int) -> LogEntry:
    return read_entry(
        session,
        estate_id=visit.estate.id,
        number=number,
        viewer_id=visit.actor.id,
        is_committee=visit.standing.is_committee,
    )


@router.get("/{number:int}")
def show_act(request: Request, visit: MemberVisit, session: SessionDep, number: int) -> Response:
    entry, back = _entry(visit, session, number), f"/e/{visit.estate.slug}/moderation"
    waits = visit.standing.is_committee and entry.line.appeal == "open"
    desk = f"/desk/{visit.estate.slug}/moderation/appeals/{number}" if waits else ""
    data = ActPage(f"{back}/{number}", back, entry, desk)
    return moderation_page(request, visit, "deliberations/act.html", data)


def _form(
    request: Request,
    visit: Visit,
    session: SessionDep,
    number: int,
    *,
    id: str = "",
    text: str = "",
    refusal: Refusal | None = None,
) -> Response:
    back = f"/e/{visit.estate.slug}/moderation/{number}"
    data = AppealPage(
        address=f"{back}/appeal",
        back=back,
        entry=_entry(visit, session, number),
        id=id or str(uuid4()),
        text=text,
        least=REASON_LEAST,
        most=REASON_MOST,
        errors=errors_of(request, refusal),
    )
    return moderation_page(request, visit, "deliberations/appeal.html", data, refusal=refusal)


@router.get("/{number:int}/appeal")
def show_appeal(request: Request, visit: MemberVisit, session: SessionDep, number: int) -> Response:
    act = appeals.get_act(session, estate_id=visit.estate.id, number=number)
    appeals.ensure_may_appeal(act, account_id=visit.actor.id)
    if appeals.find_appeal(session, act_id=act.id):
        return see_other(f"/e/{visit.estate.slug}/moderation/{number}")
    return _form(request, visit, session, number)


@router.post("/{number:int}/appeal")
def send_appeal(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    number: int,
    id: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    try:
        appeals.appeal(
            session,
            estate_id=visit.estate.id,
            number=number,
            appeal_id=read_form_id(id),
            account_id=visit.actor.id,
            text=text,
            now=now,
        )
    except Refusal as refusal:
        session.rollback()
        return _form(request, visit, session, number, id=id, text=text, refusal=refusal)
    return see_other(f"/e/{visit.estate.slug}/moderation/{number}")
