"""The public log of moderation, one act of it, and the author's appeal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.deliberations.moderation_frames import read_form_id
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.paging import Links, links_of
from app.rules.deliberations.moderation import REASON_LEAST, REASON_MOST
from app.rules.paging import read_turn
from app.services.deliberations import appeals
from app.services.deliberations.log import LogEntry, LogLine, list_log, read_entry

router = APIRouter(prefix="/e/{slug}/moderation")


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log with the links under it."""

    address: str
    lines: Sequence[LogLine]
    pages: Links


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
    before: str = "",
    after: str = "",
) -> Response:
    address, turn = f"/e/{visit.estate.slug}/moderation", read_turn(before, after)
    log = list_log(session, estate_id=visit.estate.id, viewer_id=visit.actor.id, turn=turn)
    data = LogPage(address, log.rows, links_of(address, log))
    return talk_page(request, visit, "deliberations/log.html", data)


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
    return talk_page(request, visit, "deliberations/act.html", data)


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
    return talk_page(request, visit, "deliberations/appeal.html", data, refusal=refusal)


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
    with attempt(session) as tried:
        appeals.appeal(
            session,
            estate_id=visit.estate.id,
            number=number,
            appeal_id=read_form_id(id),
            account_id=visit.actor.id,
            text=text,
            now=now,
        )
    if tried.refusal:
        return _form(request, visit, session, number, id=id, text=text, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/moderation/{number}")
