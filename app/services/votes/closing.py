"""Votes: what time does to a vote, recorded: opening, closing with the sealed count, and becoming final.

Pages derive all of this from the clock; these use cases only write it down, and whoever comes first may do so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotFound
from app.models.votes import EventKind, Objection, ObjectionState, Vote, VoteResult
from app.models.votes.evidence import Recount
from app.rules.calendar import period_end
from app.rules.votes.figures import result_document
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import State, move, phase
from app.services import trail
from app.services.trail import SYSTEM, Actor
from app.services.votes import chain, counting, origins, telling
from app.services.votes.opening import record_opening


def due_votes(session: Session, *, now: datetime, grace: timedelta) -> Sequence[tuple[UUID, UUID]]:
    """(estate, vote) of votes whose stored state lags behind the clock; none after a restore that nobody has accepted."""
    query = select(Vote.estate_id, Vote.id).where(
        sa.not_(chain.HALTED),
        sa.or_(
            sa.and_(col(Vote.state) == State.NOTICED, col(Vote.opens_at) <= now),
            sa.and_(col(Vote.state) == State.OPEN, col(Vote.closes_at) <= now - grace),
            sa.and_(
                col(Vote.state) == State.PRELIMINARY,
                col(Vote.objections_until) <= now,
                ~_blocked(Vote.id),
            ),
        ),
    )
    return [(estate_id, vote_id) for estate_id, vote_id in session.exec(query)]


def _blocked(vote_id: object) -> sa.ColumnElement[bool]:
    # An upheld one says that the vote was not sound, and so does a count made again that differs: only annulling follows
    # from it, never a final result, and a later count that agrees takes nothing back.
    blocking = (ObjectionState.OPEN, ObjectionState.UPHELD)
    return sa.or_(
        sa.exists().where(col(Objection.vote_id) == vote_id, col(Objection.state).in_(blocking)),
        sa.exists().where(col(Recount.vote_id) == vote_id, sa.not_(col(Recount.same))),
    )


def advance(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    now: datetime,
    read_clock: Callable[[], datetime],
    grace: timedelta,
    secret: bytes,
    is_rest_day: Callable[[date], bool],
) -> bool:
    """Record the next step that the clock has already taken; False when there is none. Safe to run many times at once."""
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        return False
    vote = session.get_one(Vote, vote_id, populate_existing=True)
    # The lock may have been waited for; what counts is the clock now.
    at = max(now, read_clock())
    if (
        vote.state is State.NOTICED
        and phase(vote.state, locked.opens_at, locked.closes_at, at) is not State.NOTICED
    ):
        record_opening(session, locked, at=at)
        return True
    if vote.state is State.OPEN and at >= counting.count_from(locked, grace):
        _seal(session, vote, locked, at=at, grace=grace, secret=secret, is_rest_day=is_rest_day)
        return True
    if (
        vote.state is State.PRELIMINARY
        and vote.objections_until
        and at >= vote.objections_until
        and not is_blocked(session, vote_id)
    ):
        vote.state = move(vote.state, State.FINAL)
        vote.final_at = at
        session.add(vote)
        origins.follow_final(session, vote, now=at)
        _note(session, vote, State.PRELIMINARY, State.FINAL, at)
        _tell(session, vote, "vote_final", at, {"title": vote.title}, "/result")
        return True
    return False


def _seal(
    session: Session,
    vote: Vote,
    locked: chain.LockedVote,
    *,
    at: datetime,
    grace: timedelta,
    secret: bytes,
    is_rest_day: Callable[[date], bool],
) -> None:
    """Append the close event, count, and start the objection window, in one transaction."""
    rules = RuleSet.from_json(vote.rules)
    vote.state = move(vote.state, State.CLOSED)
    link = chain.append(
        session,
        locked,
        kind=EventKind.CLOSE,
        at=at,
        details={"ballots": _ballot_count(session, vote.id)},
    )
    tallies = counting.tallies_of(session, vote, now=at, grace=grace, secret=secret)
    session.add(
        VoteResult(
            vote_id=vote.id,
            tally=result_document(tallies, decides=not vote.survey),
            head_seq=link.seq,
            head_hash=link.head,
            counted_at=at,
        )
    )
    vote.state = move(vote.state, State.PRELIMINARY)
    vote.sealed_at = at
    vote.objections_until = period_end(at, rules.objection_days, is_rest_day)
    # The chain moved the head by hand-written SQL; the entity must not write an older one back.
    session.add(vote)
    session.flush()
    _note(session, vote, State.OPEN, State.PRELIMINARY, at)
    values: dict[str, object] = {"title": vote.title, "until": vote.objections_until.isoformat()}
    _tell(session, vote, "vote_closed", at, values, "/result")


def _tell(
    session: Session, vote: Vote, template: str, at: datetime, values: dict[str, object], page: str = ""
) -> None:
    telling.tell_roll(
        session,
        estate_id=vote.estate_id,
        vote_id=vote.id,
        template=template,
        values=values,
        now=at,
        page=page,
    )


def _ballot_count(session: Session, vote_id: UUID) -> int:
    query = (
        sa.select(sa.func.count()).select_from(counting.BALLOT).where(counting.BALLOT.c.vote_id == vote_id)
    )
    return int(session.connection().execute(query).scalar_one())


def is_blocked(session: Session, vote_id: UUID) -> bool:
    """Whether something keeps the vote from becoming final: an objection open or upheld, or a count made again that differs."""
    return bool(session.connection().execute(sa.select(_blocked(vote_id))).scalar_one())


def _note(
    session: Session,
    vote: Vote,
    old: State,
    new: State,
    at: datetime,
    *,
    actor: Actor = SYSTEM,
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"votes:vote:{new.value}",
        actor=actor,
        now=at,
        estate_id=vote.estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        old={"state": old.value},
        new={"state": new.value},
        reason=reason,
    )


def annul_vote(
    session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, reason: str, now: datetime
) -> None:
    """Annul a vote, with a public reason; nothing is deleted. Even a final one, which a court may set aside (Civil Code art. 280)."""
    reason = reason.strip()
    if len(reason) < 10:
        raise Invalid(N_("请写明作废的理由，至少 10 个字，业主会看到"), field="reason")
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        raise NotFound(N_("没有找到这次表决"))
    vote = session.get_one(Vote, vote_id, populate_existing=True)
    if vote.state is State.ANNULLED:
        return
    old = vote.state
    vote.state = move(vote.state, State.ANNULLED)
    vote.annulled_at, vote.annul_reason = now, reason
    session.add(vote)
    session.flush()
    chain.append(session, locked, kind=EventKind.ANNUL, at=now)
    origins.follow_annulled(session, vote, actor=actor, reason=reason, now=now)
    _note(session, vote, old, State.ANNULLED, now, actor=actor, reason=reason)
    _tell(session, vote, "vote_annulled", now, {"title": vote.title})
