"""Votes: put the question of an annulled or failed vote again, as a new draft linked to the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.votes import Vote, VoteAttachment, VoteOrigin, VoteRepeat, VoteResult
from app.rules.proposals.states import Cause, ProposalState
from app.rules.votes.states import State
from app.rules.votes.tally import Result
from app.services import files, trail
from app.services.estates.units import lock_register
from app.services.proposals.moving import lock_proposal, move_proposal
from app.services.trail import Actor
from app.services.votes import drafting
from app.services.votes.handover import ensure_free
from app.services.votes.origins import LinkedVote


@dataclass(frozen=True, slots=True)
class Repeats:
    """The vote this one repeats, and the one that repeats it."""

    earlier: LinkedVote | None
    later: LinkedVote | None


def repeat_vote(
    session: Session, *, estate_id: UUID, vote_id: UUID, new_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Make a draft with the same question, scope, rules, cost and documents; the window is to be set anew.

    The same `new_id` twice is one draft. Raises `Conflict`: `not_repeatable` unless the vote is annulled or did not pass,
    `repeated` when it has been put again already. A proposal that the vote had decided about is deliberated on again.
    """
    # One repeat at most: two who press at once meet at the estate's lock, which the draft's number needs anyway.
    lock_register(session, estate_id=estate_id)
    first = drafting.get_vote(session, estate_id=estate_id, vote_id=vote_id)
    present = session.get(VoteRepeat, new_id)
    if present is not None and present.repeats_id == vote_id:
        return new_id
    if not _may_repeat(session, first):
        raise Conflict(N_("只有已作废或者没有通过的表决可以重新表决"), code="not_repeatable")
    later = repeats_of(session, vote_id=vote_id, drafts=True).later
    if later is not None:
        raise Conflict(
            N_("已经重新发起了第 %(number)s 号表决，请从那里继续"), code="repeated", number=later.number
        )
    origin = session.get(VoteOrigin, vote_id)
    if origin is not None:
        ensure_free(session, origin.proposal_id)
        proposal = lock_proposal(session, estate_id=estate_id, proposal_id=origin.proposal_id)
        if proposal.state is ProposalState.DECIDED_NOT_PASSED:
            move_proposal(
                session,
                estate_id=estate_id,
                proposal_id=origin.proposal_id,
                to=ProposalState.DELIBERATING,
                by=Cause.COMMITTEE,
                actor=actor,
                now=now,
                reason=f"重新表决：{first.title}"[:200],
                link=f"votes/{vote_id}",
            )
    draft = _copy(session, first, new_id, actor=actor, now=now)
    if origin is not None:
        session.add(
            VoteOrigin(vote_id=draft.id, proposal_id=origin.proposal_id, minutes_id=origin.minutes_id)
        )
    session.add(VoteRepeat(vote_id=draft.id, repeats_id=vote_id))
    session.flush()
    trail.record(
        session,
        tag="votes:draft:repeat",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=draft.id,
        new={"number": draft.number, "repeats": first.number, "vote": str(vote_id)},
    )
    return draft.id


def can_repeat(session: Session, *, estate_id: UUID, vote_id: UUID) -> bool:
    """Whether its question may be put again, not counting that it has been already."""
    return _may_repeat(session, drafting.get_vote(session, estate_id=estate_id, vote_id=vote_id))


def _may_repeat(session: Session, vote: Vote) -> bool:
    """Annulled, or final without having passed; a survey decides nothing that could be put again."""
    if vote.state is State.ANNULLED:
        return vote.noticed_at is not None
    if vote.state is not State.FINAL or vote.survey:
        return False
    sealed = session.get(VoteResult, vote.id)
    rows = sealed.tally.get("items") if sealed else None
    documents = rows if isinstance(rows, list) else [sealed.tally] if sealed else []
    return any(document.get("result") != Result.PASSED.value for document in documents)


def repeats_of(session: Session, *, vote_id: UUID, drafts: bool = False) -> Repeats:
    """Both neighbours of a vote; a later one that is still a draft is for the desk alone."""
    earlier = session.exec(
        select(Vote)
        .join(VoteRepeat, col(VoteRepeat.repeats_id) == Vote.id)
        .where(VoteRepeat.vote_id == vote_id)
    ).one_or_none()
    query = (
        select(Vote)
        .join(VoteRepeat, col(VoteRepeat.vote_id) == Vote.id)
        .where(VoteRepeat.repeats_id == vote_id)
        .order_by(col(Vote.number).desc())
    )
    if not drafts:
        query = query.where(Vote.state != State.DRAFT)
    return Repeats(_linked(earlier), _linked(session.exec(query).first()))


def _linked(vote: Vote | None) -> LinkedVote | None:
    return LinkedVote(vote.id, vote.number, vote.title, vote.state) if vote else None


def _copy(session: Session, first: Vote, new_id: UUID, *, actor: Actor, now: datetime) -> Vote:
    drafting.start_draft(
        session,
        estate_id=first.estate_id,
        vote_id=new_id,
        title=first.title,
        matter=first.matter,
        text=first.text,
        actor=actor,
        now=now,
    )
    draft = session.get_one(Vote, new_id)
    for name in (
        "scope_level",
        "scope_building",
        "scope_entrance",
        "legal_mode",
        "legal_basis",
        "rules",
        "questions",
        "survey",
        "silent",
        "cost",
    ):
        setattr(draft, name, getattr(first, name))
    session.add(draft)
    documents = session.exec(
        select(VoteAttachment)
        .where(VoteAttachment.vote_id == first.id)
        .order_by(col(VoteAttachment.position))
    )
    for document in documents.all():
        # Its own copy: a draft that is thrown away takes its files with it, and the first vote keeps its own.
        copied = files.copy_file(
            session, estate_id=first.estate_id, file_id=document.file_id, uploaded_by=actor.id, now=now
        )
        session.add(
            VoteAttachment(vote_id=new_id, file_id=copied, title=document.title, position=document.position)
        )
    session.flush()
    return draft
