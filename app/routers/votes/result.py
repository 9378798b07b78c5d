"""Votes: the result with both measures and both tests, its print view, and what was objected to or counted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.dependencies import MemberVisit, Now, SecretDep, SessionDep, SettingsDep
from app.routers.forms import visit_page
from app.routers.votes.pages import address_of
from app.rules.votes.states import State
from app.services.outcomes import sequels
from app.services.outcomes.sequels import Sequel
from app.services.votes import counting, objections, paper_compared, reading
from app.services.votes.outcome import Outcome, result_of
from app.services.votes.paper_compared import Comparison
from app.services.votes.paper_counts import Reconciliation, reconcile
from app.services.votes.reading import VoteSheet
from app.templating import page

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}")


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The count, or that it is not there yet; objections with their rulings; `compared` is the last comparison of sampled sheets."""

    vote: VoteSheet
    outcome: Outcome | None
    channels: dict[str, int]
    sheets: Reconciliation | None
    compared: Comparison | None
    amendments: int
    objections: list[objections.ObjectionView]
    may_object: bool
    sequel: Sequel
    address: str


def _data(
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
) -> ResultPage:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    grace = timedelta(seconds=settings.close_grace_seconds)
    outcome = None
    if vote.state in {State.CLOSED, State.PRELIMINARY, State.FINAL}:
        outcome = result_of(
            session, estate_id=visit.estate.id, vote_id=vote_id, now=now, grace=grace, secret=secret
        )
    return ResultPage(
        vote=vote,
        outcome=outcome,
        channels={way.value: homes for way, homes in counting.cast_by_channel(session, vote_id).items()}
        if outcome
        else {},
        sheets=reconcile(
            session, estate_id=visit.estate.id, vote_id=vote_id, now=now, grace=grace, secret=secret
        )
        if outcome
        else None,
        compared=next(
            iter(paper_compared.list_comparisons(session, estate_id=visit.estate.id, vote_id=vote_id)), None
        ),
        amendments=reading.amendments(session, vote_id=vote_id),
        objections=objections.list_objections(session, vote_id=vote_id, account_id=visit.actor.id, now=now),
        may_object=bool(objections.kinds_now(vote.state, vote.objections_until, now)),
        sequel=sequels.sequel_of(session, vote_id=vote_id),
        address=address_of(visit.estate.slug, vote_id),
    )


@router.get("/result")
def show_result(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
) -> HTMLResponse:
    data = _data(visit, session, now, secret, settings, vote_id)
    return visit_page(request, visit, "votes/result.html", data, tab="votes")


@router.get("/result/print")
def print_result(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    vote_id: UUID,
) -> HTMLResponse:
    data = _data(visit, session, now, secret, settings, vote_id)
    return page(request, "votes/result_print.html", data, estate=visit.estate, tab="votes")
