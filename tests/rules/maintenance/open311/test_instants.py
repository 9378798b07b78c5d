"""Times of the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.maintenance.open311.instants import read_instant, show_changeset, show_instant

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T09:00:00+08:00",
        "2026-11-23T01:00:00Z",
        "2026-11-23T09:00:00 08:00",  # a plus that was not escaped
        "2026-11-22T20:00:00-05:00",
        "2026-11-23T01:00Z",
        " 2026-11-23T01:00:00.000Z ",
    ],
)
def test_one_instant_has_many_writings(text: str) -> None:
    assert read_instant(text, field="start_date") == AT


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T09:00:00",  # no zone
        "2026-11-23",
        "2026-11-23 09:00:00+08:00",
        "20261123T090000Z",
        "2026-11-31T09:00:00Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T09:00:00+0800",
        "2026-11-23T09:00:00+99:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "２０２６-11-23T09:00:00Z",
        "yesterday",
        "",
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_parameter(text: str) -> None:
    with pytest.raises(Invalid, match="start_date") as refusal:
        read_instant(text, field="start_date")
    assert refusal.value.field == "start_date"


zones = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=zones))
def test_what_is_shown_is_read_back_to_the_second(at: datetime) -> None:
    assert read_instant(show_instant(at), field="x") == at.replace(microsecond=0)


def test_times_are_shown_in_beijing_with_their_zone() -> None:
    assert show_instant(AT) == "2026-11-23T09:00:00+08:00"
    assert show_changeset(AT) == "2026-11-23 01:00"
    with pytest.raises(ValueError):
        show_instant(datetime(2026, 11, 23))
