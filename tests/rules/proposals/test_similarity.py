"""Proposals that say the same, found by exact fractions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.proposals.similarity import THRESHOLD, compare, likeness, rank, similar, wording_of

sets = st.frozensets(st.sampled_from("abcdefgh"))


@given(sets, sets)
def test_likeness_is_a_fraction_between_nothing_and_one_and_mutual(
    one: frozenset[str], two: frozenset[str]
) -> None:
    top, bottom = similar(one, two)
    assert 0 <= top <= bottom
    assert bottom > 0
    assert similar(two, one) == (top, bottom)
    assert (top == bottom) is (one == two and bool(one))


def test_fractions_are_compared_without_division() -> None:
    assert compare((2, 6), (1, 3)) == 0
    assert compare((333333333333333333, 10**18), (1, 3)) < 0 < compare((333333333333333334, 10**18), (1, 3))


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        ("3号楼加装电梯", "三号楼2单元加装电梯的建议", True),
        ("建议修屋面，顶楼漏水", "顶楼漏水，希望修一下屋面", True),
        ("增加电动车充电桩", "电动自行车充电没有地方", True),
        ("3号楼加装电梯", "3号楼屋面漏水", False),
        ("12号楼2单元修门", "12号楼2单元停电", False),
        ("建议小区改造停车位", "希望小区改造下水道", False),
        ("", "", False),
    ],
)
def test_titles_are_alike_when_neighbours_would_say_so(one: str, two: str, alike: bool) -> None:
    assert (compare(likeness(wording_of(one, ""), wording_of(two, "")), THRESHOLD) >= 0) is alike


def test_the_title_weighs_three_times_the_text() -> None:
    one, two = wording_of("加装电梯", "老人上楼难"), wording_of("加装电梯", "管网漏水")
    assert compare(likeness(one, two), (3, 4)) == 0


def test_the_most_alike_come_first_equals_in_their_order_and_others_not_at_all() -> None:
    mine = wording_of("加装电梯", "")
    others = [
        (name, wording_of(title, "")) for name, title in enumerate(["修屋面", "装电梯", "加装电梯", "装电梯"])
    ]
    assert rank(mine, others) == [2, 1, 3]
    assert rank(mine, others, most=1) == [2]
