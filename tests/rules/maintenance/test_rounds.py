"""Rounds of inspection: the rule of an interval, the list of lines, and that each line has a result."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.rounds import (
    EVERY_NAMES,
    MOST_LINES,
    PRESETS,
    Every,
    ensure_answered,
    read_lines,
    read_rule,
    rule_from,
    rule_of,
)


@given(st.sampled_from(Every), st.integers(1, 60))
def test_a_rule_is_read_back_as_it_was_written(every: Every, interval: int) -> None:
    assert read_rule(rule_of(every, interval)) == (every, interval)


@pytest.mark.parametrize("interval", [0, -1, 61, True, 1.5])
def test_an_interval_that_is_none_is_refused(interval: object) -> None:
    with pytest.raises(Invalid) as refusal:
        rule_of(Every.DAILY, interval)  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.field) == ("bad_interval", "interval")


@pytest.mark.parametrize(
    ("every", "first", "tail"),
    [
        (Every.MONTHLY, date(2026, 1, 28), ""),
        (Every.MONTHLY, date(2026, 1, 29), ";BYMONTHDAY=28,29;BYSETPOS=-1"),
        (Every.MONTHLY, date(2026, 1, 31), ";BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        (Every.YEARLY, date(2028, 2, 29), ";BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"),
        (Every.YEARLY, date(2026, 1, 31), ""),
        (Every.DAILY, date(2026, 1, 31), ""),
    ],
)
def test_a_day_that_some_months_lack_becomes_their_last(every: Every, first: date, tail: str) -> None:
    rule = rule_of(every, 1)
    assert rule_from(rule, first) == rule + tail


def test_lines_are_one_a_line_without_the_empty_ones() -> None:
    assert read_lines("  轿厢\n\n 层门  开关 \r\n") == ["轿厢", "层门 开关"]


@pytest.mark.parametrize("text", ["", " \n \n", "项\n" * (MOST_LINES + 1), "长" * 121])
def test_no_line_too_many_or_too_long_a_one_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_lines(text)
    assert refusal.value.field == "lines"


def test_the_first_line_without_a_result_is_named() -> None:
    ensure_answered(["fine", "failed"], ["轿厢", "层门"])
    for given_results in (["fine"], ["fine", ""]):
        with pytest.raises(Invalid) as refusal:
            ensure_answered(given_results, ["轿厢", "层门"])
        assert (refusal.value.field, refusal.value.values) == ("result-1", {"line": "层门"})


def test_every_preset_can_be_planned_as_it_stands() -> None:
    assert set(EVERY_NAMES) == set(Every)
    for preset in PRESETS:
        assert preset.category in CATEGORIES
        assert read_rule(rule_of(preset.every, preset.interval)) == (preset.every, preset.interval)
        assert read_lines("\n".join(preset.lines)) == list(preset.lines)
    lift = next(preset for preset in PRESETS if preset.key == "lift")
    assert (lift.every, lift.interval) == (Every.DAILY, 15)
