"""Votes: one paper sheet at the desk: where it stands, handing it in with pictures, the two entries and the third, voiding it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SecretDep, SessionDep, SettingsDep, Visit
from app.errors import Conflict, Invalid, Refusal
from app.routers.deliberations.forms import read_files
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.answers import Asked, Ticked, asked, read_answers, ticked_in
from app.routers.votes.frames import desk_page
from app.routers.votes.paper import cupboard_page, ensure_keyer, note, paper_address
from app.rules.votes.looks import LookKind
from app.rules.votes.states import State
from app.rules.votes.windows import read_local, show_local
from app.services.votes import (
    counting,
    drafting,
    looks,
    paper,
    paper_codes,
    paper_entry,
    paper_return,
    reading,
)
from app.services.votes.paper_entry import SheetView
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/paper/{serial}")

Files = Annotated[list[UploadFile | str], File(default_factory=list)]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a refused form had in its fields."""

    handed_in_at: str = ""
    reason: str = ""
    ticked: Ticked = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One sheet and what its reader may do with it now; `now_local` is the least and the most a moment of handing in can be."""

    vote: VoteSheet
    sheet: SheetView
    address: str
    cupboard: str
    committee: bool
    checked: bool
    running: bool
    entering: bool
    until: datetime
    may_key: bool
    looking: bool
    asked: list[Asked]
    now_local: str
    typed: Typed
    errors: Errors


def _sheet_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    *,
    checked: bool = False,
    typed: Typed | None = None,
    refusals: Sequence[Refusal] = (),
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    sheet = paper_entry.read_sheet(session, vote_id=vote_id, serial=serial, account_id=visit.actor.id)
    stored = drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    until = counting.count_from(stored, timedelta(seconds=settings.close_grace_seconds))
    entering = stored.state in {State.NOTICED, State.OPEN} and vote.opens_at <= now < until
    cupboard, typed = paper_address(visit.estate.slug, vote_id), typed or Typed()
    data = SheetPage(
        vote=vote,
        sheet=sheet,
        address=f"{cupboard}/{serial}",
        cupboard=cupboard,
        committee=visit.standing.is_committee,
        checked=checked,
        running=vote.state in {State.NOTICED, State.OPEN},
        entering=entering,
        until=until,
        may_key=entering and sheet.state in {"returned", "disputed"} and not sheet.entered_by_reader,
        looking=looks.is_open(
            session,
            vote_id=vote_id,
            kind=LookKind.SCAN,
            staff_id=visit.actor.id,
            now=now,
            serial=serial,
        ),
        asked=asked(vote.paper, typed.ticked),
        now_local=show_local(now),
        typed=typed,
        errors=errors_of(request, *refusals),
    )
    return desk_page(
        request, visit, "votes/paper_sheet.html", data, refusal=refusals[0] if refusals else None
    )


@router.get("")
def show_sheet(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    m: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """What the QR opens, with its mark; typed by hand there is none, and the page says so.

    A forged or foreign one leads to the cupboard, where a button puts it on the trail: opening a page writes nothing.
    """
    ensure_keyer(visit)
    reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    try:
        known = paper_codes.check_serial(
            session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, mark=m, secret=secret
        )
    except (Conflict, Invalid) as refusal:
        report = serial[:40]
        if m is not None:
            report = f"{paper_address(visit.estate.slug, vote_id)}/{report}?{urlencode({'m': m})}"
        return cupboard_page(
            request, visit, session, settings, secret, now, vote_id, report=report, refusal=refusal
        )
    serial = known
    return _sheet_page(request, visit, session, settings, now, vote_id, serial, checked=m is not None)


@router.get("/scans/{scan_id}")
def send_scan(
    visit: ModeratorVisit, session: SessionDep, now: Now, vote_id: UUID, serial: str, scan_id: UUID
) -> Response:
    """A picture of a sheet, for who may key it and has put down his look; a private file otherwise."""
    ensure_keyer(visit)
    reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    looks.ensure_sheet_open(session, vote_id=vote_id, serial=serial, staff_id=visit.actor.id, now=now)
    scan = paper_return.read_scan(
        session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, scan_id=scan_id
    )
    return Response(
        scan.content,
        media_type=scan.media_type,
        headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
    )


@router.post("/look")
def look(visit: ModeratorVisit, session: SessionDep, now: Now, vote_id: UUID, serial: str) -> Response:
    """Put down who sees the pictures now; then they are shown."""
    ensure_keyer(visit)
    reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    looks.look_at_sheet(
        session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, actor=visit.actor, now=now
    )
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/{serial}#scans")


@router.post("/return")
def hand_in(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    scans: Files,
    handed_in_at: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        moment = read_local(handed_in_at, field="handed_in_at") if handed_in_at.strip() else None
        paper_return.hand_in(
            session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, handed_in_at=moment,
            scans=[file.content for file in read_files(scans)], actor=visit.actor, now=now,
            grace=timedelta(seconds=settings.close_grace_seconds),
        )  # fmt: skip
    if tried.refusal:
        note(session, visit, vote_id, "return", serial, tried.refusal, now)
        return _sheet_page(
            request, visit, session, settings, now, vote_id, serial,
            typed=Typed(handed_in_at=handed_in_at[:40]), refusals=[tried.refusal],
        )  # fmt: skip
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/{serial}")


@router.post("/scans")
def add_scans(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    scans: Files,
) -> Response:
    with attempt(session) as tried:
        paper_return.add_scans(
            session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial,
            scans=[file.content for file in read_files(scans)], actor=visit.actor, now=now,
            grace=timedelta(seconds=settings.close_grace_seconds),
        )  # fmt: skip
    if tried.refusal:
        note(session, visit, vote_id, "scan", serial, tried.refusal, now)
        return _sheet_page(request, visit, session, settings, now, vote_id, serial, refusals=[tried.refusal])
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/{serial}")


async def _form(request: Request) -> FormData:
    return await request.form()


@router.post("/enter")
def enter_sheet(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    form: Annotated[FormData, Depends(_form)],
) -> Response:
    ensure_keyer(visit)
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    ticked = ticked_in(form, vote.paper)
    answers, refusals = read_answers(ticked, vote.paper, by_hand=True)
    if not refusals:
        with attempt(session) as tried:
            entered = paper_entry.enter_sheet(
                session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, answers=answers,
                actor=visit.actor, now=now, read_clock=request.app.state.clock, secret=secret,
                grace=timedelta(seconds=settings.close_grace_seconds),
            )  # fmt: skip
            came = entered.came.value
        if tried.refusal:
            note(session, visit, vote_id, "enter", serial, tried.refusal, now)
            refusals = [tried.refusal]
    if refusals:
        typed = Typed(ticked=ticked)
        return _sheet_page(
            request, visit, session, settings, now, vote_id, serial, typed=typed, refusals=refusals
        )
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}?came={came}&serial={serial}")


@router.post("/void")
def void_sheet(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    vote_id: UUID,
    serial: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    fresh = ""
    with attempt(session) as tried:
        fresh = paper.void_sheet(
            session, estate_id=visit.estate.id, vote_id=vote_id, serial=serial, reason=reason,
            actor=visit.actor, now=now,
        )  # fmt: skip
    if tried.refusal:
        note(session, visit, vote_id, "void", serial, tried.refusal, now)
        return _sheet_page(
            request, visit, session, settings, now, vote_id, serial,
            typed=Typed(reason=reason[:300]), refusals=[tried.refusal],
        )  # fmt: skip
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/{fresh or serial}")
