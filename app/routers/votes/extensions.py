"""The desk lets an open vote close later, once: one person proposes it, another confirms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, NotAllowed, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_address, desk_page
from app.routers.votes.mandate_frames import keep_refusal
from app.rules.votes.states import State
from app.rules.votes.windows import read_local, show_local
from app.services.outcomes import sequels
from app.services.outcomes.sequels import Sequel
from app.services.votes import extensions, reading
from app.services.votes.extensions import Proposed
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/extension")


@dataclass(frozen=True, slots=True)
class ExtensionPage:
    """What the rules allow, the proposal that waits, or the form for one; `latest` is None where there is no extension."""

    vote: VoteSheet
    sequel: Sequel
    latest: datetime | None
    proposed: Proposed | None
    may_propose: bool
    extension_id: UUID
    closes_at: str
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
    extension_id: UUID | None = None,
    closes_at: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    sequel = sequels.sequel_of(session, vote_id=vote_id)
    extended = sequel.closed_before is not None
    latest = None if extended else extensions.latest_closing(vote.closes_at, vote.rules)
    is_open = vote.state is State.OPEN
    waiting = extensions.waiting_extension(session, vote_id=vote_id, account_id=visit.actor.id)
    proposed = waiting if is_open else None
    data = ExtensionPage(
        vote=vote,
        sequel=sequel,
        latest=latest,
        proposed=proposed,
        may_propose=is_open and latest is not None and proposed is None,
        extension_id=extension_id or uuid4(),
        closes_at=closes_at or (show_local(latest) if latest else ""),
        reason=reason,
        errors=errors_of(request, refusal),
        address=desk_address(visit.estate.slug, vote_id),
    )
    return desk_page(request, visit, "votes/desk_extension.html", data, refusal=refusal)


@router.get("")
def show_extension(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    return _page(request, visit, session, now, vote_id)


@router.post("")
def propose_extension(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    closes_at: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        extensions.propose_extension(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            extension_id=id,
            closes_at=read_local(closes_at, field="closes_at"),
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            now,
            vote_id,
            extension_id=id,
            closes_at=closes_at,
            reason=reason,
            refusal=tried.refusal,
        )
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/extension")


@router.post("/{extension_id}")
def decide_extension(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    extension_id: UUID,
    act: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id, "extension_id": extension_id}
    with attempt(session) as tried:
        if act == "confirm":
            extensions.confirm_extension(
                session, **where, actor=visit.actor, now=now, read_clock=request.app.state.clock
            )
        elif act == "refuse":
            extensions.refuse_extension(session, **where, actor=visit.actor, now=now)
        else:
            raise Invalid(N_("请选择确认延长，或者不延长"))
    if tried.refusal:
        # To confirm one's own proposal is tried knowingly; a page that is out of date is not.
        if isinstance(tried.refusal, NotAllowed):
            keep_refusal(visit, session, now, vote_id, tried.refusal, thing="extension")
        return _page(request, visit, session, now, vote_id, refusal=tried.refusal)
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/extension")
