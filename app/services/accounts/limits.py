"""Limits that look back over counted tries, so that they hold across restarts and servers."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, TooMany
from app.models.accounts import Attempt

LONGEST_WINDOW = timedelta(days=1)


def lock(session: Session, *, key: str) -> None:
    """Let only one transaction at a time count under this key; SQLite's writers queue anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key}
        )


def count(session: Session, *, key: str, window: timedelta, now: datetime) -> int:
    query = select(sa.func.count()).where(col(Attempt.key) == key, col(Attempt.at) > now - window)
    return int(session.exec(query).one())


def check(session: Session, *, key: str, limit: int, window: timedelta, now: datetime) -> None:
    """Raise `TooMany`, with the seconds until one more fits, when the window is full; count nothing."""
    if limit < 1:
        raise _too_many(window)
    # The try that must leave the window before the next one fits is the `limit`-th newest.
    query = (
        select(Attempt.at)
        .where(col(Attempt.key) == key, col(Attempt.at) > now - window)
        .order_by(col(Attempt.at).desc())
        .offset(limit - 1)
        .limit(1)
    )
    blocking = session.exec(query).one_or_none()
    if blocking is not None:
        raise _too_many(blocking + window - now)


def add(session: Session, *, key: str, now: datetime) -> None:
    """Count one try, whether or not the window is full."""
    session.add(Attempt(key=key, at=now))
    session.flush()


def hit(session: Session, *, key: str, limit: int, window: timedelta, now: datetime) -> None:
    """Count one try, or raise `TooMany`. The key stays locked to the end of the transaction.

    The refusal rolls the transaction back, so a refused try costs nothing and does not push the window
    forward.
    """
    if window > LONGEST_WINDOW:
        raise ValueError("tries older than LONGEST_WINDOW are cleared away")
    lock(session, key=key)
    check(session, key=key, limit=limit, window=window, now=now)
    add(session, key=key, now=now)


def clear_old(session: Session, *, now: datetime) -> int:
    """Delete the tries no window reaches any more; how many."""
    old = sa.delete(Attempt).where(col(Attempt.at) <= now - LONGEST_WINDOW)
    return session.connection().execute(old).rowcount


def _too_many(wait: timedelta) -> TooMany:
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    if seconds < 120:
        return TooMany(N_("操作太频繁了，请过 %(seconds)s 秒再试"), seconds=seconds)
    if seconds < 7200:
        return TooMany(
            N_("次数太多了，请过 %(minutes)s 分钟再试"), seconds=seconds, minutes=-(-seconds // 60)
        )
    return TooMany(N_("次数太多了，请过 %(hours)s 小时再试"), seconds=seconds, hours=-(-seconds // 3600))
