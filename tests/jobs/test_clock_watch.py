"""While the clock is not believed nothing is opened, closed or made final by it; codes still go out."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlmodel import select

from app.clock import utc_now
from app.config import Settings
from app.jobs.schedule import Worker
from app.models.votes import Vote
from app.rules.drift import ClockWatch
from app.rules.votes.states import State
from app.services.health import look_at_clock


@pytest.fixture
def passed() -> list[float]:
    return [0.0]


@pytest.fixture
def worker(database, secret, clock, passed) -> Worker:
    watch = ClockWatch(clock, lambda: passed[0])
    return Worker(database, Settings(_env_file=None), secret, clock, watch=watch)


@pytest.fixture
def same_clock(database, monkeypatch, clock):
    """The test's own instant is what the database says, too."""
    monkeypatch.setattr("app.services.health.database_clock", lambda _: clock.instant)


def state_of(database) -> State:
    with database.session(writing=False) as session:
        return session.exec(select(Vote.state)).one()


@pytest.mark.usefixtures("same_clock")
def test_a_clock_that_jumps_over_the_end_closes_nothing_until_it_is_right(
    database, vote, clock, worker, passed, caplog
) -> None:
    start = clock.instant
    to_close = (vote.closes_at - start).total_seconds() + 3_600
    clock.forward(seconds=to_close)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            worker.tick()
    assert state_of(database) is State.NOTICED
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert "ahead" in caplog.text
    assert set(worker.ended_at) == {"deliver"}
    passed[0] = to_close  # it was the steady clock's time after all: now both say so
    worker.tick()
    worker.tick()
    assert state_of(database) is State.PRELIMINARY
    assert "goes on" in caplog.text


@pytest.mark.usefixtures("same_clock")
def test_a_clock_set_back_stops_the_timed_work_too(database, vote, clock, worker, passed) -> None:
    clock.instant = vote.opens_at + timedelta(seconds=1)
    passed[0] = (clock.instant - worker.watch._began).total_seconds() + 10  # ten seconds behind
    worker.tick()
    assert state_of(database) is State.NOTICED


def test_only_a_database_with_a_clock_of_its_own_is_asked(database, clock, passed) -> None:
    """The test's instant is far from the server's; SQLite has none to differ from."""
    drift = look_at_clock(database, ClockWatch(clock, lambda: passed[0]))
    assert drift.fault == ("" if database.is_sqlite else "apart")
    assert look_at_clock(database, ClockWatch(utc_now, lambda: passed[0])).fault == ""


def test_a_worker_without_a_watch_works_as_ever(database, vote, secret, clock) -> None:
    clock.instant = vote.opens_at
    Worker(database, Settings(_env_file=None), secret, clock).tick()
    assert state_of(database) is State.OPEN
