"""Votes: write down that a vote has opened; whoever comes first after the opening second does it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from app.models.votes import EventKind
from app.rules.votes.states import State, move
from app.services import trail
from app.services.trail import SYSTEM
from app.services.votes import chain, telling


def record_opening(session: Session, vote: chain.LockedVote, *, at: datetime) -> None:
    """Append the `open` event, store the state and tell the owners; the caller holds the lock and has checked the time."""
    window = {"opens_at": int(vote.opens_at.timestamp()), "closes_at": int(vote.closes_at.timestamp())}
    old = State(vote.state)
    state = move(old, State.OPEN)
    chain.append(session, vote, kind=EventKind.OPEN, at=at, details=window)
    session.connection().execute(sa.update(chain.VOTE).where(chain.VOTE.c.id == vote.id).values(state=state))
    vote.state = state.value
    trail.record(
        session,
        tag="votes:vote:open",
        actor=SYSTEM,
        now=at,
        estate_id=vote.estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        old={"state": old.value},
        new={"state": state.value},
    )
    telling.tell_roll(
        session,
        estate_id=vote.estate_id,
        vote_id=vote.id,
        template="vote_opened",
        values={"title": vote.title, "closes_at": vote.closes_at.isoformat()},
        now=at,
    )
