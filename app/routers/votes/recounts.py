"""The desk counts a vote again, and puts an annulled or failed one to the owners anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_address, desk_page
from app.rules.votes.states import State
from app.services.votes import reading, recounts, repeats
from app.services.votes.reading import VoteSheet
from app.services.votes.recounts import RecountView

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}")


@dataclass(frozen=True, slots=True)
class RecountPage:
    """What was counted again, and the form to order another count once the result is sealed."""

    vote: VoteSheet
    recounts: list[RecountView]
    may_recount: bool
    recount_id: UUID
    reason: str
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    recount_id: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    data = RecountPage(
        vote=vote,
        recounts=recounts.list_recounts(session, vote_id=vote_id),
        may_recount=vote.state in {State.PRELIMINARY, State.FINAL},
        recount_id=recount_id or uuid4(),
        reason=reason,
        errors=errors_of(request, refusal),
        address=desk_address(visit.estate.slug, vote_id),
    )
    return desk_page(request, visit, "votes/desk_recounts.html", data, refusal=refusal)


@router.get("/recounts")
def show_recounts(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    return _page(request, visit, session, now, vote_id)


@router.post("/recounts")
def order_recount(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        recounts.order_recount(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            recount_id=id,
            actor=visit.actor,
            reason=reason,
            secret=secret,
            now=now,
        )
    if tried.refusal:
        return _page(
            request, visit, session, now, vote_id, recount_id=id, reason=reason, refusal=tried.refusal
        )
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/recounts")


@router.post("/repeat")
def repeat_vote(
    visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID, id: Annotated[UUID, Form()]
) -> Response:
    draft = repeats.repeat_vote(
        session, estate_id=visit.estate.id, vote_id=vote_id, new_id=id, actor=visit.actor, now=now
    )
    return see_other(f"{desk_address(visit.estate.slug, draft)}/question")
