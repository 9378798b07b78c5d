"""One later closing: by two persons, while open, within the days of the published rules, in the chain."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound, Refusal
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotEvent, EventKind, Vote
from app.models.votes.extension import ExtensionState, VoteExtension
from app.rules.votes.states import Choice, State
from app.services.trail import Actor
from app.services.votes import drafting, extensions, reading
from tests.fixtures.crowd import faults_of

REASON = "疫情封控，很多业主没有收到选票"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def long(database, world, make_vote, now):
    """The elevator vote with a rule that lets it go on for seven days more."""
    vote = make_vote(notice=False)
    with database.transaction() as session:
        draft = session.get_one(Vote, vote.id)
        draft.rules = {**draft.rules, "extension_days": 7}
        session.add(draft)
        session.flush()
        actor = Actor(world.chen_jie.account_id, "chen_jie")
        drafting.give_notice(session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now)
    return vote


@pytest.fixture
def propose(session, world, long):
    def propose(
        *, days=5, at=None, who="chen_jie", vote=None, extension_id=None, reason=REASON, more=0 * SECOND
    ):
        vote = vote or long
        return extensions.propose_extension(
            session,
            estate_id=world.estate_id,
            vote_id=vote.id,
            extension_id=extension_id or uuid4(),
            closes_at=vote.closes_at + days * DAY + more,
            reason=reason,
            actor=Actor(world.people[who].account_id, who),
            now=at or vote.opens_at + DAY,
        )

    return propose


@pytest.fixture
def confirm(session, world, long):
    def confirm(extension_id, *, who="zhao_min", at=None, late=0 * SECOND, estate_id=None):
        at = at or long.opens_at + 2 * DAY
        extensions.confirm_extension(
            session,
            estate_id=estate_id or world.estate_id,
            vote_id=long.id,
            extension_id=extension_id,
            actor=Actor(world.people[who].account_id, who),
            now=at,
            read_clock=lambda: at + late,
        )

    return confirm


def code_of(call) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def read(session, vote) -> Vote:
    return session.get_one(Vote, vote.id, populate_existing=True)


def test_two_persons_extend_it_and_chain_trail_owners_and_pages_say_so(
    session, world, long, propose, confirm
) -> None:
    proposed = propose()
    assert read(session, long).closes_at == long.closes_at
    confirm(proposed)
    stored = read(session, long)
    after = long.closes_at + 5 * DAY
    assert (stored.closed_before, stored.closes_at, stored.extend_reason) == (long.closes_at, after, REASON)
    event = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.EXTEND)).one()
    details = {"from": int(long.closes_at.timestamp()), "to": int(after.timestamp())}
    assert json.loads(event.leaf)["details"] == details
    tags = session.exec(
        select(TrailRow.tag, TrailRow.actor_name).where(TrailRow.tag.like("votes:ext%"))
    ).all()  # type: ignore[attr-defined]
    assert list(tags) == [
        ("votes:extension:propose", "chen_jie"),
        ("votes:extension:confirm", "zhao_min"),
    ]
    told = session.exec(select(Message.account_id).where(Message.template == "vote_extended")).all()
    assert set(told) == {world.li_na.account_id, world.wang_wei.account_id}
    where = {"estate_id": world.estate_id, "vote_id": long.id}
    assert reading.read_vote(session, **where, now=long.opens_at + 3 * DAY).closes_at == after
    assert stored.text_hash == drafting.text_hash(stored, [])


def test_ballots_come_in_until_the_new_closing_and_the_count_waits_for_it(
    session, world, long, propose, confirm
) -> None:
    confirm(propose())
    home, account = world.homes["301"].unit_id, world.li_na.account_id
    after = long.closes_at + 5 * DAY
    assert not long.advance(session, long.closes_at + timedelta(minutes=5))
    long.cast(session, home, account, Choice.FOR, after - SECOND)
    with pytest.raises(Conflict):
        long.cast(session, home, account, Choice.AGAINST, after)
    assert long.advance(session, after + timedelta(minutes=1))
    assert faults_of(session, long.id, long.secret) == []


def test_nobody_extends_alone(session, propose, confirm) -> None:
    proposed = propose()
    assert code_of(lambda: confirm(proposed, who="chen_jie")) == "own_case"
    alone = sa.text("UPDATE vote_extension SET state = 'confirmed', decided_by = proposed_by")
    with pytest.raises(DatabaseError), session.begin_nested():
        session.connection().execute(alone)


def test_it_is_extended_once(session, long, propose, confirm) -> None:
    first = propose()
    assert code_of(propose) == "proposed"
    confirm(first)
    confirm(first)
    assert code_of(lambda: propose(days=6)) == "extended"
    assert len(session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.EXTEND)).all()) == 1
    # Not by hand either.
    with pytest.raises(DatabaseError, match="extended once"), session.begin_nested():
        session.connection().execute(
            sa.text("UPDATE vote SET closes_at = opens_at WHERE extended_at IS NOT NULL")
        )


def test_not_beyond_the_days_nor_to_an_earlier_closing(propose) -> None:
    for days, more in ((7, SECOND), (0, 0 * SECOND), (-1, 0 * SECOND)):
        with pytest.raises(Invalid) as refused:
            propose(days=days, more=more)
        assert (refused.value.code, refused.value.field) == ("bad_closing", "closes_at")
    propose(days=7)


def test_only_while_open_and_never_after_the_closing_second(session, long, propose, confirm) -> None:
    for at in (long.opens_at - SECOND, long.closes_at, long.closes_at + DAY):
        assert code_of(lambda at=at: propose(at=at)) == "not_open"
    last = propose(at=long.closes_at - SECOND)
    # It was asked for in time, but waited for the lock until the closing second had passed.
    assert code_of(lambda: confirm(last, at=long.closes_at - SECOND, late=SECOND)) == "not_open"
    assert code_of(lambda: confirm(last, at=long.closes_at)) == "not_open"
    confirm(last, at=long.closes_at - SECOND)


def test_a_clock_set_back_does_not_extend_a_vote_that_is_counted(session, long, propose, confirm) -> None:
    waiting = propose()
    while long.advance(session, long.closes_at + timedelta(minutes=1)):
        pass
    assert read(session, long).state is State.PRELIMINARY
    back = long.closes_at - timedelta(hours=1)
    assert code_of(lambda: confirm(waiting, at=back)) == "not_open"
    assert code_of(lambda: propose(at=back)) == "not_open"


def test_a_vote_whose_rules_say_nothing_of_it_is_not_extended(make_vote, propose) -> None:
    assert code_of(lambda: propose(vote=make_vote())) == "no_extension"


def test_the_opening_is_written_down_first_where_no_worker_did(session, long, propose, confirm) -> None:
    assert read(session, long).state is State.NOTICED
    confirm(propose())
    kinds = session.exec(select(BallotEvent.kind).order_by(BallotEvent.seq)).all()
    assert [kind.value for kind in kinds] == ["notice", "open", "extend"]


def test_a_refused_proposal_changes_nothing_and_makes_room_for_another(
    session, world, long, propose, confirm
) -> None:
    first = propose(reason="需要延长几天再看看情况")
    where = {"estate_id": world.estate_id, "vote_id": long.id, "extension_id": first}
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    extensions.refuse_extension(session, **where, actor=actor, now=long.opens_at + DAY)
    assert code_of(lambda: confirm(first)) == "decided"
    confirm(propose())
    assert session.get_one(VoteExtension, first).state is ExtensionState.REFUSED


def test_another_estates_staff_and_a_form_sent_twice(session, world, propose, confirm) -> None:
    one = uuid4()
    assert propose(extension_id=one) == propose(extension_id=one)
    with pytest.raises(NotFound):
        confirm(one, estate_id=world.other_estate_id)
    with pytest.raises(Conflict):
        propose(extension_id=one, who="zhao_min")
    with pytest.raises(NotFound):
        confirm(uuid4())


def test_a_reason_is_needed(propose) -> None:
    with pytest.raises(Invalid) as refused:
        propose(reason="延长")
    assert refused.value.field == "reason"


def test_a_waiting_extension_is_on_the_desks_pile_until_decided_or_closed(
    session, world, long, propose, confirm
) -> None:
    def piled(at):
        return extensions.votes_with_waiting(session, estate_id=world.estate_id, now=at)

    at = long.opens_at + 2 * DAY
    waiting = propose()
    assert piled(at) == [long.id]
    assert piled(long.closes_at) == []
    assert extensions.votes_with_waiting(session, estate_id=world.other_estate_id, now=at) == []
    confirm(waiting)
    assert piled(at) == []
