"""Who answers: the dated table, the warranty before it, and the first receiver after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid
from app.rules.maintenance.responsible import (
    Basis,
    Duty,
    Handing,
    Holding,
    Reply,
    Responsible,
    ensure_refusable,
    holding,
    responsible_for,
)
from app.rules.maintenance.warranty import Cover, Decision

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
ON = date(2026, 6, 1)
BY = NOW + timedelta(days=1)
FIRST = Handing("property", NOW, BY)
PROPERTY = Duty("property", Basis.CONTRACT, date(2025, 1, 1))


def answers(*duties: Duty, warranty: Decision | None = None, on: date = ON) -> Responsible:
    return responsible_for(
        duties,
        facility="lift-3",
        fault="lift",
        on=on,
        fallback="committee",
        warranty=warranty,
        contractor="builder",
    )


def test_the_row_that_names_the_facility_comes_before_the_fault_and_both_before_the_rest() -> None:
    by_fault = replace(PROPERTY, party="firm", fault="lift", valid_from=date(2024, 1, 1))
    by_facility = replace(PROPERTY, party="maker", facility="lift-3", valid_from=date(2023, 1, 1))
    elsewhere = replace(PROPERTY, party="other", facility="lift-4", fault="lift")
    assert answers(PROPERTY, elsewhere).party == "property"
    assert answers(PROPERTY, by_fault, elsewhere).party == "firm"
    assert answers(PROPERTY, by_fault, by_facility, elsewhere).party == "maker"


def test_the_day_decides_first_and_last_day_included_and_the_newest_row_counts() -> None:
    old = replace(PROPERTY, party="old", valid_from=date(2020, 1, 1), valid_to=date(2024, 12, 31))
    newer = replace(PROPERTY, party="newer", valid_from=ON)
    assert answers(old, PROPERTY, on=date(2024, 12, 31)).party == "old"
    assert answers(old, PROPERTY, on=date(2025, 1, 1)).party == "property"
    assert answers(old, PROPERTY, newer).party == "newer"


def test_somebody_always_answers() -> None:
    assert answers() == Responsible("committee", Basis.DEFAULT)


@pytest.mark.parametrize(
    ("cover", "party"),
    [
        (Cover.NOT_ACCEPTED, "builder"),
        (Cover.COVERED, "builder"),
        (Cover.EXPIRED, "property"),
        (Cover.UNKNOWN, "property"),
    ],
)
def test_under_warranty_it_is_the_contractor(cover: Cover, party: str) -> None:
    assert answers(PROPERTY, warranty=Decision(cover)).party == party


def test_the_first_receiver_keeps_the_order_until_another_accepts() -> None:
    refused = replace(FIRST, reply=Reply.REFUSED)
    asked = Handing("utility", NOW, BY)
    assert holding([FIRST], NOW) == Holding("property", "property", needs_ruling=False)
    assert holding([refused, asked], NOW) == Holding("property", "utility", needs_ruling=False)
    accepted = replace(asked, reply=Reply.ACCEPTED)
    assert holding([refused, accepted], NOW) == Holding("utility", "", needs_ruling=False)


def test_silence_is_no_acceptance_but_calls_for_a_ruling_and_so_do_two_refusals() -> None:
    refused = replace(FIRST, reply=Reply.REFUSED)
    asked = Handing("utility", NOW, BY)
    assert not holding([refused, asked], BY - timedelta.resolution).needs_ruling
    assert holding([refused, asked], BY) == Holding("property", "utility", needs_ruling=True)
    twice = [refused, replace(asked, reply=Reply.REFUSED)]
    assert holding(twice, NOW) == Holding("property", "", needs_ruling=True)
    ruled = Handing("utility", NOW, BY, ruled=True)
    assert holding([*twice, ruled], BY) == Holding("utility", "", needs_ruling=False)


def test_a_refusal_needs_time_a_reason_and_no_ruling_against_it() -> None:
    ensure_refusable(FIRST, BY - timedelta.resolution, reason="属于供水公司")
    for handing, now, code in (
        (FIRST, BY, "refuse_late"),
        (replace(FIRST, ruled=True), NOW, "ruled"),
        (replace(FIRST, reply=Reply.ACCEPTED), NOW, "answered"),
    ):
        with pytest.raises(Conflict) as refusal:
            ensure_refusable(handing, now, reason="属于供水公司")
        assert refusal.value.code == code
    with pytest.raises(Invalid):
        ensure_refusable(FIRST, NOW, reason=" 不 归 我 们 ")


handings = st.builds(
    Handing,
    st.sampled_from("abc"),
    st.just(NOW),
    st.just(BY),
    st.none() | st.sampled_from(Reply),
    st.booleans(),
)


@given(st.lists(handings, min_size=1), st.sampled_from([NOW, BY]))
def test_an_order_has_exactly_one_holder_who_received_accepted_or_was_ruled(
    given: list[Handing], now: datetime
) -> None:
    held = holding(given, now)
    taken = [one.party for one in given if one.ruled or one.reply is Reply.ACCEPTED]
    assert held.party == (taken[-1] if taken else given[0].party)
    with pytest.raises(ValueError):
        holding([], now)
