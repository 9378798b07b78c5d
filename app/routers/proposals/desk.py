"""The desk's board of proposals, and all that staff need to know and do about one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Refusal
from app.routers.forms import Errors, errors_of
from app.routers.proposals.desk_frames import board_address, desk_address, desk_page
from app.rules.proposals.deadlines import Level, is_overdue
from app.rules.proposals.states import STATE_NAMES, Cause, ProposalState, next_states
from app.services.proposals import board, reading
from app.services.proposals.answering import MOST_ANSWER
from app.services.proposals.board import Column, Pile
from app.services.proposals.merging import MERGED_INTO, MOST_REASON
from app.services.proposals.reading import ProposalView
from app.services.proposals.similar import SimilarLine, find_similar
from app.services.proposals.splitting import SPLIT_IN
from app.services.proposals.voices_by_place import (
    OriginVoices,
    PlaceVoices,
    voices_by_origin,
    voices_by_place,
)

router = APIRouter(prefix="/desk/{slug}/proposals")

COLUMN_NAMES: dict[str, str] = {
    Column.OWED: N_("等待答复"),
    Column.GATHERING: N_("征集附议"),
    **{column: STATE_NAMES[ProposalState(column.value)] for column in list(Column)[2:]},
}


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Every column; `names` are msgids by column."""

    piles: list[Pile]
    names: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class PilePage:
    """One column from a mark on; `first_page` is false further down."""

    pile: Pile
    names: dict[str, str]
    first_page: bool
    address: str


@dataclass(frozen=True, slots=True)
class Forms:
    """What stands in the forms of the page, `form` the one that was sent: answer or merge."""

    form: str = ""
    outcome: str = ""
    answer: str = ""
    into: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeskProposalPage:
    """One proposal at the desk. `may` are the deeds open now: accept, decline, merge, split, deliberate.

    `street_missed` once the street office should have been told and could not be.
    """

    proposal: ProposalView
    street_missed: bool
    voices: list[PlaceVoices]
    origins: list[OriginVoices]
    similar: list[SimilarLine]
    may: frozenset[str]
    forms: Forms
    most_answer: int
    most_reason: int
    errors: Errors
    address: str
    public: str
    state_names: dict[ProposalState, str] = field(default_factory=lambda: STATE_NAMES)


@router.get("")
def show_board(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    column: Annotated[str, Query(max_length=30)] = "",
    after: Annotated[str, Query(max_length=30)] = "",
) -> Response:
    address, estate_id = board_address(visit.estate.slug), visit.estate.id
    if column in set(Column):
        pile = board.read_pile(session, estate_id=estate_id, column=Column(column), now=now, after=after)
        data = PilePage(pile, COLUMN_NAMES, not after, address)
        return desk_page(request, visit, "proposals/desk_pile.html", data)
    piles = board.read_board(session, estate_id=estate_id, now=now)
    return desk_page(request, visit, "proposals/desk_board.html", BoardPage(piles, COLUMN_NAMES, address))


def _street_missed(proposal: ProposalView, now: Now) -> bool:
    """The street office should have been told by now, and was not."""
    due = proposal.street_due_at
    return proposal.level is Level.OVERDUE and due is not None and is_overdue(due, now)


_DEEDS = {
    ProposalState.ACCEPTED: "accept",
    ProposalState.DECLINED: "decline",
    ProposalState.MERGED: "merge",
    ProposalState.DELIBERATING: "deliberate",
}


def _deeds(proposal: ProposalView) -> frozenset[str]:
    open_to = next_states(proposal.state, by=Cause.COMMITTEE)
    found = {_DEEDS[state] for state in open_to if state in _DEEDS}
    if proposal.state in SPLIT_IN and not proposal.hidden:
        found.add("split")
    return frozenset(found)


def proposal_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    *,
    forms: Forms | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """The desk page, also as the answer to a form on it that cannot be used."""
    estate_id, slug = visit.estate.id, visit.estate.slug
    proposal = reading.read_proposal(
        session,
        estate_id=estate_id,
        proposal_id=proposal_id,
        viewer_id=visit.actor.id,
        now=now,
        sees_hidden=True,
    )
    may = _deeds(proposal)
    similar = []
    if "merge" in may:
        alike = find_similar(
            session, estate_id=estate_id, title=proposal.title, text=proposal.text, but=proposal_id
        )
        similar = [one for one in alike if one.state in MERGED_INTO]
    data = DeskProposalPage(
        proposal=proposal,
        street_missed=_street_missed(proposal, now),
        voices=voices_by_place(session, proposal_id=proposal_id),
        origins=voices_by_origin(session, proposal_id=proposal_id),
        similar=similar,
        may=may,
        forms=forms or Forms(),
        most_answer=MOST_ANSWER,
        most_reason=MOST_REASON,
        errors=errors_of(request, refusal),
        address=desk_address(slug, proposal_id),
        public=f"/e/{slug}/proposals/{proposal_id}",
    )
    return desk_page(request, visit, "proposals/desk_show.html", data, refusal=refusal)


@router.get("/{proposal_id}")
def show_proposal(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, proposal_id: UUID
) -> Response:
    return proposal_page(request, visit, session, now, proposal_id)
