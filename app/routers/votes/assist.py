"""Assisted voting at the desk: choose the home, check who is present, turn the screen to the owner, and print the receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep, SettingsDep, reads_only
from app.errors import N_, Conflict, Invalid, Refusal
from app.routers.codes import drawn_code
from app.routers.estates.frames import read_id
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import ONE, spends
from app.routers.votes.answers import Asked, Said, asked, read_answers, said, ticked_in
from app.routers.votes.frames import desk_address, desk_page
from app.routers.votes.mandate_frames import SentForm, keep_refusal, text_in
from app.routers.votes.mandates_desk import Groups, home_groups
from app.routers.votes.pages import address_of
from app.rules.votes.states import State
from app.services.votes import assisting, reading
from app.services.votes.assisting import AssistedReceipt, Presence
from app.services.votes.assisting_witness import Witness, witnesses
from app.services.votes.casting import Cast
from app.services.votes.principals import Principal
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/assist")


@dataclass(frozen=True, slots=True)
class AssistPage:
    """What the helper fills in: the home first, then who is present and how that was seen."""

    vote: VoteSheet
    is_open: bool
    groups: Groups
    unit: str
    home: str
    owners: list[Principal]
    witnesses: list[Witness]
    has_ballot: bool
    typed: dict[str, str]
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class Screen:
    """What the pages for the owner's eyes carry along; `key` makes sending the ballot twice one deed."""

    vote: VoteSheet
    presence: Presence
    key: str
    address: str


@dataclass(frozen=True, slots=True)
class AssistBallotPage:
    """The whole-page ballot, in the largest type."""

    screen: Screen
    asked: list[Asked]
    errors: Errors


@dataclass(frozen=True, slots=True)
class AssistConfirmPage:
    """The owner's answers in words, to be confirmed by himself."""

    screen: Screen
    asked: list[Asked]
    said: list[Said]
    errors: Errors


@dataclass(frozen=True, slots=True)
class AssistReceiptPage:
    """What the owner takes home, without the choice; `verify` is where anybody looks the receipt up, `code` leads there with it."""

    vote: VoteSheet
    receipt: AssistedReceipt
    verify: str
    link: str
    code: Markup
    address: str


def _address(visit: CommitteeVisit, vote_id: UUID) -> str:
    return f"{desk_address(visit.estate.slug, vote_id)}/assist"


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    unit: UUID | None,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    home, owners = assisting.owners_of_home(session, vote_id, unit) if unit else ("", [])
    data = AssistPage(
        vote=vote,
        is_open=vote.state is State.OPEN,
        groups=home_groups(session, vote_id),
        unit=str(unit or ""),
        home=home,
        owners=[owner for owner in owners if owner.account_id != visit.actor.id],
        witnesses=witnesses(session, estate_id=visit.estate.id, owners=owners, helper=visit.actor.id),
        has_ballot=unit is not None and assisting.has_ballot(session, vote_id=vote_id, unit_id=unit),
        typed=typed or {},
        errors=errors_of(request, refusal),
        address=_address(visit, vote_id),
    )
    return desk_page(request, visit, "votes/assist.html", data, refusal=refusal)


@router.get("", dependencies=[spends(CommitteeVisit, ONE)])
def choose_home(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    unit: Annotated[str, Query()] = "",
) -> HTMLResponse:
    return _page(request, visit, session, now, vote_id, unit=read_id(unit))


def _screen(
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: bytes,
    vote_id: UUID,
    unit: UUID,
    sent: dict[str, str],
    key: str,
) -> Screen:
    """Everything the helper vouched for, read anew at each step: what a page carries along may have been changed."""
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    if vote.state is not State.OPEN:
        raise Conflict(N_("现在不在投票时间内，不能协助投票"), code="closed")
    presence = assisting.read_presence(
        session,
        vote_id=vote_id,
        unit_id=unit,
        owner_id=read_id(sent["owner"]),
        identity=sent["identity"],
        witness_id=read_id(sent["witness"]),
        witness_code=sent["witness_code"],
        actor=visit.actor,
        now=now,
        secret=secret,
    )
    return Screen(vote, presence, key, _address(visit, vote_id))


def _sent(form: SentForm) -> dict[str, str]:
    return {name: text_in(form, name) for name in ("owner", "identity", "witness", "witness_code")}


@router.post("/ballot")
@reads_only
def show_ballot(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    form: SentForm,
    vote_id: UUID,
    unit: Annotated[UUID, Form()],
) -> HTMLResponse:
    sent = _sent(form)
    try:
        screen = _screen(visit, session, now, secret, vote_id, unit, sent, uuid4().hex)
    except Invalid as refusal:
        return _page(request, visit, session, now, vote_id, unit=unit, typed=sent, refusal=refusal)
    data = AssistBallotPage(screen=screen, asked=asked(screen.vote.paper), errors=())
    return desk_page(request, visit, "votes/assist_ballot.html", data)


@router.post("/confirm")
@reads_only
def confirm_ballot(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    form: SentForm,
    vote_id: UUID,
    unit: Annotated[UUID, Form()],
    key: Annotated[str, Form(min_length=16, max_length=64)],
) -> Response:
    """Gone once the ballot is cast: whoever goes back in the browser meets the receipt and not the choice."""
    cast = assisting.is_cast(session, vote_id=vote_id, key=key)
    if cast is not None:
        return see_other(f"{_address(visit, vote_id)}/receipt?seq={cast}")
    sent = _sent(form)
    try:
        screen = _screen(visit, session, now, secret, vote_id, unit, sent, key)
    except Invalid as refusal:
        return _page(request, visit, session, now, vote_id, unit=unit, typed=sent, refusal=refusal)
    ticked = ticked_in(form, screen.vote.paper)
    answers, missing = read_answers(ticked, screen.vote.paper)
    fields = asked(screen.vote.paper, ticked)
    if missing:
        errors = errors_of(request, *missing)
        data = AssistBallotPage(screen=screen, asked=fields, errors=errors)
        return desk_page(request, visit, "votes/assist_ballot.html", data, refusal=missing[0])
    words = said(screen.vote.paper, answers)
    confirm = AssistConfirmPage(screen=screen, asked=fields, said=words, errors=())
    return desk_page(request, visit, "votes/assist_confirm.html", confirm)


@router.post("")
def cast_ballot(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    form: SentForm,
    vote_id: UUID,
    unit: Annotated[UUID, Form()],
    key: Annotated[str, Form(min_length=16, max_length=64)],
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """In this request's own transaction: the ballot and the row that says who helped are written together."""
    present = assisting.is_cast(session, vote_id=vote_id, key=key)
    if present is not None:
        return see_other(f"{_address(visit, vote_id)}/receipt?seq={present}")
    sent = _sent(form)
    try:
        screen = _screen(visit, session, now, secret, vote_id, unit, sent, key)
    except Invalid as refusal:
        return _page(request, visit, session, now, vote_id, unit=unit, typed=sent, refusal=refusal)
    ticked = ticked_in(form, screen.vote.paper)
    answers, missing = read_answers(ticked, screen.vote.paper)
    if missing:
        raise missing[0]
    if not confirmed:
        mine = Invalid(N_("请业主本人在方框里打勾确认"), field="confirmed")
        words = said(screen.vote.paper, answers)
        data = AssistConfirmPage(screen, asked(screen.vote.paper, ticked), words, errors_of(request, mine))
        return desk_page(request, visit, "votes/assist_confirm.html", data, refusal=mine)
    cast = Cast(
        estate_id=visit.estate.id,
        vote_id=vote_id,
        unit_id=unit,
        account_id=visit.actor.id,
        answers=answers,
        key=key,
        received_at=now,
    )
    with attempt(session) as tried:
        receipt = assisting.cast_assisted(
            session,
            cast,
            screen.presence,
            actor=visit.actor,
            read_clock=request.app.state.clock,
            secret=secret,
        )
    if tried.refusal:
        keep_refusal(visit, session, now, vote_id, tried.refusal, thing="assist")
        return _page(request, visit, session, now, vote_id, unit=unit, typed=sent, refusal=tried.refusal)
    return see_other(f"{screen.address}/receipt?seq={receipt.seq}")


@router.get("/receipt")
def show_receipt(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    vote_id: UUID,
    seq: Annotated[int, Query(ge=1, le=2**31 - 1)],
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    receipt = assisting.read_receipt(session, vote_id=vote_id, seq=seq)
    verify = f"{settings.public_url.rstrip('/')}{address_of(visit.estate.slug, vote_id)}/verify"
    link = f"{verify}?code={quote(receipt.code)}"
    data = AssistReceiptPage(
        vote=vote,
        receipt=receipt,
        verify=verify,
        link=link,
        code=drawn_code(link),
        address=_address(visit, vote_id),
    )
    return desk_page(request, visit, "votes/assist_receipt.html", data)
