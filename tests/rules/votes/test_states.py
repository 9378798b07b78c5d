"""The table of states and the clock that opens and closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from app.errors import Conflict
from app.rules.votes.states import MOVES, State, ensure_open, move, phase

OPENS = datetime(2026, 6, 1, 1, tzinfo=UTC)
CLOSES = datetime(2026, 6, 30, 16, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_a_move_off_the_table_is_a_conflict_and_one_on_it_is_the_target() -> None:
    for current, target in product(State, State):
        if target in MOVES[current]:
            assert move(current, target) is target
        else:
            with pytest.raises(Conflict) as refusal:
                move(current, target)
            assert refusal.value.code == "bad_move"


def test_the_ordinary_life_runs_to_final_and_nothing_leaves_annulled() -> None:
    life = list(State)[:6]
    assert [move(here, there) for here, there in pairwise(life)] == life[1:]
    assert not MOVES[State.ANNULLED]


@pytest.mark.parametrize("stored", [State.NOTICED, State.OPEN])
@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS - TICK, State.NOTICED),
        (OPENS, State.OPEN),
        (CLOSES - TICK, State.OPEN),
        (CLOSES, State.CLOSED),
    ],
)
def test_the_opening_instant_is_in_and_the_closing_instant_is_out(
    stored: State, now: datetime, state: State
) -> None:
    assert phase(stored, OPENS, CLOSES, now) is state


@pytest.mark.parametrize(
    "stored", [State.DRAFT, State.CLOSED, State.PRELIMINARY, State.FINAL, State.ANNULLED]
)
def test_the_clock_neither_opens_a_draft_nor_reopens_what_is_closed(stored: State) -> None:
    assert phase(stored, OPENS, CLOSES, OPENS) is stored


@pytest.mark.parametrize(
    ("stored", "now", "code"),
    [
        (State.DRAFT, OPENS, "not_open_yet"),
        (State.NOTICED, OPENS - TICK, "not_open_yet"),
        (State.OPEN, CLOSES, "closed"),
        (State.CLOSED, OPENS, "closed"),
        (State.ANNULLED, OPENS, "closed"),
    ],
)
def test_outside_the_window_a_ballot_is_refused(stored: State, now: datetime, code: str) -> None:
    with pytest.raises(Conflict) as refusal:
        ensure_open(stored, OPENS, CLOSES, now)
    assert refusal.value.code == code


def test_inside_the_window_a_ballot_goes_through() -> None:
    ensure_open(State.NOTICED, OPENS, CLOSES, OPENS)
    ensure_open(State.OPEN, OPENS, CLOSES, CLOSES - TICK)
