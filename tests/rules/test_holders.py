"""Whether a right code alone shows the same person, and when codes seem to be sent for their own sake."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.accounts import (
    BROWSER_KNOWN,
    NUMBER_RESTS,
    PROOF_BY_USE,
    PROOF_LIFE,
    is_same_holder,
    too_few_used,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def same(proved: timedelta, known: timedelta | None = None, forgotten: timedelta | None = None) -> bool:
    """Each as long ago as it says."""
    return is_same_holder(
        proved_at=NOW - proved,
        known_at=None if known is None else NOW - known,
        forgotten_at=None if forgotten is None else NOW - forgotten,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("proved", "known", "forgotten", "enough"),
    [
        (timedelta(days=60), None, None, True),
        (timedelta(days=60) + SECOND, None, None, False),
        (timedelta(days=61), timedelta(days=365), None, True),
        (timedelta(days=61), timedelta(days=365) + SECOND, None, False),
        (timedelta(days=61), timedelta(days=70), timedelta(days=69), False),
        (timedelta(days=61), timedelta(days=70), timedelta(days=70), False),
        (timedelta(days=61), timedelta(days=70), timedelta(days=71), True),
        (timedelta(days=3), None, timedelta(days=1), True),
    ],
)
def test_sixty_days_or_a_known_browser(proved, known, forgotten, enough):
    assert same(proved, known, forgotten) is enough


@given(lost=st.integers(0, 400), use=st.integers(0, 400), tried=st.integers(0, 800))
def test_no_use_of_a_session_lets_the_next_holder_in(lost, use, tried):
    """Proved by phone on day 0, lost on day `lost`, used to day `use`; the number rests ninety days from its loss."""
    renewed = min(use, PROOF_BY_USE.days)
    day = max(tried, lost + NUMBER_RESTS.days + 1)
    assert not same(timedelta(days=day - renewed))


def test_a_proof_and_its_use_together_last_no_longer_than_a_number_rests():
    assert PROOF_LIFE + PROOF_BY_USE <= NUMBER_RESTS < BROWSER_KNOWN


@pytest.mark.parametrize(
    ("sent", "used", "few"), [(49, 0, False), (50, 0, True), (50, 14, True), (50, 15, False), (50, 50, False)]
)
def test_fewer_than_three_of_ten_codes_used_is_too_few(sent, used, few):
    assert too_few_used(sent=sent, used=used) is few
