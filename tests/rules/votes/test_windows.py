"""The window: Beijing time in the form, UTC inside, and a proposal that leaves the notice its days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.votes.windows import proposed_window, read_local, show_local


def test_a_wall_clock_time_is_beijing_time() -> None:
    at = read_local("2026-12-09T09:00", field="opens_at")
    assert at == datetime(2026, 12, 9, 1, 0, tzinfo=UTC)
    assert show_local(at) == "2026-12-09T09:00"


@pytest.mark.parametrize(
    "text",
    ["", "明天", "2026-12-09T09:00+08:00", "2026-12-09T09:00Z", "2026-02-30T09:00", "0001-01-01T00:00"],
)
def test_anything_else_is_refused_and_never_guessed(text) -> None:
    with pytest.raises(Invalid) as refused:
        read_local(text, field="opens_at")
    assert refused.value.field == "opens_at"


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.integers(1, 60))
def test_the_proposal_opens_at_nine_with_a_day_to_spare_and_closes_at_nine_in_the_evening(now, days) -> None:
    opens, closes = proposed_window(now, days)
    assert timedelta(days=days + 1) <= opens - now < timedelta(days=days + 2)
    assert opens.astimezone(BEIJING).strftime("%H:%M") == "09:00"
    assert closes - opens == timedelta(days=14, hours=12)
