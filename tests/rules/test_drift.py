"""A clock that jumps is noticed, one that is mended in small steps is not, and being right again is enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.drift import ClockWatch

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Clocks:
    """Two clocks that run together, and a wall that can be set."""

    def __init__(self) -> None:
        self.passed = self.jumped = 0.0

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.passed + self.jumped)

    def steady(self) -> float:
        return 1_000.0 + self.passed


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def watch(clocks: Clocks) -> ClockWatch:
    return ClockWatch(clocks.wall, clocks.steady)


@pytest.mark.parametrize(
    ("jump", "fault"),
    [(0, ""), (5, ""), (5.001, "ahead"), (3600, "ahead"), (-2, ""), (-2.001, "back"), (-3600, "back")],
)
def test_a_jump_is_told_from_a_step(clocks: Clocks, watch: ClockWatch, jump: float, fault: str) -> None:
    clocks.passed = 86_400 * 30
    clocks.jumped = jump
    assert watch.look().fault == fault
    assert watch.look().seconds == pytest.approx(jump)
    clocks.jumped = 0
    assert watch.look().fault == ""


@pytest.mark.parametrize(("apart", "fault"), [(5, ""), (-5, ""), (5.001, "apart"), (-5.001, "apart")])
def test_a_machine_and_its_database_must_agree_from_the_start(
    clocks: Clocks, watch: ClockWatch, apart: float, fault: str
) -> None:
    shared = clocks.wall() - timedelta(seconds=apart)
    assert watch.look(shared).fault == fault
    assert ClockWatch(clocks.wall, clocks.steady).look(shared).fault == fault


def test_a_restart_says_that_the_clock_is_right_now(clocks: Clocks, watch: ClockWatch) -> None:
    clocks.jumped = 3_600
    assert watch.look().fault == "ahead"
    assert ClockWatch(clocks.wall, clocks.steady).look().fault == ""


@given(st.lists(st.floats(0, 86_400), max_size=20))
def test_time_that_only_passes_is_never_a_fault(passing: list[float]) -> None:
    clocks = Clocks()
    watch = ClockWatch(clocks.wall, clocks.steady)
    for seconds in passing:
        clocks.passed += seconds
        assert watch.look().fault == ""
