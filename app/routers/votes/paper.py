"""Votes: the ballot cupboard of one vote: sheets to print, sheets that wait for an entry, the balance, the sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SecretDep, SessionDep, SettingsDep, Visit
from app.errors import N_, Conflict, Invalid, NotAllowed, Refusal
from app.routers.codes import is_local
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_address, desk_page
from app.rules.accounts import Duty
from app.rules.votes.states import State
from app.services.votes import (
    counting,
    drafting,
    paper,
    paper_codes,
    paper_compared,
    paper_counts,
    paper_pdf,
    paper_text,
    reading,
)
from app.services.votes.paper import Batch
from app.services.votes.paper_compared import Comparison
from app.services.votes.paper_counts import Queue, Reconciliation
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/paper")

Came = Literal["first", "disputed", "counted", "kept", ""]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """What the cupboard shows; printing and the balance are the committee's, keying also a supervisor's.

    `came` and `serial` say what the reader's last entry became; `until` is the end of entering. `report` is a scanned code that
    was refused and is not on the trail yet, for opening a page leaves nothing there; `noted` says that it is now. `compared` is the
    last comparison of the sample.
    """

    vote: VoteSheet
    address: str
    committee: bool
    running: bool
    until: datetime
    entering: bool
    balance: Reconciliation | None
    compared: Comparison | None
    queue: list[Queue]
    batches: list[Batch]
    homes: list[tuple[str, str]]
    local: bool
    came: str
    serial: str
    code: str
    report: str
    noted: bool
    errors: Errors


def ensure_keyer(visit: Visit) -> None:
    """Whoever may key sheets: the committee, and party members whose duty is to supervise."""
    if not (visit.standing.is_committee or Duty.SUPERVISOR in visit.standing.duties):
        raise NotAllowed(N_("录入纸质表决票的，只能是居委会的工作人员和担任监督员的党员"))


def paper_address(slug: str, vote_id: UUID) -> str:
    return f"{desk_address(slug, vote_id)}/paper"


def note(
    session: SessionDep, visit: Visit, vote_id: UUID, act: str, what: str, refusal: Refusal, now: Now
) -> None:
    """Every refused deed with a sheet stays in the trail; the attempt itself was undone."""
    paper.note_refusal(
        session, estate_id=visit.estate.id, vote_id=vote_id, act=act, what=what, code=refusal.code,
        actor=visit.actor, now=now,
    )  # fmt: skip


def cupboard_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    *,
    came: str = "",
    serial: str = "",
    code: str = "",
    report: str = "",
    noted: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    """The cupboard, also as the answer to a form on it that cannot be used, and to a QR that is none of this vote's."""
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    grace = timedelta(seconds=settings.close_grace_seconds)
    stored = drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    compared = paper_compared.list_comparisons(session, estate_id=visit.estate.id, vote_id=vote_id)
    until, committee = counting.count_from(stored, grace), visit.standing.is_committee
    data = PaperPage(
        vote=vote,
        address=paper_address(visit.estate.slug, vote_id),
        committee=committee,
        running=vote.state in {State.NOTICED, State.OPEN},
        until=until,
        entering=vote.state in {State.NOTICED, State.OPEN, State.CLOSED} and now < until,
        balance=paper_counts.reconcile(
            session, estate_id=visit.estate.id, vote_id=vote_id, now=now, grace=grace, secret=secret
        )
        if committee
        else None,
        compared=next(iter(compared), None),
        queue=paper_counts.queue(session, vote_id=vote_id, account_id=visit.actor.id),
        batches=paper.batches(session, vote_id=vote_id) if committee else [],
        homes=paper.homes_to_print(session, vote_id=vote_id) if committee else [],
        local=is_local(settings.public_url),
        came=came,
        serial=serial,
        code=code,
        report=report,
        noted=noted,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/paper_desk.html", data, refusal=refusal)


@router.get("")
def showcupboard_page(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    came: Annotated[Came, Query()] = "",
    serial: Annotated[str, Query(max_length=9)] = "",
) -> Response:
    ensure_keyer(visit)
    return cupboard_page(request, visit, session, settings, secret, now, vote_id, came=came, serial=serial)


@router.post("/find")
def find_sheet(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    code: Annotated[str, Form()] = "",
) -> Response:
    """By the serial typed, or by the whole address that a scanner on a cable types; a telephone's camera opens it itself."""
    ensure_keyer(visit)
    serial = ""
    with attempt(session) as tried:
        serial = paper_codes.find_serial(
            session, estate_id=visit.estate.id, vote_id=vote_id, code=code, secret=secret
        )
    if tried.refusal:
        note(session, visit, vote_id, "find", code[-60:], tried.refusal, now)
        return cupboard_page(
            request, visit, session, settings, secret, now, vote_id,
            code=code[:400], noted=True, refusal=tried.refusal,
        )  # fmt: skip
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/{serial}")


@router.post("/print")
def issue_sheets(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    building: Annotated[str, Form()] = "",
    entrance: Annotated[str, Form()] = "",
    unit: Annotated[str, Form()] = "",
) -> Response:
    """Number the sheets that are missing, then on to the PDF of all that are out."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    if drafting.get_vote(session, **where).state is State.DRAFT:
        raise Conflict(N_("公告发布以后才能印发纸质表决票"), code="not_noticed")
    with attempt(session) as tried:
        paper.issue_sheets(
            session, **where, actor=visit.actor, now=now, building=building, entrance=entrance, unit_id=_unit(unit)
        )  # fmt: skip
    if tried.refusal:
        note(session, visit, vote_id, "print", unit or building, tried.refusal, now)
        return cupboard_page(request, visit, session, settings, secret, now, vote_id, refusal=tried.refusal)
    query = urlencode({"unit": unit} if unit else {"building": building, "entrance": entrance})
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/sheets.pdf?{query}")


def _unit(typed: str) -> UUID | None:
    if not typed:
        return None
    try:
        return UUID(typed)
    except ValueError:
        raise Invalid(N_("请选择一套房屋"), field="unit") from None


@router.get("/sheets.pdf")
def send_sheets(
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    building: Annotated[str, Query(max_length=20)] = "",
    entrance: Annotated[str, Query(max_length=20)] = "",
    unit: Annotated[UUID | None, Query()] = None,
) -> Response:
    """The sheets that are out, front and back, in walking order."""
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    if vote.state not in {State.NOTICED, State.OPEN}:
        raise Conflict(N_("投票已经截止，不能再印发或更换纸质表决票"), code="closed")
    out = paper.slips(session, vote_id=vote_id, building=building, entrance=entrance, unit_id=unit)
    if not out:
        raise Conflict(N_("这里没有可以打印的票：还没有编号，或者都已经交回"), code="none_out")
    stored = drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    sheets = [
        paper_pdf.Sheet(
            slip.serial,
            slip.label,
            slip.area,
            paper_codes.qr_address(settings.public_url, visit.estate.slug, vote_id, slip.serial, secret),
        )
        for slip in out
    ]
    return Response(
        paper_pdf.draw_sheets(sheets, paper_text.words_of(session, stored)),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="sheets-{vote.number}.pdf"'},
    )
