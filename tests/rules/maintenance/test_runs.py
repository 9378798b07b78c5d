"""Clocks read from an order's history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.clocks import Pause, Run
from app.rules.maintenance.runs import Step, runs_of
from app.rules.maintenance.states import CLOSED, MOVES, OrderState

S, K = OrderState, ClockKind
START = datetime(2026, 6, 1, 9, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def history(*states: OrderState | Step) -> list[Step]:
    """One step an hour; a ready-made step keeps what it says."""
    return [one if isinstance(one, Step) else Step(one, at(hour), "a") for hour, one in enumerate(states)]


def test_a_plain_repair_runs_each_clock_from_its_own_step() -> None:
    runs = runs_of(history(S.SUBMITTED, S.ASSIGNED, S.ACCEPTED, S.IN_PROGRESS, S.REPAIRED, S.CONFIRMED))
    assert runs == {
        K.RESPONSE: Run(at(0), stopped=at(2)),
        K.PARTY_RESPONSE: Run(at(1), stopped=at(2)),
        K.REFUSAL: Run(at(1), stopped=at(2)),
        K.REPAIR: Run(at(2), stopped=at(4)),
        K.CONFIRM: Run(at(4), stopped=at(5)),
        K.APPEAL: Run(at(5)),
    }


def test_another_party_gets_its_own_response_clock_and_residents_keep_theirs() -> None:
    other = Step(S.ASSIGNED, at(2), "b")
    runs = runs_of(history(S.SUBMITTED, S.ASSIGNED, other))
    assert runs[K.RESPONSE] == Run(at(0))
    assert runs[K.PARTY_RESPONSE] == runs[K.REFUSAL] == Run(at(2))


def test_the_repair_clock_runs_on_while_the_order_changes_hands() -> None:
    other = Step(S.ASSIGNED, at(3), "b")
    runs = runs_of(history(S.SUBMITTED, S.ASSIGNED, S.ACCEPTED, other, Step(S.ACCEPTED, at(9), "b")))
    assert runs[K.REPAIR] == Run(at(2))
    assert runs[K.RESPONSE].stopped == at(2)
    assert runs[K.PARTY_RESPONSE] == Run(at(3), stopped=at(9))


def test_a_question_pauses_until_its_answer_and_the_same_party_goes_on() -> None:
    asked = Step(S.NEED_INFO, at(2), "a", until=at(50))
    runs = runs_of(history(S.SUBMITTED, S.ASSIGNED, asked, S.ASSIGNED))
    pause = Pause(at(2), at(50), at(3))
    assert runs[K.RESPONSE] == Run(at(0), (pause,))
    assert runs[K.PARTY_RESPONSE] == Run(at(1), (pause,))


def test_waiting_pauses_the_repair_with_its_end_date() -> None:
    waiting = Step(S.WAITING, at(3), "a", until=at(30))
    runs = runs_of(history(S.SUBMITTED, S.ASSIGNED, S.ACCEPTED, waiting))
    assert runs[K.REPAIR] == Run(at(2), (Pause(at(3), at(30)),))


def test_rework_has_a_clock_of_its_own_and_the_repair_clock_stays_stopped() -> None:
    runs = runs_of(
        history(S.SUBMITTED, S.ASSIGNED, S.ACCEPTED, S.REPAIRED, S.REOPENED, S.ACCEPTED, S.REPAIRED)
    )
    assert runs[K.REPAIR] == Run(at(2), stopped=at(3))
    assert runs[K.REWORK] == Run(at(4), stopped=at(6))
    assert runs[K.CONFIRM] == Run(at(6))


def test_an_appeal_that_is_heard_starts_the_response_anew() -> None:
    runs = runs_of(history(S.SUBMITTED, S.DECLINED, S.SUBMITTED))
    assert runs[K.RESPONSE] == Run(at(2))
    assert runs[K.APPEAL] == Run(at(1), stopped=at(2))


@given(st.data())
def test_no_clock_but_the_appeal_runs_when_closed_and_one_always_runs_when_open(data: st.DataObject) -> None:
    steps = [Step(S.SUBMITTED, at(0))]
    for hour in range(1, data.draw(st.integers(1, 15))):
        options = list(MOVES[steps[-1].state])
        if not options:
            break
        state = data.draw(st.sampled_from(options))
        steps.append(Step(state, at(hour), data.draw(st.sampled_from("ab")), at(hour + 2)))
    runs = runs_of(steps)
    running = {kind for kind, run in runs.items() if run.stopped is None}
    last = steps[-1].state
    if last in CLOSED:
        assert running == (set() if last is S.WITHDRAWN else {K.APPEAL})
    else:
        assert running
        assert K.APPEAL not in running
    for run in runs.values():
        assert all(run.started <= pause.start <= pause.end for pause in run.pauses)
