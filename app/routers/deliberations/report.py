"""The form with which a resident reports a post or a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.moderation import REASON_MOST, REPORT_NAMES
from app.services.deliberations.cases import Target
from app.services.deliberations.reports import get_reportable, has_reported, report_content

router = APIRouter(prefix="/e/{slug}")

KINDS = tuple((kind.value, name) for kind, name in REPORT_NAMES.items())
_POST = "/deliberations/{thread_id:uuid}/posts/{seq:int}/report"
_PROPOSAL = "/proposals/{proposal_id:uuid}/report"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`seq` 0 is a proposal. `sent` once this person has reported the thing: the form is not shown again."""

    address: str
    back: str
    title: str
    seq: int
    text: str
    kinds: tuple[tuple[str, str], ...]
    why: str
    words: str
    most: int
    sent: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class Typed:
    why: str = ""
    words: str = ""


def _back(visit: Visit, target: Target) -> str:
    root = f"/e/{visit.estate.slug}"
    if target.proposal_id:
        return f"{root}/proposals/{target.proposal_id}"
    return f"{root}/deliberations/{target.thread_id}/posts/{target.seq}"


def _form(
    request: Request,
    visit: Visit,
    session: SessionDep,
    target: Target,
    typed: Typed,
    refusal: Refusal | None = None,
) -> Response:
    me = visit.actor.id
    case = get_reportable(session, estate_id=visit.estate.id, target=target, account_id=me)
    back = _back(visit, target)
    data = ReportPage(
        address=f"{back}/report",
        back=back,
        title=case.title,
        seq=case.seq,
        text=case.post.text if case.post else case.proposal.text,
        kinds=KINDS,
        why=typed.why,
        words=typed.words,
        most=REASON_MOST,
        sent=has_reported(session, case=case, account_id=me),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "deliberations/report.html", data, refusal=refusal)


def _send(
    request: Request, visit: Visit, session: SessionDep, now: Now, target: Target, typed: Typed
) -> Response:
    with attempt(session) as tried:
        report_content(
            session,
            estate_id=visit.estate.id,
            target=target,
            account_id=visit.actor.id,
            why=typed.why,
            text=typed.words,
            now=now,
        )
    if tried.refusal:
        return _form(request, visit, session, target, typed, tried.refusal)
    return see_other(f"{_back(visit, target)}/report")


@router.get(_POST)
def show_post_form(
    request: Request, visit: MemberVisit, session: SessionDep, thread_id: UUID, seq: int
) -> Response:
    return _form(request, visit, session, Target(thread_id=thread_id, seq=seq), Typed())


@router.post(_POST)
def report_post(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    why: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    target = Target(thread_id=thread_id, seq=seq)
    return _send(request, visit, session, now, target, Typed(why, words))


@router.get(_PROPOSAL)
def show_proposal_form(
    request: Request, visit: MemberVisit, session: SessionDep, proposal_id: UUID
) -> Response:
    return _form(request, visit, session, Target(proposal_id=proposal_id), Typed())


@router.post(_PROPOSAL)
def report_proposal(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    why: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    return _send(request, visit, session, now, Target(proposal_id=proposal_id), Typed(why, words))
