"""Races: many threads with a session each, on both databases; whoever wins, the record holds."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from app.clock import utc_now
from app.database import Database, database_clock
from app.errors import Conflict
from app.models.estates import RepresentativeNaming
from app.models.outbox import Message
from app.models.trail import TrailHead
from app.models.votes import BallotCurrent, EventKind, RollEntry, VoteResult
from app.rules.votes.states import ChangeRule, Choice
from app.services import trail
from app.services.trail import Actor
from app.services.votes import casting, closing, drafting
from tests.fixtures.crowd import Crowd, events_of, faults_of, make_crowd, make_crowd_vote

FOR, AGAINST = Choice.FOR, Choice.AGAINST
SECOND = timedelta(seconds=1)
CAMPAIGN = bool(os.environ.get("CAMPAIGN"))


@pytest.fixture
def wide(database: Database) -> Iterator[Database]:
    """A database with a connection for every thread of a race."""
    opened = Database(database.url, pool_size=20)
    yield opened
    opened.close()


@pytest.fixture
def crowd(wide: Database, now) -> Crowd:
    with wide.transaction() as session:
        return make_crowd(session, 40, now)


@pytest.fixture
def crowd_vote(wide: Database, crowd: Crowd, now, secret):
    with wide.transaction() as session:
        return make_crowd_vote(session, crowd, now=now, secret=secret)


def at_once(database: Database, *deeds: Callable[[Session], object]) -> list[object]:
    """Run the deeds in a thread and a transaction each, all starting together; a refusal stands for its answer."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[Session], object]) -> object:
        start.wait()
        try:
            with database.transaction() as session:
                return deed(session)
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def receipts(answers: list[object]) -> list[casting.Receipt]:
    return [answer for answer in answers if isinstance(answer, casting.Receipt)]


def test_two_phones_at_the_same_moment_leave_one_current_ballot_and_both_events(
    wide, crowd, crowd_vote
) -> None:
    home, at = crowd.homes[0], crowd_vote.opens_at
    for earlier in (0, 2, 4):
        answers = at_once(
            wide,
            lambda session: crowd_vote.cast(session, home.unit_id, home.account_id, FOR, at),
            lambda session: crowd_vote.cast(session, home.unit_id, home.account_id, AGAINST, at),
        )
        assert sorted(receipt.revision for receipt in receipts(answers)) == [earlier + 1, earlier + 2]
        with wide.session(writing=False) as session:
            assert faults_of(session, crowd_vote.id, crowd_vote.secret) == []
            last = max(receipts(answers), key=lambda receipt: receipt.seq)
            current = session.exec(select(BallotCurrent).where(BallotCurrent.vote_id == crowd_vote.id)).one()
            assert (current.seq, current.revision) == (last.seq, last.revision)


def test_under_once_exactly_one_of_two_phones_is_accepted(wide, crowd, now, secret) -> None:
    with wide.transaction() as session:
        vote = make_crowd_vote(session, crowd, now=now, secret=secret, change=ChangeRule.ONCE)
    for home in crowd.homes[:4]:
        answers = at_once(
            wide,
            lambda session, home=home: vote.cast(session, home.unit_id, home.account_id, FOR, vote.opens_at),
            lambda session, home=home: vote.cast(
                session, home.unit_id, home.account_id, AGAINST, vote.opens_at
            ),
        )
        assert len(receipts(answers)) == 1
        assert "already_cast" in answers
    with wide.session(writing=False) as session:
        assert faults_of(session, vote.id, vote.secret) == []


def test_the_same_key_from_two_threads_is_one_ballot_with_one_receipt(wide, crowd, crowd_vote) -> None:
    home, key = crowd.homes[0], uuid4().hex

    def deed(session: Session) -> casting.Receipt:
        return crowd_vote.cast(session, home.unit_id, home.account_id, FOR, crowd_vote.opens_at, key)

    assert len(set(receipts(at_once(wide, deed, deed, deed)))) == 1
    with wide.session(writing=False) as session:
        assert [event.kind for event in events_of(session, crowd_vote.id)].count(EventKind.CAST) == 1


def test_forty_casts_at_once_leave_a_chain_without_a_gap(wide, crowd, crowd_vote) -> None:
    answers = at_once(
        wide,
        *(
            lambda session, home=home: crowd_vote.cast(
                session, home.unit_id, home.account_id, FOR, crowd_vote.opens_at
            )
            for home in crowd.homes
        ),
    )
    assert sorted(receipt.seq for receipt in receipts(answers)) == list(range(3, 43))
    with wide.session(writing=False) as session:
        assert faults_of(session, crowd_vote.id, crowd_vote.secret) == []
        kinds = [event.kind for event in events_of(session, crowd_vote.id)]
        assert kinds == [EventKind.NOTICE, EventKind.OPEN, *[EventKind.CAST] * 40]


@pytest.mark.parametrize("opened", [False, True])
def test_closers_against_casters_make_one_close_and_lose_no_acknowledged_ballot(
    wide, crowd, crowd_vote, opened
) -> None:
    vote, sealing_at = crowd_vote, crowd_vote.closes_at + timedelta(seconds=60)
    if opened:
        with wide.transaction() as session:
            vote.advance(session, vote.opens_at)

    def caster(home, received_at):
        return lambda session: vote.cast(session, home.unit_id, home.account_id, FOR, received_at)

    in_time = [caster(home, vote.closes_at - SECOND) for home in crowd.homes[:12]]
    too_late = [caster(home, vote.closes_at) for home in crowd.homes[12:15]]
    closers = [lambda session: vote.advance(session, sealing_at)] * 2
    answers = at_once(wide, *in_time[:6], *closers, *in_time[6:], *too_late)
    assert set(answers[-3:]) == {"closed"}
    for _ in range(3):
        with wide.transaction() as session:
            vote.advance(session, sealing_at)
    _assert_sound_close(wide, vote, receipts(answers))


def _assert_sound_close(database: Database, vote, acknowledged: list[casting.Receipt]) -> None:
    """One close, nothing after it, and the log holds exactly what was acknowledged, all of it received in time."""
    with database.session(writing=False) as session:
        events = events_of(session, vote.id)
        assert faults_of(session, vote.id, vote.secret) == []
        assert [event.kind for event in events].count(EventKind.CLOSE) == 1
        assert events[-1].kind is EventKind.CLOSE
        casts = [event for event in events if event.kind is EventKind.CAST]
        assert {event.receipt for event in casts} == {receipt.code for receipt in acknowledged}
        assert all(event.received_at < vote.closes_at for event in casts)
        assert session.get_one(VoteResult, vote.id).tally["part_heads"] == len(
            {event.unit_id for event in casts}
        )


@pytest.mark.parametrize("round_", range(60 if CAMPAIGN else 1))
def test_across_the_real_closing_second_nothing_late_gets_in_and_nothing_in_time_is_lost(
    wide, crowd, secret, round_
) -> None:
    closing_in, grace = timedelta(seconds=1.5), timedelta(seconds=0.3)
    with wide.transaction() as session:
        vote = make_crowd_vote(session, crowd, now=utc_now() + closing_in - timedelta(days=23), secret=secret)
    acknowledged: list[casting.Receipt] = []

    def keep_casting(home) -> None:
        while True:
            with wide.session(writing=True) as session:
                received_at = utc_now()
                try:
                    receipt = cast_by_the_wall(session, vote, home, received_at)
                except Conflict:
                    # Refused in time only when the close was sealed meanwhile, which waits for the grace.
                    assert received_at >= vote.closes_at or utc_now() >= vote.closes_at + grace
                    return
                session.commit()
                acknowledged.append(receipt)

    def keep_closing(_: object) -> int:
        steps, early = 0, True
        while early:
            # However slow the machine, the last try comes after the grace.
            early = utc_now() < vote.closes_at + 2 * grace
            with wide.transaction() as session:
                steps += close_by_the_wall(session, vote, grace)
        return steps

    with ThreadPoolExecutor(8) as pool:
        closers = [pool.submit(keep_closing, None) for _ in range(2)]
        list(pool.map(keep_casting, crowd.homes[:6]))
        assert sum(closer.result() for closer in closers) >= 1
    assert acknowledged
    _assert_sound_close(wide, vote, acknowledged)


def cast_by_the_wall(session: Session, vote, home, received_at) -> casting.Receipt:
    return casting.cast_ballot(
        session,
        casting.Cast(
            estate_id=vote.estate_id,
            vote_id=vote.id,
            unit_id=home.unit_id,
            account_id=home.account_id,
            answers=(FOR,),
            key=uuid4().hex,
            received_at=received_at,
        ),
        read_clock=lambda: database_clock(session),
        secret=vote.secret,
    )


def close_by_the_wall(session: Session, vote, grace: timedelta) -> bool:
    return closing.advance(
        session,
        estate_id=vote.estate_id,
        vote_id=vote.id,
        now=utc_now(),
        read_clock=lambda: database_clock(session),
        grace=grace,
        secret=vote.secret,
        is_rest_day=lambda day: False,
    )


def test_two_closers_at_once_seal_once_and_tell_every_owner_once(wide, crowd, crowd_vote) -> None:
    sealing_at = crowd_vote.closes_at + timedelta(seconds=60)
    with wide.transaction() as session:
        crowd_vote.advance(session, crowd_vote.opens_at)
    answers = at_once(wide, *[lambda session: crowd_vote.advance(session, sealing_at)] * 4)
    assert sorted(answers) == [False, False, False, True]
    with wide.session(writing=False) as session:
        told = session.exec(select(Message).where(Message.template == "vote_closed")).all()
        assert len(told) == len({message.account_id for message in told}) == 40


def test_a_notice_given_twice_at_once_freezes_one_roll(wide, world, make_vote, now) -> None:
    vote, actor = make_vote(notice=False), Actor(world.chen_jie.account_id, "chen_jie")

    def give(session: Session) -> UUID:
        where = {"estate_id": vote.estate_id, "vote_id": vote.id}
        return drafting.give_notice(session, **where, actor=actor, now=now).id

    answers = at_once(wide, give, give, give)
    assert sorted(map(str, answers)) == sorted([str(vote.id), "frozen", "frozen"])
    with wide.session(writing=False) as session:
        assert len(session.exec(select(RollEntry).where(RollEntry.vote_id == vote.id)).all()) == 12
        assert [event.kind for event in events_of(session, vote.id)] == [EventKind.NOTICE]
        assert faults_of(session, vote.id, vote.secret) == []


def test_acts_at_once_make_one_unbroken_trail_from_the_very_first(wide, world, now) -> None:
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    for _ in range(2):
        at_once(
            wide,
            *[
                lambda session: trail.record(
                    session, tag="test:act:do", actor=actor, now=now, estate_id=world.estate_id
                )
            ]
            * 12,
        )
    with wide.session(writing=False) as session:
        assert trail.first_broken_row(session, estate_id=world.estate_id) is None
        assert len(trail.list_rows(session, estate_id=world.estate_id)) == 24


def test_a_long_lived_session_does_not_write_onto_an_old_end_of_the_trail(wide, world, now) -> None:
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    act = {"tag": "test:act:do", "actor": actor, "now": now, "estate_id": world.estate_id}
    with wide.session(writing=True) as kept:
        for _ in range(3):
            trail.record(kept, **act)
            head = kept.get_one(TrailHead, world.estate_id)  # held, so that the session remembers it
            kept.commit()
            assert head.seq % 2 == 1
            with wide.transaction() as other:
                trail.record(other, **act)
    with wide.session(writing=False) as session:
        assert trail.first_broken_row(session, estate_id=world.estate_id) is None
        assert len(trail.list_rows(session, estate_id=world.estate_id)) == 6


def test_two_co_owners_who_propose_at_once_leave_one_open_naming(wide, household) -> None:
    answers = at_once(
        wide,
        lambda session: household.propose(session, "li_na"),
        lambda session: household.propose(session, "wang_wei", for_whom="wang_wei"),
    )
    assert "naming_open" in answers
    with wide.session(writing=False) as session:
        assert [row.id for row in session.exec(select(RepresentativeNaming))] == [
            answer for answer in answers if answer != "naming_open"
        ]


def test_two_who_agree_at_once_are_the_last_once(wide, household) -> None:
    with wide.transaction() as session:
        household.add(session, "zhao_min")
        naming = household.propose(session, "li_na")
    answers = at_once(
        wide,
        lambda session: household.agree(session, "wang_wei", naming),
        lambda session: household.agree(session, "zhao_min", naming),
    )
    assert set(answers) == {None, household.world.li_na.account_id}
    with wide.session(writing=False) as session:
        assert household.representative(session) == household.owners["li_na"]
