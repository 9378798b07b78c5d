"""Working days, midnight in Beijing, and what lateness leads to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.proposals.deadlines import (
    DEFAULT,
    AnswerRules,
    Level,
    answer_due,
    end_of,
    level_at,
    street_due,
    working_day_deadline,
)

TICK = timedelta(microseconds=1)


def weekend(day: date) -> bool:
    return day.weekday() >= 5


def national_day(day: date) -> bool:
    """2026: 1 to 7 October free, Saturday the 10th worked for it."""
    return date(2026, 10, 1) <= day <= date(2026, 10, 7) or (weekend(day) and day != date(2026, 10, 10))


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2026, 6, 1), 1, date(2026, 6, 2)),
        (date(2026, 6, 5), 1, date(2026, 6, 8)),  # a Friday
        (date(2026, 6, 6), 1, date(2026, 6, 8)),  # a Saturday
        (date(2026, 6, 1), 10, date(2026, 6, 15)),
    ],
)
def test_the_first_day_and_weekends_are_not_counted(start: date, days: int, last: date) -> None:
    assert working_day_deadline(start, days, weekend) == last


def test_holidays_are_skipped_and_a_saturday_worked_for_them_counts() -> None:
    assert working_day_deadline(date(2026, 9, 30), 1, national_day) == date(2026, 10, 8)
    assert working_day_deadline(date(2026, 9, 30), 3, national_day) == date(2026, 10, 10)


def test_a_deadline_that_cannot_be_counted_is_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one"):
        working_day_deadline(date(2026, 6, 1), 0, weekend)
    with pytest.raises(ValueError, match="no working day"):
        working_day_deadline(date(2026, 6, 1), 1, lambda _: True)


def test_the_day_counts_as_beijing_has_it() -> None:
    # 16:00 UTC on Sunday is already Monday.
    assert answer_due(datetime(2026, 6, 7, 16, tzinfo=UTC), AnswerRules(1, 1), weekend) == end_of(
        date(2026, 6, 9)
    )
    assert answer_due(datetime(2026, 6, 7, 15, tzinfo=UTC), AnswerRules(1, 1), weekend) == end_of(
        date(2026, 6, 8)
    )
    assert end_of(date(2026, 6, 8)) == datetime(2026, 6, 9, tzinfo=BEIJING)


def test_an_answer_is_late_at_midnight_and_the_street_hears_working_days_later() -> None:
    due = answer_due(datetime(2026, 6, 1, 12, tzinfo=BEIJING), DEFAULT, weekend)
    street = street_due(due, DEFAULT, weekend)
    assert (due, street) == (end_of(date(2026, 6, 15)), end_of(date(2026, 6, 22)))


def test_an_answer_is_escalated_from_the_instant_the_street_was_told_and_never_before() -> None:
    due = end_of(date(2026, 6, 15))
    told = end_of(date(2026, 6, 22)) + timedelta(seconds=1)
    levels = [level_at(due, told, now) for now in (due - TICK, due, told - TICK, told)]
    assert levels == [Level.WITHIN, Level.OVERDUE, Level.OVERDUE, Level.ESCALATED]


def test_an_answer_of_which_nobody_told_the_street_is_overdue_however_long_ago() -> None:
    due = end_of(date(2026, 6, 15))
    assert level_at(due, None, due + timedelta(days=900)) is Level.OVERDUE
    assert level_at(due, None, due - TICK) is Level.WITHIN


def test_an_estates_own_terms_survive_their_json_and_nonsense_is_refused() -> None:
    assert AnswerRules.from_json(DEFAULT.to_json()) == DEFAULT
    for wrong in ({}, {"answer_days": 0, "street_days": 5}, {"answer_days": 10, "street_days": True}, None):
        with pytest.raises(Invalid):
            AnswerRules.from_json(wrong)
