"""A count made again from the chain: it agrees with an honest result and finds what was altered behind it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.trail import TrailRow
from app.models.votes import BallotCurrent, BallotSecret, RollEntry, RollVoter, Vote, VoteResult
from app.models.votes.evidence import Recount
from app.rules.votes.states import Choice, State
from app.services.trail import Actor
from app.services.votes import closing, recounts
from app.services.votes.sealing import keyring
from tests.fixtures.evidence import Kept
from tests.services.votes.test_checkpoints import meddle

REASON = "三号楼两位业主要求重新计票核对"


@pytest.fixture
def voted(session, world, vote):
    """301 changed its mind and is against at last, 302 is in favour."""
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    later = vote.opens_at + timedelta(hours=1)
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.AGAINST, later)
    vote.cast(session, world.homes["302"].unit_id, world.wang_wei.account_id, Choice.FOR, later)
    return vote


@pytest.fixture
def seal(session, voted):
    def seal():
        assert voted.advance(session, voted.closes_at + timedelta(minutes=1))

    return seal


@pytest.fixture
def recount(session, world, voted):
    def recount(*, reason=REASON, at=None, recount_id=None, estate_id=None, who="chen_jie"):
        recounts.order_recount(
            session,
            estate_id=estate_id or world.estate_id,
            vote_id=voted.id,
            recount_id=recount_id or uuid4(),
            actor=Actor(world.people[who].account_id, who),
            reason=reason,
            secret=voted.secret,
            now=at or voted.closes_at + timedelta(days=1),
        )
        return recounts.list_recounts(session, vote_id=voted.id)[0]

    return recount


@pytest.fixture
def slipped_in(session, world, vote):
    """Before the opening, a further revision of a home's line with ten times its area, and no event that says so."""
    unit = world.homes["302"].unit_id
    line = session.exec(select(RollEntry).where(RollEntry.unit_id == unit)).one()
    voter = session.exec(select(RollVoter).where(RollVoter.unit_id == unit)).one()
    lines = {**line.model_dump(), "revision": 2, "area": 80_000}
    for model, row in ((RollEntry, lines), (RollVoter, {**voter.model_dump(), "revision": 2})):
        session.connection().execute(sa.insert(table_of(model)).values(row))


def stand(session, world, vote, room, choice) -> None:
    """What no use case does: another answer written over the standing ballot of a home."""
    unit, table = world.homes[room].unit_id, table_of(BallotCurrent)
    sealed = keyring(vote.secret, vote.id).seal_answers((choice,), unit)
    where = (table.c.vote_id == vote.id, table.c.unit_id == unit)
    session.connection().execute(sa.update(table).where(*where).values(sealed_choice=sealed))


def finish(session, vote) -> State:
    late = vote.closes_at + timedelta(days=90)
    while vote.advance(session, late):
        pass
    return session.get_one(Vote, vote.id, populate_existing=True).state


def test_an_honest_count_comes_out_the_same_is_kept_and_holds_nothing_up(
    session, world, voted, seal, recount
) -> None:
    seal()
    made = recount()
    assert (made.same, made.faults, made.differences) == (True, (), ())
    stored, sealed = session.exec(select(Recount)).one(), session.get_one(VoteResult, voted.id)
    assert stored.tally == {**sealed.tally, "faults": []}
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:recount:same")).one()
    assert (row.reason, row.actor_id) == (REASON, world.chen_jie.account_id)
    assert finish(session, voted) is State.FINAL


def test_a_standing_ballot_that_was_altered_before_the_count_is_found_and_nothing_becomes_final(
    session, world, voted, seal, recount
) -> None:
    stand(session, world, voted, "301", Choice.FOR)
    seal()
    made = recount()
    assert not made.same
    figures = {(row.figure, row.unit): (row.sealed, row.counted) for row in made.differences}
    assert figures == {
        ("for", "area"): (16000, 8000),
        ("for", "heads"): (2, 1),
        ("against", "area"): (0, 8000),
        ("against", "heads"): (0, 1),
    }
    late = voted.closes_at + timedelta(days=90)
    assert finish(session, voted) is State.PRELIMINARY
    assert closing.due_votes(session, now=late, grace=timedelta(0)) == []
    # Putting the altered ballot right does not take the finding back.
    stand(session, world, voted, "301", Choice.AGAINST)
    assert not recount().same
    assert finish(session, voted) is State.PRELIMINARY
    desk = Actor(world.chen_jie.account_id, "chen_jie")
    where = {"estate_id": world.estate_id, "vote_id": voted.id}
    closing.annul_vote(session, **where, actor=desk, reason="重新计票发现选票被改动", now=late)


def test_a_standing_ballot_that_was_altered_after_the_count_does_not_move_the_recount(
    session, world, voted, seal, recount
) -> None:
    seal()
    stand(session, world, voted, "302", Choice.AGAINST)
    assert recount().same


def test_a_sealed_ballot_that_is_gone_or_altered_is_named_by_its_number(
    session, voted, seal, recount
) -> None:
    seal()
    table = table_of(BallotSecret)
    first, second, third = session.exec(
        select(BallotSecret.seq).where(BallotSecret.vote_id == voted.id).order_by(BallotSecret.seq)
    ).all()
    connection = session.connection()
    other = connection.execute(sa.select(table.c.sealed).where(table.c.seq == first)).scalar_one()
    connection.execute(sa.delete(table).where(table.c.seq.in_((second, third))))
    connection.execute(sa.insert(table).values(vote_id=voted.id, seq=third, sealed=other))
    made = recount()
    assert made.faults == (("missing", second), ("sealed", third))
    assert not made.same


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE ballot_event SET leaf = 'gone' WHERE seq = 3", [("chain", 3)]),
        ("UPDATE ballot_event SET leaf = '[]' WHERE seq = 1", [("roll", 0), ("chain", 1)]),
        ("UPDATE ballot_event SET leaf = '{\"kind\":[]}' WHERE seq = 4", [("chain", 4)]),
        ("UPDATE ballot_event SET head = 'no hash' WHERE seq = 3", [("chain", 3)]),
        (
            "DELETE FROM roll_voter; DELETE FROM roll_entry",
            [("roll", 0), ("roll", 3), ("roll", 4), ("roll", 5)],
        ),
    ],
)
def test_whatever_was_made_of_the_record_the_count_is_made_and_says_so(
    session, database, world, voted, seal, secret, statement, expected
) -> None:
    seal()
    session.commit()
    kept = Kept(database, voted, secret)
    for part in statement.split("; "):
        meddle(kept, part)
    with database.transaction() as other:
        recounts.order_recount(
            other,
            estate_id=world.estate_id,
            vote_id=voted.id,
            recount_id=uuid4(),
            actor=Actor(world.chen_jie.account_id, "chen_jie"),
            reason=REASON,
            secret=secret,
            now=voted.closes_at + timedelta(days=1),
        )
        [made] = recounts.list_recounts(other, vote_id=voted.id)
    assert not made.same
    assert list(made.faults) == expected


def test_a_line_of_the_roll_that_was_slipped_in_past_the_chain_is_found(
    slipped_in, voted, seal, recount
) -> None:
    seal()
    made = recount()
    assert (made.same, made.faults) == (False, (("roll", 0),))


def test_there_is_nothing_to_recount_before_the_seal_after_annulling_or_in_another_estate(
    session, world, voted, seal, recount
) -> None:
    for at in (voted.opens_at, voted.closes_at + timedelta(minutes=5)):
        with pytest.raises(Conflict) as refused:
            recount(at=at)
        assert refused.value.code == "not_sealed"
    seal()
    with pytest.raises(NotFound):
        recount(estate_id=world.other_estate_id)
    with pytest.raises(Invalid) as wanting:
        recount(reason="再数")
    assert wanting.value.field == "reason"
    desk = Actor(world.chen_jie.account_id, "chen_jie")
    at = voted.closes_at + timedelta(days=1)
    where = {"estate_id": world.estate_id, "vote_id": voted.id}
    closing.annul_vote(session, **where, actor=desk, reason="通知没有送达，程序有误", now=at)
    with pytest.raises(Conflict):
        recount()


def test_the_same_form_twice_is_one_recount_and_a_clock_set_back_dates_none_before_the_count(
    session, voted, seal, recount
) -> None:
    seal()
    one = uuid4()
    made = recount(recount_id=one, at=voted.closes_at - timedelta(hours=1))
    assert made.made_at == session.get_one(VoteResult, voted.id).counted_at
    recount(recount_id=one)
    assert len(session.exec(select(Recount)).all()) == 1


def test_a_recount_is_never_changed_or_deleted(database, session, seal, recount) -> None:
    seal()
    recount()
    session.commit()
    for statement in ("UPDATE recount SET same = NOT same", "DELETE FROM recount"):
        with pytest.raises(DatabaseError, match="only grows"), database.transaction() as other:
            other.connection().execute(sa.text(statement))
