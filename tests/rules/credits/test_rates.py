"""Rates by their days, limits by day and quarter, and what a change may not be."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.credits.rates import DEFAULTS, Rate, RateLine, check_hours, check_line, points_for, rate_on
from app.rules.credits.reasons import EARNING, REASON_HINTS, REASON_NAMES, Reason

DAY = date(2026, 11, 23)
POST = Reason.POST


def line(start: date, number: int, points: int, reason: Reason = POST) -> RateLine:
    return RateLine(reason, start, number, Rate(points, 1, 9))


def test_without_a_line_the_default_holds_and_every_way_to_earn_has_one() -> None:
    assert set(DEFAULTS) == set(EARNING) == set(REASON_HINTS)
    assert set(REASON_NAMES) == set(Reason)
    assert rate_on((), POST, DAY) == DEFAULTS[POST]


def test_the_line_that_began_last_holds_and_of_one_day_the_later_one() -> None:
    lines = [
        line(DAY, 1, 5),
        line(DAY + timedelta(days=9), 2, 6),
        line(DAY, 3, 7),
        line(DAY, 4, 9, Reason.BALLOT),
    ]
    assert rate_on(lines, POST, DAY - timedelta(days=1)) == DEFAULTS[POST]
    assert rate_on(lines, POST, DAY).points == 7
    assert rate_on(lines, POST, DAY + timedelta(days=8)).points == 7
    assert rate_on(lines, POST, DAY + timedelta(days=9)).points == 6


@given(st.integers(0, 300), st.integers(0, 9), st.integers(1, 9), st.integers(1, 20))
def test_doing_a_lot_of_the_same_is_worth_no_more_than_the_limits(
    deeds: int, points: int, per_day: int, per_quarter: int
) -> None:
    rate, counted, earned = Rate(points, per_day, per_quarter), 0, 0
    for deed in range(deeds):  # ten a day
        today = min(deed % 10, per_day) if counted < per_quarter else per_day
        gained = points_for(rate, counted_today=today, counted_this_quarter=counted)
        counted += gained > 0
        earned += gained
    assert earned <= points * per_quarter


def test_the_last_deed_within_a_limit_counts_whole_and_the_next_nothing() -> None:
    rate = Rate(3, 2, 5)
    assert points_for(rate, counted_today=1, counted_this_quarter=4) == 3
    assert points_for(rate, counted_today=2, counted_this_quarter=4) == 0
    assert points_for(rate, counted_today=0, counted_this_quarter=5) == 0
    assert points_for(rate, counted_today=0, counted_this_quarter=0, times=4) == 12


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (line(DAY, 1, 5), "valid_from"),
        (line(DAY - timedelta(days=3), 1, 5), "valid_from"),
        (line(DAY + timedelta(days=1), 1, 101), "points"),
        (line(DAY + timedelta(days=1), 1, 5, Reason.REDEMPTION), "reason"),
        (RateLine(POST, DAY + timedelta(days=1), 1, Rate(5, 0, 9)), "per_day"),
        (RateLine(POST, DAY + timedelta(days=1), 1, Rate(5, 1, 100)), "per_quarter"),
    ],
)
def test_a_change_that_is_too_early_or_out_of_bounds_is_refused_with_its_field(
    changed: RateLine, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_line(changed, today=DAY)
    assert refused.value.field == field


def test_a_change_from_tomorrow_on_is_allowed_and_so_is_one_to_nothing() -> None:
    check_line(line(DAY + timedelta(days=1), 1, 0), today=DAY)


@pytest.mark.parametrize("hours", [0, 9])
def test_volunteer_work_is_one_to_eight_hours(hours: int) -> None:
    check_hours(1)
    check_hours(8)
    with pytest.raises(Invalid):
        check_hours(hours)
