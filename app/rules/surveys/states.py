"""Where a survey stands by the clock, and until when sheets filled in at a door are still taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.errors import N_, Invalid
from app.rules.surveys.kinds import Per, State

# What was filled in without a network before the end may arrive later; the sheets carry when that was.
DOOR_GRACE = timedelta(days=2)
# A sheet taken in the last second is written a little later; the figures wait until every such one is there.
SETTLING = timedelta(minutes=10)
LONGEST = timedelta(days=180)


def state_at(
    published_at: datetime | None, opens_at: datetime | None, closes_at: datetime | None, now: datetime
) -> State:
    """The opening second is in, the closing second is out."""
    if published_at is None or opens_at is None or closes_at is None:
        return State.DRAFT
    if now < opens_at:
        return State.WAITING
    return State.OPEN if now < closes_at else State.CLOSED


def check_window(opens_at: datetime, closes_at: datetime, now: datetime) -> None:
    """Raises `Invalid` for an end that is past, before the beginning, or half a year off."""
    if closes_at <= max(opens_at, now):
        raise Invalid(N_("截止时间要在开始时间和现在之后"), field="closes_at")
    if closes_at - max(opens_at, now) > LONGEST:
        raise Invalid(N_("一次调查最长半年，请把截止时间提前"), field="closes_at")


def may_arrive(answered_at: datetime, opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether a sheet filled in at a door counts: within the window, or before its end and here soon after."""
    if opens_at <= now < closes_at:
        return True
    return opens_at <= answered_at < closes_at <= now < closes_at + DOOR_GRACE


def results_from(per: Per, closes_at: datetime) -> datetime:
    """When figures are first shown: not before the last sheet can have arrived, since whoever compared an earlier
    picture with a later one would read the few homes between."""
    return closes_at + SETTLING + (DOOR_GRACE if per is Per.HOME else timedelta())
