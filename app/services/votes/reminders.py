"""Votes: remind the homes that have not voted, and only them, at most once a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from app.errors import N_, Conflict
from app.models.accounts import Account
from app.models.estates import Owner
from app.models.outbox import Channel
from app.models.votes import BallotCurrent, RollEntry, RollVoter, Vote
from app.rules.calendar import BEIJING
from app.rules.votes.states import State
from app.services import outbox, trail
from app.services.trail import Actor
from app.services.votes.counting import spoken_heads, state_at
from app.services.votes.drafting import get_vote
from app.services.votes.roll import ON_ROLL, home_label


@dataclass(frozen=True, slots=True)
class AbsentHome:
    """A home without a ballot; `accounts` are the voters who signed up, true where a text message reaches them."""

    unit_id: UUID
    label: str
    votable: bool
    accounts: dict[UUID, bool]

    @property
    def reachable(self) -> bool:
        return any(self.accounts.values())


@dataclass(frozen=True, slots=True)
class Reminded:
    """Homes told now, homes told earlier today, and homes that somebody must visit."""

    told: int
    told_before: int
    to_visit: tuple[str, ...]


def remind_absent(
    session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, now: datetime
) -> Reminded:
    """Write to the bound owners of the homes without a ballot who may cast it; a second time on a Beijing day tells nobody.

    Raises `Conflict` (`not_open`) unless the vote is open by the clock.
    """
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if state_at(vote, now) is not State.OPEN:
        raise Conflict(N_("投票没有在进行，不能催票"), code="not_open")
    today = now.astimezone(BEIJING).date().isoformat()
    homes = absent_homes(session, vote=vote)
    told = told_before = 0
    for home in homes:
        # Every voter is written to, whether or not another was: hence a list, not a generator.
        new = [_write(session, vote, home, account_id, today, now) for account_id in home.accounts]
        told += any(new)
        told_before += bool(new) and not any(new)
    visits = to_visit(homes)
    if not told and told_before:
        return Reminded(told=0, told_before=told_before, to_visit=visits)  # the same once more
    trail.record(
        session,
        tag="votes:vote:remind",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        new={"told": told, "told_before": told_before, "to_visit": len(visits)},
    )
    return Reminded(told=told, told_before=told_before, to_visit=visits)


def _write(
    session: Session, vote: Vote, home: AbsentHome, account_id: UUID, today: str, now: datetime
) -> bool:
    assert vote.closes_at is not None
    return outbox.post(
        session,
        outbox.Draft(
            key=f"remind:{vote.id}:{home.unit_id}:{account_id}:{today}",
            template="vote_reminder",
            now=now,
            account_id=account_id,
            estate_id=vote.estate_id,
            channel=Channel.SMS if home.accounts[account_id] else Channel.INBOX,
            values={"title": vote.title, "home": home.label, "closes_at": vote.closes_at.isoformat()},
            link=f"votes/{vote.id}",
        ),
    )


def to_visit(homes: Sequence[AbsentHome]) -> tuple[str, ...]:
    """The homes that no text message reaches, though somebody may cast for them."""
    return tuple(home.label for home in homes if home.votable and not home.reachable)


def absent_homes(session: Session, *, vote: Vote) -> list[AbsentHome]:
    """The homes of the roll without a ballot, in the order of the building; where a head has one for all its homes, without that."""
    spoken = spoken_heads(session, vote)
    ballot = sa.exists().where(
        col(BallotCurrent.vote_id) == RollEntry.vote_id, col(BallotCurrent.unit_id) == RollEntry.unit_id
    )
    on = sa.and_(
        col(RollVoter.vote_id) == RollEntry.vote_id,
        col(RollVoter.unit_id) == RollEntry.unit_id,
        col(RollVoter.revision) == RollEntry.revision,
    )
    query = (
        sa.select(RollEntry, col(RollVoter.owner_id), col(Account.id), col(Account.phone))
        .outerjoin(RollVoter, on)
        .outerjoin(Owner, col(Owner.id) == RollVoter.owner_id)
        .outerjoin(Account, col(Account.id) == Owner.account_id)
        .where(col(RollEntry.vote_id) == vote.id, *ON_ROLL, ~ballot)
        .order_by(col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor), col(RollEntry.room))
    )
    homes: dict[UUID, AbsentHome] = {}
    for entry, owner_id, account_id, phone in session.execute(query):
        if entry.head_key in spoken:
            continue
        home = homes.setdefault(
            entry.unit_id, AbsentHome(entry.unit_id, home_label(entry), owner_id is not None, {})
        )
        if account_id is not None:
            home.accounts[account_id] = phone is not None
    return list(homes.values())
