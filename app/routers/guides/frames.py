"""What the pages of guides have in common: addresses, the guard of the desk, and the cards beside a subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.dependencies import ModeratorVisit, SessionDep, Visit
from app.errors import NotFound
from app.rules.guides.links import SubjectKind
from app.rules.votes.states import State
from app.services.deliberations.threads import read_thread
from app.services.guides.linking import Attached, Subject, cards_beside
from app.services.guides.staff import Explainer, explainer_of, may_explain
from app.services.proposals.reading import get_published
from app.services.votes.drafts import read_draft
from app.services.votes.reading import VoteSheet, read_vote


def _explaining(visit: ModeratorVisit) -> Visit:
    explainer_of(visit.standing, visit.actor)
    return visit


# The committee, and a party member whose duty it is to explain policy.
ExplainerVisit = Annotated[Visit, Depends(_explaining)]


def explainer(visit: Visit) -> Explainer:
    return explainer_of(visit.standing, visit.actor)


def address_of(slug: str, guide_id: UUID) -> str:
    return f"/e/{slug}/guides/{guide_id}"


def desk_address(slug: str, guide_id: UUID) -> str:
    return f"/desk/{slug}/guides/{guide_id}"


@dataclass(frozen=True, slots=True)
class Beside:
    """The cards beside a subject, and where staff puts more there ("" for others); `announced` for a vote's sentences."""

    cards: Sequence[Attached]
    attach: str
    announced: bool


def policy_beside(session: SessionDep, visit: Visit, subject: Subject, now: datetime) -> Beside:
    """What a proposal's, a thread's or a vote's page shows of policy: one statement."""
    attach = f"/desk/{visit.estate.slug}/guides/attach?kind={subject.kind}&subject={subject.id}"
    may_attach = may_explain(visit.standing) and not subject.ballots_are_in
    return Beside(
        cards=cards_beside(session, estate_id=visit.estate.id, subject=subject, now=now),
        attach=attach if may_attach else "",
        announced=subject.noticed_at is not None,
    )


def vote_subject(vote: VoteSheet) -> Subject:
    return Subject(
        SubjectKind.VOTE,
        vote.id,
        vote.title,
        noticed_at=vote.noticed_at,
        ballots_are_in=vote.state not in {State.NOTICED, State.OPEN},
    )


def subject_of(
    session: SessionDep, visit: Visit, kind: SubjectKind, subject_id: UUID, now: datetime
) -> tuple[Subject, str]:
    """What is to have a card beside it, and its page. Raises `NotFound` for what this person does not see."""
    estate_id, root = visit.estate.id, f"/e/{visit.estate.slug}"
    if kind is SubjectKind.PROPOSAL:
        proposal = get_published(session, estate_id=estate_id, proposal_id=subject_id)
        return Subject(kind, subject_id, proposal.title), f"{root}/proposals/{subject_id}"
    if kind is SubjectKind.THREAD:
        thread = read_thread(session, estate_id=estate_id, thread_id=subject_id, now=now)
        return Subject(kind, subject_id, thread.title), f"{root}/deliberations/{subject_id}"
    try:
        vote = read_vote(session, estate_id=estate_id, vote_id=subject_id, now=now)
        return vote_subject(vote), f"{root}/votes/{subject_id}"
    except NotFound:
        # A draft is the committee's business alone.
        if not visit.standing.is_committee:
            raise
    draft = read_draft(session, estate_id=estate_id, vote_id=subject_id)
    return Subject(kind, subject_id, draft.title), f"/desk/{visit.estate.slug}/votes/{subject_id}/preview"
