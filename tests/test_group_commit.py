"""Group commit: many requests, one transaction, and nobody answers for another's fault."""

from datetime import timedelta
from uuid import uuid4

import anyio
import pytest
import sqlalchemy as sa

from app.errors import NotAllowed
from app.group_commit import GroupCommit
from app.models.base import table_of
from app.models.votes import BallotCurrent, BallotEvent, EventKind
from app.rules.votes.states import Choice
from app.services.votes.casting import Cast, Receipt, cast_ballots

SECOND = timedelta(seconds=1)


def submit_all(writer, items) -> list:
    """Every item from a task of its own, all waiting before the first write begins."""
    results: list = [None] * len(items)

    async def one(number, item) -> None:
        try:
            results[number] = await writer.submit(item)
        except ValueError as fault:
            results[number] = fault

    async def together() -> None:
        async with anyio.create_task_group() as tasks:
            for number, item in enumerate(items):
                tasks.start_soon(one, number, item)

    anyio.run(together)
    return results


@pytest.fixture
def writer_of_ballots(database, vote):
    batches: list[int] = []

    def deed(session, casts):
        batches.append(len(casts))
        return cast_ballots(session, casts, read_clock=lambda: vote.opens_at + SECOND, secret=vote.secret)

    writer = GroupCommit(database, deed)
    writer.batches = batches
    return writer


def cast_of(world, vote, person, home, choice=Choice.FOR, key="") -> Cast:
    return Cast(
        estate_id=world.estate_id,
        vote_id=vote.id,
        unit_id=world.homes[home].unit_id,
        account_id=person.account_id,
        answers=(choice,),
        key=key or uuid4().hex,
        received_at=vote.opens_at + SECOND,
    )


def counted(database, vote, model, **where) -> int:
    table = table_of(model)
    query = sa.select(sa.func.count()).where(table.c.vote_id == vote.id)
    for name, value in where.items():
        query = query.where(table.c[name] == value)
    with database.session(writing=False) as session:
        return session.connection().execute(query).scalar_one()


def test_ballots_that_wait_together_are_committed_together_and_each_gets_its_receipt(
    database, world, vote, writer_of_ballots
) -> None:
    casts = [cast_of(world, vote, world.li_na, "301"), cast_of(world, vote, world.wang_wei, "302")]
    receipts = submit_all(writer_of_ballots, casts)
    assert [type(receipt) for receipt in receipts] == [Receipt, Receipt]
    assert len({receipt.code for receipt in receipts}) == 2
    assert writer_of_ballots.batches == [2]


def test_two_phones_in_one_batch_leave_both_events_and_one_standing_ballot(
    database, world, vote, writer_of_ballots
) -> None:
    casts = [cast_of(world, vote, world.li_na, "301", choice) for choice in (Choice.FOR, Choice.AGAINST)]
    receipts = submit_all(writer_of_ballots, casts)
    assert [receipt.revision for receipt in receipts] == [1, 2]
    assert counted(database, vote, BallotEvent, kind=EventKind.CAST) == 2
    assert counted(database, vote, BallotCurrent) == 1


def test_one_form_sent_twice_in_one_batch_is_one_ballot(database, world, vote, writer_of_ballots) -> None:
    cast = cast_of(world, vote, world.li_na, "301")
    first, second = submit_all(writer_of_ballots, [cast, cast])
    assert first == second
    assert counted(database, vote, BallotEvent, kind=EventKind.CAST) == 1


def test_a_refused_ballot_in_a_batch_leaves_nothing_and_harms_nobody(
    database, world, vote, writer_of_ballots
) -> None:
    casts = [cast_of(world, vote, world.stranger, "302"), cast_of(world, vote, world.li_na, "301")]
    refused, receipt = submit_all(writer_of_ballots, casts)
    assert isinstance(refused, NotAllowed)
    assert isinstance(receipt, Receipt)
    assert counted(database, vote, BallotEvent, kind=EventKind.CAST) == 1


def test_a_fault_undoes_the_batch_and_each_of_the_others_is_written_again(database) -> None:
    def deed(session, words):
        for word in words:
            session.connection().execute(sa.text("INSERT INTO noted (word) VALUES (:word)"), {"word": word})
            if word == "bad":
                raise ValueError(word)
        return [word.upper() for word in words]

    with database.transaction() as session:
        session.connection().execute(sa.text("CREATE TABLE noted (word VARCHAR(10) PRIMARY KEY)"))
    try:
        results = submit_all(GroupCommit(database, deed), ["one", "bad", "two"])
        with database.session(writing=False) as session:
            kept = set(session.connection().execute(sa.text("SELECT word FROM noted")).scalars())
    finally:
        with database.transaction() as session:
            session.connection().execute(sa.text("DROP TABLE noted"))
    assert [results[0], results[2]] == ["ONE", "TWO"]
    assert isinstance(results[1], ValueError)
    assert kept == {"one", "two"}
