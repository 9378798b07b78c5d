"""Quarters, thresholds, and what the desk may see of sums."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.credits.honours import COUNTED, Honour, after, before, earned, quarter_of, span
from app.rules.credits.privacy import Sum, shown
from app.rules.credits.reasons import Reason

DAYS = st.dates(date(2010, 1, 1), date(2090, 12, 31))


@given(DAYS)
def test_every_day_lies_in_its_quarter_and_quarters_follow_without_a_gap(day: date) -> None:
    quarter = quarter_of(day)
    first, end = span(quarter)
    assert first <= day < end
    assert quarter_of(end) == after(quarter)
    assert quarter_of(first - timedelta(days=1)) == before(quarter)
    assert before(after(quarter)) == quarter


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026Q0", "2026Q", "1999Q1", "２０２６Q1", "2026Q11"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        span(text)


@pytest.mark.parametrize(
    ("deeds", "honours"),
    [
        ({}, set()),
        ({Reason.POST: 3}, set()),
        ({Reason.POST: 3, Reason.MEETING: 1}, {Honour.TALK}),
        ({Reason.VOLUNTEER: 2, Reason.REPORT: 2}, {Honour.VOLUNTEER, Honour.CARE}),
        ({Reason.BALLOT: 99}, set()),
        ({Reason.REDEMPTION: 99, Reason.REVERSAL: 99}, set()),
    ],
)
def test_honours_are_for_deeds_of_a_kind_and_never_for_ballots(
    deeds: dict[Reason, int], honours: set[Honour]
) -> None:
    assert earned(deeds) == honours
    assert all(Reason.BALLOT not in reasons for reasons in COUNTED.values())


SUMS = st.lists(
    st.builds(
        Sum, st.sampled_from(list(Reason)), st.integers(1, 30), st.integers(1, 99), st.integers(1, 999)
    ),
    unique_by=lambda one: one.reason,
)


@given(SUMS)
def test_no_figure_of_a_few_is_shown_nor_can_one_be_had_by_subtraction(sums: list[Sum]) -> None:
    seen = shown(sums)
    assert all(one.people >= 10 for one in seen.sums)
    assert {one.reason for one in seen.sums} | set(seen.small) == {one.reason for one in sums}
    assert (seen.total is None) == bool(seen.small)
    assert seen.total in {None, sum(one.points for one in sums)}
