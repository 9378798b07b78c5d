"""The code at the door: this minute and the ones beside it, this meeting, this secret, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.meetings.door import SLOT_SECONDS, door_token, fits
from app.rules.meetings.states import is_door_open

SECRET, OTHER = b"one secret", b"another secret"
NOON = datetime(2026, 12, 5, 4, 0, 0, tzinfo=UTC)


@given(st.integers(0, 10**6), st.integers(-(10**4), 10**4))
def test_a_code_fits_in_its_own_minute_and_the_two_beside_it(start: int, later: int) -> None:
    meeting, shown = uuid4(), NOON + timedelta(seconds=start)
    read = shown + timedelta(seconds=later)
    apart = int(read.timestamp()) // SLOT_SECONDS - int(shown.timestamp()) // SLOT_SECONDS
    assert fits(SECRET, meeting, door_token(SECRET, meeting, shown), read) == (abs(apart) <= 1)


def test_a_photograph_is_stale_after_two_minutes() -> None:
    meeting = uuid4()
    token = door_token(SECRET, meeting, NOON)
    assert fits(SECRET, meeting, token, NOON + timedelta(seconds=119))
    assert not fits(SECRET, meeting, token, NOON + timedelta(seconds=120))


def test_a_code_belongs_to_one_meeting_and_one_secret() -> None:
    meeting = uuid4()
    token = door_token(SECRET, meeting, NOON)
    assert not fits(SECRET, uuid4(), token, NOON)
    assert not fits(OTHER, meeting, token, NOON)
    assert not fits(SECRET, meeting, "", NOON)
    assert not fits(SECRET, meeting, "签到", NOON)


@pytest.mark.parametrize(
    ("minutes", "is_open"), [(-31, False), (-30, True), (0, True), (119, True), (120, False)]
)
def test_the_door_is_open_from_half_an_hour_before_until_the_end(minutes: int, is_open: bool) -> None:
    assert is_door_open(NOON, NOON + timedelta(hours=2), NOON + timedelta(minutes=minutes)) is is_open
