"""Deliberations: mute a person for some days, let him speak again, and let a thread's posts wait to be read first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotAllowed, NotFound
from app.models.deliberations import ModerationAct, Mute, Thread
from app.rules.accounts import Duty
from app.rules.deliberations.moderation import Act, Reach, ensure_may_mute, mute_ends, reach_of_mute
from app.services.accounts.grants import roles_of
from app.services.deliberations.acts import About, Order, already, find_known, read_reason, write_act
from app.services.deliberations.cases import (
    HIGHEST,
    Case,
    Judge,
    Target,
    appointed_threads,
    ensure_judge,
    is_committee,
    lock_case,
)
from app.services.deliberations.threads import EVERYWHERE, Seat, find_mute, lock_thread, seat_of
from app.services.proposals.people import Writer, show_people

MUTES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class MuteLine:
    """Who may not write at present, where and until when; `thread_title` is "" for the whole estate.

    `number` is the act that says why.
    """

    number: int
    thread_title: str
    person: Writer
    until: datetime
    days: int
    reason: str
    moderator_name: str


def about_case(case: Case) -> About:
    """What an act on a post or a proposal is about."""
    return About(
        estate_id=case.estate_id,
        author_id=case.author_id,
        title=case.title,
        kind=case.kind,
        subject_id=case.subject_id,
        thread_id=case.thread.id if case.thread else None,
        seq=case.seq,
    )


def reach_for(session: Session, case: Case, judge: Judge) -> Reach | None:
    """How far a mute of this thing's author by this judge goes, None where he may not mute him."""
    return reach_of_mute(
        roles_of(session, account_id=case.author_id, estate_id=case.estate_id),
        by_committee=judge.duty is Duty.NONE,
        in_thread=case.thread is not None,
    )


def mute_author(session: Session, case: Case, *, judge: Judge, order: Order, days: int) -> ModerationAct:
    """Let the author of a locked case read but not write until the end of the last of `days`.

    The committee's mute goes over the whole estate, a moderator's over the thread of the case. Raises `NotAllowed` as
    `ensure_may_mute` does, `Invalid` for days outside the rule or a reason too short, `Conflict` when the author is muted
    there at least as long already.
    """
    reach = ensure_may_mute(
        roles_of(session, account_id=case.author_id, estate_id=case.estate_id),
        by_committee=judge.duty is Duty.NONE,
        in_thread=case.thread is not None,
    )
    reason = read_reason(Act.MUTE, order.reason)
    until = mute_ends(order.now, days)
    thread_id = case.thread.id if case.thread and reach is Reach.THREAD else None
    held = find_mute(
        session,
        estate_id=case.estate_id,
        account_id=case.author_id,
        now=order.now,
        thread_id=thread_id,
    )
    if held is not None and held.until >= until:
        raise Conflict(N_("他已经被禁言到这一天或更晚，不用重复"), code="already_muted")
    row = write_act(
        session,
        act=Act.MUTE,
        about=about_case(case),
        judge=judge,
        order=order,
        reason=reason,
        days=days,
        values={"days": days, "until": until.isoformat(), "everywhere": reach is Reach.ESTATE},
    )
    mute = Mute(act_id=row.id, estate_id=case.estate_id, account_id=case.author_id, until=until)
    session.add(mute)
    session.flush()
    return row


def end_mute(session: Session, *, estate_id: UUID, number: int, order: Order) -> int:
    """Let a muted person write again before his time is over; the number of this act.

    Raises `NotFound` for a number that is no mute, `NotAllowed` for others than who might have muted him so far (code
    `not_estate_wide` for a moderator and a mute of the whole estate), `Conflict` when it is over.
    """
    muting = _muting_act(session, estate_id, number)
    case = lock_case(session, estate_id=estate_id, target=target_of(muting))
    if known := find_known(session, act=Act.UNMUTE, about=about_case(case), order=order):
        return known.number
    judge = ensure_judge(session, case, account_id=order.actor.id, now=order.now)
    if judge.duty is not Duty.NONE and is_everywhere(muting):
        raise NotAllowed(N_("在全小区的禁言由居委会解除"), code="not_estate_wide")
    if not lift_mute(session, muting, now=order.now):
        raise already(Act.UNMUTE)
    reason = read_reason(Act.UNMUTE, order.reason)
    about = about_case(case)
    return write_act(session, act=Act.UNMUTE, about=about, judge=judge, order=order, reason=reason).number


def is_everywhere(act: ModerationAct) -> bool:
    """Whether the mute of this act reaches over the whole estate; `EVERYWHERE` says the same to the database."""
    return act.thread_id is None or act.duty is Duty.NONE


def target_of(act: ModerationAct) -> Target:
    """The thing an act was about."""
    if act.thread_id is not None:
        return Target(thread_id=act.thread_id, seq=act.seq)
    return Target(proposal_id=act.subject_id)


def lift_mute(session: Session, muting: ModerationAct, *, now: datetime) -> bool:
    """End the mute of this act; False when it is over already."""
    query = select(Mute).where(Mute.act_id == muting.id).with_for_update()
    mute = session.exec(query.execution_options(populate_existing=True)).one()
    if mute.lifted_at is not None or mute.until <= now:
        return False
    mute.lifted_at = now
    session.add(mute)
    session.flush()
    return True


def _muting_act(session: Session, estate_id: UUID, number: int) -> ModerationAct:
    query = select(ModerationAct).where(
        ModerationAct.estate_id == estate_id,
        ModerationAct.number == min(number, HIGHEST),
        ModerationAct.act == Act.MUTE,
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这次禁言"))
    return row


def list_mutes(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> Sequence[MuteLine]:
    """Who is muted at present, as far as this moderator may end it; never himself."""
    query = (
        select(ModerationAct, Mute.until, Thread.title)
        .join(Mute, col(Mute.act_id) == ModerationAct.id)
        .join(Thread, col(Thread.id) == ModerationAct.thread_id, isouter=True)
        .where(
            Mute.estate_id == estate_id,
            col(Mute.until) > now,
            col(Mute.lifted_at).is_(None),
            Mute.account_id != account_id,
        )
    )
    if not is_committee(session, estate_id=estate_id, account_id=account_id):
        threads = appointed_threads(estate_id, account_id)
        query = query.where(sa.not_(EVERYWHERE), col(ModerationAct.thread_id).in_(threads))
    rows = session.exec(query.order_by(col(Mute.until), col(Mute.act_id)).limit(MUTES_SHOWN)).all()
    people = show_people(
        session, estate_id=estate_id, account_ids=[act.author_id for act, *_ in rows], with_homes=True
    )
    return [
        MuteLine(
            act.number,
            "" if is_everywhere(act) else title or "",
            people[act.author_id],
            until,
            act.days,
            act.reason,
            act.moderator_name,
        )
        for act, until, title in rows
    ]


def ensure_moderates(
    session: Session, *, estate_id: UUID, thread_id: UUID, account_id: UUID, now: datetime
) -> Seat:
    """What the person is in a thread he moderates; raises `NotAllowed` (`not_moderator`) when he does not."""
    seat = seat_of(session, estate_id=estate_id, thread_id=thread_id, account_id=account_id, now=now)
    if not seat.is_moderator:
        raise NotAllowed(N_("只有居委会和这次协商的主持人可以改"), code="not_moderator")
    return seat


def set_pre_approval(session: Session, *, estate_id: UUID, thread_id: UUID, on: bool, order: Order) -> int:
    """Let new posts of a thread wait for a moderator, or no longer; the number of the act.

    Posts that wait already stay in the queue.
    """
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    act = Act.PREAPPROVE if on else Act.PUBLISH_FIRST
    about = About(
        estate_id=estate_id,
        author_id=order.actor.id,
        title=thread.title,
        subject_id=thread_id,
        thread_id=thread_id,
    )
    if known := find_known(session, act=act, about=about, order=order):
        return known.number
    seat = ensure_moderates(
        session, estate_id=estate_id, thread_id=thread_id, account_id=order.actor.id, now=order.now
    )
    if thread.pre_approval == on:
        raise already(act)
    reason = read_reason(act, order.reason)
    thread.pre_approval = on
    session.add(thread)
    judge = Judge(Duty.NONE if seat.is_committee else seat.duty, seat.interest)
    return write_act(
        session, act=act, about=about, judge=judge, order=order, reason=reason, tell=False
    ).number
