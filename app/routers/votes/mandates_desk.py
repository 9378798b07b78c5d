"""The desk's page of mandates on paper: one of the staff enters a letter or a proof with its scan, another checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.estates.frames import read_id, read_upload
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import ONE, spends
from app.routers.votes.frames import desk_address, desk_page
from app.routers.votes.mandate_frames import keep_refusal
from app.rules.votes.states import State
from app.services.files import MAX_FILE
from app.services.votes import assisting, mandates, mandates_paper, mandates_reading, reading
from app.services.votes.mandates_reading import MandateView
from app.services.votes.principals import Principal
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/mandates")

Groups = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class MandatesDeskPage:
    """The papers of one vote, and the form for one more once its home is chosen; `typed` by the ids of the fields."""

    vote: VoteSheet
    running: bool
    papers: list[MandateView]
    groups: Groups
    unit: str
    home: str
    heirs: bool
    owners: list[Principal]
    new_id: UUID
    account_id: UUID
    typed: dict[str, str]
    errors: Errors
    address: str


def home_groups(session: SessionDep, vote_id: UUID) -> Groups:
    """The homes of the roll for a select, under their entrances."""
    return [
        (title, [(str(unit), label) for unit, label in homes])
        for title, homes in assisting.homes_by_entrance(session, vote_id)
    ]


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    unit: UUID | None = None,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: object = "",
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    home = assisting.owners_of_home(session, vote_id, unit)[0] if unit else ""
    data = MandatesDeskPage(
        vote=vote,
        running=vote.state in {State.NOTICED, State.OPEN},
        papers=mandates_reading.on_paper(session, vote_id=vote_id),
        groups=home_groups(session, vote_id),
        unit=str(unit or ""),
        home=home,
        heirs=unit is not None and mandates_paper.awaits_heirs(session, vote_id, unit),
        owners=list(mandates_paper.owners_to_name(session, vote_id, unit)) if unit else [],
        new_id=uuid4(),
        account_id=visit.actor.id,
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
        address=f"{desk_address(visit.estate.slug, vote_id)}/mandates",
    )
    return desk_page(request, visit, "votes/mandates_desk.html", data, refusal=refusal)


@router.get("", dependencies=[spends(CommitteeVisit, ONE)])
def show_papers(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    unit: Annotated[str, Query()] = "",
) -> HTMLResponse:
    return _page(request, visit, session, now, vote_id, unit=read_id(unit))


@router.post("")
def enter_paper(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    unit: Annotated[UUID, Form()],
    kind: Annotated[str, Form()] = "",
    owner: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    scan: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    content, scan_name = read_upload(scan, most=MAX_FILE)
    with attempt(session) as tried:
        mandates_paper.enter_paper(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            mandate_id=id,
            kind=kind,
            unit_id=unit,
            owner_id=read_id(owner),
            phone=phone[:60],
            name=name,
            scan=content,
            scan_name=scan_name,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        keep_refusal(visit, session, now, vote_id, tried.refusal, slips=tried.refusal.field == "scan")
        typed = {"kind": kind[:20], "owner": owner[:40], "name": name[:60], "phone": phone[:60]}
        return _page(request, visit, session, now, vote_id, unit=unit, typed=typed, refusal=tried.refusal)
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/mandates")


@router.post("/{mandate_id}/check")
def check_paper(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    mandate_id: UUID,
    act: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        mandates_paper.check_paper(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            mandate_id=mandate_id,
            approve=act == "approve",
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    return _answer(request, visit, session, now, vote_id, mandate_id, reason, tried.refusal)


@router.post("/{mandate_id}/end")
def end_paper(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    mandate_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        mandates.revoke_at_desk(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            mandate_id=mandate_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    return _answer(request, visit, session, now, vote_id, mandate_id, reason, tried.refusal)


def _answer(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    mandate_id: UUID,
    reason: str,
    refusal: Refusal | None,
) -> Response:
    if refusal:
        keep_refusal(visit, session, now, vote_id, refusal)
        typed = {f"reason-{mandate_id}": reason[:500]}
        return _page(request, visit, session, now, vote_id, typed=typed, refusal=refusal, row=mandate_id)
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/mandates")
