"""Faults that come back within the days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.rules.maintenance.recurrence import Fault, Link, chains, link_between, linked, predecessor

START = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta.resolution


def on(day: int) -> datetime:
    return START + timedelta(days=day)


ROOF = Fault("1", "roof_leak", on(0), on(10), facility="roof-3", building="3")


def test_a_fault_comes_back_from_its_closing_until_the_days_are_over() -> None:
    again = replace(ROOF, key="2", closed_at=None)
    for filed_at, link in (
        (on(10) - TICK, None),
        (on(10), Link.SAME_FACILITY),
        (on(100) - TICK, Link.SAME_FACILITY),
        (on(100), None),
    ):
        assert link_between(ROOF, replace(again, filed_at=filed_at), days=90) is link


def test_the_same_fault_elsewhere_in_the_building_is_a_weaker_link_and_another_fault_none() -> None:
    later = replace(ROOF, key="2", filed_at=on(20))
    assert link_between(ROOF, replace(later, facility="roof-4")) is Link.SAME_BUILDING
    assert link_between(ROOF, replace(later, facility="", building="")) is None
    assert link_between(replace(ROOF, facility="", building=""), later) is None
    assert link_between(ROOF, replace(later, fault="lift")) is None
    assert link_between(replace(ROOF, closed_at=None), later) is None


def test_the_predecessor_is_of_the_same_facility_first_and_then_the_last_closed() -> None:
    later = replace(ROOF, key="9", filed_at=on(50))
    building = replace(ROOF, key="2", facility="roof-4", closed_at=on(40))
    newer = replace(ROOF, key="3", closed_at=on(30))
    assert predecessor(later, [ROOF, building]) == (ROOF, Link.SAME_FACILITY)
    assert predecessor(later, [ROOF, newer, building, later]) == (newer, Link.SAME_FACILITY)
    assert predecessor(later, []) is None


def test_returns_form_one_chain_and_what_never_came_back_none() -> None:
    second = replace(ROOF, key="2", filed_at=on(30), closed_at=on(35))
    third = replace(ROOF, key="3", filed_at=on(120), closed_at=None)
    other = replace(ROOF, key="4", facility="roof-5", building="5", filed_at=on(40))
    assert chains([third, other, second, ROOF]) == [["1", "2", "3"]]


faults = st.lists(
    st.builds(
        Fault,
        st.integers(0, 1000),
        st.sampled_from(["roof_leak", "lift"]),
        st.integers(0, 200).map(on),
        st.none() | st.integers(0, 250).map(on),
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(["", "3"]),
    ),
    unique_by=lambda fault: fault.key,
    max_size=12,
)


@given(faults, st.integers(1, 120))
def test_an_order_stands_in_one_chain_at_most_and_each_after_a_link(
    given: list[Fault[int]], days: int
) -> None:
    by_key = {fault.key: fault for fault in given}
    found = chains(given, days)
    keys = [key for chain in found for key in chain]
    assert len(keys) == len(set(keys))
    for chain in found:
        assert len(chain) > 1
        for place, key in enumerate(chain[1:], 1):
            assert any(link_between(by_key[before], by_key[key], days) for before in chain[:place])


def test_stored_links_make_chains_and_what_follows_the_unknown_begins_one() -> None:
    follows = {1: None, 2: 1, 3: None, 4: 2, 5: 99, 6: 1, 7: 3}
    assert linked(follows) == [[1, 2, 4, 6], [3, 7], [5]]
