"""Votes: what a change of a home's representative means for votes whose roll is posted; nothing of it changes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from app.models.estates import Owner
from app.models.votes import CorrectionState, RollCorrection, RollEntry, RollVoter, Vote
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import State
from app.services.votes import roll
from app.services.votes.corrections import REPRESENTATIVE
from app.services.votes.counting import state_at
from app.services.votes.roll import ON_ROLL


@dataclass(frozen=True, slots=True)
class PostedVote:
    """A running vote with the home on its roll: the names that may cast there, and whether the register says otherwise.

    `asked` when a correction of this home waits for the desk.
    """

    id: UUID
    title: str
    state: State
    voters: tuple[str, ...]
    differs: bool
    asked: bool


def posted_votes(session: Session, *, estate_id: UUID, unit_id: UUID, now: datetime) -> list[PostedVote]:
    """The announced and open votes that have the home on their roll, the newest first; for its co-owners."""
    return [
        PostedVote(
            id=vote.id,
            title=vote.title,
            state=state_at(vote, now),
            voters=_names(session, entry),
            differs=_differs(session, vote, entry),
            asked=_is_asked(session, vote.id, unit_id),
        )
        for vote, entry in _running(session, estate_id, unit_id)
        if state_at(vote, now) in {State.NOTICED, State.OPEN}
    ]


def ask_for_representative(
    session: Session, *, estate_id: UUID, unit_id: UUID, naming_id: UUID, account_id: UUID, now: datetime
) -> int:
    """Ask, in the proposer's name, that announced votes read the home again from the register; for how many.

    Staff decide as with any request, before the opening; what is open already goes by its posted roll. Twice is one deed.
    """
    asked = 0
    for vote, entry in _running(session, estate_id, unit_id):
        if state_at(vote, now) is not State.NOTICED or not _differs(session, vote, entry):
            continue
        correction_id = uuid5(naming_id, str(vote.id))
        if session.get(RollCorrection, correction_id) is not None:
            continue
        session.add(
            RollCorrection(
                id=correction_id,
                vote_id=vote.id,
                unit_id=unit_id,
                account_id=account_id,
                text=REPRESENTATIVE,
                state=CorrectionState.OPEN,
                created_at=now,
            )
        )
        asked += 1
    session.flush()
    return asked


def _running(session: Session, estate_id: UUID, unit_id: UUID) -> Iterator[tuple[Vote, RollEntry]]:
    query = (
        select(Vote, RollEntry)
        .join(RollEntry, col(RollEntry.vote_id) == Vote.id)
        .where(
            Vote.estate_id == estate_id,
            col(Vote.state).in_((State.NOTICED, State.OPEN)),
            RollEntry.unit_id == unit_id,
            *ON_ROLL,
        )
        .order_by(col(Vote.number).desc())
    )
    yield from session.exec(query).all()


def _differs(session: Session, vote: Vote, entry: RollEntry) -> bool:
    """Whether other owners may cast by the register than by the posted line."""
    line = roll.read_line(session, vote, RuleSet.from_json(vote.rules), entry.unit_id)
    posted = session.exec(select(RollVoter.owner_id).where(*_voters_of(entry))).all()
    return line is not None and set(line.voter_ids) != set(posted)


def _voters_of(entry: RollEntry) -> tuple[bool, ...]:
    return (
        RollVoter.vote_id == entry.vote_id,
        RollVoter.unit_id == entry.unit_id,
        RollVoter.revision == entry.revision,
    )


def _names(session: Session, entry: RollEntry) -> tuple[str, ...]:
    query = select(Owner.name).join(RollVoter, col(RollVoter.owner_id) == Owner.id)
    return tuple(session.exec(query.where(*_voters_of(entry)).order_by(col(Owner.name))))


def _is_asked(session: Session, vote_id: UUID, unit_id: UUID) -> bool:
    query = select(RollCorrection.id).where(
        RollCorrection.vote_id == vote_id,
        RollCorrection.unit_id == unit_id,
        RollCorrection.state == CorrectionState.OPEN,
    )
    return session.exec(query.limit(1)).first() is not None
