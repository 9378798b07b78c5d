"""What a client may list, and the window of ninety days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.maintenance.open311.instants import show_instant
from app.rules.maintenance.open311.listing import MOST_REQUESTS, Query, Status, read_query, status_in
from app.rules.maintenance.states import CLOSED, OPEN, OrderState

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
DAYS_90 = timedelta(days=90)


def query(**parameters: str) -> Query:
    return read_query({name: [value] for name, value in parameters.items()}, NOW)


def test_without_parameters_it_is_the_last_ninety_days_and_a_thousand_at_most() -> None:
    assert query() == Query((), (), OPEN | CLOSED, NOW - DAYS_90, NOW, MOST_REQUESTS)
    assert MOST_REQUESTS == 1000
    assert query(status="", start_date="", service_code="") == query()


def test_status_is_open_closed_or_both_and_no_other_word() -> None:
    assert query(status="open").states == OPEN
    assert query(status="closed").states == CLOSED
    assert query(status="open, closed").states == OPEN | CLOSED
    for wrong in ("Open", "fixed", "open,ghost"):
        with pytest.raises(Invalid, match="open 或 closed"):
            query(status=wrong)


def test_every_state_has_one_status() -> None:
    for state in OrderState:
        assert status_in(state) is (Status.CLOSED if state in CLOSED else Status.OPEN)
    assert status_in(OrderState.REPAIRED) is Status.OPEN


def test_codes_are_a_list_between_commas_known_or_not() -> None:
    assert query(service_code="lift, ghost").codes == ("lift", "ghost")


def test_ids_override_every_other_argument_even_a_wrong_one() -> None:
    asked = query(service_request_id="7,ghost,7", start_date="nonsense", status="ghost", service_code="lift")
    assert asked == Query(ids=("7", "ghost"))


@pytest.mark.parametrize(
    ("first", "last", "since", "until"),
    [
        ("2026-06-01T00:00:00Z", "", datetime(2026, 6, 1), datetime(2026, 8, 30)),
        ("2026-11-01T00:00:00Z", "", datetime(2026, 11, 1), datetime(2026, 11, 23, 1)),
        ("2027-01-01T00:00:00Z", "", datetime(2027, 1, 1), datetime(2027, 1, 1)),
        ("", "2026-06-01T00:00:00Z", datetime(2026, 3, 3), datetime(2026, 6, 1)),
        ("2026-03-03T00:00:00Z", "2026-06-01T00:00:00Z", datetime(2026, 3, 3), datetime(2026, 6, 1)),
    ],
)
def test_the_window_is_completed_to_ninety_days_and_not_beyond_now(
    first: str, last: str, since: datetime, until: datetime
) -> None:
    asked = query(start_date=first, end_date=last)
    assert (asked.since, asked.until) == (since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-02T23:59:59Z", "2026-06-01T00:00:00Z"),  # a second over ninety days
        ("2026-06-01T00:00:01Z", "2026-06-01T00:00:00Z"),
        ("2026-06-01T00:00:00", ""),
        ("", "2026-06-01"),
    ],
)
def test_a_longer_a_turned_or_a_zoneless_window_is_refused(first: str, last: str) -> None:
    with pytest.raises(Invalid):
        query(start_date=first, end_date=last)


def test_the_writing_of_the_zone_makes_no_difference() -> None:
    one = query(start_date="2026-11-01T08:00:00+08:00")
    assert one == query(start_date="2026-11-01T00:00:00Z") == query(start_date="2026-11-01T08:00:00 08:00")


@given(st.none() | st.integers(-400, 40), st.none() | st.integers(-400, 40))
def test_a_window_is_refused_or_between_nothing_and_ninety_days(first: int | None, last: int | None) -> None:
    bounds = {"start_date": first, "end_date": last}
    written = {
        name: show_instant(NOW + timedelta(days=days)) for name, days in bounds.items() if days is not None
    }
    try:
        asked = query(**written)
    except Invalid:
        assert first is not None
        assert last is not None
        assert not 0 <= last - first <= 90
        return
    assert asked.since is not None
    assert asked.until is not None
    assert timedelta(0) <= asked.until - asked.since <= DAYS_90
