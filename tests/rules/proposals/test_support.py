"""How many homes must second, and for how long they may."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.proposals.support import (
    DEFAULT,
    Scope,
    ScopeRule,
    Support,
    SupportRules,
    count_homes,
    days_left,
    gathering_ends,
)


@pytest.mark.parametrize(
    ("scope", "homes", "needed"),
    [
        (Scope.ENTRANCE, 11, 3),  # 2.2 rounded up
        (Scope.ENTRANCE, 10, 2),  # exactly 2
        (Scope.ENTRANCE, 1, 1),  # never more than there are
        (Scope.ENTRANCE, 100, 5),
        (Scope.BUILDING, 20, 3),  # the minimum
        (Scope.BUILDING, 71, 8),
        (Scope.ESTATE, 640, 32),
        (Scope.ESTATE, 641, 33),
        (Scope.ESTATE, 3000, 50),
    ],
)
def test_the_threshold_is_rounded_up_between_its_minimum_and_maximum(
    scope: Scope, homes: int, needed: int
) -> None:
    assert DEFAULT.of(scope).needed(homes) == needed


def test_a_scope_without_homes_is_never_reached_by_nobody() -> None:
    for scope in Scope:
        assert not Support(0, DEFAULT.of(scope).needed(0)).reached


@given(st.integers(1, 5000), st.integers(1, 20), st.integers(1, 60), st.integers(0, 60))
def test_the_threshold_never_falls_when_homes_are_added_and_is_within_reach(
    homes: int, parts: int, minimum: int, more: int
) -> None:
    rule = ScopeRule(parts, minimum, minimum + more)
    needed = rule.needed(homes)
    assert 1 <= needed <= homes
    assert needed <= rule.needed(homes + 1)
    if minimum < needed < rule.maximum:
        assert (needed - 1) * 100 < homes * parts <= needed * 100


def test_a_household_counts_once_and_one_outside_the_scope_not_at_all() -> None:
    assert count_homes(["402", "402", "501", "elsewhere"], {"402", "501", "601"}) == 2


def test_what_is_short_is_nothing_exactly_when_reached() -> None:
    assert [(Support(homes, 3).short, Support(homes, 3).reached) for homes in (0, 2, 3, 4)] == [
        (3, False),
        (1, False),
        (0, True),
        (0, True),
    ]


def test_rules_survive_their_json() -> None:
    assert SupportRules.from_json(DEFAULT.to_json()) == DEFAULT


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("entrance", "parts"), 21, "entrance.parts"),
        (("entrance", "parts"), 0, "entrance.parts"),
        (("building", "minimum"), True, "building.minimum"),
        (("building", "maximum"), 2, "building.maximum"),
        (("estate", "maximum"), 5.0, "estate.maximum"),
        (("estate",), None, "estate"),
        (("gathering_days",), 366, "gathering_days"),
        (("unknown",), 1, "support"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_field(path: tuple[str, ...], value: object, field: str) -> None:
    written = deepcopy(DEFAULT.to_json())
    place = written
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(Invalid) as refusal:
        SupportRules.from_json(written)
    assert refusal.value.field == field


def test_the_days_left_count_today_and_reach_nothing_at_midnight_in_beijing() -> None:
    ends = gathering_ends(datetime(2026, 6, 1, 9, tzinfo=BEIJING), 3)
    assert ends == datetime(2026, 6, 5, tzinfo=BEIJING)
    assert days_left(ends, datetime(2026, 6, 1, 9, tzinfo=BEIJING)) == 4
    assert days_left(ends, datetime(2026, 6, 3, 15, 59, tzinfo=UTC)) == 2
    assert days_left(ends, datetime(2026, 6, 3, 16, tzinfo=UTC)) == 1
    assert days_left(ends, ends - timedelta(microseconds=1)) == 1
    assert days_left(ends, ends) == 0
