"""How fast one person may post, so that a flood from one phone does not drown the neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import N_, TooMany


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within any window of that length."""

    most: int
    window: timedelta


NEW_FOR = timedelta(days=7)
MEMBER = (
    Limit(3, timedelta(minutes=1)),
    Limit(30, timedelta(hours=1)),
    Limit(100, timedelta(days=1)),
)
NEWCOMER = (
    Limit(2, timedelta(minutes=1)),
    Limit(10, timedelta(hours=1)),
    Limit(20, timedelta(days=1)),
)


def limits_for(joined_at: datetime, now: datetime) -> tuple[Limit, ...]:
    """The narrower table for the first seven days in an estate."""
    return NEWCOMER if now - joined_at < NEW_FOR else MEMBER


def longest_window(limits: Sequence[Limit]) -> timedelta:
    """How far back the times must reach for `too_fast` to be right."""
    return max(limit.window for limit in limits)


def too_fast(times: Sequence[datetime], now: datetime, limits: Sequence[Limit] = MEMBER) -> timedelta | None:
    """How long to wait before the next post is within every limit, or None when it already is.

    `times` are when the person posted, in any order, at least as far back as `longest_window`.
    """
    newest_first = sorted(times, reverse=True)
    waits = [
        newest_first[limit.most - 1] + limit.window - now
        for limit in limits
        if len(newest_first) >= limit.most
    ]
    wait = max(waits, default=timedelta(0))
    return wait if wait > timedelta(0) else None


def ensure_pace(times: Sequence[datetime], now: datetime, limits: Sequence[Limit] = MEMBER) -> None:
    """Raises `TooMany` (code `too_fast`) with whole seconds to wait, rounded up."""
    wait = too_fast(times, now, limits)
    if wait is None:
        return
    seconds = -(-wait // timedelta(seconds=1))
    if seconds < 120:
        raise TooMany(
            N_("发言太快了，请过 %(seconds)s 秒再发，写好的内容会保留"), code="too_fast", seconds=seconds
        )
    raise TooMany(
        N_("发言太多了，请过 %(minutes)s 分钟再发，写好的内容会保留"),
        code="too_fast",
        seconds=seconds,
        minutes=-(-seconds // 60),
    )
