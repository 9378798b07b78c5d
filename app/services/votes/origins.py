"""Votes: the proposal a vote came from, and that proposal's way as the vote takes it along.

The steps are called under the vote's lock and before the trail is written: a proposal's lock comes before the trail's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.base import table_of
from app.models.deliberations import Minutes, Thread
from app.models.proposals import EventKind, Proposal
from app.models.votes import Vote, VoteOrigin, VoteRepeat, VoteResult
from app.rules.proposals.states import MOVES, Cause, ProposalState
from app.rules.votes.states import LegalMode, State
from app.services.proposals.moving import lock_proposal, move_proposal, note_event
from app.services.trail import SYSTEM, Actor
from app.services.votes.results import sealed_results

_SURVEY_ONLY = "意向调查，不是表决，没有法律约束力，结果供商议参考"
_OPINION_ONLY = "征求意见的表决，结果供商议参考，不代替业主依法作出的共同决定"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a vote comes from; `thread_id` is the deliberation whose minutes its text was made from."""

    proposal_id: UUID
    proposal_number: int
    proposal_title: str
    thread_id: UUID | None


@dataclass(frozen=True, slots=True)
class LinkedVote:
    """A vote that decides about a proposal."""

    id: UUID
    number: int
    title: str
    state: State


_ORIGIN = (
    sa.select(col(Proposal.id), col(Proposal.number), col(Proposal.title), col(Thread.id))
    .select_from(VoteOrigin)
    .join(Proposal, col(Proposal.id) == VoteOrigin.proposal_id)
    .outerjoin(Minutes, col(Minutes.id) == VoteOrigin.minutes_id)
    .outerjoin(Thread, col(Thread.id) == Minutes.thread_id)
    .where(col(VoteOrigin.vote_id) == sa.bindparam("vote_id"))
)


def origin_of(session: Session, *, vote_id: UUID) -> Origin | None:
    """The proposal and the minutes of a vote; None for one that was opened by itself."""
    row = session.connection().execute(_ORIGIN, {"vote_id": vote_id}).one_or_none()
    return Origin(row[0], row[1] or 0, row[2], row[3]) if row else None


def votes_of(session: Session, *, proposal_id: UUID, drafts: bool) -> list[LinkedVote]:
    """The votes about a proposal in their order; drafts are for the committee alone."""
    query = (
        select(Vote)
        .join(VoteOrigin, col(VoteOrigin.vote_id) == Vote.id)
        .where(VoteOrigin.proposal_id == proposal_id)
        .order_by(col(Vote.number))
    )
    if not drafts:
        query = query.where(Vote.state != State.DRAFT)
    return [LinkedVote(vote.id, vote.number, vote.title, vote.state) for vote in session.exec(query)]


def forget_origin(session: Session, *, vote_id: UUID) -> None:
    """For a draft that is thrown away: neither the proposal nor the vote it would have repeated leads to it any more."""
    for table in (table_of(VoteOrigin), table_of(VoteRepeat)):
        session.connection().execute(sa.delete(table).where(table.c.vote_id == vote_id))


def ensure_same_text(session: Session, vote: Vote, text: str) -> None:
    """A text made from minutes is what neighbours agreed upon: raises `Conflict` (`from_minutes`) for another one."""
    origin = session.get(VoteOrigin, vote.id)
    if origin is not None and origin.minutes_id is not None and text != vote.text:
        raise Conflict(
            N_("内容来自已公布的协商纪要，一个字也不能改。要改内容，请删去草稿，另开一次协商或另起一份表决"),
            code="from_minutes",
            field="text",
        )


def follow_notice(session: Session, vote: Vote, *, actor: Actor, now: datetime) -> None:
    """The proposal is being voted on; raises `Conflict` when it stands where no vote may follow."""
    origin = session.get(VoteOrigin, vote.id)
    if origin is not None:
        move_proposal(
            session,
            estate_id=vote.estate_id,
            proposal_id=origin.proposal_id,
            to=ProposalState.VOTING,
            by=Cause.COMMITTEE,
            actor=actor,
            now=now,
            kind=EventKind.VOTE,
            reason=vote.title,
            link=f"votes/{vote.id}",
        )


def follow_final(session: Session, vote: Vote, *, now: datetime) -> None:
    """The owners have decided, or with a consultation said what they think.

    Of several questions the first is the proposal's own: its result moves the proposal, and the others, whatever they came to,
    stand on the page of the result that the step leads to. An election has passed when every seat is taken, a menu when an
    option has. After a survey, which decides nothing, the proposal is talked about again.
    """
    if vote.survey:
        to, note, out_of = ProposalState.DELIBERATING, _SURVEY_ONLY, ProposalState.VOTING
        _follow(session, vote, to, EventKind.OUTCOME, SYSTEM, now, note, "/result", out_of=out_of)
        return
    passed = sealed_results(vote, session.get_one(VoteResult, vote.id))[0].settled
    to = ProposalState.DECIDED_PASSED if passed else ProposalState.DECIDED_NOT_PASSED
    note = _OPINION_ONLY if vote.legal_mode is LegalMode.CONSULTATION else vote.title
    _follow(session, vote, to, EventKind.OUTCOME, SYSTEM, now, note, "/result")


def follow_annulled(session: Session, vote: Vote, *, actor: Actor, reason: str, now: datetime) -> None:
    """An annulled vote has decided nothing: the proposal is talked about again, works begun or not."""
    _follow(session, vote, ProposalState.DELIBERATING, EventKind.VOTE, actor, now, reason, "")


def _follow(
    session: Session,
    vote: Vote,
    to: ProposalState,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    note: str,
    page: str,
    out_of: ProposalState | None = None,
) -> None:
    """Move the proposal where the table allows it; elsewhere, as after completion, its way only tells what happened.

    With `out_of` it is moved out of that state only.
    """
    origin = session.get(VoteOrigin, vote.id)
    if origin is None:
        return
    where = {"estate_id": vote.estate_id, "proposal_id": origin.proposal_id}
    link = f"votes/{vote.id}{page}"
    proposal = lock_proposal(session, **where)
    if out_of in {None, proposal.state} and Cause.SYSTEM in MOVES[proposal.state].get(to, frozenset()):
        move_proposal(
            session, **where, to=to, by=Cause.SYSTEM, actor=actor, now=now, kind=kind, reason=note, link=link
        )
    else:
        note_event(session, proposal, kind=kind, now=now, actor_name=actor.name, note=note, link=link)
