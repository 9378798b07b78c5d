"""Credits: ask for a reward, hand it over, take the request back, or refuse it; points and stock move with it, once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound, TooMany
from app.models.credits import CreditEntry, CreditMember, CreditRedemption, CreditReward
from app.rules.credits.reasons import Reason
from app.rules.credits.redemptions import RedemptionState, move
from app.rules.text import clean_text
from app.services import outbox, trail
from app.services.credits.ledger import day_of, lock_joined, lock_member, write_entry
from app.services.credits.people import people_of
from app.services.credits.rewards import lock_reward, view_of
from app.services.trail import SYSTEM, Actor

MOST_WAITING = 5
LEAST_REASON = 5
_SHOWN = 20
_PILE = 100
_NOT_COVERED = N_("有一笔积分被扣回，剩下的不够换这一项")


@dataclass(frozen=True, slots=True)
class RedemptionView:
    """One request; `who` and `home` are set for the desk only."""

    id: UUID
    title: str
    points: int
    how: str
    code: str
    state: RedemptionState
    asked_at: datetime
    decided_at: datetime | None
    reason: str
    who: str = ""
    home: str = ""


def ask_for(
    session: Session,
    *,
    estate_id: UUID,
    reward_id: UUID,
    redemption_id: UUID,
    account_id: UUID,
    now: datetime,
) -> UUID:
    """Take the points at once and put the reward aside; the same id twice is one request.

    Raises `Conflict`: `not_joined`, `not_offered`, `sold_out`, `too_few`; `TooMany` while too many wait to be collected.
    """
    member = lock_joined(session, estate_id=estate_id, account_id=account_id)
    present = session.get(CreditRedemption, redemption_id, populate_existing=True)
    if present is not None:
        if (present.estate_id, present.account_id) != (estate_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    reward = lock_reward(session, estate_id=estate_id, reward_id=reward_id)
    _ensure_offered(session, reward, account_id, now)
    write_entry(
        session,
        member,
        reason=Reason.REDEMPTION,
        subject=f"redemption:{redemption_id}",
        amount=-reward.points,
        now=now,
        on_day=day_of(now),
        note=reward.title,
    )
    if reward.stock is not None:
        reward.stock -= 1
        session.add(reward)
    session.add(
        CreditRedemption(
            id=redemption_id,
            estate_id=estate_id,
            account_id=account_id,
            reward_id=reward_id,
            points=reward.points,
            code=_free_code(session, estate_id),
            state=RedemptionState.WAITING,
            asked_at=now,
        )
    )
    session.flush()
    return redemption_id


def _ensure_offered(session: Session, reward: CreditReward, account_id: UUID, now: datetime) -> None:
    if not view_of(reward, day_of(now)).offered:
        if reward.stock == 0 and reward.off_at is None:
            raise Conflict(N_("这一项已经换完了，请选别的"), code="sold_out")
        raise Conflict(N_("这一项现在不能兑换了，请选别的"), code="not_offered")
    waiting = (
        select(sa.func.count())
        .select_from(CreditRedemption)
        .where(
            CreditRedemption.estate_id == reward.estate_id,
            CreditRedemption.account_id == account_id,
            CreditRedemption.state == RedemptionState.WAITING,
        )
    )
    if session.exec(waiting).one() >= MOST_WAITING:
        raise TooMany(
            N_("您有 %(most)s 件还没领取，请先领取或取消，再换新的"),
            code="too_many_waiting",
            most=MOST_WAITING,
        )


def _free_code(session: Session, estate_id: UUID) -> str:
    """Six digits that no other waiting request of the estate has."""
    while True:
        code = f"{secrets.randbelow(1_000_000):06d}"
        taken = select(CreditRedemption.id).where(
            CreditRedemption.estate_id == estate_id,
            CreditRedemption.code == code,
            CreditRedemption.state == RedemptionState.WAITING,
        )
        if session.exec(taken).first() is None:
            return code


def cancel(
    session: Session, *, estate_id: UUID, redemption_id: UUID, account_id: UUID, now: datetime
) -> None:
    """The resident takes his request back before it is handed over: points and stock come back. Twice is once."""
    row = _lock(session, estate_id, redemption_id, account_id=account_id)
    if move(row.state, RedemptionState.CANCELLED):
        _give_back(session, row, now)
        _end(session, row, RedemptionState.CANCELLED, by=account_id, now=now)


def hand_over(session: Session, *, estate_id: UUID, redemption_id: UUID, actor: Actor, now: datetime) -> None:
    """The desk gave it to the person who showed the code. Twice is once."""
    row = _lock(session, estate_id, redemption_id)
    _ensure_not_own(row, actor)
    if move(row.state, RedemptionState.HANDED_OVER):
        _end(session, row, RedemptionState.HANDED_OVER, by=actor.id, now=now)
        _note(session, row, "hand_over", actor, now)


def refuse(
    session: Session, *, estate_id: UUID, redemption_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """The desk cannot give it, and says why: points and stock come back, the person is told."""
    row = _lock(session, estate_id, redemption_id)
    _ensure_not_own(row, actor)
    reason = clean_text(reason, most=200, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写明为什么不能兑换，至少 5 个字，居民会看到"), field="reason")
    if not move(row.state, RedemptionState.REFUSED):
        return
    _give_back(session, row, now)
    row.reason = reason
    _end(session, row, RedemptionState.REFUSED, by=actor.id, now=now)
    _note(session, row, "refuse", actor, now)
    _tell_refused(session, row, now)


def release_waiting(session: Session, member: CreditMember, *, short: int, now: datetime) -> None:
    """End what a person asked for last and did not collect, until `short` points are back, and tell him why.

    The caller holds his lock.
    """
    if short <= 0:
        return
    query = (
        select(CreditRedemption)
        .where(
            CreditRedemption.estate_id == member.estate_id,
            CreditRedemption.account_id == member.account_id,
            CreditRedemption.state == RedemptionState.WAITING,
        )
        .order_by(col(CreditRedemption.asked_at).desc(), col(CreditRedemption.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    ending = []
    for row in session.exec(query).all():
        if short > 0:
            ending.append(row)
            short -= row.points
    # Always in one order, so that two people's rewards are never waited for in a ring.
    for row in sorted(ending, key=lambda row: row.reward_id):
        _give_back(session, row, now)
        row.reason = _NOT_COVERED
        _end(session, row, RedemptionState.REFUSED, by=None, now=now)
        _note(session, row, "refuse", SYSTEM, now)
        _tell_refused(session, row, now)


def _tell_refused(session: Session, row: CreditRedemption, now: datetime) -> None:
    reward = session.get_one(CreditReward, row.reward_id)
    outbox.post(
        session,
        outbox.Draft(
            key=f"credits_refused:{row.id}",
            template="credits_refused",
            now=now,
            account_id=row.account_id,
            estate_id=row.estate_id,
            values={"title": reward.title, "points": row.points, "reason": row.reason[:80]},
            link="credits/rewards",
        ),
    )


def _ensure_not_own(row: CreditRedemption, actor: Actor) -> None:
    if row.account_id == actor.id:
        raise Conflict(N_("这是您自己的兑换，请由另一位工作人员处理"), code="own_case")


def _lock(
    session: Session, estate_id: UUID, redemption_id: UUID, *, account_id: UUID | None = None
) -> CreditRedemption:
    """The request under its person's lock, then its own."""
    missing = NotFound(N_("没有找到这次兑换"))
    found = session.get(CreditRedemption, redemption_id)
    if found is None or found.estate_id != estate_id or account_id not in {None, found.account_id}:
        raise missing
    lock_member(session, estate_id=estate_id, account_id=found.account_id)
    query = (
        select(CreditRedemption)
        .where(CreditRedemption.id == redemption_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.exec(query).one()


def _give_back(session: Session, row: CreditRedemption, now: datetime) -> None:
    member = lock_member(session, estate_id=row.estate_id, account_id=row.account_id)
    taken = session.exec(
        select(CreditEntry).where(
            CreditEntry.estate_id == row.estate_id,
            CreditEntry.account_id == row.account_id,
            CreditEntry.reason == Reason.REDEMPTION,
            CreditEntry.subject == f"redemption:{row.id}",
        )
    ).one()
    reward = lock_reward(session, estate_id=row.estate_id, reward_id=row.reward_id)
    if member is None:
        raise NotFound(N_("没有找到这次兑换"))
    write_entry(
        session,
        member,
        reason=Reason.REDEMPTION_BACK,
        subject=taken.subject,
        amount=-taken.amount,
        now=now,
        on_day=day_of(now),
        refers_id=taken.id,
        note=taken.note,
    )
    if reward.stock is not None:
        reward.stock += 1
        session.add(reward)
    session.flush()


def _end(
    session: Session, row: CreditRedemption, state: RedemptionState, *, by: UUID | None, now: datetime
) -> None:
    row.state, row.decided_by, row.decided_at = state, by, now
    session.add(row)
    session.flush()


def _note(session: Session, row: CreditRedemption, verb: str, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag=f"credits:redemption:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="credit_redemption",
        subject_id=row.id,
        old={"state": RedemptionState.WAITING.value},
        new={"state": row.state.value, "points": row.points},
        reason=row.reason,
    )


def list_mine(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[RedemptionView]:
    """A person's requests, the newest first, the last twenty."""
    query = (
        select(CreditRedemption, CreditReward)
        .join(CreditReward, col(CreditReward.id) == CreditRedemption.reward_id)
        .where(CreditRedemption.account_id == account_id, CreditRedemption.estate_id == estate_id)
        .order_by(col(CreditRedemption.asked_at).desc(), col(CreditRedemption.id))
        .limit(_SHOWN)
    )
    return [_view(row, reward) for row, reward in session.exec(query)]


def list_waiting(session: Session, *, estate_id: UUID, code: str = "") -> Sequence[RedemptionView]:
    """What waits to be collected, the oldest first; with a code only what it was given for."""
    query = (
        select(CreditRedemption, CreditReward)
        .join(CreditReward, col(CreditReward.id) == CreditRedemption.reward_id)
        .where(CreditRedemption.estate_id == estate_id, CreditRedemption.state == RedemptionState.WAITING)
        .order_by(col(CreditRedemption.asked_at), col(CreditRedemption.id))
        .limit(_PILE)
    )
    if code:
        query = query.where(CreditRedemption.code == code)
    rows = session.exec(query).all()
    whose = {row.account_id for row, _ in rows}
    people = {one.id: one for one in people_of(session, estate_id=estate_id, account_ids=whose)}
    return [
        _view(row, reward, who=people[row.account_id].name, home=people[row.account_id].home)
        for row, reward in rows
    ]


def count_waiting(session: Session, *, estate_id: UUID) -> int:
    """How many wait at the desk."""
    query = (
        select(sa.func.count())
        .select_from(CreditRedemption)
        .where(CreditRedemption.estate_id == estate_id, CreditRedemption.state == RedemptionState.WAITING)
    )
    return session.exec(query).one()


def _view(row: CreditRedemption, reward: CreditReward, *, who: str = "", home: str = "") -> RedemptionView:
    return RedemptionView(
        id=row.id,
        title=reward.title,
        points=row.points,
        how=reward.how,
        code=row.code,
        state=row.state,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        reason=row.reason,
        who=who,
        home=home,
    )
