"""Offers and their clock, the thirty days of the court, the text's digest and the typed name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid, NotAllowed
from app.rules.calendar import BEIJING
from app.rules.mediation import agreements, clocks
from app.rules.mediation.agreements import CourtMark
from app.rules.mediation.checks import CheckState, is_due
from app.rules.mediation.offers import (
    MOST_FEN,
    SUMS,
    OfferKind,
    OfferState,
    OfferVerb,
    check_amount,
    decide,
    state_at,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def weekend(day: date) -> bool:
    return day.weekday() >= 5


@given(st.sampled_from(OfferKind), st.integers(-5, MOST_FEN + 5))
def test_money_goes_with_a_sum_and_with_nothing_else(kind: OfferKind, fen: int) -> None:
    fits = 0 < fen <= MOST_FEN if kind in SUMS else fen == 0
    if fits:
        assert check_amount(kind, fen) == fen
    else:
        with pytest.raises(Invalid):
            check_amount(kind, fen)


def test_the_last_day_of_an_offer_still_counts_whole() -> None:
    end = clocks.end_of_day(date(2026, 11, 23), now=NOW, most=180, field="last_day")
    assert end.astimezone(BEIJING) == datetime(2026, 11, 24, tzinfo=BEIJING)
    assert state_at(OfferState.OPEN, end, end - timedelta(microseconds=1)) is OfferState.OPEN
    assert state_at(OfferState.OPEN, end, end) is OfferState.EXPIRED
    assert state_at(OfferState.ACCEPTED, end, end) is OfferState.ACCEPTED
    for day in (date(2026, 11, 22), date(2027, 6, 1)):
        with pytest.raises(Invalid):
            clocks.end_of_day(day, now=NOW, most=180, field="last_day")


@pytest.mark.parametrize("state", list(OfferState))
@pytest.mark.parametrize("verb", list(OfferVerb))
@pytest.mark.parametrize("own", [True, False])
def test_the_other_side_answers_and_ones_own_takes_back(state, verb, own) -> None:
    wanted = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}[verb.value]
    if own is not (verb is OfferVerb.WITHDRAW):
        with pytest.raises(NotAllowed):
            decide(state, verb, is_own_side=own)
    elif state.value in {"open", wanted}:
        assert decide(state, verb, is_own_side=own).value == wanted
    else:
        with pytest.raises(Conflict):
            decide(state, verb, is_own_side=own)


# (day of taking effect, last day of the thirty)
COURT = [
    (date(2026, 11, 3), date(2026, 12, 3)),  # a Thursday
    (date(2026, 11, 5), date(2026, 12, 7)),  # Saturday rolls on to Monday
    (date(2026, 11, 6), date(2026, 12, 7)),  # Sunday too
    (date(2026, 12, 31), date(2027, 2, 1)),  # across the year, from Saturday 30 January
]


@pytest.mark.parametrize(("effective", "last"), COURT)
def test_the_day_of_effect_is_not_counted_and_a_rest_day_rolls_on(effective: date, last: date) -> None:
    until = clocks.court_end(effective, weekend)
    assert until.astimezone(BEIJING) == datetime.combine(
        last + timedelta(days=1), datetime.min.time(), BEIJING
    )
    evening = until - timedelta(hours=1)
    assert clocks.ensure_court_open(until, last, effective_on=effective, now=evening) == last
    assert clocks.whole_days_left(until, evening) == 1
    assert clocks.whole_days_left(until, until) == 0
    later = until + timedelta(days=2)
    with pytest.raises(Conflict, match="30 天"):
        clocks.ensure_court_open(until, last + timedelta(days=1), effective_on=effective, now=later)
    # Applied in time, noted too late: the day counts, not the note.
    assert clocks.ensure_court_open(until, last, effective_on=effective, now=later) == last
    for wrong in (effective - timedelta(days=1), later.astimezone(BEIJING).date() + timedelta(days=1)):
        with pytest.raises(Invalid):
            clocks.ensure_court_open(until, wrong, effective_on=effective, now=later)


def test_the_day_on_the_paper_lies_between_the_text_and_today() -> None:
    frozen = NOW - timedelta(days=2)
    assert clocks.check_paper_day(date(2026, 11, 23), frozen_at=frozen, now=NOW) == date(2026, 11, 23)
    assert clocks.check_paper_day(date(2026, 11, 21), frozen_at=frozen, now=NOW) == date(2026, 11, 21)
    for wrong in (date(2026, 11, 20), date(2026, 11, 24)):
        with pytest.raises(Invalid) as refused:
            clocks.check_paper_day(wrong, frozen_at=frozen, now=NOW)
        assert refused.value.field == "signed_on"


def test_a_month_is_usual() -> None:
    assert clocks.target_of(NOW, weekend).astimezone(BEIJING) == datetime(2026, 12, 24, tzinfo=BEIJING)


def test_a_check_is_due_from_its_day_on_until_it_was_made() -> None:
    assert is_due(CheckState.WAITING, date(2026, 11, 23), NOW)
    assert not is_due(CheckState.WAITING, date(2026, 11, 24), NOW)
    assert not is_due(CheckState.PERFORMED, date(2026, 11, 20), NOW)


@given(st.text(max_size=30), st.text(max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_another_text_or_version_has_another_digest(one: str, other: str, first: int, second: int) -> None:
    digests = {
        agreements.digest_of(case="c", number="2026-1", version=version, text=text)
        for version, text in ((first, one), (second, other))
    }
    assert len(digests) == (1 if (one, first) == (other, second) else 2)


def test_the_digest_is_written_as_it_was_published() -> None:
    digest = agreements.digest_of(case="c", number="2026-1", version=1, text="甲")
    # printf '%s' '{"case":"c","number":"2026-1","text":"甲","version":1}' | sha256sum
    assert digest == "6226d24dd2f6d0b1e16bebf6b01e5d08366f94d6a4a7e283cf1095a4f158ac99"
    assert agreements.shown("0123456789abcdef0123") == "0123 4567 89ab cdef"


def test_a_name_must_be_ones_own_but_spaces_do_not_matter() -> None:
    assert agreements.check_name(" 李 娜 ", "李娜") == "李娜"
    for typed in ("", "李", "李娜娜", "王伟"):
        with pytest.raises(Invalid) as refused:
            agreements.check_name(typed, "李娜")
        assert refused.value.field == "name"
    with pytest.raises(Invalid):
        agreements.check_name("", "")


def test_the_court_is_asked_first_and_answers_once() -> None:
    applied = {CourtMark.APPLIED}
    agreements.ensure_court_step(set(), CourtMark.APPLIED)
    agreements.ensure_court_step(applied, CourtMark.CONFIRMED)
    for marks, mark in (
        (set(), CourtMark.CONFIRMED),
        (set(), CourtMark.REFUSED),
        (applied, CourtMark.APPLIED),
        (applied | {CourtMark.REFUSED}, CourtMark.CONFIRMED),
        (applied | {CourtMark.CONFIRMED}, CourtMark.CONFIRMED),
    ):
        with pytest.raises(Conflict):
            agreements.ensure_court_step(marks, mark)


def test_everybody_must_have_confirmed_and_nobody_is_not_everybody() -> None:
    assert agreements.all_signed(["a", "b"], {"a", "b", "c"})
    assert not agreements.all_signed(["a", "b"], {"a"})
    assert not agreements.all_signed([], {"a"})
