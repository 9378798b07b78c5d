"""The clocks of a work order: the reference's vectors, pauses, levels, rules by date, and what never runs backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid
from app.rules.calendar import BEIJING
from app.rules.maintenance.clockrules import DEFAULT, ClockKind, Rule, Situation, Urgency, rule_for
from app.rules.maintenance.clocks import (
    TELLS,
    Clock,
    Level,
    Pause,
    Run,
    Told,
    ensure_extendable,
    level_of,
)
from app.rules.maintenance.pauses import PAUSES, WORK_PAUSES, PauseReason, pause_until
from app.rules.maintenance.terms import Measure, Term
from app.rules.maintenance.workcalendar import OFFICE_HOURS, PROPERTY_HOURS, WorkCalendar
from tests.rules.maintenance.calendars import CALENDAR

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta.resolution
DUE_DAYS = Term(Measure.CALENDAR_DAYS, 4)


def beijing(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)


def clock(run: Run, term: Term) -> Clock:
    return Clock(run, term, CALENDAR)


@pytest.mark.parametrize("filed_at", [time(0, 0), time(9, 30), time(23, 59, 59)])
@pytest.mark.parametrize(
    ("filed", "days", "last", "provisional"),
    [
        (date(2026, 2, 13), 3, date(2026, 2, 25), False),
        (date(2026, 9, 18), 5, date(2026, 9, 24), False),
        (date(2026, 9, 24), 3, date(2026, 9, 30), False),
        (date(2026, 4, 30), 2, date(2026, 5, 7), False),
        (date(2026, 10, 9), 1, date(2026, 10, 10), False),
        (date(2025, 12, 31), 2, date(2026, 1, 5), False),
        (date(2026, 12, 31), 1, date(2027, 1, 4), True),
    ],
)
def test_the_reference_vectors_are_due_at_the_end_of_their_day(
    filed: date, days: int, last: date, provisional: bool, filed_at: time
) -> None:
    run = Run(datetime.combine(filed, filed_at, BEIJING))
    due = clock(run, Term(Measure.WORKING_DAYS, days)).due()
    assert due == (datetime.combine(last + DAY, time(), BEIJING), provisional)


def test_clock_hours_run_through_night_and_holiday_to_the_minute() -> None:
    run = Run(beijing(2026, 10, 1, 23, 7))
    assert clock(run, Term(Measure.CLOCK_HOURS, 2)).due() == (beijing(2026, 10, 2, 1, 7), False)


def test_working_hours_are_those_of_the_party() -> None:
    run, term = Run(beijing(2026, 10, 1, 20)), Term(Measure.WORKING_HOURS, 2)
    assert Clock(run, term, CALENDAR, PROPERTY_HOURS).due().at == beijing(2026, 10, 2, 10)
    assert Clock(run, term, CALENDAR, OFFICE_HOURS).due().at == beijing(2026, 10, 8, 11)


def test_levels_are_reached_at_half_four_fifths_once_twice_and_three_times_the_term() -> None:
    four = clock(Run(beijing(2026, 6, 1, 12)), DUE_DAYS)
    at = {level: four.reaches(level).at for level in Level}
    assert [at[level] for level in Level] == [
        beijing(2026, 6, 2), beijing(2026, 6, 4), beijing(2026, 6, 5, 4, 48),
        beijing(2026, 6, 6), beijing(2026, 6, 10), beijing(2026, 6, 14),
    ]  # fmt: skip
    for before, level in zip(Level, list(Level)[1:], strict=False):
        assert (four.level(at[level] - TICK), four.level(at[level])) == (before, level)
        stored = [(one, at[one]) for one in Level]
        assert level_of(stored, at[level]) is level
    assert four.level(beijing(2026, 6, 1, 12)) is Level.WITHIN
    assert four.level(beijing(2036, 6, 1)) is Level.TRIPLE


def test_each_level_tells_those_before_it_and_the_last_the_street_office() -> None:
    for before, level in zip(Level, list(Level)[1:], strict=False):
        assert set(TELLS[before]) <= set(TELLS[level])
    assert Told.STREET in TELLS[Level.TRIPLE]
    assert Told.STREET not in TELLS[Level.DOUBLE]


def test_a_pause_moves_the_due_time_by_its_length_and_an_early_return_moves_it_back() -> None:
    start = beijing(2026, 6, 1, 12)
    pause = Pause(beijing(2026, 6, 3), beijing(2026, 6, 6))
    assert clock(Run(start, (pause,)), DUE_DAYS).due().at == beijing(2026, 6, 9)
    back = pause._replace(resumed=beijing(2026, 6, 4))
    assert clock(Run(start, (back,)), DUE_DAYS).due().at == beijing(2026, 6, 7)


def test_a_pause_ends_by_itself_on_its_day_whether_or_not_anybody_resumes() -> None:
    pause = Pause(beijing(2026, 6, 3), beijing(2026, 6, 6))
    late = pause._replace(resumed=beijing(2026, 6, 20))
    for one in (pause, late):
        running = clock(Run(beijing(2026, 6, 1, 12), (one,)), DUE_DAYS)
        assert running.is_paused(beijing(2026, 6, 6) - TICK)
        assert not running.is_paused(beijing(2026, 6, 6))
        assert running.due().at == beijing(2026, 6, 9)


def test_a_pause_after_the_due_time_makes_nothing_in_time_again() -> None:
    run = Run(beijing(2026, 6, 1, 12), (Pause(beijing(2026, 6, 7), beijing(2026, 6, 20)),))
    late = clock(run, DUE_DAYS)
    assert late.due().at == beijing(2026, 6, 6)
    assert late.level(beijing(2026, 6, 19)) is Level.DUE
    assert late.is_overdue(beijing(2026, 6, 19))


def test_a_pause_over_rest_days_gives_no_working_time_away() -> None:
    # Friday evening to Monday morning: one term of working days loses nothing.
    term = Term(Measure.WORKING_DAYS, 3)
    run = Run(beijing(2026, 6, 4, 12), (Pause(beijing(2026, 6, 6), beijing(2026, 6, 8)),))
    assert clock(run, term).due() == clock(replace(run, pauses=()), term).due()


def test_what_stopped_late_stays_late_and_what_stopped_in_time_never_becomes_late() -> None:
    started, years_on = beijing(2026, 6, 1, 12), beijing(2030, 1, 1)
    for stopped, late in ((beijing(2026, 6, 6) - TICK, False), (beijing(2026, 6, 6), True)):
        assert clock(Run(started, stopped=stopped), DUE_DAYS).is_overdue(years_on) is late


def test_an_extension_adds_to_the_term_once_and_not_more_than_the_term() -> None:
    run = Run(beijing(2026, 6, 1, 12))
    ensure_extendable(run, 4, DUE_DAYS)
    longer = replace(run, extended=2)
    assert clock(longer, DUE_DAYS).due().at == beijing(2026, 6, 8)
    with pytest.raises(Conflict, match="延长过一次"):
        ensure_extendable(longer, 1, DUE_DAYS)
    for wrong in (0, 5, True):
        with pytest.raises(Invalid):
            ensure_extendable(run, wrong, DUE_DAYS)


def test_an_order_keeps_the_term_it_was_given_when_the_rule_changes() -> None:
    order, on = Situation("lift", Urgency.ORDINARY), date(2026, 6, 1)
    old = Rule(ClockKind.REPAIR, Term(Measure.CALENDAR_DAYS, 7), date(2026, 1, 1))
    new = Rule(ClockKind.REPAIR, Term(Measure.CALENDAR_DAYS, 3), date(2026, 6, 2))
    given = rule_for([old, new], ClockKind.REPAIR, order, on).term
    assert Term.from_json(given.to_json()) == given == old.term
    assert rule_for([old, new], ClockKind.REPAIR, order, on + DAY).term == new.term


def test_the_more_a_rule_names_the_nearer_it_is_whatever_its_day() -> None:
    order = Situation("lift", Urgency.URGENT, "firm", "common")
    plain = Rule(ClockKind.REPAIR, Term(Measure.CALENDAR_DAYS, 7), date(2026, 5, 1))
    by_place = replace(plain, place="common", valid_from=date(2026, 1, 1))
    by_category = replace(plain, category="lift", valid_from=date(2025, 1, 1))
    by_two = replace(plain, urgency=Urgency.URGENT, party="firm", valid_from=date(2024, 1, 1))
    others = [replace(by_two, category="road"), replace(by_two, valid_to=date(2026, 5, 31))]
    on = date(2026, 6, 1)
    for rules, nearest in (
        ([plain, *others], plain),
        ([plain, by_place, *others], by_place),
        ([plain, by_place, by_category, *others], by_category),
        ([plain, by_place, by_category, by_two, *others], by_two),
    ):
        assert rule_for(rules, ClockKind.REPAIR, order, on) is nearest
    with pytest.raises(LookupError):
        rule_for(others, ClockKind.REPAIR, order, on)


def test_the_default_has_a_rule_for_every_clock_and_urgency_and_rework_is_shorter() -> None:
    for urgency in Urgency:
        terms = {
            kind: rule_for(DEFAULT, kind, Situation("lift", urgency), date(2026, 6, 1)).term
            for kind in ClockKind
        }
        assert terms[ClockKind.REWORK].length() < terms[ClockKind.REPAIR].length()


def test_a_term_that_is_no_term_is_refused() -> None:
    for wrong in (None, {}, {"measure": "weeks", "amount": 1}, {"measure": "clock_hours", "amount": 0}):
        with pytest.raises(Invalid):
            Term.from_json(wrong)
    with pytest.raises(Invalid):
        Term(Measure.CLOCK_HOURS, True)


def test_a_pause_lasts_to_the_end_of_its_day_and_no_longer_than_its_reason_allows() -> None:
    now = beijing(2026, 6, 1, 9)
    pause = pause_until(PauseReason.ACCESS, date(2026, 6, 8), now)
    assert pause == Pause(now, beijing(2026, 6, 9))
    for wrong in (date(2026, 5, 31), date(2026, 6, 9)):
        with pytest.raises(Invalid, match="7 天以内"):
            pause_until(PauseReason.ACCESS, wrong, now)
    assert set(WORK_PAUSES) == set(PAUSES) - {PauseReason.INFORMATION}


def test_a_provisional_due_time_becomes_firm_when_the_year_is_loaded() -> None:
    run, term = Run(beijing(2026, 12, 30, 9)), Term(Measure.WORKING_DAYS, 3)
    loaded = WorkCalendar(2, CALENDAR.settled | {2027}, {**CALENDAR.days, date(2027, 1, 3): True})
    assert clock(run, term).due() == (beijing(2027, 1, 6), True)
    assert Clock(run, term, loaded).due() == (beijing(2027, 1, 5), False)


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 10, 1)).map(lambda at: at.replace(tzinfo=UTC))
spans = st.integers(0, 20 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
terms = st.builds(Term, st.sampled_from(Measure), st.integers(1, 20))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    start = draw(starts)
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        begins = start + draw(spans)
        resumed = draw(st.none() | spans.map(lambda span, begins=begins: begins + span))
        pauses.append(Pause(begins, begins + draw(spans), resumed))
    return Run(start, tuple(pauses), draw(st.none() | spans.map(lambda span: start + span)))


@given(runs(), terms, spans, spans)
def test_time_used_and_level_never_go_back(run: Run, term: Term, one: timedelta, two: timedelta) -> None:
    ticking = Clock(run, term, CALENDAR, OFFICE_HOURS)
    first, second = run.started + one, run.started + one + two
    assert timedelta(0) <= ticking.elapsed(first) <= ticking.elapsed(second)
    assert ticking.level(first) <= ticking.level(second)


@given(runs(), terms)
def test_a_running_clock_reaches_each_level_exactly_when_so_much_is_used(run: Run, term: Term) -> None:
    running = Clock(replace(run, stopped=None), term, CALENDAR, OFFICE_HOURS)
    reached = [running.reaches(level).at for level in Level]
    assert reached == sorted(reached)
    for level, at in zip(list(Level)[1:], reached[1:], strict=True):
        assert running.level(at) is level
        assert running.level(at - TICK) < level


@given(runs(), terms, st.integers(1, 20), spans, spans)
def test_a_longer_term_and_one_more_pause_are_never_due_sooner(
    run: Run, term: Term, more: int, begins: timedelta, lasts: timedelta
) -> None:
    due = Clock(run, term, CALENDAR, OFFICE_HOURS).due().at
    longer = replace(term, amount=term.amount + more)
    assert Clock(run, longer, CALENDAR, OFFICE_HOURS).due().at > due
    start = run.started + begins
    paused = replace(run, pauses=(*run.pauses, Pause(start, start + lasts)))
    assert Clock(paused, term, CALENDAR, OFFICE_HOURS).due().at >= due
