"""Credits: the desk's part: sums without people, volunteer work by hand, and one person's ledger opened to correct it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.credits import CreditEntry, CreditLook, CreditMember
from app.rules.credits.honours import quarter_of, span
from app.rules.credits.privacy import Shown, Sum, shown
from app.rules.credits.rates import check_hours
from app.rules.credits.reasons import EARNING, REASON_NAMES, Reason
from app.rules.paging import FIRST, Leaf, Turn
from app.rules.text import clean_text
from app.services import outbox, trail
from app.services.credits.granting import points_now, reverse
from app.services.credits.ledger import (
    EntryView,
    day_of,
    lock_joined,
    lock_member,
    read_entries,
    undone,
    write_entry,
)
from app.services.credits.people import Person, people_of
from app.services.credits.rates import read_lines
from app.services.trail import Actor

LEAST_REASON = 5
MOST_DAYS_BACK = 60
# How long a look stays open before it has to be asked for again.
LOOK_LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class LookView:
    """A ledger opened by a member of staff, with its lines."""

    id: UUID
    person: Person
    reason: str
    entries: Leaf[EntryView]


def read_sums(session: Session, *, estate_id: UUID, quarter: str) -> Shown:
    """What the estate's people earned in a quarter by reason, without figures of a few."""
    first, after = span(quarter)
    query = (
        select(
            CreditEntry.reason,
            sa.func.count(sa.distinct(col(CreditEntry.account_id))),
            sa.func.count(),
            sa.func.sum(CreditEntry.amount),
        )
        .where(
            CreditEntry.estate_id == estate_id,
            CreditEntry.on_day >= first,
            CreditEntry.on_day < after,
            col(CreditEntry.reason).in_(EARNING),
            ~undone(CreditEntry.id),
        )
        .group_by(col(CreditEntry.reason))
    )
    found = {
        Reason(reason): Sum(Reason(reason), people, lines, int(points))
        for reason, people, lines, points in session.exec(query)
    }
    return shown([found[reason] for reason in EARNING if reason in found])


def enter_work(
    session: Session,
    *,
    estate_id: UUID,
    work_id: UUID,
    account_id: UUID,
    on_day: date,
    hours: int,
    note: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Enter volunteer work for a person who takes part, with what it was; the points. The same id twice is one.

    Raises `NotAllowed` (`own_case`) for oneself, `Invalid` for a day to come or long ago, `Conflict`: `not_joined`,
    `before_joining`, `limit` where the limits of the day or the quarter are reached.
    """
    if account_id == actor.id:
        raise NotAllowed(N_("自己的志愿服务请由另一位工作人员登记"), code="own_case")
    note = _clean_work(note, hours, on_day, day_of(now))
    member = lock_member(session, estate_id=estate_id, account_id=account_id)
    if member is None:
        raise NotFound(N_("没有找到这位居民"))
    lock_joined(session, estate_id=estate_id, account_id=account_id)
    subject = f"work:{work_id}"
    if _is_entered(session, member, subject):
        return 0
    if on_day < day_of(member.joined_at):
        raise Conflict(N_("这一天他还没有加入积分，不能登记"), code="before_joining", field="on_day")
    lines = read_lines(session, estate_id=estate_id)
    points = points_now(session, member, reason=Reason.VOLUNTEER, on_day=on_day, lines=lines, times=hours)
    if points == 0:
        raise Conflict(N_("这一天或这个季度的志愿服务积分已经到上限，不能再登记"), code="limit")
    write_entry(
        session,
        member,
        reason=Reason.VOLUNTEER,
        subject=subject,
        amount=points,
        now=now,
        on_day=on_day,
        by=actor.id,
        note=note,
    )
    trail.record(
        session,
        tag="credits:work:enter",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        new={"day": on_day.isoformat(), "hours": hours, "points": points},
        reason=note,
    )
    return points


def _clean_work(note: str, hours: int, on_day: date, today: date) -> str:
    """What was done, in words that can be kept; raises `Invalid` for it, the hours or the day."""
    note = clean_text(note, most=200, field="note")
    if len(note) < LEAST_REASON:
        raise Invalid(N_("请写明做了什么，至少 5 个字，本人会看到"), field="note")
    check_hours(hours)
    if not today - timedelta(days=MOST_DAYS_BACK) <= on_day <= today:
        raise Invalid(N_("日期请填今天或之前 %(days)s 天以内"), field="on_day", days=MOST_DAYS_BACK)
    return note


def _is_entered(session: Session, member: CreditMember, subject: str) -> bool:
    query = select(CreditEntry.id).where(
        CreditEntry.estate_id == member.estate_id,
        CreditEntry.account_id == member.account_id,
        CreditEntry.reason == Reason.VOLUNTEER,
        CreditEntry.subject == subject,
    )
    return session.exec(query).first() is not None


def open_look(
    session: Session,
    *,
    estate_id: UUID,
    look_id: UUID,
    account_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Open a person's ledger to correct it: he will read who did and why (PIPL arts. 6 and 51). The same id twice is one."""
    present = session.get(CreditLook, look_id)
    if present is not None:
        if (present.estate_id, present.staff_id) != (estate_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    if session.get(CreditMember, (estate_id, account_id)) is None:
        raise NotFound(N_("没有找到这位居民"))
    reason = clean_text(reason, most=200, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写明为什么要看，至少 5 个字，本人会看到"), field="reason")
    session.add(
        CreditLook(
            id=look_id,
            estate_id=estate_id,
            account_id=account_id,
            staff_id=actor.id,
            staff_name=actor.name[:50],
            reason=reason,
            at=now,
        )
    )
    session.flush()
    trail.record(
        session,
        tag="credits:ledger:look",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        reason=reason,
    )
    return look_id


def read_look(
    session: Session, *, estate_id: UUID, look_id: UUID, actor: Actor, now: datetime, turn: Turn = FIRST
) -> LookView:
    """The ledger a look was opened for, to whoever opened it and for half an hour. Raises `NotFound`."""
    look = _live_look(session, estate_id, look_id, actor, now)
    person = people_of(session, estate_id=estate_id, account_ids=[look.account_id])[0]
    entries = read_entries(session, estate_id=estate_id, account_id=look.account_id, turn=turn)
    return LookView(look.id, person, look.reason, entries)


def _live_look(session: Session, estate_id: UUID, look_id: UUID, actor: Actor, now: datetime) -> CreditLook:
    look = session.get(CreditLook, look_id)
    mine = look is not None and (look.estate_id, look.staff_id) == (estate_id, actor.id)
    if look is None or not mine or now - look.at > LOOK_LIFE:
        raise NotFound(N_("查看的时间已过。要再看，请重新写明理由"))
    return look


def reverse_by_hand(
    session: Session,
    *,
    estate_id: UUID,
    look_id: UUID,
    entry_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a granted line back, such as for an attendance struck off; the person is told why. Twice is once.

    Raises `NotAllowed` (`own_case`) for one's own, `Invalid` for a line that was not granted.
    """
    look = _live_look(session, estate_id, look_id, actor, now)
    if look.account_id == actor.id:
        raise NotAllowed(N_("自己的积分请由另一位工作人员更正"), code="own_case")
    reason = clean_text(reason, most=200, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写明为什么扣回，至少 5 个字，本人会看到"), field="reason")
    member = lock_member(session, estate_id=estate_id, account_id=look.account_id)
    entry = session.get(CreditEntry, entry_id)
    if member is None or entry is None or (entry.estate_id, entry.account_id) != (estate_id, look.account_id):
        raise NotFound(N_("没有找到这一笔"))
    if entry.reason not in EARNING:
        raise Invalid(N_("只有得到的积分可以扣回"), code="not_granted")
    undoing = select(CreditEntry.id).where(CreditEntry.refers_id == entry.id)
    if session.exec(undoing).first() is not None:
        return
    reverse(session, member, entry, now=now, note=reason, by=actor.id)
    trail.record(
        session,
        tag="credits:entry:reverse",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="credit_entry",
        subject_id=entry.id,
        old={"reason": entry.reason.value, "points": entry.amount},
        reason=reason,
    )
    outbox.post(
        session,
        outbox.Draft(
            key=f"credits_reversed:{entry.id}",
            template="credits_reversed",
            now=now,
            account_id=look.account_id,
            estate_id=estate_id,
            values={"what": REASON_NAMES[entry.reason], "reason": reason[:80]},
            link="credits",
        ),
    )


def this_quarter(now: datetime) -> str:
    return quarter_of(day_of(now))
