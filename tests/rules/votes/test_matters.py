"""Thresholds at, below and above the line, the nine matters, and rules that survive the trip through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.votes.matters import MATTERS, MatterClass, Threshold, matter_of
from app.rules.votes.rulesets import NATIONAL, BallotMode, RuleSet

QUORUM, SPECIAL, ORDINARY = NATIONAL.quorum, NATIONAL.special, NATIONAL.ordinary
thresholds = st.sampled_from([QUORUM, SPECIAL, ORDINARY, Threshold(1, 1, strict=False)])


def test_items_six_to_eight_are_special_and_the_rest_ordinary() -> None:
    assert [code for code in MATTERS if MATTERS[code].kind is MatterClass.SPECIAL] == [6, 7, 8]
    assert list(MATTERS) == list(range(1, 10))


@pytest.mark.parametrize("code", [0, 10, "7", 7.0, True, None, [7]])
def test_a_matter_the_code_does_not_list_is_refused(code: object) -> None:
    with pytest.raises(Invalid) as refusal:
        matter_of(code)
    assert refusal.value.code == "unknown_matter"


@pytest.mark.parametrize(
    ("threshold", "whole", "least"),
    [
        (QUORUM, 12, 8),
        (QUORUM, 25, 17),
        (QUORUM, 301125, 200750),
        (QUORUM, 10**15 + 1, 666666666666668),
        (SPECIAL, 8, 6),
        (SPECIAL, 9, 7),
        (SPECIAL, 10, 8),
        (SPECIAL, 200750, 150563),
        (ORDINARY, 8, 5),
        (ORDINARY, 9, 5),
        (ORDINARY, 50001, 25001),
    ],
)
def test_one_below_misses_and_the_least_number_reaches(threshold: Threshold, whole: int, least: int) -> None:
    assert not threshold.reached_by(least - 1, whole)
    assert threshold.reached_by(least, whole)
    assert threshold.reached_by(least + 1, whole)
    assert threshold.short_by(least - 1, whole) == 1
    assert threshold.short_by(0, whole) == least


@given(thresholds, st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_shortfall_is_exactly_what_is_missing(threshold: Threshold, part: int, whole: int) -> None:
    short = threshold.short_by(part, whole)
    assert (short == 0) == threshold.reached_by(part, whole)
    if whole and short:
        assert threshold.reached_by(part + short, whole)
        assert not threshold.reached_by(part + short - 1, whole)


@pytest.mark.parametrize("threshold", [QUORUM, SPECIAL, ORDINARY])
def test_of_nothing_no_share_is_reached(threshold: Threshold) -> None:
    assert not threshold.reached_by(0, 0)
    assert threshold.short_by(0, 0) == 1


def test_the_national_rules_keep_the_contested_switches_off() -> None:
    told = NATIONAL.to_json()
    assert (told["ballot_mode"], told["silent"], told["parking"]) == ("per_unit", "none", "exclude")
    assert (told["spoiled"], told["notice_days"], told["objection_days"]) == ("not_participating", 15, 10)


def test_rules_come_back_from_json_unchanged() -> None:
    local = replace(NATIONAL, code="weifang", proxy_limit=3, ballot_mode=BallotMode.PER_HEAD)
    assert RuleSet.from_json(json.loads(json.dumps(local.to_json()))) == local


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("silent", "maybe"),
        ("silent", None),
        ("ballot_mode", ["per_unit"]),
        ("proxy_limit", -1),
        ("proxy_limit", True),
        ("proxy_limit", "3"),
        ("notice_days", 15.0),
        ("version", 0),
        ("code", " "),
        ("max_window_days", 4),
        ("quorum", "2/3"),
        ("quorum", {"top": 0, "bottom": 3, "strict": False}),
        ("special", {"top": 4, "bottom": 3, "strict": False}),
        ("ordinary", {"top": 1, "bottom": 1, "strict": True}),
        ("ordinary", {"top": 1, "bottom": 2, "strict": 1}),
        ("parkng", "include"),
    ],
)
def test_rules_with_a_wrong_or_unknown_entry_are_refused(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        RuleSet.from_json({**NATIONAL.to_json(), name: value})
    assert refusal.value.code == "bad_rules"


def test_rules_with_an_entry_missing_are_refused_rather_than_filled_in() -> None:
    told = NATIONAL.to_json()
    del told["silent"]
    with pytest.raises(Invalid):
        RuleSet.from_json(told)
