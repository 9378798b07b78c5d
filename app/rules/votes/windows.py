"""The window of a vote: wall-clock time in Beijing as a form gives it, and the window to propose."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING

OPENING = time(9)
CLOSING = time(21)
PROPOSED_DAYS = 14


def read_local(text: str, *, field: str) -> datetime:
    """The instant of `2026-12-09T09:00` in Beijing; raises `Invalid` for all else, a written offset included."""
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not 2020 <= local.year <= 2100:
        raise Invalid(N_("请填写日期和时间"), code="bad_time", field=field)
    return local.replace(tzinfo=BEIJING).astimezone(UTC)


def show_local(at: datetime) -> str:
    """The same text back, to the minute."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M")


def paper_until(closes_at: datetime, days: int) -> datetime:
    """Until when sheets handed in before `closes_at` may be entered: the end, 24:00 in Beijing, of the last of `days` days.

    The day of the closing is not counted (Civil Code arts. 201, 203); no day makes it the closing instant itself.
    """
    if days == 0:
        return closes_at
    last = closes_at.astimezone(BEIJING).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), BEIJING).astimezone(UTC)


def proposed_window(now: datetime, notice_days: int) -> tuple[datetime, datetime]:
    """The first 09:00 in Beijing that leaves the notice its days and one to spare, and 21:00 a fortnight later."""
    least = (now + timedelta(days=notice_days + 1)).astimezone(BEIJING)
    opens = datetime.combine(least.date(), OPENING, BEIJING)
    if opens < least:
        opens += timedelta(days=1)
    closes = datetime.combine(opens.date() + timedelta(days=PROPOSED_DAYS), CLOSING, BEIJING)
    return opens.astimezone(UTC), closes.astimezone(UTC)
