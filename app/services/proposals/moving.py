"""Proposals: move one from state to state under its lock, and write each step of its way where all can read it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.proposals import EventKind, Proposal, ProposalEvent
from app.rules.proposals.states import Cause, ProposalState, move
from app.services import trail
from app.services.trail import Actor


def lock_proposal(session: Session, *, estate_id: UUID, proposal_id: UUID) -> Proposal:
    """The proposal with its row locked until the end of the transaction; `NotFound` for another estate's."""
    query = (
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    proposal = session.exec(query).one_or_none()
    if proposal is None:
        raise NotFound(N_("没有找到这个议题"))
    return proposal


def note_event(
    session: Session,
    proposal: Proposal,
    *,
    kind: EventKind,
    now: datetime,
    actor_name: str = "",
    note: str = "",
    link: str = "",
) -> None:
    """Add a line to the way of a proposal whose lock the caller holds. `link` is read from the estate's home on."""
    session.flush()
    last = session.exec(
        select(sa.func.coalesce(sa.func.max(ProposalEvent.seq), 0)).where(
            col(ProposalEvent.proposal_id) == proposal.id
        )
    ).one()
    session.add(
        ProposalEvent(
            proposal_id=proposal.id,
            seq=last + 1,
            kind=kind,
            state=proposal.state,
            actor_name=actor_name,
            note=note[:500],
            link=link,
            at=now,
        )
    )
    session.flush()


def move_proposal(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    to: ProposalState,
    by: Cause,
    actor: Actor,
    now: datetime,
    kind: EventKind = EventKind.MOVED,
    reason: str = "",
    link: str = "",
) -> Proposal:
    """Take one step of the table in `rules/proposals/states.py`, with its line on the way and its trail row.

    Raises `Conflict` for a step that is not in the table, `NotAllowed` for one that is not this actor's.
    """
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    old = proposal.state
    proposal.state = move(old, to, by=by)
    proposal.changed_at = now
    session.add(proposal)
    note_event(session, proposal, kind=kind, now=now, actor_name=actor.name, note=reason, link=link)
    trail.record(
        session,
        tag="proposals:proposal:move",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="proposal",
        subject_id=proposal_id,
        old={"state": old.value},
        new={"state": proposal.state.value},
        reason=reason,
    )
    return proposal
