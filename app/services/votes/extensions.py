"""Votes: one later closing for a vote that is open, proposed by one person and confirmed by another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.votes import EventKind, Vote
from app.models.votes.extension import ExtensionState, VoteExtension
from app.rules.text import clean_text
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import State, phase
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain, telling
from app.services.votes.opening import record_opening

LEAST = 10


@dataclass(frozen=True, slots=True)
class Proposed:
    """An extension that waits for a second person; `is_mine` is the reader's own, which he cannot confirm."""

    id: UUID
    closes_at: datetime
    reason: str
    proposer_name: str
    proposed_at: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Extended:
    """What everybody may read of an extension that took place."""

    closed_before: datetime
    closes_at: datetime
    extended_at: datetime
    reason: str


def propose_extension(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    extension_id: UUID,
    closes_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Propose another closing; nothing changes before somebody else confirms it. The same id twice is one proposal.

    Raises `Conflict`: `no_extension` where the vote's rules have none, `extended` when it was extended before, `not_open`
    unless it is open now, `proposed` while another proposal waits; `Invalid` for a closing that is not later than the
    present one, or later than the rules allow.
    """
    locked, vote = _lock(session, estate_id, vote_id)
    present = session.get(VoteExtension, extension_id)
    if present is not None:
        if (present.vote_id, present.proposed_by) != (vote_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    at = max(now, locked.head_time or now)
    _ensure_may(vote, at)
    if _waiting(session, vote_id) is not None:
        raise Conflict(N_("已经有一个延长的提议在等另一位工作人员确认"), code="proposed")
    _ensure_closing(vote, closes_at)
    reason = clean_text(reason, most=2000, field="reason")
    if len(reason) < LEAST:
        raise Invalid(N_("请写明为什么延长，至少 10 个字，业主会看到"), field="reason")
    session.add(
        VoteExtension(
            id=extension_id,
            vote_id=vote_id,
            closes_at=closes_at,
            reason=reason,
            state=ExtensionState.OPEN,
            proposed_by=actor.id,
            proposed_at=at,
        )
    )
    session.flush()
    _note(session, vote, "propose", actor, at, old=vote.closes_at, new=closes_at, reason=reason)
    return extension_id


def confirm_extension(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    extension_id: UUID,
    actor: Actor,
    now: datetime,
    read_clock: Callable[[], datetime],
) -> None:
    """Let the vote close later: the second person's deed, dated by the clock under the vote's lock; twice is once.

    Raises `NotAllowed` (`own_case`) for the proposer, and what `propose_extension` raises of the vote.
    """
    locked, vote = _lock(session, estate_id, vote_id)
    proposed = _proposed(session, vote_id, extension_id)
    if proposed.state is ExtensionState.CONFIRMED:
        return
    if proposed.proposed_by == actor.id:
        raise NotAllowed(N_("延长是您自己提议的，请由另一位工作人员确认"), code="own_case")
    # The lock may have been waited for; a vote whose last second has passed meanwhile stays closed.
    at = max(now, read_clock(), locked.head_time or now)
    _ensure_may(vote, at)
    _ensure_undecided(proposed)
    _ensure_closing(vote, proposed.closes_at)
    if vote.state is State.NOTICED:
        record_opening(session, locked, at=at)
        session.refresh(vote)
    before, closes_at = locked.closes_at, proposed.closes_at
    proposed.state, proposed.decided_by, proposed.decided_at = ExtensionState.CONFIRMED, actor.id, at
    vote.closed_before, vote.closes_at = before, closes_at
    vote.extended_at, vote.extend_reason = at, proposed.reason
    session.add_all([proposed, vote])
    session.flush()
    details = {"from": int(before.timestamp()), "to": int(closes_at.timestamp())}
    chain.append(session, locked, kind=EventKind.EXTEND, at=at, details=details)
    _note(session, vote, "confirm", actor, at, old=before, new=closes_at, reason=proposed.reason)
    telling.tell_roll(
        session,
        estate_id=estate_id,
        vote_id=vote_id,
        template="vote_extended",
        values={"title": vote.title, "closes_at": closes_at.isoformat()},
        now=at,
    )


def refuse_extension(
    session: Session, *, estate_id: UUID, vote_id: UUID, extension_id: UUID, actor: Actor, now: datetime
) -> None:
    """Drop a proposal, another's or one's own; the closing stays as it was announced."""
    locked, vote = _lock(session, estate_id, vote_id)
    proposed = _proposed(session, vote_id, extension_id)
    if proposed.state is ExtensionState.REFUSED:
        return
    _ensure_undecided(proposed)
    at = max(now, locked.head_time or now)
    proposed.state, proposed.decided_by, proposed.decided_at = ExtensionState.REFUSED, actor.id, at
    session.add(proposed)
    session.flush()
    _note(session, vote, "refuse", actor, at, old=proposed.closes_at, new=None, reason="")


def waiting_extension(session: Session, *, vote_id: UUID, account_id: UUID) -> Proposed | None:
    """The proposal that waits for a second person, as `account_id` sees it."""
    query = (
        select(VoteExtension, Account.name)
        .join(Account, col(Account.id) == VoteExtension.proposed_by)
        .where(VoteExtension.vote_id == vote_id, VoteExtension.state == ExtensionState.OPEN)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        return None
    row, name = found
    return Proposed(
        row.id, row.closes_at, row.reason, name, row.proposed_at, is_mine=row.proposed_by == account_id
    )


def votes_with_waiting(session: Session, *, estate_id: UUID, now: datetime) -> list[UUID]:
    """The open votes whose extension waits for a second person, the one that closes first at the head."""
    query = (
        select(Vote.id)
        .join(VoteExtension, col(VoteExtension.vote_id) == Vote.id)
        .where(
            Vote.estate_id == estate_id,
            col(Vote.closes_at) > now,
            VoteExtension.state == ExtensionState.OPEN,
        )
        .order_by(col(Vote.closes_at))
    )
    return list(session.exec(query))


def latest_closing(closes_at: datetime, rules: RuleSet) -> datetime | None:
    """The latest closing the rules allow; None where they have no extension."""
    return closes_at + timedelta(days=rules.extension_days) if rules.extension_days else None


def _lock(session: Session, estate_id: UUID, vote_id: UUID) -> tuple[chain.LockedVote, Vote]:
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        raise NotFound(N_("没有找到这次表决"))
    return locked, session.get_one(Vote, vote_id, populate_existing=True)


def _ensure_may(vote: Vote, at: datetime) -> None:
    if vote.opens_at is None or vote.closes_at is None:
        raise NotFound(N_("没有找到这次表决"))
    if not RuleSet.from_json(vote.rules).extension_days:
        raise Conflict(N_("这次表决的规则不允许延长，公告里也没有写"), code="no_extension")
    if vote.extended_at is not None:
        raise Conflict(N_("这次表决已经延长过一次，不能再延长"), code="extended")
    if phase(vote.state, vote.opens_at, vote.closes_at, at) is not State.OPEN:
        raise Conflict(N_("只有正在投票的表决可以延长；已经截止的不能再开"), code="not_open")


def _ensure_closing(vote: Vote, closes_at: datetime) -> None:
    rules, before = RuleSet.from_json(vote.rules), vote.closes_at
    latest = latest_closing(before, rules) if before else None
    if before is None or latest is None or closes_at <= before:
        raise Invalid(N_("新的截止时间要比原来的晚"), code="bad_closing", field="closes_at")
    if closes_at > latest:
        raise Invalid(
            N_("按这次表决公布的规则最多延长 %(days)s 天，请提前新的截止时间"),
            code="bad_closing",
            field="closes_at",
            days=rules.extension_days,
        )


def _ensure_undecided(proposed: VoteExtension) -> None:
    if proposed.state is not ExtensionState.OPEN:
        raise Conflict(N_("这个提议已经处理过了，请刷新页面"), code="decided")


def _waiting(session: Session, vote_id: UUID) -> VoteExtension | None:
    query = select(VoteExtension).where(
        VoteExtension.vote_id == vote_id, VoteExtension.state == ExtensionState.OPEN
    )
    return session.exec(query).one_or_none()


def _proposed(session: Session, vote_id: UUID, extension_id: UUID) -> VoteExtension:
    proposed = session.get(VoteExtension, extension_id, populate_existing=True)
    if proposed is None or proposed.vote_id != vote_id:
        raise NotFound(N_("没有找到这个延长的提议"))
    return proposed


def _note(
    session: Session,
    vote: Vote,
    verb: str,
    actor: Actor,
    at: datetime,
    *,
    old: datetime | None,
    new: datetime | None,
    reason: str,
) -> None:
    trail.record(
        session,
        tag=f"votes:extension:{verb}",
        actor=actor,
        now=at,
        estate_id=vote.estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        old={"closes_at": old.isoformat()} if old else {},
        new={"closes_at": new.isoformat()} if new else {},
        reason=reason,
    )
