"""Credits: grant for what took place, take back what was hidden, and remember until when each room was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.credits import CreditCursor, CreditEntry, CreditMember
from app.rules.credits.honours import quarter_of, span
from app.rules.credits.ledger import taken_back
from app.rules.credits.rates import RateLine, points_for, rate_on
from app.rules.credits.reasons import Reason
from app.services.credits.ledger import (
    balance_of,
    count_deeds,
    day_of,
    live_entry,
    lock_member,
    write_entry,
)
from app.services.credits.redeeming import release_waiting
from app.services.credits.sources import Fact, Source

# What was written just before an earlier reading may have been committed after it.
_OVERLAP = timedelta(minutes=10)


def estates_with_members(session: Session) -> Sequence[UUID]:
    """Where somebody takes part now."""
    query = select(CreditMember.estate_id).where(col(CreditMember.left_at).is_(None)).distinct()
    return session.exec(query).all()


def read_facts(session: Session, *, estate_id: UUID, source: Source) -> tuple[Fact, ...]:
    """What a source has told since it was last read, so far as anything is still to be done about it.

    Nothing before the first person joined is asked for.
    """
    cursor = session.get(CreditCursor, (estate_id, source.name))
    first = session.exec(
        select(sa.func.min(CreditMember.joined_at)).where(
            CreditMember.estate_id == estate_id, col(CreditMember.left_at).is_(None)
        )
    ).one()
    if first is None:
        return ()
    since = max(first, cursor.read_until - _OVERLAP) if cursor else first
    facts = source.read(session, estate_id=estate_id, since=since)
    return tuple(fact for fact in facts if _is_due(session, estate_id, fact))


def _is_due(session: Session, estate_id: UUID, fact: Fact) -> bool:
    member = session.get(CreditMember, (estate_id, fact.account_id))
    return member is not None and _concerns(member, fact) and _due(session, estate_id, fact) is not None


def _concerns(member: CreditMember, fact: Fact) -> bool:
    if fact.hidden:
        return True
    return member.left_at is None and fact.at >= member.joined_at


def _due(session: Session, estate_id: UUID, fact: Fact) -> tuple[str, int | None] | None:
    """Under which subject a fact is granted or taken back, and the most it pays; None where nothing is to be done.

    What moderation took back comes again with the next that is visible, and no more of it than was taken; what staff
    took back does not.
    """
    entry, undoing = live_entry(
        session,
        estate_id=estate_id,
        account_id=fact.account_id,
        reason=fact.reason,
        subject=fact.subject,
    )
    if fact.hidden:
        return (entry.subject, None) if entry and undoing is None else None
    if entry is None:
        return fact.subject, None
    if undoing is None or undoing.by is not None or undoing.amount == 0:
        return None
    return f"{fact.subject}#{int(entry.subject.partition('#')[2] or 1) + 1}", -undoing.amount


def settle_fact(
    session: Session, *, estate_id: UUID, fact: Fact, lines: Sequence[RateLine], now: datetime
) -> bool:
    """Grant for a fact, or take back for a hidden one, once however often it is told; whether a line was written."""
    member = lock_member(session, estate_id=estate_id, account_id=fact.account_id)
    if member is None or not _concerns(member, fact):
        return False
    due = _due(session, estate_id, fact)
    if due is None:
        return False
    if fact.hidden:
        return _take_back(session, member, fact, now)
    subject, most = due
    points = points_now(session, member, reason=fact.reason, on_day=fact.on_day, lines=lines)
    if most is not None:
        points = min(points, most)
    if points == 0:
        return False
    write_entry(
        session,
        member,
        reason=fact.reason,
        subject=subject,
        amount=points,
        now=now,
        on_day=fact.on_day,
        note=fact.note,
    )
    return True


def _take_back(session: Session, member: CreditMember, fact: Fact, now: datetime) -> bool:
    entry, _ = live_entry(
        session,
        estate_id=member.estate_id,
        account_id=member.account_id,
        reason=fact.reason,
        subject=fact.subject,
    )
    if entry is None:
        return False
    reverse(session, member, entry, now=now, note=entry.note)
    return True


def reverse(
    session: Session,
    member: CreditMember,
    entry: CreditEntry,
    *,
    now: datetime,
    note: str,
    by: UUID | None = None,
) -> None:
    """Take a granted line back, no more than is there; the database knows no second time.

    Points put aside for what waits to be collected are not spent yet: as far as they are needed those requests end.
    """
    whose = {"estate_id": member.estate_id, "account_id": member.account_id}
    release_waiting(session, member, short=entry.amount - balance_of(session, **whose), now=now)
    balance = balance_of(session, **whose)
    write_entry(
        session,
        member,
        reason=Reason.REVERSAL,
        subject=f"entry:{entry.id}",
        amount=taken_back(entry.amount, balance),
        now=now,
        on_day=day_of(now),
        refers_id=entry.id,
        by=by,
        note=note,
    )


def points_now(
    session: Session,
    member: CreditMember,
    *,
    reason: Reason,
    on_day: date,
    lines: Sequence[RateLine],
    times: int = 1,
) -> int:
    """What one more deed of that day earns this person, by the rate and the limits; the caller holds his lock."""
    whose = {"estate_id": member.estate_id, "account_id": member.account_id}
    first, after = span(quarter_of(on_day))
    return points_for(
        rate_on(lines, reason, on_day),
        counted_today=count_deeds(
            session, **whose, reason=reason, first=on_day, after=on_day + timedelta(days=1)
        ),
        counted_this_quarter=count_deeds(session, **whose, reason=reason, first=first, after=after),
        times=times,
    )


def move_cursor(session: Session, *, estate_id: UUID, source: str, read_until: datetime) -> None:
    """The next reading begins here, a little earlier to be sure."""
    session.merge(CreditCursor(estate_id=estate_id, source=source, read_until=read_until))
    session.flush()
