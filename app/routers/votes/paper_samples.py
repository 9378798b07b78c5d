"""Votes: the random sample of paper sheets after the count: its seed, the list to compare, and what came of comparing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.answers import Said, said
from app.routers.votes.frames import desk_page
from app.routers.votes.paper import note, paper_address
from app.rules.votes.looks import LookKind
from app.services.votes import looks, paper_compared, paper_counts, reading
from app.services.votes.paper_compared import Comparison
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/paper/sample")


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A sheet of the sample and what the record says of it, in words."""

    serial: str
    label: str
    counted: bool
    said: list[Said]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a refused form had in its fields."""

    seed: str = ""
    complete: bool = False
    differing: str = ""
    remark: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SamplePage:
    """The sample to compare with the form for what came of it, or the form for its seed before it was drawn."""

    vote: VoteSheet
    address: str
    sealed: bool
    sample: paper_counts.Sample | None
    lines: list[SampleLine]
    looking: bool
    comparisons: list[Comparison]
    comparison_id: UUID
    typed: Typed
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    *,
    comparison_id: UUID | None = None,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    vote = reading.read_vote(session, **where, now=now)
    sample = paper_counts.read_sample(session, **where, secret=secret)
    looking = looks.is_open(session, vote_id=vote_id, kind=LookKind.SAMPLE, staff_id=visit.actor.id, now=now)
    data = SamplePage(
        vote=vote,
        address=paper_address(visit.estate.slug, vote_id),
        sealed=vote.sealed_at is not None,
        sample=sample,
        lines=[
            SampleLine(
                line.serial, line.label, line.counted, said(vote.paper, line.answers) if looking else []
            )
            for line in (sample.lines if sample else ())
        ],
        looking=looking,
        comparisons=paper_compared.list_comparisons(session, **where),
        comparison_id=comparison_id or uuid4(),
        typed=typed or Typed(),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/paper_sample.html", data, refusal=refusal)


@router.get("")
def show_sample(
    request: Request, visit: CommitteeVisit, session: SessionDep, secret: SecretDep, now: Now, vote_id: UUID
) -> Response:
    return _page(request, visit, session, secret, now, vote_id)


@router.post("")
def draw_sample(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    seed: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        paper_counts.draw_sample(
            session, estate_id=visit.estate.id, vote_id=vote_id, seed=seed, actor=visit.actor, now=now
        )
    if tried.refusal:
        if tried.refusal.code == "drawn_before":
            note(session, visit, vote_id, "sample", seed, tried.refusal, now)
        typed = Typed(seed=seed[:100])
        return _page(request, visit, session, secret, now, vote_id, typed=typed, refusal=tried.refusal)
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/sample")


@router.post("/look")
def look(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Put down who sees what the sampled sheets say, and why; then it is shown."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    reading.read_vote(session, **where, now=now)
    with attempt(session) as tried:
        sample = paper_counts.read_sample(session, **where, secret=secret)
        looks.look_at_sample(
            session,
            **where,
            serials=[line.serial for line in sample.lines] if sample else [],
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = Typed(reason=reason[: looks.MOST])
        return _page(request, visit, session, secret, now, vote_id, typed=typed, refusal=tried.refusal)
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/sample")


@router.post("/compared")
def record_comparison(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    complete: Annotated[str, Form()] = "",
    differing: Annotated[str, Form()] = "",
    remark: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        paper_compared.record_comparison(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            comparison_id=id,
            complete=complete == "yes",
            differing=differing,
            remark=remark,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    if tried.refusal:
        typed = Typed(
            complete=complete == "yes",
            differing=differing[: paper_compared.MOST_TYPED],
            remark=remark[: paper_compared.MOST_REMARK],
        )
        return _page(
            request, visit, session, secret, now, vote_id,
            comparison_id=id, typed=typed, refusal=tried.refusal,
        )  # fmt: skip
    return see_other(f"{paper_address(visit.estate.slug, vote_id)}/sample#compared")
