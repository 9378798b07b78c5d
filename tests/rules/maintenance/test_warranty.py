"""Warranty decided by date: the statutory terms, seasons, contracts, and the reminders before the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.maintenance.warranty import (
    CLASSES,
    COVER_NAMES,
    Cover,
    Decision,
    Item,
    Season,
    WarrantyClass,
    decide,
    decide_any,
    ensure_agreed,
    reminder_due,
    term_of,
    years_later,
)

W = WarrantyClass
ACCEPTED = date(2024, 11, 20)
WINTERS = [Season(date(year, 11, 15), date(year + 1, 3, 15)) for year in (2023, 2024, 2025, 2026)]


def filed(day: date) -> datetime:
    """The last second of that day in Beijing."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("kind", "agreed", "last"),
    [
        (W.WATERPROOFING, None, date(2029, 11, 20)),
        (W.WATERPROOFING, 8, date(2032, 11, 20)),
        (W.WATERPROOFING, 3, date(2029, 11, 20)),  # a contract below the law is void
        (W.INSTALLATION, None, date(2026, 11, 20)),
        (W.INSULATION, None, date(2029, 11, 20)),
        (W.STRUCTURE, 50, date(2074, 11, 20)),
        (W.AGREED, 1, date(2025, 11, 20)),
    ],
)
def test_a_report_filed_on_the_last_day_is_covered_and_one_a_day_later_is_not(
    kind: WarrantyClass, agreed: int | None, last: date
) -> None:
    item = Item(kind, ACCEPTED, agreed)
    assert decide(item, filed(last)) == Decision(Cover.COVERED, last)
    late = decide(item, filed(last) + timedelta(seconds=1))
    assert late == Decision(Cover.EXPIRED, last)
    assert not late.contractor_pays


def test_the_day_of_filing_is_the_one_in_beijing() -> None:
    item = Item(W.INSTALLATION, ACCEPTED)
    assert decide(item, datetime(2026, 11, 20, 15, 59, tzinfo=UTC)).contractor_pays
    assert not decide(item, datetime(2026, 11, 20, 16, tzinfo=UTC)).contractor_pays


def test_two_heating_seasons_are_two_whole_winters_and_not_two_years() -> None:
    # Accepted five days into a winter: that one is not whole.
    item = Item(W.HEATING, ACCEPTED)
    assert decide(item, filed(date(2027, 3, 15)), WINTERS) == Decision(Cover.COVERED, date(2027, 3, 15))
    assert decide(item, filed(date(2027, 3, 16)), WINTERS).cover is Cover.EXPIRED
    summer = Item(W.HEATING, date(2024, 6, 1))
    assert decide(summer, filed(date(2026, 3, 15)), WINTERS).last_day == date(2026, 3, 15)


def test_while_the_season_table_is_short_the_last_day_is_a_bound_and_marked() -> None:
    item = Item(W.HEATING, ACCEPTED)
    decision = decide(item, filed(date(2026, 1, 1)), WINTERS[:3])
    assert decision == Decision(Cover.COVERED, date(2027, 11, 20), provisional=True)
    assert decide(item, filed(date(2027, 11, 21)), []).cover is Cover.EXPIRED


@given(st.dates(date(2020, 1, 1), date(2028, 1, 1)), st.integers(2, 4))
def test_the_bound_is_never_earlier_than_the_seasons_will_have_it(accepted: date, agreed: int) -> None:
    winters = [Season(date(year, 11, 15), date(year + 1, 3, 15)) for year in range(2019, 2036)]
    item = Item(W.HEATING, accepted, agreed)
    known, bound = decide(item, filed(accepted), winters), decide(item, filed(accepted), [])
    assert known.last_day is not None
    assert bound.last_day is not None
    assert known.last_day <= bound.last_day
    assert (known.provisional, bound.provisional) == (False, True)


def test_before_acceptance_the_contractor_answers_and_without_a_recorded_term_nobody_guesses() -> None:
    assert decide(Item(W.WATERPROOFING, None), filed(ACCEPTED)).contractor_pays
    for kind in (W.STRUCTURE, W.AGREED):
        unknown = decide(Item(kind, ACCEPTED), filed(ACCEPTED))
        assert unknown.cover is Cover.UNKNOWN
        assert not unknown.contractor_pays
    assert set(COVER_NAMES) == set(Cover)


def test_a_contract_may_give_more_than_the_law_and_never_less() -> None:
    for kind, rule in CLASSES.items():
        least = rule.least or 1
        ensure_agreed(kind, least)
        assert term_of(Item(kind, ACCEPTED, least + 1)) == (least + 1, rule.unit)
        for wrong in (least - 1, 101, True):
            with pytest.raises(Invalid):
                ensure_agreed(kind, wrong if wrong is not True or least > 1 else 0)
        if rule.least is None:
            with pytest.raises(Invalid, match="请填写设计使用年限"):
                ensure_agreed(kind, None)
        else:
            ensure_agreed(kind, None)


def test_a_repaired_item_is_covered_by_its_own_later_term() -> None:
    old = Item(W.INSTALLATION, date(2020, 1, 1))
    repair = Item(W.AGREED, date(2026, 1, 1), 1)
    decision = decide_any([old, repair], filed(date(2026, 6, 1)))
    assert decision == Decision(Cover.COVERED, date(2027, 1, 1))
    assert decide_any([], filed(ACCEPTED)) is None


def test_a_leap_day_ends_on_the_last_of_february() -> None:
    assert years_later(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("left", "sent", "due"),
    [
        (91, [], None),
        (90, [], 90),
        (60, [90], None),
        (30, [90], 30),
        (30, [], 30),
        (0, [30], None),
        (0, [], 30),
        (-1, [], None),
    ],
)
def test_residents_are_asked_to_look_ninety_and_thirty_days_before_the_end_once_each(
    left: int, sent: list[int], due: int | None
) -> None:
    last = date(2026, 11, 20)
    assert reminder_due(last, last - timedelta(days=left), sent) == due
