"""The desk's list of votes and the desk page of one: turnout, the elevation, reminders, what waits, annulling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import ONE, spends
from app.routers.votes.frames import desk_address, desk_page
from app.rules.votes.rulesets import BallotMode
from app.rules.votes.states import State
from app.services import outcomes
from app.services.outcomes import sequels
from app.services.outcomes.sequels import Sequel
from app.services.votes import (
    checkpoints,
    closing,
    corrections,
    desk,
    drafting,
    elevation,
    objections,
    origins,
    reading,
    reminders,
    repeats,
)
from app.services.votes.counting import Turnout
from app.services.votes.desk import DeskVote
from app.services.votes.elevation import Entrance
from app.services.votes.origins import Origin
from app.services.votes.reading import VoteSheet
from app.templating import page

router = APIRouter(prefix="/desk/{slug}/votes")

_RESULT = {State.PRELIMINARY: "preliminary", State.FINAL: "final"}


@dataclass(frozen=True, slots=True)
class DeskListPage:
    """All votes with their drafts; `unposted` are those whose result is not on the notice board yet.

    `alarmed` are those whose chain does not hold.
    """

    votes: list[DeskVote]
    unposted: frozenset[UUID]
    alarmed: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Reminders:
    """Homes without a ballot, those to visit, and what the last press of the button did (None: not pressed)."""

    absent: int
    to_visit: tuple[str, ...]
    told: int | None
    before: int


@dataclass(frozen=True, slots=True)
class DeskVotePage:
    """One noticed vote as its staff see it: never a choice. `typed` holds what a refused form had in its fields.

    `alarm` is when and why the last checkpoint was refused, while no later one was signed.
    """

    vote: VoteSheet
    alarm: tuple[datetime, str] | None
    origin: Origin | None
    address: str
    turnout: Turnout
    as_of: datetime
    entrances: list[Entrance]
    reminders: Reminders
    amendments: int
    corrections: list[corrections.CorrectionView]
    homes: dict[UUID, tuple[str, ...]]
    objections: list[objections.DeskObjection]
    open_objections: int
    upheld: int
    posted: frozenset[str]
    account_id: UUID
    sequel: Sequel
    may_extend: bool
    may_repeat: bool
    repeat_id: UUID
    typed: dict[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class ElevationPage:
    """The live part of the desk page alone."""

    vote: VoteSheet
    turnout: Turnout
    as_of: datetime
    entrances: list[Entrance]


@router.get("")
def list_votes(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    votes = desk.list_desk_votes(session, estate_id=visit.estate.id, now=now)
    unposted = {
        vote.id
        for vote in votes
        if vote.state in _RESULT and _RESULT[vote.state] not in outcomes.postings_of(session, vote_id=vote.id)
    }
    alarmed = checkpoints.alarmed_votes(session, estate_id=visit.estate.id)
    data = DeskListPage(votes, frozenset(unposted), frozenset(alarmed))
    return desk_page(request, visit, "votes/desk_list.html", data)


def _entrances(session: SessionDep, vote: VoteSheet) -> list[Entrance]:
    per_head = vote.rules.ballot_mode is BallotMode.PER_HEAD
    return elevation.draw_elevation(session, vote_id=vote.id, per_head=per_head)


def vote_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    told: int | None = None,
    before: int = 0,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
    row: object = "",
) -> Response:
    """The desk page, also as the answer to a form on it that cannot be used; `row` is the case that form is about."""
    account_id = visit.actor.id
    stored = drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    absent = reminders.absent_homes(session, vote=stored)
    raised = objections.list_for_desk(session, vote_id=vote_id, account_id=account_id, now=now)
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    sequel = sequels.sequel_of(session, vote_id=vote_id, drafts=True)
    data = DeskVotePage(
        vote=vote,
        alarm=checkpoints.last_refusal(session, vote_id=vote_id),
        origin=origins.origin_of(session, vote_id=vote_id),
        address=desk_address(visit.estate.slug, vote_id),
        turnout=reading.turnout_of(session, estate_id=visit.estate.id, vote_id=vote_id),
        as_of=now,
        entrances=_entrances(session, vote),
        reminders=Reminders(len(absent), reminders.to_visit(absent), told, before),
        amendments=reading.amendments(session, vote_id=vote_id),
        corrections=corrections.list_corrections(session, vote_id=vote_id),
        homes=corrections.homes_of_askers(session, vote_id=vote_id),
        objections=raised,
        open_objections=sum(objection.state == "open" for objection in raised),
        upheld=sum(objection.state == "upheld" for objection in raised),
        posted=frozenset(kind.value for kind in outcomes.postings_of(session, vote_id=vote_id)),
        account_id=account_id,
        sequel=sequel,
        may_extend=vote.state is State.OPEN and vote.rules.extension_days > 0,
        may_repeat=sequel.later is None
        and repeats.can_repeat(session, estate_id=visit.estate.id, vote_id=vote_id),
        repeat_id=uuid4(),
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
    )
    return desk_page(request, visit, "votes/desk_show.html", data, refusal=refusal)


@router.get("/{vote_id}", dependencies=[spends(CommitteeVisit, ONE)])
def show_vote(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    told: Annotated[int | None, Query(ge=0)] = None,
    before: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    vote = drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    if vote.state is State.DRAFT:
        return see_other(f"{desk_address(visit.estate.slug, vote_id)}/question")
    return vote_page(request, visit, session, now, vote_id, told=told, before=before)


@router.get("/{vote_id}/elevation")
def live_elevation(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    """The inside of the live part; 204 once nothing will change any more."""
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    if vote.state not in {State.NOTICED, State.OPEN}:
        return Response(status_code=204)
    data = ElevationPage(
        vote=vote,
        turnout=reading.turnout_of(session, estate_id=visit.estate.id, vote_id=vote_id),
        as_of=now,
        entrances=_entrances(session, vote),
    )
    return page(request, "votes/desk_elevation.html", data, estate=visit.estate)


@router.post("/{vote_id}/remind")
def remind_absent(visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID) -> Response:
    done = reminders.remind_absent(
        session, estate_id=visit.estate.id, vote_id=vote_id, actor=visit.actor, now=now
    )
    address = desk_address(visit.estate.slug, vote_id)
    return see_other(f"{address}?told={done.told}&before={done.told_before}#remind")


@router.post("/{vote_id}/annul")
def annul_vote(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    drafting.get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    with attempt(session) as tried:
        closing.annul_vote(
            session, estate_id=visit.estate.id, vote_id=vote_id, actor=visit.actor, reason=reason, now=now
        )
    if tried.refusal:
        typed = {"reason": reason}
        return vote_page(request, visit, session, now, vote_id, typed=typed, refusal=tried.refusal)
    return see_other(desk_address(visit.estate.slug, vote_id))
