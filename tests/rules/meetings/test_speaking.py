"""The speaking order: those who have not spoken first, then by time; vectors, and what must hold for any queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.meetings.kinds import SpeechState
from app.rules.meetings.speaking import Request, next_of, order, seconds_left

START = datetime(2026, 12, 5, 6, 0, tzinfo=UTC)
W, S, D, P = SpeechState.WAITING, SpeechState.SPEAKING, SpeechState.DONE, SpeechState.PASSED


def queue(text: str) -> list[Request]:
    """`a:D b:W` is a request of each person in the order of asking, a second apart."""
    states = {"W": W, "S": S, "D": D, "P": P}
    return [
        Request(place, one.split(":")[0], START + timedelta(seconds=place), states[one.split(":")[1]])
        for place, one in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("a:W b:W c:W", "a b c"),
        # a has spoken: b and c, who asked later, come first.
        ("a:D a:W b:W c:W", "b c a"),
        # Whoever speaks now has his turn.
        ("a:S b:D b:W c:W", "c b"),
        # A turn given up is no turn.
        ("a:P a:W b:W", "a b"),
        ("a:D b:D a:D a:W b:W", "b a"),
        ("a:D b:P", ""),
        ("", ""),
    ],
)
def test_the_order_is_as_written_down(asked: str, called: str) -> None:
    assert [one.who for one in order(queue(asked))] == called.split()


requests = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([W, S, D, P]), st.integers(0, 5)), max_size=20
)


@given(requests)
def test_nobody_is_called_before_somebody_who_spoke_less_and_nobody_is_lost(rows) -> None:
    listed = [
        Request(place, who, START + timedelta(seconds=at), state)
        for place, (who, state, at) in enumerate(rows)
    ]
    turns = {who: sum(1 for one in listed if one.who == who and one.state in (D, S)) for who in "abcd"}
    called = order(listed)
    assert sorted(one.key for one in called) == [one.key for one in listed if one.state is W]
    marks = [(turns[one.who], one.asked) for one in called]
    assert marks == sorted(marks)
    assert order(reversed(listed)) == called
    assert next_of(listed) == (called[0] if called else None)


def test_a_turn_has_the_same_length_for_everybody_and_never_less_than_nothing() -> None:
    assert seconds_left(START, START, 3) == 180
    assert seconds_left(START, START + timedelta(seconds=179), 3) == 1
    assert seconds_left(START, START + timedelta(hours=1), 3) == 0
