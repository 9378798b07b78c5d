"""How long a person who posts fast has to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import TooMany
from app.rules.deliberations.pace import (
    MEMBER,
    NEW_FOR,
    NEWCOMER,
    Limit,
    ensure_pace,
    limits_for,
    longest_window,
    too_fast,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def ago(*seconds: int) -> list[datetime]:
    return [NOW - timedelta(seconds=second) for second in seconds]


def test_the_fourth_post_in_a_minute_waits_for_the_first_to_be_a_minute_old() -> None:
    assert too_fast(ago(10, 20), NOW) is None
    assert too_fast(ago(10, 40, 20), NOW) == 20 * SECOND
    assert too_fast(ago(10, 20, 40), NOW + 20 * SECOND - TICK) == TICK
    assert too_fast(ago(10, 20, 40), NOW + 20 * SECOND) is None


def test_the_longest_wait_of_all_limits_counts() -> None:
    an_hour_of_posts = ago(*range(0, 3000, 100))
    assert len(an_hour_of_posts) == 30
    assert too_fast(an_hour_of_posts, NOW) == timedelta(seconds=700)


def test_a_newcomer_is_slower_for_exactly_seven_days() -> None:
    assert limits_for(NOW - NEW_FOR + TICK, NOW) is NEWCOMER
    assert limits_for(NOW - NEW_FOR, NOW) is MEMBER
    assert too_fast(ago(1, 2), NOW, MEMBER) is None
    assert too_fast(ago(1, 2), NOW, NEWCOMER) == 58 * SECOND
    assert longest_window(MEMBER) == longest_window(NEWCOMER) == timedelta(days=1)


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(1, 4), st.integers(1, 100))
def test_after_the_wait_and_not_before_the_window_has_room(past: list[int], most: int, length: int) -> None:
    limit = Limit(most, length * SECOND)
    wait = too_fast(ago(*past), NOW, [limit]) or timedelta(0)

    def in_window(at: datetime) -> int:
        return sum(at - time < limit.window for time in ago(*past))

    assert in_window(NOW + wait) < most
    assert not wait or in_window(NOW + wait - TICK) >= most


def test_the_refusal_carries_whole_seconds_rounded_up_and_speaks_of_minutes_when_they_are_many() -> None:
    ensure_pace([], NOW)
    with pytest.raises(TooMany, match="20 秒") as refusal:
        ensure_pace([time + TICK for time in ago(10, 20, 41)], NOW)
    assert refusal.value.values["seconds"] == 20
    with pytest.raises(TooMany, match="12 分钟"):
        ensure_pace(ago(*range(0, 3000, 100)), NOW)
