"""Casting: once, in time, by the right person, and never lost."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.outbox import Message
from app.models.votes import BallotCurrent, BallotEvent, EventKind
from app.rules.votes import evidence
from app.rules.votes.states import ChangeRule, Choice
from app.services.votes import casting

FOR, AGAINST = Choice.FOR, Choice.AGAINST
SECOND = timedelta(seconds=1)


def test_a_ballot_is_recorded_with_a_receipt_that_names_its_event(session, world, vote) -> None:
    receipt = vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at)
    event = session.exec(select(BallotEvent).where(BallotEvent.receipt == receipt.code)).one()
    assert event.kind is EventKind.CAST
    assert event.revision == 1
    assert evidence.receipt_code(evidence.leaf_hash(event.leaf.encode())) == receipt.code


def test_the_opening_second_is_in_and_the_second_before_is_out(session, world, vote) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    with pytest.raises(Conflict) as refused:
        vote.cast(session, home, owner, FOR, vote.opens_at - SECOND)
    assert refused.value.code == "not_open_yet"
    assert vote.cast(session, home, owner, FOR, vote.opens_at).revision == 1


def test_the_closing_second_is_out_and_the_second_before_is_in(session, world, vote) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    assert vote.cast(session, home, owner, FOR, vote.closes_at - SECOND).revision == 1
    with pytest.raises(Conflict) as refused:
        vote.cast(session, home, owner, AGAINST, vote.closes_at)
    assert refused.value.code == "closed"


def test_a_request_that_was_here_in_time_but_waited_for_the_lock_counts(session, world, vote) -> None:
    receipt = casting.cast_ballot(
        session,
        casting.Cast(
            estate_id=world.estate_id,
            vote_id=vote.id,
            unit_id=world.homes["301"].unit_id,
            account_id=world.li_na.account_id,
            answers=(FOR,),
            key=uuid4().hex,
            received_at=vote.closes_at - SECOND,
        ),
        read_clock=lambda: vote.closes_at + 5 * SECOND,
        secret=vote.secret,
    )
    assert receipt.recorded_at == vote.closes_at + 5 * SECOND


def test_a_ballot_that_waited_past_the_grace_is_refused_because_the_count_may_have_been_read(
    session, world, vote
) -> None:
    with pytest.raises(Conflict) as refused:
        casting.cast_ballot(
            session,
            casting.Cast(
                estate_id=world.estate_id,
                vote_id=vote.id,
                unit_id=world.homes["301"].unit_id,
                account_id=world.li_na.account_id,
                answers=(FOR,),
                key=uuid4().hex,
                received_at=vote.closes_at - SECOND,
            ),
            read_clock=lambda: vote.closes_at + casting.GRACE,
            secret=vote.secret,
        )
    assert refused.value.code == "closed"


def test_nothing_is_accepted_after_the_close_event_whatever_the_time(session, world, vote) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    vote.cast(session, home, owner, FOR, vote.opens_at)
    while vote.advance(session, vote.closes_at + timedelta(seconds=60)):
        pass
    with pytest.raises(Conflict):
        vote.cast(session, home, owner, AGAINST, vote.closes_at - SECOND)


def test_a_change_supersedes_and_both_events_stay(session, world, vote) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    vote.cast(session, home, owner, FOR, vote.opens_at)
    second = vote.cast(session, home, owner, AGAINST, vote.opens_at + SECOND)
    assert second.revision == 2
    current = session.exec(select(BallotCurrent).where(BallotCurrent.vote_id == vote.id)).one()
    assert current.seq == second.seq
    casts = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.CAST)).all()
    assert [event.revision for event in casts] == [1, 2]


def test_under_the_rule_once_a_second_ballot_is_refused(session, world, make_vote) -> None:
    vote = make_vote(change=ChangeRule.ONCE)
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    vote.cast(session, home, owner, FOR, vote.opens_at)
    with pytest.raises(Conflict) as refused:
        vote.cast(session, home, owner, AGAINST, vote.opens_at + SECOND)
    assert refused.value.code == "already_cast"


def test_the_same_key_gives_the_first_receipt_again_and_another_content_is_refused(
    session, world, vote
) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    first = vote.cast(session, home, owner, FOR, vote.opens_at, key="k" * 32)
    assert vote.cast(session, home, owner, FOR, vote.opens_at + SECOND, key="k" * 32) == first
    with pytest.raises(Invalid) as refused:
        vote.cast(session, home, owner, AGAINST, vote.opens_at + SECOND, key="k" * 32)
    assert refused.value.code == "key_reused"


def test_a_replay_after_closing_still_gives_the_first_receipt(session, world, vote) -> None:
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    first = vote.cast(session, home, owner, FOR, vote.opens_at, key="k" * 32)
    assert vote.cast(session, home, owner, FOR, vote.closes_at + SECOND, key="k" * 32) == first


@pytest.mark.parametrize(
    "somebody", ["wang_wei", "chen_jie", "zhao_min", "sun_li", "ma_chao", "qian_er", "zhou_tao", "stranger"]
)
def test_nobody_but_the_owner_casts_a_homes_ballot(session, world, vote, somebody) -> None:
    person = world.people[somebody]
    with pytest.raises(NotAllowed):
        vote.cast(session, world.homes["301"].unit_id, person.account_id, FOR, vote.opens_at)
    assert session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.CAST)).first() is None


def test_a_home_off_the_roll_is_refused(session, world, vote) -> None:
    with pytest.raises(NotAllowed) as refused:
        vote.cast(session, uuid4(), world.li_na.account_id, FOR, vote.opens_at)
    assert refused.value.code == "not_on_roll"


def test_another_estates_address_finds_no_vote(session, world, vote) -> None:
    vote.estate_id = world.other_estate_id
    with pytest.raises(NotFound):
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at)


def test_every_bound_owner_is_told_of_every_cast_and_never_of_the_choice(session, world, vote) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at)
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, AGAINST, vote.opens_at + SECOND)
    messages = session.exec(
        select(Message).where(Message.template.in_(["ballot_cast", "ballot_changed"]))
    ).all()  # type: ignore[attr-defined]
    assert {message.template for message in messages} == {"ballot_cast", "ballot_changed"}
    told = " ".join(str(message.values) for message in messages)
    assert not any(word in told for word in ("for", "against", "同意", "反对"))


def test_what_is_stored_shows_no_choice_without_the_secret(session, world, vote) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, AGAINST, vote.opens_at)
    session.flush()
    event = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.CAST)).one()
    assert "against" not in event.leaf
    assert str(world.homes["301"].unit_id) not in event.leaf
    current = session.exec(select(BallotCurrent)).one()
    assert len(current.sealed_choice) == 12 + 1 + 16


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ballot_event SET leaf = 'x'",
        "DELETE FROM ballot_event",
        "UPDATE roll_entry SET area = 1",
        "DELETE FROM roll_entry",
        "UPDATE ballot_secret SET seq = 99",
        "UPDATE vote SET title = '别的'",
        "UPDATE vote SET closes_at = opens_at",
        "DELETE FROM vote",
        "UPDATE trail_row SET reason = 'x'",
        "DELETE FROM trail_row",
    ],
)
def test_the_database_itself_refuses_to_rewrite_what_was_recorded(
    database: Database, world, vote, statement
) -> None:
    with database.transaction() as session:
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at)
    with database.session(writing=True) as session, pytest.raises(sa.exc.DBAPIError):
        session.connection().execute(sa.text(statement))


def test_recorded_time_never_runs_backwards(session: Session, world, vote) -> None:
    vote.cast(
        session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at + timedelta(hours=1)
    )
    late = vote.cast(session, world.homes["302"].unit_id, world.wang_wei.account_id, FOR, vote.opens_at)
    assert late.recorded_at == vote.opens_at + timedelta(hours=1)


def test_the_chain_links_from_the_notice_on(session: Session, world, vote) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, vote.opens_at)
    while vote.advance(session, vote.closes_at + timedelta(seconds=60)):
        pass
    events = session.exec(select(BallotEvent).order_by(BallotEvent.seq)).all()  # type: ignore[arg-type]
    assert [event.kind.value for event in events] == ["notice", "open", "cast", "close"]
    head = evidence.FIRST_HEAD
    for seq, event in enumerate(events, start=1):
        assert event.seq == seq
        assert event.previous_head == head.hex()
        head = evidence.chain_head(head, evidence.leaf_hash(event.leaf.encode()))
        assert event.head == head.hex()
