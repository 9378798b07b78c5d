"""The witness's own page of an assisted ballot: he names the home and the owner before him, and reads out the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse

from app.dependencies import ModeratorVisit, Now, SecretDep, SessionDep, Visit, reads_only
from app.errors import N_, Conflict, Invalid, Refusal
from app.routers.estates.frames import read_id
from app.routers.forms import Errors, attempt, errors_of
from app.routers.records import ONE, spends
from app.routers.votes.frames import desk_address, desk_page
from app.routers.votes.mandates_desk import Groups, home_groups
from app.routers.votes.paper import ensure_keyer
from app.rules.votes.states import State
from app.services.votes import assisting, reading
from app.services.votes.assisting_witness import witness_code
from app.services.votes.principals import Principal
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/assist/witness")


@dataclass(frozen=True, slots=True)
class WitnessPage:
    """`code` is empty until the witness said whom he sees."""

    vote: VoteSheet
    is_open: bool
    groups: Groups
    unit: str
    home: str
    owners: list[Principal]
    owner: str
    code: str
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    unit: UUID | None,
    owner: str = "",
    code: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    home, owners = assisting.owners_of_home(session, vote_id, unit) if unit else ("", [])
    data = WitnessPage(
        vote=vote,
        is_open=vote.state is State.OPEN,
        groups=home_groups(session, vote_id),
        unit=str(unit or ""),
        home=home,
        owners=owners,
        owner=owner,
        code=code,
        errors=errors_of(request, refusal),
        address=f"{desk_address(visit.estate.slug, vote_id)}/assist/witness",
    )
    return desk_page(request, visit, "votes/assist_witness.html", data, refusal=refusal)


@router.get("", dependencies=[spends(ModeratorVisit, ONE)])
def show_witness(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    unit: Annotated[str, Query()] = "",
) -> HTMLResponse:
    ensure_keyer(visit)
    return _page(request, visit, session, now, vote_id, unit=read_id(unit))


@router.post("")
@reads_only
def show_code(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    unit: Annotated[UUID, Form()],
    owner: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Nothing is written: what the witness saw is on record with the ballot that his code lets in."""
    ensure_keyer(visit)
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    if vote.state is not State.OPEN:
        raise Conflict(N_("现在不在投票时间内，不能协助投票"), code="closed")
    owner_id = read_id(owner)
    code = ""
    with attempt(session) as tried:
        if owner_id is None:
            raise Invalid(N_("请选择是哪一位业主"), field="owner")
        code = witness_code(
            session,
            vote_id=vote_id,
            unit_id=unit,
            owner_id=owner_id,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    return _page(
        request, visit, session, now, vote_id, unit=unit, owner=owner, code=code, refusal=tried.refusal
    )
