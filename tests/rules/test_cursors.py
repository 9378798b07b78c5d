"""Cursors: what was given out is read back, what was not is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.cursors import Mark, read_number, read_word

WHEN = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))


@given(WHEN, st.uuids())
def test_a_mark_is_read_back_to_the_microsecond(at: datetime, id: UUID) -> None:
    assert Mark.read(str(Mark(at, id))) == Mark(at, id)


@pytest.mark.parametrize("read", [Mark.read, read_number, read_word])
@given(text=st.text(max_size=60).filter(lambda text: not text.isalnum()))
def test_nothing_else_breaks_the_reader(read: Callable[[str], object], text: str) -> None:
    if "-" not in text:
        with pytest.raises(Invalid) as refused:
            read(text)
        assert (refused.value.code, refused.value.field) == ("bad_cursor", "cursor")


def test_an_instant_beyond_all_calendars_is_refused() -> None:
    with pytest.raises(Invalid):
        Mark.read(f"{'9' * 18}-{UUID(int=1).hex}")


@given(WHEN, WHEN, st.uuids(), st.uuids())
def test_of_two_rows_one_stands_further_up(one: datetime, other: datetime, a: UUID, b: UUID) -> None:
    first, second = Mark(one, a), Mark(other, b)
    assert first.is_before(second) + second.is_before(first) == (first != second)


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "٣", "1" * 10, "", " 1"])
def test_a_number_is_a_plain_one(text: str) -> None:
    with pytest.raises(Invalid):
        read_number(text)
