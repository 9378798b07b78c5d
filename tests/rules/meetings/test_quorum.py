"""Quorum and majority: exact, by cross multiplication; half is not more than half."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.meetings.quorum import (
    HALF,
    Hands,
    Outcome,
    Quorum,
    Share,
    ensure_share,
    outcome,
    problems,
)


@pytest.mark.parametrize(
    ("eligible", "voters", "hands_for", "result"),
    [
        (100, 50, 50, Outcome.TOO_FEW),
        (100, 51, 26, Outcome.PASSED),
        # Half of 52 is not more than half.
        (100, 52, 26, Outcome.NOT_PASSED),
        (101, 51, 26, Outcome.PASSED),
        (3, 2, 2, Outcome.PASSED),
        (1, 1, 1, Outcome.PASSED),
        (0, 0, 0, Outcome.TOO_FEW),
    ],
)
def test_the_vectors_of_the_2018_text(eligible: int, voters: int, hands_for: int, result: Outcome) -> None:
    hands = Hands("换门禁", hands_for, 0, 0)
    assert outcome(hands, voters=voters, quorum=Quorum(eligible, HALF, HALF)) is result


def test_abstaining_counts_among_those_present_and_not_among_those_in_favour() -> None:
    quorum = Quorum(20, HALF, HALF)
    assert outcome(Hands("甲", 7, 0, 8), voters=15, quorum=quorum) is Outcome.NOT_PASSED
    assert outcome(Hands("甲", 8, 7, 0), voters=15, quorum=quorum) is Outcome.PASSED


@given(st.integers(1, 9), st.integers(2, 10), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_exceeded_exactly_and_least_is_the_first_that_does(num, den, part, whole) -> None:
    share = Share(num, den)
    assert share.exceeded(part, whole) == (whole > 0 and Fraction(part, whole) > Fraction(num, den))
    if whole:
        least = share.least(whole)
        assert share.exceeded(least, whole)
        assert not share.exceeded(least - 1, whole)


def test_figures_that_cannot_be_true_are_named_by_their_field() -> None:
    quorum = Quorum(100, HALF, HALF)
    many = [Hands("甲", 40, 20, 1), Hands(" ", 1, 0, 0)]
    assert [one.field for one in problems(many, voters=60, quorum=quorum)] == ["for-1", "decision-2"]
    assert [one.field for one in problems([], voters=101, quorum=quorum)] == ["voters"]
    assert [one.code for one in problems([], voters=1, quorum=Quorum(0, HALF, HALF))] == ["no_eligible"]
    assert problems([Hands("甲", 60, 0, 0)], voters=60, quorum=quorum) == []


@pytest.mark.parametrize("share", [Share(0, 2), Share(2, 2), Share(3, 2), Share(1, 101), Share(-1, 2)])
def test_a_share_lies_between_nothing_and_the_whole(share: Share) -> None:
    with pytest.raises(Invalid):
        ensure_share(share, field="attend_num")
