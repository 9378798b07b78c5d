"""One proposal: its text, its support, its answer and its way; seconding, changing, and what was changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.guides.frames import Beside, policy_beside
from app.routers.proposals.frames import address_of
from app.routers.proposals.write import ensure_not_muted
from app.rules.accounts import Duty, Role
from app.rules.guides.links import SubjectKind
from app.rules.proposals.states import OPEN_FOR_EDIT, ProposalState
from app.services.accounts.grants import duties_of
from app.services.guides.linking import Subject
from app.services.proposals import drafting, editing, history, reading, seconding
from app.services.proposals.answering import SPONSORED_IN
from app.services.proposals.history import Step, TextChange, TextLine
from app.services.proposals.reading import ProposalView
from app.services.proposals.seconding import MyVoice

router = APIRouter(prefix="/e/{slug}/proposals")


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """`may_edit` and `may_withdraw` are its author's buttons; `to_come` are states in order."""

    proposal: ProposalView
    voice: MyVoice
    steps: list[Step]
    to_come: tuple[ProposalState, ...]
    may_edit: bool
    may_sponsor: bool
    may_report: bool
    guides: Beside
    most_reason: int
    address: str


@dataclass(frozen=True, slots=True)
class EditPage:
    """The text as typed; `revision` is the one it was read at."""

    proposal: ProposalView
    title: str
    text: str
    reason: str
    revision: int
    most_title: int
    most_text: int
    most_reason: int
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """All revisions, and what one of them changed."""

    proposal: ProposalView
    texts: list[TextLine]
    change: TextChange
    address: str


def _view(visit: Visit, session: SessionDep, now: Now, proposal_id: UUID) -> ProposalView:
    return reading.read_proposal(
        session,
        estate_id=visit.estate.id,
        proposal_id=proposal_id,
        viewer_id=visit.actor.id,
        now=now,
        sees_hidden=bool(visit.standing.roles & {Role.COMMITTEE, Role.PARTY_MEMBER}),
    )


@router.get("/{proposal_id}")
def show_proposal(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, proposal_id: UUID
) -> Response:
    proposal = _view(visit, session, now, proposal_id)
    data = ProposalPage(
        proposal=proposal,
        voice=seconding.my_voice(
            session, estate_id=visit.estate.id, proposal_id=proposal_id, account_id=visit.actor.id, now=now
        ),
        steps=history.read_way(session, proposal_id=proposal_id),
        to_come=tuple(history.still_to_come(proposal.state)),
        may_edit=proposal.author.is_me and proposal.state in OPEN_FOR_EDIT,
        may_sponsor=_may_sponsor(visit, session, proposal),
        may_report=not proposal.author.is_me and not proposal.hidden,
        guides=policy_beside(session, visit, Subject(SubjectKind.PROPOSAL, proposal_id, proposal.title), now),
        most_reason=drafting.MOST_REASON,
        address=address_of(visit.estate.slug, proposal_id),
    )
    return talk_page(request, visit, "proposals/show.html", data)


def _may_sponsor(visit: Visit, session: SessionDep, proposal: ProposalView) -> bool:
    """A party member may put his name to a neighbour's proposal that has some of its way before it."""
    if Role.PARTY_MEMBER not in visit.standing.roles or proposal.author.is_me or proposal.hidden:
        return False
    if proposal.sponsor is not None or proposal.state not in SPONSORED_IN:
        return False
    return Duty.INITIATOR in duties_of(session, account_id=visit.actor.id, estate_id=visit.estate.id)


@router.post("/{proposal_id}/second")
def second(visit: MemberVisit, session: SessionDep, now: Now, proposal_id: UUID) -> Response:
    seconding.second(
        session, estate_id=visit.estate.id, proposal_id=proposal_id, account_id=visit.actor.id, now=now
    )
    return see_other(f"{address_of(visit.estate.slug, proposal_id)}#support")


@router.post("/{proposal_id}/unsecond")
def unsecond(visit: MemberVisit, session: SessionDep, proposal_id: UUID) -> Response:
    seconding.take_back(
        session, estate_id=visit.estate.id, proposal_id=proposal_id, account_id=visit.actor.id
    )
    return see_other(f"{address_of(visit.estate.slug, proposal_id)}#support")


def _edit_page(
    request: Request,
    visit: Visit,
    proposal: ProposalView,
    *,
    title: str,
    text: str,
    reason: str = "",
    revision: int,
    refusal: Refusal | None = None,
) -> Response:
    data = EditPage(
        proposal=proposal,
        title=title,
        text=text,
        reason=reason,
        revision=revision,
        most_title=drafting.MOST_TITLE,
        most_text=drafting.MOST_TEXT,
        most_reason=drafting.MOST_REASON,
        errors=errors_of(request, refusal),
        address=address_of(visit.estate.slug, proposal.id),
    )
    return talk_page(request, visit, "proposals/edit.html", data, refusal=refusal)


@router.get("/{proposal_id}/edit")
def show_edit(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, proposal_id: UUID
) -> Response:
    editing.ensure_editable(
        reading.get_proposal(session, estate_id=visit.estate.id, proposal_id=proposal_id), visit.actor.id
    )
    proposal = _view(visit, session, now, proposal_id)
    return _edit_page(
        request, visit, proposal, title=proposal.title, text=proposal.text, revision=proposal.revision
    )


@router.post("/{proposal_id}/edit")
def edit(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    revision: Annotated[str, Form()] = "",
) -> Response:
    read_at = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0
    with attempt(session) as tried:
        ensure_not_muted(session, visit, now)
        editing.edit_proposal(
            session,
            estate_id=visit.estate.id,
            proposal_id=proposal_id,
            revision=read_at,
            title=title,
            text=text,
            reason=reason,
            author=visit.actor,
            now=now,
        )
    if tried.refusal:
        proposal = _view(visit, session, now, proposal_id)
        if not proposal.author.is_me:
            raise tried.refusal
        # Whoever sends it again has seen that there is a newer text.
        return _edit_page(
            request,
            visit,
            proposal,
            title=title,
            text=text,
            reason=reason,
            revision=proposal.revision,
            refusal=tried.refusal,
        )
    return see_other(address_of(visit.estate.slug, proposal_id))


@router.get("/{proposal_id}/history")
def show_history(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    revision: str = "",
) -> Response:
    proposal = _view(visit, session, now, proposal_id)
    if proposal.hidden_here:
        return see_other(address_of(visit.estate.slug, proposal_id))
    asked = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else 0
    data = HistoryPage(
        proposal=proposal,
        texts=history.list_texts(session, proposal_id=proposal_id),
        change=history.read_change(session, proposal_id=proposal_id, revision=asked or proposal.revision),
        address=address_of(visit.estate.slug, proposal_id),
    )
    return talk_page(request, visit, "proposals/history.html", data)
