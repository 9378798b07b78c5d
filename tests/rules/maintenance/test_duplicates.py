"""Reports about the same fault, in points of a hundred."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.maintenance.duplicates import THRESHOLD, Filed, likeness, rank, terms_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MINE = Filed(
    "mine", ("estate", "b3", "e2", "lamp"), "lighting", "power", NOW, terms_of("三楼楼道灯不亮，晚上很黑")
)


def test_the_same_place_category_day_and_words_make_a_hundred() -> None:
    assert likeness(MINE, replace(MINE, key="other")) == 100


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (replace(MINE, terms=terms_of("灯坏了")), True),
        (replace(MINE, place=("estate", "b3", "e2"), terms=terms_of("楼道灯不亮")), True),
        (replace(MINE, place=("estate", "b3", "e2"), filed_at=NOW - 20 * DAY), True),
        (replace(MINE, place=("estate", "b3", "e1", "lamp")), True),  # same words, next entrance
        (
            replace(
                MINE, place=("estate", "b3", "e1", "lamp"), terms=terms_of("灯坏"), filed_at=NOW - 2 * DAY
            ),
            False,
        ),
        (replace(MINE, category="power", terms=terms_of("整个单元停电")), True),
        (replace(MINE, category="rubbish", family="green", terms=terms_of("门口堆满纸箱")), False),
        (replace(MINE, place=("estate", "b4", "e2", "lamp")), False),
        (replace(MINE, filed_at=NOW - 31 * DAY), False),
    ],
)
def test_reports_are_shown_to_each_other_when_neighbours_would_say_so(other: Filed[str], alike: bool) -> None:
    assert (likeness(MINE, other) >= THRESHOLD) is alike


def test_two_different_flats_are_never_one_fault() -> None:
    flat = replace(MINE, place=("estate", "b3", "e2", "301"), private=True)
    assert likeness(flat, replace(flat, place=("estate", "b3", "e2", "302"))) == 0
    assert likeness(flat, MINE) == 0
    assert likeness(flat, replace(flat, key="other")) == 100


def test_reports_of_the_whole_estate_are_compared_and_never_with_one_building() -> None:
    whole = replace(MINE, place=("estate",))
    assert likeness(whole, replace(whole, key="other")) == 100
    assert likeness(whole, MINE) == 0


def test_the_most_alike_come_first_oneself_never_and_equals_in_their_order() -> None:
    others = [
        replace(MINE, key="far", place=("estate", "b9")),
        replace(MINE, key="older", filed_at=NOW - 9 * DAY),
        replace(MINE, key="twin"),
        replace(MINE, key="second twin"),
        MINE,
    ]
    assert rank(MINE, others) == ["twin", "second twin", "older"]
    assert rank(MINE, others, most=1) == ["twin"]


filed = st.builds(
    Filed,
    st.integers(),
    st.lists(st.sampled_from("abc"), max_size=4).map(tuple),
    st.sampled_from(["lighting", "lift"]),
    st.sampled_from(["power", "lift"]),
    st.integers(-50, 50).map(lambda days: NOW + days * DAY),
    st.frozensets(st.sampled_from("pqrst")),
    st.booleans(),
)


@given(filed, filed)
def test_points_are_mutual_and_between_nothing_and_a_hundred(one: Filed[int], two: Filed[int]) -> None:
    points = likeness(one, two)
    assert isinstance(points, Fraction)
    assert 0 <= points <= 100
    assert likeness(two, one) == points
