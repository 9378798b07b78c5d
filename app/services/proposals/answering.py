"""Proposals: the committee's answer, taking up again what was declined, and a party member who stands sponsor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.proposals import EventKind, Proposal
from app.rules.accounts import Duty
from app.rules.proposals.states import STATE_NAMES, Cause, ProposalState
from app.rules.text import clean_text
from app.services import trail
from app.services.accounts.grants import duties_of
from app.services.proposals.backers import tell_backers
from app.services.proposals.moving import lock_proposal, move_proposal, note_event
from app.services.proposals.telling import tell
from app.services.trail import Actor

MOST_ANSWER = 2000
LEAST_ANSWER = 5
# A sponsor helps it along, so there must be some of the way left.
SPONSORED_IN = frozenset({ProposalState.GATHERING, ProposalState.ACCEPTED, ProposalState.DELIBERATING})


def accept(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    seen: ProposalState,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a proposal up with an answer all can read; also one that was declined before. The caller is the committee.

    `seen` is the state the answer was written for. Raises `Invalid` for an empty answer, `Conflict` when the state is
    another by now or the step is not in the table. The same answer a second time changes nothing.
    """
    _answer(session, estate_id, proposal_id, ProposalState.ACCEPTED, seen, text, actor, now)


def decline(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    seen: ProposalState,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Say no with a reason all can read; as `accept`."""
    _answer(session, estate_id, proposal_id, ProposalState.DECLINED, seen, text, actor, now)


def _answer(
    session: Session,
    estate_id: UUID,
    proposal_id: UUID,
    to: ProposalState,
    seen: ProposalState,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    text = clean_text(text, most=MOST_ANSWER, field="answer")
    if len(text) < LEAST_ANSWER:
        raise Invalid(
            N_("请写清楚答复和理由，居民都会看到，至少 %(least)s 个字"),
            code="answer_missing",
            field="answer",
            least=LEAST_ANSWER,
        )
    proposal = lock_published(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.state is to and proposal.answer == text:
        return
    ensure_seen(proposal, seen)
    proposal = move_proposal(
        session,
        estate_id=estate_id,
        proposal_id=proposal_id,
        to=to,
        by=Cause.COMMITTEE,
        actor=actor,
        now=now,
        kind=EventKind.ANSWERED,
        reason=text,
    )
    proposal.answer, proposal.answered_at, proposal.answered_by = text, now, actor.id
    session.add(proposal)
    session.flush()
    template = "proposal_accepted" if to is ProposalState.ACCEPTED else "proposal_declined"
    tell_backers(session, proposal, template=template, cause="answered", now=now)


def lock_published(session: Session, *, estate_id: UUID, proposal_id: UUID) -> Proposal:
    """The proposal locked; a draft is its author's alone, and not found by anybody else."""
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.number is None:
        raise NotFound(N_("没有找到这个议题"))
    return proposal


def ensure_seen(proposal: Proposal, seen: ProposalState) -> None:
    """Raises `Conflict` (`state_changed`) when the page the form was on showed another state."""
    if proposal.state is not seen:
        raise Conflict(
            N_("议题刚才有了变化，现在是“%(state)s”。请回到议题看过最新情况再办"),
            code="state_changed",
            state=Refusal(STATE_NAMES[proposal.state]),
        )


def sponsor(session: Session, *, estate_id: UUID, proposal_id: UUID, actor: Actor, now: datetime) -> None:
    """A party member with the duty of initiator puts his name to a neighbour's proposal.

    Raises `NotAllowed` without the duty and for one's own proposal, `Conflict` when it has a sponsor or is past it.
    """
    if Duty.INITIATOR not in duties_of(session, account_id=actor.id, estate_id=estate_id):
        raise NotAllowed(N_("只有担任发起人的党员可以联名支持议题"), code="not_initiator")
    proposal = lock_published(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.sponsor_id == actor.id:
        return
    if proposal.author_id == actor.id:
        raise NotAllowed(N_("自己提出的议题要由另一位发起人联名"), code="own_proposal")
    if proposal.sponsor_id is not None:
        raise Conflict(N_("这个议题已经有发起人联名了"), code="sponsored")
    if proposal.state not in SPONSORED_IN or proposal.hidden_at is not None:
        raise Conflict(N_("这个议题现在不能联名：只有征集附议、已采纳和协商中的可以"), code="past_sponsoring")
    proposal.sponsor_id, proposal.changed_at = actor.id, now
    session.add(proposal)
    note_event(session, proposal, kind=EventKind.SPONSORED, now=now, actor_name=actor.name)
    trail.record(
        session,
        tag="proposals:proposal:sponsor",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="proposal",
        subject_id=proposal_id,
        new={"number": proposal.number},
    )
    tell(
        session,
        proposal,
        [proposal.author_id],
        template="proposal_sponsored",
        key="sponsored",
        now=now,
        values={"name": actor.name},
    )
