"""The count itself: what is added to what, and that order and good will change nothing they should not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.votes.rulesets import NATIONAL, BallotMode, RuleSet, SilentRule, SpoiledRule
from app.rules.votes.tally import Entry, Result, count, count_both

PER_HEAD = replace(NATIONAL, ballot_mode=BallotMode.PER_HEAD)
SILENT = replace(NATIONAL, silent=SilentRule.FOLLOW_MAJORITY)

entries = st.builds(
    Entry,
    area=st.integers(1, 20_000),
    head=st.integers(0, 12),
    choice=st.sampled_from(["for", "against", "abstain", "spoiled", None]),
    served=st.booleans(),
)
rolls = st.lists(entries, min_size=1, max_size=30)
rules = st.builds(
    lambda mode, spoiled, silent: replace(NATIONAL, ballot_mode=mode, spoiled=spoiled, silent=silent),
    st.sampled_from(BallotMode),
    st.sampled_from(SpoiledRule),
    st.sampled_from(SilentRule),
)
matters = st.integers(1, 9)


def flats(*choices: str | None) -> list[Entry]:
    """Flats of 100 m² with an owner each, all served."""
    return [Entry(10_000, head, choice, served=True) for head, choice in enumerate(choices)]


@given(st.data(), rolls, rules, matters)
def test_the_order_of_the_roll_changes_nothing(
    data: st.DataObject, roll: list[Entry], rules: RuleSet, matter: int
) -> None:
    assert count(data.draw(st.permutations(roll)), rules, matter) == count(roll, rules, matter)


@given(rolls, rules, matters)
def test_every_area_and_every_head_is_counted_once(roll: list[Entry], rules: RuleSet, matter: int) -> None:
    tally = count(roll, rules, matter)
    assert tally.total_area == sum(entry.area for entry in roll)
    assert tally.total_heads == len({entry.head for entry in roll})
    for measure in ("area", "heads"):
        parts = (
            getattr(tally, f"{said}_{measure}") for said in ("for", "against", "abstain", "spoiled", "mixed")
        )
        part = getattr(tally, f"part_{measure}")
        assert part == sum(parts)
        assert 0 <= part <= getattr(tally, f"total_{measure}")


@given(st.data(), rolls, rules, matters)
def test_turning_an_against_into_a_for_never_loses_a_passed_vote(
    data: st.DataObject, roll: list[Entry], rules: RuleSet, matter: int
) -> None:
    if count(roll, rules, matter).result is Result.PASSED:
        changed = [
            entry._replace(choice="for") if entry.choice == "against" and data.draw(st.booleans()) else entry
            for entry in roll
        ]
        assert count(changed, rules, matter).result is Result.PASSED


def test_shortfalls_are_named_for_each_test_and_each_measure() -> None:
    tally = count(flats("for", "for", "for", "against", *[None] * 8), NATIONAL, 7)
    assert (tally.quorum.heads.short, tally.quorum.area.short) == (4, 40_000)
    assert (tally.majority.heads.short, tally.majority.area.short) == (0, 0)
    assert tally.result is Result.QUORUM_NOT_MET


def test_one_hundredth_of_a_metre_decides_quorum_and_majority() -> None:
    def vote(for_area: int, against_area: int) -> Result:
        roll = [
            Entry(for_area, 1, "for"),
            Entry(1, 2, "for"),
            Entry(1, 3, "for"),
            Entry(against_area, 4, "against"),
        ]
        return count(roll, NATIONAL, 7).result

    assert vote(29_998, 10_000) is Result.PASSED
    assert vote(29_997, 10_000) is Result.NOT_PASSED
    assert vote(29_998, 9_999) is Result.PASSED
    roll = [Entry(10_000, 1, "for"), Entry(10_000, 2, "for"), Entry(10_000, 3, None)]
    assert count(roll, NATIONAL, 4).result is Result.PASSED
    assert count([*roll[:2], Entry(10_001, 3, None)], NATIONAL, 4).result is Result.QUORUM_NOT_MET


def test_an_owner_voting_differently_for_two_flats_takes_part_and_is_neither_for_nor_against() -> None:
    roll = [Entry(6_000, "A", "for"), Entry(4_000, "A", "against"), Entry(10_000, "B", "for")]
    tally = count(roll, NATIONAL, 7)
    assert (tally.for_area, tally.against_area, tally.part_area) == (16_000, 4_000, 20_000)
    assert (tally.for_heads, tally.against_heads, tally.mixed_heads, tally.part_heads) == (1, 0, 1, 2)


def test_one_ballot_per_head_carries_all_the_flats_of_the_head() -> None:
    roll = [Entry(6_000, "A", "for"), Entry(4_000, "A", None), Entry(10_000, "B", "against")]
    assert count(roll, PER_HEAD, 4).for_area == 10_000
    assert count(roll, NATIONAL, 4).for_area == 6_000


def test_conflicting_ballots_of_one_head_never_make_it_a_supporter() -> None:
    tally = count([Entry(6_000, "A", "for"), Entry(4_000, "A", "against")], PER_HEAD, 4)
    assert (tally.part_area, tally.for_area, tally.mixed_area, tally.mixed_heads) == (10_000, 0, 10_000, 1)


def test_spoiled_ballots_help_the_quorum_or_the_majority_and_the_tally_says_when_they_decide() -> None:
    roll = flats("for", "for", "for", "for", "against", "spoiled", None, None, None)
    out = count(roll, NATIONAL, 4)
    assert (out.result, out.if_spoiled_otherwise) == (Result.QUORUM_NOT_MET, Result.PASSED)
    counted = count(roll, replace(NATIONAL, spoiled=SpoiledRule.PARTICIPATING), 4)
    assert (counted.result, counted.if_spoiled_otherwise) == (Result.PASSED, Result.QUORUM_NOT_MET)
    assert (out.spoiled_heads, counted.spoiled_heads, out.spoiled_ballots) == (0, 1, 1)


def test_no_note_where_spoiled_ballots_decide_nothing() -> None:
    assert count(flats("for", "for", "for", "for", "spoiled"), NATIONAL, 7).if_spoiled_otherwise is None


def test_the_silent_join_the_leading_choice_only_when_served() -> None:
    roll = [*flats("for", "for", "for", "against", None, None), Entry(10_000, "unserved", None)]
    without, with_silent = count_both(roll, NATIONAL, 3)
    assert (without.part_heads, without.result) == (4, Result.QUORUM_NOT_MET)
    assert (with_silent.part_heads, with_silent.for_heads, with_silent.result) == (6, 5, Result.PASSED)
    assert count(roll, NATIONAL, 3) == without
    assert count(roll, SILENT, 3) == with_silent


def test_the_silent_may_join_an_opposing_majority() -> None:
    assert count(flats("against", "against", "for", None), SILENT, 3).against_heads == 3


@pytest.mark.parametrize(
    "roll",
    [
        flats("for", "against", None, None),
        [*flats("for", "for", None), Entry(50_000, "big", "against")],
        flats(None, None),
        flats("spoiled", None),
    ],
    ids=["tie", "heads and area lead opposite ways", "nobody returned", "only spoiled"],
)
def test_nobody_is_added_where_no_choice_leads_both_ways(roll: list[Entry]) -> None:
    without, with_silent = count_both(roll, NATIONAL, 3)
    assert with_silent == without


def test_an_owner_who_returned_one_flat_is_not_silent_about_the_other() -> None:
    roll = [*flats("for", "for", "against"), Entry(10_000, 2, None, served=True)]
    assert count(roll, SILENT, 3).part_area == 30_000


def test_a_head_with_one_ballot_is_silent_only_when_all_its_flats_were_served() -> None:
    roll = [*flats("for"), Entry(10_000, "A", None, served=True), Entry(10_000, "A", None)]
    assert count(roll, replace(SILENT, ballot_mode=BallotMode.PER_HEAD), 3).part_heads == 1


def test_zero_ballots_meet_nothing() -> None:
    tally = count(flats(None, None), NATIONAL, 7)
    assert not tally.majority.area.met
    assert tally.majority.heads.fraction is None
    assert tally.result is Result.QUORUM_NOT_MET


def test_an_empty_scope_is_refused_and_never_a_quorum() -> None:
    with pytest.raises(Invalid) as refusal:
        count([], NATIONAL, 7)
    assert refusal.value.code == "empty_scope"


def test_a_choice_nobody_defined_is_a_fault_and_not_a_silent_loss() -> None:
    with pytest.raises(ValueError, match="spoiled"):
        count(flats("yes"), NATIONAL, 7)


def test_counting_grows_linearly() -> None:
    def seconds(size: int) -> float:
        roll = [Entry(8_000 + i % 50, i * 2 // 3, ("for", "against", None)[i % 3]) for i in range(size)]
        best = 9e9
        for _ in range(3):
            start = time.process_time()
            count(roll, NATIONAL, 7)
            best = min(best, time.process_time() - start)
        return best

    large = seconds(100_000)
    assert large < 0.5
    assert large / seconds(10_000) < 20
