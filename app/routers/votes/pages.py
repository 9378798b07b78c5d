"""Votes for residents: the list, one vote, its posted roll, and turnout while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SecretDep, SessionDep
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.guides.frames import Beside, policy_beside, vote_subject
from app.routers.votes.answers import Said, said
from app.rules.votes.rulesets import SilentRule
from app.rules.votes.silence import Silence
from app.rules.votes.states import State
from app.services.maintenance import voting
from app.services.maintenance.voting import OrderLink
from app.services.outcomes import sequels
from app.services.outcomes.sequels import Sequel
from app.services.votes import (
    bindings,
    corrections,
    looks,
    mandates_reading,
    origins,
    reading,
    restorations,
    terms,
)
from app.services.votes.counting import Turnout
from app.services.votes.looks import LookView
from app.services.votes.mandates_reading import AgentShare
from app.services.votes.origins import Origin
from app.services.votes.reading import FloorShare, RollLineView, VoteLine, VoteSheet
from app.services.votes.reading_homes import MyHome, my_homes
from app.services.votes.restorations import RestoredView
from app.templating import page

router = APIRouter(prefix="/e/{slug}/votes")


@dataclass(frozen=True, slots=True)
class VoteListPage:
    """All votes of the estate, those waiting for the reader first; `shares` are what he casts for others, by vote."""

    votes: list[VoteLine]
    shares: dict[UUID, AgentShare]


@dataclass(frozen=True, slots=True)
class VotePage:
    """One vote: own homes and shares first, then everything that was posted."""

    vote: VoteSheet
    homes: list[MyHome]
    said: dict[UUID, list[Said]]
    floors: list[FloorShare]
    amendments: int
    checked_bindings: int
    looks: list[LookView]
    origin: Origin | None
    order: OrderLink | None
    sequel: Sequel
    silence: Silence | None
    restores: tuple[RestoredView, ...]
    guides: Beside
    address: str


@dataclass(frozen=True, slots=True)
class RollPage:
    """The posted roll and the form to ask for a correction."""

    vote: VoteSheet
    lines: list[RollLineView]
    total_area: int
    corrections: list[corrections.CorrectionView]
    may_correct: bool
    correction_id: UUID
    text: str
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """Turnout by both measures; no tendency, no choice."""

    vote: VoteSheet
    turnout: Turnout
    as_of: datetime
    address: str


def address_of(slug: str, vote_id: UUID) -> str:
    return f"/e/{slug}/votes/{vote_id}"


def waiting_as_agent(vote: VoteLine, shares: dict[UUID, AgentShare]) -> int:
    """How many homes of others wait for the reader while the vote is open."""
    share = shares.get(vote.id)
    return share.waiting if share and vote.state is State.OPEN else 0


@router.get("")
def list_votes(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> HTMLResponse:
    account = visit.actor.id
    votes = reading.list_votes(session, estate_id=visit.estate.id, account_id=account, now=now)
    shares = mandates_reading.shares_of_agent(session, estate_id=visit.estate.id, account_id=account)
    votes.sort(key=lambda vote: vote.waiting == 0 and waiting_as_agent(vote, shares) == 0)
    return page(
        request,
        "votes/list.html",
        VoteListPage(votes, shares),
        estate=visit.estate,
        tab="votes",
        staff=visit.standing.is_committee,
    )


@router.get("/{vote_id}")
def show_vote(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, secret: SecretDep, vote_id: UUID
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    homes = my_homes(
        session, estate_id=visit.estate.id, vote_id=vote_id, account_id=visit.actor.id, secret=secret
    )
    data = VotePage(
        vote=vote,
        homes=homes,
        said={home.unit_id: said(vote.paper, home.answers) for home in homes if home.answers},
        floors=reading.floor_shares(session, vote=vote, my_floors=[home.floor for home in homes]),
        amendments=reading.amendments(session, vote_id=vote_id),
        checked_bindings=bindings.count_checked(session, vote_id=vote_id),
        looks=looks.looks_at_homes(
            session, vote_id=vote_id, unit_ids=[home.unit_id for home in homes if not home.waits]
        ),
        origin=origins.origin_of(session, vote_id=vote_id),
        order=voting.order_of(session, estate_id=visit.estate.id, vote_id=vote_id, matter=vote.matter),
        sequel=sequels.sequel_of(session, vote_id=vote_id),
        silence=terms.silence_of(session, vote_id) if vote.rules.silent is not SilentRule.NONE else None,
        restores=restorations.restores_of(session, vote_id=vote_id),
        guides=policy_beside(session, visit, vote_subject(vote), now),
        address=address_of(visit.estate.slug, vote_id),
    )
    return visit_page(request, visit, "votes/show.html", data, tab="votes")


def _roll_page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    text: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    lines = reading.posted_roll(session, vote_id=vote_id, account_id=visit.actor.id)
    data = RollPage(
        vote=vote,
        lines=lines,
        total_area=sum(line.area for line in lines),
        corrections=corrections.list_corrections(session, vote_id=vote_id, account_id=visit.actor.id),
        may_correct=vote.state is State.NOTICED,
        correction_id=uuid4(),
        text=text,
        errors=errors_of(request, refusal),
        address=address_of(visit.estate.slug, vote_id),
    )
    return visit_page(request, visit, "votes/roll.html", data, tab="votes", refusal=refusal)


@router.get("/{vote_id}/roll")
def show_roll(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID
) -> HTMLResponse:
    return _roll_page(request, visit, session, now, vote_id)


@router.post("/{vote_id}/roll")
def ask_correction(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        corrections.ask_correction(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            correction_id=id,
            unit_id=None,
            account_id=visit.actor.id,
            text=text,
            now=now,
        )
    if tried.refusal:
        return _roll_page(request, visit, session, now, vote_id, text=text, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/roll#corrections")


def _progress(visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID) -> ProgressPage:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    turnout = reading.turnout_of(session, estate_id=visit.estate.id, vote_id=vote_id)
    return ProgressPage(vote=vote, turnout=turnout, as_of=now, address=address_of(visit.estate.slug, vote_id))


@router.get("/{vote_id}/progress")
def show_progress(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID
) -> HTMLResponse:
    data = _progress(visit, session, now, vote_id)
    return visit_page(request, visit, "votes/progress.html", data, tab="votes")


@router.get("/{vote_id}/progress/live")
def live_progress(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    """The inside of the live part alone; 204 once nothing will change any more."""
    data = _progress(visit, session, now, vote_id)
    if data.vote.state not in {State.NOTICED, State.OPEN}:
        return Response(status_code=204)
    return page(request, "votes/turnout.html", data, estate=visit.estate)
