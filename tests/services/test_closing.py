"""What time does to a vote: derived by every page, recorded once by whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.config import Settings
from app.errors import Conflict, Invalid
from app.jobs import votes as job
from app.models.outbox import Message
from app.models.votes import BallotEvent, EventKind, Vote, VoteResult
from app.rules.votes.figures import tally_document
from app.rules.votes.states import Choice, State
from app.services.trail import Actor
from app.services.votes import closing, counting

SECOND, GRACE = timedelta(seconds=1), timedelta(seconds=60)


@pytest.fixture
def tick(database, secret):
    settings = Settings(_env_file=None, close_grace_seconds=60)
    return lambda at: job.tick(database, settings, secret, now=at)


def read(database, vote) -> Vote:
    with database.session(writing=False) as session:
        return session.get_one(Vote, vote.id)


def kinds(database, vote) -> list[str]:
    with database.session(writing=False) as session:
        query = select(BallotEvent.kind).where(BallotEvent.vote_id == vote.id).order_by(BallotEvent.seq)
        return [kind.value for kind in session.exec(query)]


def cast_all(database, world, vote) -> None:
    with database.transaction() as session:
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
        vote.cast(
            session, world.homes["302"].unit_id, world.wang_wei.account_id, Choice.AGAINST, vote.opens_at
        )


def test_the_clock_opens_and_closes_although_no_worker_ran(database, vote) -> None:
    stored = read(database, vote)
    assert stored.state is State.NOTICED
    states = [
        counting.state_at(stored, at)
        for at in (vote.opens_at - SECOND, vote.opens_at, vote.closes_at - SECOND, vote.closes_at)
    ]
    assert states == [State.NOTICED, State.OPEN, State.OPEN, State.CLOSED]


def test_the_worker_records_the_opening_at_the_opening_second(database, vote, tick) -> None:
    assert tick(vote.opens_at - SECOND) == 0
    assert tick(vote.opens_at) == 1
    assert tick(vote.opens_at + SECOND) == 0
    assert kinds(database, vote) == ["notice", "open"]


def test_the_count_waits_for_the_grace_and_is_sealed_once(database, world, vote, tick) -> None:
    cast_all(database, world, vote)
    assert tick(vote.closes_at + GRACE - SECOND) == 0
    assert tick(vote.closes_at + GRACE) == 1
    assert tick(vote.closes_at + GRACE + SECOND) == 0
    assert read(database, vote).state is State.PRELIMINARY
    assert kinds(database, vote) == ["notice", "open", "cast", "cast", "close"]


def test_a_worker_that_was_down_all_the_time_catches_up_in_order(database, vote, tick) -> None:
    late = vote.closes_at + timedelta(days=90)
    steps = 0
    while tick(late):
        steps += 1
    assert kinds(database, vote) == ["notice", "open", "close"]
    stored = read(database, vote)
    # The objection window runs from the count, not from a closing nobody saw: it is still open.
    assert (steps, stored.state) == (2, State.PRELIMINARY)
    assert stored.objections_until > late


def test_two_workers_at_once_close_once(database, world, vote, secret) -> None:
    cast_all(database, world, vote)
    at = vote.closes_at + GRACE

    def work(_number: int) -> bool:
        with database.transaction() as session:
            return vote.advance(session, at)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sum(done) == 1
    assert kinds(database, vote).count("close") == 1


def test_the_count_on_read_is_the_count_that_is_sealed(session, database, world, vote, tick) -> None:
    cast_all(database, world, vote)
    at = vote.closes_at + GRACE
    unsealed = session.get_one(Vote, vote.id)
    on_read = tally_document(counting.tally_of(session, unsealed, now=at, grace=GRACE, secret=vote.secret))
    session.rollback()
    tick(at)
    with database.session(writing=False) as after:
        sealed = after.get_one(VoteResult, vote.id)
        assert sealed.tally == on_read
        assert (on_read["for_area"], on_read["against_area"], on_read["total_area"]) == (8000, 8000, 96_000)
        assert on_read["result"] == "quorum_not_met"


def test_nobody_counts_before_the_grace_is_over(session, vote) -> None:
    stored = session.get_one(Vote, vote.id)
    for at in (vote.opens_at, vote.closes_at - SECOND, vote.closes_at + GRACE - SECOND):
        with pytest.raises(Conflict) as refused:
            counting.tally_of(session, stored, now=at, grace=GRACE, secret=vote.secret)
        assert refused.value.code == "not_countable"


def test_the_result_is_final_by_itself_when_the_window_has_passed(database, vote, tick) -> None:
    while tick(vote.closes_at + GRACE):
        pass
    until = read(database, vote).objections_until
    assert tick(until - SECOND) == 0
    assert tick(until) == 1
    assert read(database, vote).final_at == until


def test_the_roll_is_told_of_the_count_once(session, vote) -> None:
    while vote.advance(session, vote.closes_at + GRACE):
        pass
    told = session.exec(select(Message.account_id).where(Message.template == "vote_closed")).all()
    assert len(told) == len(set(told)) == 2


def test_an_annulled_vote_stays_where_it_is(session, world, vote) -> None:
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "actor": actor, "now": vote.opens_at}
    with pytest.raises(Invalid) as refused:
        closing.annul_vote(session, **where, reason="写错了")
    assert refused.value.field == "reason"
    closing.annul_vote(session, **where, reason="方案图纸有误，需要重新公告")
    assert not vote.advance(session, vote.closes_at + timedelta(days=60))
    last = session.exec(select(BallotEvent).order_by(BallotEvent.seq.desc())).first()  # type: ignore[attr-defined]
    assert last.kind is EventKind.ANNUL
    with pytest.raises(Conflict):
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
