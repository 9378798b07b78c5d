"""The only reader of the wall clock, a clock that never jumps, and the calendar of the place: China Standard Time, UTC+8, no summer time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "UTC+08:00")


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 — this is the one place


# Linux counts the time asleep in another clock than the monotonic one.
_AWAKE_OR_NOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Seconds since some moment, sleep of the machine included; nobody sets this clock, so it is what the wall's is held to."""
    return time.clock_gettime(_AWAKE_OR_NOT)
