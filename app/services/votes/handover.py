"""Votes: published minutes become the draft of a vote, its text fixed from the first moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, NotAllowed
from app.models.votes import ScopeLevel, Vote, VoteOrigin
from app.rules.accounts import Role
from app.rules.deliberations import minutes as rules
from app.rules.deliberations.stages import Verb, ensure_open
from app.rules.proposals.states import Cause, ProposalState, move
from app.rules.votes.states import State
from app.services.accounts.grants import roles_of
from app.services.deliberations.minutes import MinutesView, document, read_published
from app.services.deliberations.threads import read_thread
from app.services.estates.units import lock_register
from app.services.proposals.moving import lock_proposal
from app.services.trail import Actor
from app.services.votes import drafting, origins

# Adding, rebuilding or changing what is common (改建), which is what renovation is mostly about; step 1 shows it.
USUAL_MATTER = 7
_SETTLED = frozenset({State.FINAL, State.ANNULLED})
_TOO_LONG = "内容较长，全文见下面这份纪要的“达成一致的意见”和“保留意见”。"


def draft_from_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, vote_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Open a vote's draft with the text and the scope of a thread's published minutes.

    The id the form carried makes a second arrival the same draft. Raises `NotAllowed` for all but the committee,
    `NotFound` without published minutes, `Conflict` (`vote_running`) while another vote about the proposal is under
    way, and what `drafting.save_scope` raises when the register does not have the scope.
    """
    if Role.COMMITTEE not in roles_of(session, account_id=actor.id, estate_id=estate_id):
        raise NotAllowed(N_("表决由居委会或业委会发起，请联系他们"))
    minutes = read_published(session, estate_id=estate_id, thread_id=thread_id)
    thread = read_thread(session, estate_id=estate_id, thread_id=thread_id, now=now)
    ensure_open(thread.stage, Verb.HAND_OVER)
    # The estate's lock gives the number and comes before the proposal's, as everywhere.
    lock_register(session, estate_id=estate_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=minutes.proposal_id)
    present = session.get(Vote, vote_id)
    if present is None:
        move(proposal.state, ProposalState.VOTING, by=Cause.COMMITTEE)
        ensure_free(session, proposal.id)
    drafting.start_draft(
        session,
        estate_id=estate_id,
        vote_id=vote_id,
        title=minutes.title if len(minutes.title) >= drafting.LEAST_TITLE else f"表决：{minutes.title}",
        matter=USUAL_MATTER,
        text=_text(minutes),
        actor=actor,
        now=now,
    )
    if session.get(VoteOrigin, vote_id) is None:
        drafting.save_scope(
            session,
            estate_id=estate_id,
            vote_id=vote_id,
            level=ScopeLevel(proposal.scope.value),
            building=proposal.scope_building,
            entrance=proposal.scope_entrance,
        )
        session.add(VoteOrigin(vote_id=vote_id, proposal_id=proposal.id, minutes_id=minutes.id))
        session.flush()
    return vote_id


def ensure_free(session: Session, proposal_id: UUID) -> None:
    """Raises `Conflict` (`vote_running`) while a vote about the proposal is drafted or under way."""
    for vote in origins.votes_of(session, proposal_id=proposal_id, drafts=True):
        if vote.state not in _SETTLED:
            raise Conflict(
                N_("这个议题已经有一次表决（第 %(number)s 号）还没有结束，请先办完那一次"),
                code="vote_running",
                number=vote.number,
            )


def _text(minutes: MinutesView) -> str:
    """What the rules make of the minutes, or when that is longer than a notice may be, the reference to them."""
    text = rules.vote_text(document(minutes))
    if len(text) <= drafting.MAX_TEXT:
        return text
    lines = text.split("\n")
    return "\n".join([*lines[:2], "", _TOO_LONG, "", lines[-1]])
