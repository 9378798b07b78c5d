"""Votes: whose right it is: the owners on a roll with their homes, and the lock under which mandates of a vote move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotFound
from app.models.estates import Owner
from app.models.votes import RollEntry, RollVoter
from app.rules.votes.states import State, phase
from app.services.votes import chain
from app.services.votes.roll import ON_ROLL, home_label

_VOTES_FOR = sa.and_(
    col(RollVoter.vote_id) == RollEntry.vote_id,
    col(RollVoter.unit_id) == RollEntry.unit_id,
    col(RollVoter.revision) == RollEntry.revision,
)


@dataclass(frozen=True, slots=True)
class Principal:
    """An owner of the register who may cast ballots in a vote, and his homes there as labels."""

    owner_id: UUID
    name: str
    account_id: UUID | None
    homes: tuple[str, ...]
    unit_ids: tuple[UUID, ...]


def lock_running(session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime) -> chain.LockedVote:
    """Take the lock of a vote that is noticed or open; raises `NotFound`, or `Conflict` (`closed`)."""
    vote = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if vote is None or State(vote.state) is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    if phase(State(vote.state), vote.opens_at, vote.closes_at, now) not in {State.NOTICED, State.OPEN}:
        raise Conflict(N_("表决已经截止，不能再办理委托"), code="closed")
    return vote


def principals(
    session: Session, vote_id: UUID, *, account_id: UUID | None = None, unit_id: UUID | None = None
) -> list[Principal]:
    """Owners who may cast a ballot by the roll as it counts now: those of an account, those of a home, or all."""
    query = (
        select(Owner, RollEntry)
        .join(RollVoter, col(RollVoter.owner_id) == Owner.id)
        .join(RollEntry, _VOTES_FOR)
        .where(RollEntry.vote_id == vote_id, *ON_ROLL)
        .order_by(col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor), col(RollEntry.room))
    )
    if account_id is not None:
        query = query.where(Owner.account_id == account_id)
    if unit_id is not None:
        query = query.where(RollEntry.unit_id == unit_id)
    found: dict[UUID, tuple[Owner, list[RollEntry]]] = {}
    for owner, entry in session.exec(query):
        found.setdefault(owner.id, (owner, []))[1].append(entry)
    return [_principal(owner, entries) for owner, entries in found.values()]


def principal(session: Session, vote_id: UUID, owner_id: UUID) -> Principal | None:
    """One owner with his homes on the roll; None for one who may cast nothing there."""
    query = (
        select(Owner, RollEntry)
        .join(RollVoter, col(RollVoter.owner_id) == Owner.id)
        .join(RollEntry, _VOTES_FOR)
        .where(RollEntry.vote_id == vote_id, Owner.id == owner_id, *ON_ROLL)
    )
    rows = session.exec(query).all()
    return _principal(rows[0][0], [entry for _, entry in rows]) if rows else None


def _principal(owner: Owner, entries: Sequence[RollEntry]) -> Principal:
    return Principal(
        owner.id,
        owner.name,
        owner.account_id,
        tuple(home_label(entry) for entry in entries),
        tuple(entry.unit_id for entry in entries),
    )
