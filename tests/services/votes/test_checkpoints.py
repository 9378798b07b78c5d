"""Checkpoints: made at the notice, each hour in which something happened and at the closing; never over a chain that does not hold."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.models.trail import TrailRow
from app.models.votes import BallotEvent
from app.models.votes.evidence import Checkpoint
from app.rules.votes import notes
from app.rules.votes.evidence import merkle_root
from app.services.votes import checkpoints
from app.services.votes.signing import check_signature, signer
from tests.fixtures.evidence import Kept

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def sizes(kept: Kept) -> list[int]:
    with kept.database.session(writing=False) as session:
        return [row.size for row in checkpoints.list_checkpoints(session, vote_id=kept.id)]


def refusals(kept: Kept) -> list[str]:
    with kept.database.session(writing=False) as session:
        return list(session.exec(select(TrailRow.reason).where(TrailRow.tag == checkpoints.REFUSED)))


def meddle(kept: Kept, statement: str, **values: object) -> None:
    """What somebody at the database itself can do, past the triggers."""
    with kept.database.transaction() as session:
        connection = session.connection()
        if kept.database.is_sqlite:
            kinds = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            triggers = connection.execute(sa.text(kinds)).all()
            for name, _ in triggers:
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
            connection.execute(sa.text(statement), values)
            for _, sql in triggers:
                connection.exec_driver_sql(sql)
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            connection.execute(sa.text(statement), values)


@pytest.fixture
def noticed(crowd_vote) -> tuple[Kept, object]:
    return crowd_vote(4)


def test_one_at_the_notice_one_an_hour_while_something_happens_and_one_at_the_closing(noticed) -> None:
    kept, crowd = noticed
    assert sizes(kept) == [1]
    opens = kept.vote.opens_at
    kept.tick(opens)
    assert sizes(kept) == [1, 2]
    home = crowd.homes[0]
    kept.cast("0", home.unit_id, home.account_id, ("for",), opens + MINUTE)
    kept.tick(opens + 59 * MINUTE)
    assert sizes(kept) == [1, 2]
    kept.tick(opens + HOUR)
    assert sizes(kept) == [1, 2, 3]
    kept.tick(opens + 5 * HOUR)
    assert sizes(kept) == [1, 2, 3]
    kept.close()
    assert sizes(kept) == [1, 2, 3, 4]
    kept.close()
    assert sizes(kept) == [1, 2, 3, 4]


def test_what_a_worker_missed_is_made_when_one_runs_again(noticed, crowd_vote) -> None:
    kept, crowd = noticed
    home = crowd.homes[0]
    kept.cast("0", home.unit_id, home.account_id, ("for",), kept.vote.opens_at + MINUTE)
    kept.tick(kept.vote.closes_at + 30 * HOUR)
    assert sizes(kept) == [1, 4]


def test_it_is_the_root_of_what_stands_in_the_database_signed_with_the_installations_key(
    closed: Kept,
) -> None:
    with closed.database.session(writing=False) as session:
        query = (
            select(BallotEvent.leaf_hash).where(BallotEvent.vote_id == closed.id).order_by(BallotEvent.seq)
        )
        leaves = [bytes.fromhex(leaf) for leaf in session.exec(query)]
        rows = checkpoints.list_checkpoints(session, vote_id=closed.id)
    assert rows[-1].size == len(leaves)
    for row in rows:
        note = notes.read_note(row.note)
        head = notes.read_checkpoint(note.text)
        assert (head.size, head.root) == (row.size, merkle_root(leaves[: row.size]))
        assert notes.is_signed_by(
            note, notes.origin_of(str(closed.id)), signer(closed.secret).public, check_signature
        )


def test_two_workers_make_one(noticed, secret) -> None:
    kept, _ = noticed
    kept.tick(kept.vote.opens_at - HOUR)
    with kept.database.transaction() as session:
        made = checkpoints.make_checkpoint(session, vote_id=kept.id, secret=secret)
        assert not checkpoints.keep_checkpoint(session, made, now=kept.vote.opens_at)
    assert sizes(kept) == [1]


# What is meddled with, and what is said of it; the vote has a notice, an opening and two ballots by then.
MEDDLING = {
    "a ballot's leaf": (
        'UPDATE ballot_event SET leaf = replace(leaf, \'"channel":"phone"\', \'"channel":"paper"\') WHERE seq = 3',
        "第 3 号事件的链值对不上",
    ),
    "a column beside the leaf": (
        "UPDATE ballot_event SET channel = 'paper' WHERE seq = 4",
        "第 4 号事件的记录和它的原文不符",
    ),
    "a head": (
        "UPDATE ballot_event SET head = 'ab' WHERE seq = 3",
        "第 3 号事件的链值对不上",
    ),
    "the vote's head": (
        "UPDATE vote SET head_hash = 'ab'",
        "链的末尾不是表决记着的第 4 号",
    ),
    "the number of events": (
        "UPDATE vote SET head_seq = 5",
        "链的末尾不是表决记着的第 5 号",
    ),
    "an earlier checkpoint": (
        "UPDATE checkpoint SET root = 'ab' WHERE size = 1",
        "第 1 号存证点和现在的事件对不上",
    ),
    "an earlier checkpoint's note": (
        "UPDATE checkpoint SET note = 'gone' WHERE size = 1",
        "第 1 号存证点的内容读不出来",
    ),
    "an earlier checkpoint's size": (
        "UPDATE checkpoint SET size = 9 WHERE size = 1",
        "第 9 号存证点和现在的事件对不上",
    ),
    "a leaf that is nothing any more": (
        "UPDATE ballot_event SET leaf = '' WHERE seq = 3",
        "第 3 号事件的内容写法不对",
    ),
}


@pytest.mark.parametrize("what", MEDDLING)
def test_nothing_is_signed_over_what_was_meddled_with_and_the_trail_says_so_once(noticed, what) -> None:
    kept, crowd = noticed
    kept.tick(kept.vote.opens_at)
    for home in crowd.homes[:2]:
        kept.cast("", home.unit_id, home.account_id, ("for",), kept.vote.opens_at + MINUTE)
    statement, why = MEDDLING[what]
    meddle(kept, statement)
    signed = sizes(kept)
    at = kept.vote.opens_at + 2 * HOUR
    for minutes in (0, 1, 59):
        kept.tick(at + minutes * MINUTE)
    assert sizes(kept) == signed
    assert refusals(kept) == [why]
    with kept.database.session(writing=False) as session:
        assert checkpoints.last_refusal(session, vote_id=kept.id) == (at, why)
        assert checkpoints.alarmed_votes(session, estate_id=crowd.estate_id) == [kept.id]
    kept.tick(at + HOUR)
    assert refusals(kept) == [why, why]


def test_a_whole_chain_written_anew_contradicts_the_checkpoints_before_it(closed: Kept, secret) -> None:
    """The one who has the database and writes every hash right again is stopped by the last signature."""
    from app.rules.votes.verification.bundle import unpack
    from tests.services.votes.test_package_alterations import rewritten

    lines = unpack(rewritten(unpack(closed.package(full=False)), secret))["events.jsonl"].splitlines()
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        leaf = json.loads(row["leaf"])
        from app.rules.votes.evidence import leaf_hash

        meddle(
            closed,
            "UPDATE ballot_event SET leaf = :leaf, leaf_hash = :hash, head = :head, previous_head = :before WHERE seq = :seq",
            leaf=row["leaf"],
            hash=leaf_hash(row["leaf"].encode()).hex(),
            head=row["head"],
            before=leaf["previous"],
            seq=number,
        )
    meddle(closed, "UPDATE vote SET head_hash = :head", head=json.loads(lines[-1])["head"])
    with closed.database.session(writing=False) as session, pytest.raises(checkpoints.BrokenChain) as broken:
        checkpoints.make_checkpoint(session, vote_id=closed.id, secret=secret)
    assert broken.value.values["why"] == "第 11 号存证点和现在的事件对不上"


def test_another_key_signs_nothing_on_top_of_the_first_ones(closed: Kept) -> None:
    with closed.database.session(writing=False) as session, pytest.raises(checkpoints.BrokenChain):
        checkpoints.make_checkpoint(
            session, vote_id=closed.id, secret=b"a new secret after moving house, forty bytes"
        )


def test_a_checkpoint_is_never_changed_or_deleted(noticed) -> None:
    kept, _ = noticed
    for statement in ("UPDATE checkpoint SET note = 'x'", "DELETE FROM checkpoint"):
        with pytest.raises(sa.exc.DBAPIError), kept.database.transaction() as session:
            session.connection().execute(sa.text(statement))
    with kept.database.session(writing=False) as session:
        assert session.get(Checkpoint, (kept.id, 1)) is not None
