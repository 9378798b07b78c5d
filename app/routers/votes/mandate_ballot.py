"""The agent's ballot in four steps: read, choose, confirm, done; every page says for whom he votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.dependencies import BallotWriterDep, Now, PublicVisit, SessionDep, Visit, reads_only
from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.routers.forms import Errors, errors_of, see_other, visit_page
from app.routers.votes.answers import Asked, Said, asked, read_answers, said, ticked_in
from app.routers.votes.mandate_frames import SentForm, keep_refused_ballot, let_in, text_in
from app.routers.votes.pages import address_of
from app.rules.votes.states import State
from app.services import files
from app.services.votes import mandates, mandates_reading, reading
from app.services.votes.mandates_reading import AgentHome, MandateView
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/mandates/{mandate_id}")


@dataclass(frozen=True, slots=True)
class Paper:
    """What the agent's pages are about; `address` is that of his ballot, `back` that of all mandates."""

    vote: VoteSheet
    mandate: MandateView
    home: AgentHome
    homes: list[AgentHome]
    address: str
    back: str


@dataclass(frozen=True, slots=True)
class AgentBallotPage:
    """The paper for one of the principal's homes, to choose on."""

    paper: Paper
    asked: list[Asked]
    has_read: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class AgentConfirmPage:
    """The answers again in words, before they are sent; `key` makes sending them twice one deed."""

    paper: Paper
    asked: list[Asked]
    said: list[Said]
    key: str


@dataclass(frozen=True, slots=True)
class AgentReceiptPage:
    """That the ballot was recorded, without the choice, and the homes that still wait."""

    paper: Paper
    waiting: list[AgentHome]


@dataclass(frozen=True, slots=True)
class AgentRefusedPage:
    """The ballot was not recorded, and why."""

    paper: Paper
    sentence: str
    errors: Errors


def _paper(
    visit: Visit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID, unit_id: UUID | None
) -> Paper:
    account_id = let_in(visit, session, vote_id)
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    mandate, homes = mandates_reading.agent_paper(
        session, vote_id=vote_id, mandate_id=mandate_id, account_id=account_id
    )
    if unit_id is None:
        home = next((home for home in homes if not home.receipt and not home.by_owner), None) or next(
            iter(homes), None
        )
    else:
        home = next((home for home in homes if home.unit_id == unit_id), None)
    if home is None:
        raise NotFound(N_("这份委托里没有这套房屋"))
    back = f"{address_of(visit.estate.slug, vote_id)}/mandates"
    return Paper(vote, mandate, home, homes, f"{back}/{mandate_id}/ballot", back)


def _ensure_can_vote(visit: Visit, session: SessionDep, paper: Paper) -> None:
    """What casting would refuse is said before the agent chooses."""
    if paper.vote.state is State.NOTICED:
        raise Conflict(N_("表决还没有开始，请等到开始时间再投票"), code="not_open_yet")
    if paper.vote.state is not State.OPEN:
        raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
    if paper.home.by_owner:
        raise Conflict(N_("业主本人已经为这套房屋投票，代理人不能再投"), code="owner_voted")
    if paper.home.receipt and not paper.vote.may_change:
        raise Conflict(N_("这套房屋已经投过票，本次表决规定投票后不能更改"), code="already_cast")
    _ensure_no_staff(visit, session, paper)


def _ensure_no_staff(visit: Visit, session: SessionDep, paper: Paper) -> None:
    """A role that was given after he accepted counts too."""
    where = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    if paper.mandate.by_mandate and not mandates_reading.may_be_agent(session, **where):
        raise NotAllowed(N_("物业等服务单位的工作人员不能代理业主投票"), code="staff_agent")


def _refused(request: Request, visit: Visit, paper: Paper, refusal: Refusal) -> HTMLResponse:
    errors = errors_of(request, refusal)
    data = AgentRefusedPage(paper=paper, sentence=errors[0][1], errors=errors)
    return visit_page(request, visit, "votes/mandate_refused.html", data, tab="votes", refusal=refusal)


def _ballot_page(
    request: Request,
    visit: Visit,
    paper: Paper,
    fields: list[Asked],
    *,
    has_read: bool = False,
    refusals: list[Refusal] | None = None,
) -> HTMLResponse:
    refusals = refusals or []
    data = AgentBallotPage(paper=paper, asked=fields, has_read=has_read, errors=errors_of(request, *refusals))
    first = refusals[0] if refusals else None
    return visit_page(request, visit, "votes/mandate_ballot.html", data, tab="votes", refusal=first)


@router.get("/ballot")
def show_ballot(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    mandate_id: UUID,
    unit: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    paper = _paper(visit, session, now, vote_id, mandate_id, unit)
    try:
        _ensure_can_vote(visit, session, paper)
    except Refusal as refusal:
        return _refused(request, visit, paper, refusal)
    return _ballot_page(request, visit, paper, asked(paper.vote.paper))


@router.post("/ballot/confirm")
@reads_only
def confirm_ballot(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    form: SentForm,
    vote_id: UUID,
    mandate_id: UUID,
    unit: Annotated[UUID, Form()],
) -> HTMLResponse:
    """A page and not a deed: a choice in an address would stand in every log on the way."""
    paper = _paper(visit, session, now, vote_id, mandate_id, unit)
    try:
        _ensure_can_vote(visit, session, paper)
    except Refusal as refusal:
        return _refused(request, visit, paper, refusal)
    ticked = ticked_in(form, paper.vote.paper)
    answers, missing = read_answers(ticked, paper.vote.paper)
    has_read = bool(text_in(form, "has_read"))
    if not has_read:
        missing.append(Invalid(N_("请先阅读议案，再在方框里打勾"), field="has_read"))
    fields = asked(paper.vote.paper, ticked)
    if missing:
        return _ballot_page(request, visit, paper, fields, has_read=has_read, refusals=missing)
    data = AgentConfirmPage(paper=paper, asked=fields, said=said(paper.vote.paper, answers), key=uuid4().hex)
    return visit_page(request, visit, "votes/mandate_confirm.html", data, tab="votes")


@router.post("/ballot")
@reads_only
async def cast_ballot(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    form: SentForm,
    writer: BallotWriterDep,
    vote_id: UUID,
    mandate_id: UUID,
    unit: Annotated[UUID, Form()],
    key: Annotated[str, Form(min_length=16, max_length=64)],
) -> Response:
    paper = _paper(visit, session, now, vote_id, mandate_id, unit)
    answers, missing = read_answers(ticked_in(form, paper.vote.paper), paper.vote.paper)
    if missing:
        return _ballot_page(request, visit, paper, asked(paper.vote.paper), refusals=missing)
    try:
        # All else is for the writer to judge, under the lock.
        _ensure_no_staff(visit, session, paper)
    except NotAllowed as refusal:
        return _refused(request, visit, paper, refusal)
    cast = mandates.agent_cast(
        estate_id=visit.estate.id,
        vote_id=vote_id,
        mandate_id=mandate_id,
        unit_id=unit,
        account_id=visit.actor.id,
        answers=answers,
        key=key,
        received_at=now,
    )
    # Those who wait for the writer must not keep others from reading.
    await request.state.end_reading()
    result = await writer.submit(cast)
    if isinstance(result, Conflict | NotAllowed):
        await keep_refused_ballot(request, visit, now, vote_id, result)
        return _refused(request, visit, paper, result)
    if isinstance(result, Refusal):
        raise result
    return RedirectResponse(f"{paper.address}/receipt?unit={unit}", status_code=303)


@router.get("/ballot/receipt")
def show_receipt(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    mandate_id: UUID,
    unit: Annotated[UUID | None, Query()] = None,
) -> Response:
    paper = _paper(visit, session, now, vote_id, mandate_id, unit)
    if not paper.home.receipt:
        return see_other(paper.back)
    is_open = paper.vote.state is State.OPEN
    waiting = [home for home in paper.homes if not home.receipt and not home.by_owner] if is_open else []
    data = AgentReceiptPage(paper=paper, waiting=waiting)
    return visit_page(request, visit, "votes/mandate_receipt.html", data, tab="votes")


@router.get("/files/{file_id}")
def send_attachment(
    visit: PublicVisit, session: SessionDep, now: Now, vote_id: UUID, mandate_id: UUID, file_id: UUID
) -> Response:
    """A document of the question: an agent from outside is no member, and must read what he votes on all the same."""
    paper = _paper(visit, session, now, vote_id, mandate_id, None)
    if file_id not in {attachment.file_id for attachment in paper.vote.attachments}:
        raise NotFound(N_("没有找到这个文件，可能已经删除"))
    file = files.read_file(session, estate_id=visit.estate.id, file_id=file_id)
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
        },
    )
