"""The three honest rates: what counts above the line, what below, and what is left out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.maintenance.contractors import PerHundred, Work, line_of, median, whole_days
from app.rules.maintenance.rates import (
    RATE_NAMES,
    CallBack,
    Case,
    Rate,
    Rates,
    Rating,
    month_of,
    rates_by,
    rates_of,
)
from app.rules.maintenance.states import OrderState

S = OrderState
NOW = datetime(2026, 6, 30, tzinfo=UTC)
DUE = NOW - timedelta(days=10)
TICK, DAY = timedelta.resolution, timedelta(days=1)
FIXED = Case(S.CONFIRMED, DUE, DUE - DAY, DUE + DAY, rating=Rating.SATISFIED)


def test_answered_counts_only_what_was_due_and_the_due_instant_itself_is_late() -> None:
    cases = [
        Case(S.ACCEPTED, DUE, DUE - TICK),
        Case(S.ACCEPTED, DUE, DUE),
        Case(S.SUBMITTED, DUE),
        Case(S.ACCEPTED, NOW + TICK, DUE),  # answered, but not yet due
        Case(S.SUBMITTED, NOW),  # due this instant
        Case(S.SUBMITTED),
    ]
    assert rates_of(cases, NOW).answered == Rate(1, 4)


def test_what_was_withdrawn_or_merged_before_its_answer_was_owed_is_left_out_but_not_after() -> None:
    for state in (S.WITHDRAWN, S.DUPLICATE):
        assert rates_of([Case(state, DUE, ended_at=DUE - TICK)], NOW).answered == Rate(0, 0)
        assert rates_of([Case(state, DUE, ended_at=DUE)], NOW).answered == Rate(0, 1)
    assert rates_of([Case(S.WITHDRAWN, DUE, DUE - DAY, DUE - TICK)], NOW).answered == Rate(1, 1)


def test_resolved_is_confirmed_over_all_closed_except_duplicates_and_withdrawn() -> None:
    cases = [Case(state) for state in S]
    rates = rates_of(cases, NOW)
    # confirmed over confirmed, auto-closed, not ours, declined
    assert rates.resolved == Rate(1, 4)
    assert rates.rated == Rate(0, 4)


def test_what_was_sent_back_is_not_solved_at_first_and_stays_in_the_count_while_open() -> None:
    cases = [Case(S.CONFIRMED), Case(S.CONFIRMED, reopened=1), Case(S.REOPENED, reopened=1)]
    rates = rates_of(cases, NOW)
    assert (rates.resolved, rates.reworked) == (Rate(1, 3), Rate(1, 3))


def test_satisfied_is_of_the_rated_and_an_auto_closed_order_is_neither() -> None:
    cases = [
        FIXED,
        replace(FIXED, rating=Rating.FAIR),
        replace(FIXED, rating=None),
        replace(FIXED, state=S.AUTO_CLOSED),  # whatever a row may say
        Case(S.DECLINED, rating=Rating.DISSATISFIED),
        Case(S.DUPLICATE, rating=Rating.SATISFIED),
        Case(S.REOPENED, reopened=1, rating=Rating.SATISFIED),
    ]
    rates = rates_of(cases, NOW)
    assert rates.satisfied == Rate(1, 3)
    assert rates.rated == Rate(3, 6)


def test_call_backs_by_staff_stand_apart_and_those_not_reached_are_shown_and_not_counted() -> None:
    cases = [
        Case(S.AUTO_CLOSED, call_back=CallBack.SATISFIED),
        Case(S.AUTO_CLOSED, call_back=CallBack.DISSATISFIED),
        Case(S.AUTO_CLOSED, call_back=CallBack.NOT_REACHED),
    ]
    rates = rates_of(cases, NOW)
    assert (rates.called_back, rates.not_reached) == (Rate(1, 2), 1)
    assert rates.satisfied == rates.rated._replace(top=0, n=0)


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Rate(4, 4), "4/4"),
        (Rate(0, 0), "0/0"),
        (Rate(5, 5), "100.0%"),
        (Rate(9999, 10000), "99.9%"),
        (Rate(1, 6), "16.6%"),
        (Rate(0, 5), "0.0%"),
    ],
)
def test_no_percentage_under_five_and_a_hundred_only_when_it_is_all(rate: Rate, shown: str) -> None:
    assert rate.show() == shown


def test_rates_are_grouped_by_whatever_the_page_asks() -> None:
    by_month = rates_by([FIXED, Case(S.DECLINED)], lambda case: case.state, NOW)
    assert {key: rates.resolved for key, rates in by_month.items()} == {
        S.CONFIRMED: Rate(1, 1),
        S.DECLINED: Rate(0, 1),
    }
    assert month_of(datetime(2026, 5, 31, 16, tzinfo=UTC)) == "2026-06"
    assert set(RATE_NAMES) == {field.name for field in fields(Rates)} - {"not_reached"}


instants = st.none() | st.integers(-20, 20).map(lambda days: NOW + days * DAY)
cases = st.builds(
    Case,
    st.sampled_from(S),
    instants,
    instants,
    instants,
    st.integers(0, 2),
    st.none() | st.sampled_from(Rating),
    st.none() | st.sampled_from(CallBack),
)


@given(st.lists(cases))
def test_above_the_line_is_never_more_than_below_and_parts_never_more_than_the_whole(
    given: list[Case],
) -> None:
    rates = rates_of(given, NOW)
    for name in RATE_NAMES:
        rate = getattr(rates, name)
        assert 0 <= rate.top <= rate.n <= len(given)
        assert rate.tenths() is None or 0 <= rate.tenths() <= 1000
    assert rates.resolved.top + rates.reworked.top <= rates.resolved.n
    assert rates.satisfied.n == rates.rated.top
    auto = [replace(case, state=S.AUTO_CLOSED, reopened=0) for case in given]
    assert rates_of(auto, NOW).satisfied == Rate(0, 0)


def test_a_contractors_line_leaves_duplicates_out_and_counts_rework_over_repairs() -> None:
    works = [
        Work(S.CONFIRMED, in_warranty=True, took=3 * DAY),
        Work(S.CONFIRMED, in_warranty=True, took=6 * DAY, came_back=True, overdue=True),
        Work(S.REOPENED, in_warranty=False, reopened=1),
        Work(S.ASSIGNED, in_warranty=False),
        Work(S.DUPLICATE, in_warranty=True, took=90 * DAY),
    ]
    line = line_of(works, households=300)
    assert line.faults == PerHundred(4, 300)
    assert line.faults.tenths() == 14  # 1.33 per hundred, rounded up
    assert (line.in_warranty, line.reworked, line.overdue) == (Rate(2, 4), Rate(2, 3), Rate(1, 4))
    assert (line.median, line.repaired) == (4 * DAY + 12 * timedelta(hours=1), 2)


def test_a_median_is_the_middle_and_nothing_has_none() -> None:
    assert median([]) is None
    assert median([DAY, 2 * DAY, 9 * DAY]) == 2 * DAY
    assert (whole_days(DAY), whole_days(DAY + TICK)) == (1, 2)
    assert PerHundred(1, 0).tenths() is None
