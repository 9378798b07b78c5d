"""Votes: the ballot in four steps: read, choose, confirm, done. Nothing is recorded before the confirmation is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app.dependencies import (
    BallotWriterDep,
    MemberVisit,
    Now,
    PaperVisit,
    SecretDep,
    SessionDep,
    Visit,
    reads_only,
)
from app.errors import N_, Conflict, Invalid, NotAllowed, Refusal
from app.routers.forms import Errors, errors_of, see_other
from app.routers.refusals import sentence_of
from app.routers.votes.answers import Asked, Said, Ticked, asked, read_answers, said, ticked_in
from app.routers.votes.pages import address_of
from app.rules.calendar import BEIJING
from app.rules.votes.questions import Answers
from app.rules.votes.states import Choice, State
from app.services.votes import bindings, reading
from app.services.votes.casting import Cast
from app.services.votes.reading import FloorShare, VoteSheet
from app.services.votes.reading_homes import MyHome
from app.templating import page

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/ballot")


@dataclass(frozen=True, slots=True)
class BallotPage:
    """The paper for one home: what it would pay, then the questions; `said` is the ballot that stands."""

    vote: VoteSheet
    home: MyHome
    homes: list[MyHome]
    floors: list[FloorShare]
    asked: list[Asked]
    said: list[Said]
    has_read: bool
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """The answers again in words, before they are sent; `key` makes sending them twice one deed."""

    vote: VoteSheet
    home: MyHome
    asked: list[Asked]
    said: list[Said]
    key: str
    address: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What was recorded, and the homes that still wait."""

    vote: VoteSheet
    home: MyHome
    said: list[Said]
    waiting: list[MyHome]
    address: str


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """The ballot was not recorded; the earlier one, if any, stands."""

    vote: VoteSheet
    home: MyHome
    said: list[Said]
    sentence: str
    address: str


def _paper(
    visit: Visit, session: SessionDep, now: Now, secret: bytes, vote_id: UUID, unit_id: UUID | None
) -> tuple[VoteSheet, MyHome, list[MyHome]]:
    """The vote, the home in question, and all the reader's homes; raises `NotAllowed` for one who has none on the roll."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id, "account_id": visit.actor.id}
    vote, homes = reading.read_paper(session, **where, secret=secret, now=now)
    return vote, _home_of(homes, unit_id), homes


def _home_of(homes: list[MyHome], unit_id: UUID | None) -> MyHome:
    """The home in question; raises `NotAllowed` for one who has none on the roll."""
    if not homes:
        raise NotAllowed(N_("名册上没有您可以投票的房屋。如果您是业主，请联系居委会核对"), code="not_on_roll")
    if unit_id is None:
        home = next((home for home in homes if not home.receipt), homes[0])
    else:
        found = next((home for home in homes if home.unit_id == unit_id), None)
        if found is None:
            raise NotAllowed(N_("您不能为这套房屋投票。如果您是业主，请联系居委会核对名册"), code="not_owner")
        home = found
    return home


async def _sent(request: Request) -> FormData:
    """The whole form: which fields it has depends on the paper."""
    return await request.form()


SentForm = Annotated[FormData, Depends(_sent)]


def _said(vote: VoteSheet, home: MyHome) -> list[Said]:
    return said(vote.paper, home.answers) if home.answers else []


def _ensure_can_vote(session: SessionDep, visit: Visit, vote: VoteSheet, home: MyHome) -> None:
    if vote.state not in {State.NOTICED, State.OPEN}:
        raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
    if home.waits:
        raise _waits(session, visit, vote)
    if vote.state is State.NOTICED:
        raise Conflict(N_("表决还没有开始，请等到开始时间再投票"), code="not_open_yet")
    if home.receipt and not vote.may_change:
        raise Conflict(N_("这套房屋已经投过票，本次表决规定投票后不能更改"), code="already_cast")


def _waits(session: SessionDep, visit: Visit, vote: VoteSheet) -> Conflict:
    """Who did what, and on whom it waits; asked of the database only for one who waits."""
    act = bindings.awaited(session, vote_id=vote.id, account_id=visit.actor.id)
    if act is None:
        return Conflict(N_("您的身份还要居委会的另一位工作人员核对，核对以后才能投票"), code="awaits_check")
    return Conflict(
        N_(
            "您的身份是 %(who)s 在 %(at)s（表决公告以后）办理的，要由居委会的另一位工作人员核对，核对以后才能投票。"
            "您可以打电话请他们核对，也可以用纸质票投票。如果不是您本人办理的，请马上告诉居委会"
        ),
        code="awaits_check",
        who=act.acted_name,
        at=f"{act.acted_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
    )


def _refused(request: Request, visit: Visit, vote: VoteSheet, home: MyHome, refusal: Refusal) -> HTMLResponse:
    data = RefusedPage(
        vote=vote,
        home=home,
        said=_said(vote, home),
        sentence=sentence_of(request, refusal),
        address=address_of(visit.estate.slug, vote.id),
    )
    return page(request, "votes/ballot_refused.html", data, estate=visit.estate, tab="votes", status=409)


def _ballot_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    vote: VoteSheet,
    home: MyHome,
    homes: list[MyHome],
    *,
    ticked: Ticked | None = None,
    has_read: bool = False,
    errors: Errors = (),
) -> HTMLResponse:
    data = BallotPage(
        vote=vote,
        home=home,
        homes=homes,
        floors=reading.floor_shares(session, vote=vote, my_floors=[home.floor]),
        asked=asked(vote.paper, ticked),
        said=_said(vote, home),
        has_read=has_read,
        errors=errors,
        address=address_of(visit.estate.slug, vote.id),
    )
    return page(
        request, "votes/ballot.html", data, estate=visit.estate, tab="votes", status=422 if errors else 200
    )


@router.get("")
async def show_ballot(
    request: Request,
    paper: PaperVisit,
    session: SessionDep,
    unit: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    # Not in a thread, unlike other pages: it is the one that all owners open at once, and it waits for nobody's lock.
    visit, vote, homes = paper.visit, paper.vote, paper.homes
    home = _home_of(homes, unit)
    try:
        _ensure_can_vote(session, visit, vote, home)
    except Conflict as refusal:
        return _refused(request, visit, vote, home, refusal)
    return _ballot_page(request, visit, session, vote, home, homes)


@router.post("/confirm")
@reads_only
def confirm_ballot(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    sent: SentForm,
    unit: Annotated[UUID, Form()],
    has_read: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """A page and not a deed: a choice in an address would stand in every log on the way."""
    vote, home, homes = _paper(visit, session, now, secret, vote_id, unit)
    try:
        _ensure_can_vote(session, visit, vote, home)
    except Conflict as refusal:
        return _refused(request, visit, vote, home, refusal)
    ticked = ticked_in(sent, vote.paper)
    answers, missing = read_answers(ticked, vote.paper)
    if not has_read:
        missing.append(Invalid(N_("请先阅读议案和分摊方案，再在方框里打勾"), field="has_read"))
    if missing:
        errors = errors_of(request, *missing)
        return _ballot_page(
            request, visit, session, vote, home, homes, ticked=ticked, has_read=bool(has_read), errors=errors
        )
    data = ConfirmPage(
        vote=vote,
        home=home,
        asked=asked(vote.paper, ticked),
        said=said(vote.paper, answers),
        key=uuid4().hex,
        address=address_of(visit.estate.slug, vote_id),
    )
    return page(request, "votes/ballot_confirm.html", data, estate=visit.estate, tab="votes")


def _plain_answer(sent: FormData) -> Answers | None:
    """The one answer of a form that can only be that of one decision: the paper need not be read for it."""
    values = [value for name, value in sent.multi_items() if name.startswith("choice")]
    if len(values) == 1 and sent.get("choice") in set(Choice):
        return (Choice(str(values[0])),)
    return None


@router.post("")
@reads_only
async def cast_ballot(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    writer: BallotWriterDep,
    vote_id: UUID,
    sent: SentForm,
    unit: Annotated[UUID, Form()],
    key: Annotated[str, Form(min_length=16, max_length=64)],
) -> Response:
    answers = _plain_answer(sent)
    if answers is None:
        vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
        answers, refusals = read_answers(ticked_in(sent, vote.paper), vote.paper)
        if refusals:
            raise refusals[0]
    cast = Cast(
        estate_id=visit.estate.id,
        vote_id=vote_id,
        unit_id=unit,
        account_id=visit.actor.id,
        answers=answers,
        key=key,
        received_at=now,
    )
    # Those who wait for the writer must not keep others from reading.
    await request.state.end_reading()
    result = await writer.submit(cast)
    if isinstance(result, Conflict):
        vote, home, _ = _paper(visit, session, now, secret, vote_id, unit)
        return _refused(request, visit, vote, home, result)
    if isinstance(result, Refusal):
        raise result
    return RedirectResponse(
        f"{address_of(visit.estate.slug, vote_id)}/ballot/receipt?unit={unit}", status_code=303
    )


@router.get("/receipt")
def show_receipt(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    unit: Annotated[UUID, Query()],
) -> Response:
    vote, home, homes = _paper(visit, session, now, secret, vote_id, unit)
    if home.choice is None:
        return see_other(address_of(visit.estate.slug, vote_id))
    waiting = [other for other in homes if not other.receipt] if vote.state is State.OPEN else []
    data = ReceiptPage(
        vote=vote,
        home=home,
        said=_said(vote, home),
        waiting=waiting,
        address=address_of(visit.estate.slug, vote_id),
    )
    return page(request, "votes/receipt.html", data, estate=visit.estate, tab="votes")
