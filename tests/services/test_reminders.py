"""Reminders: only the homes without a ballot, only who may cast it, once a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import Conflict
from app.models.accounts import Account
from app.models.outbox import Channel, Message
from app.models.trail import TrailRow
from app.rules.votes.states import Choice
from app.services.trail import Actor
from app.services.votes import reminders


@pytest.fixture
def remind(session, world, vote):
    def remind(at):
        actor = Actor(world.chen_jie.account_id, "chen_jie")
        return reminders.remind_absent(
            session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=at
        )

    return remind


def sent(session) -> list[Message]:
    return list(session.exec(select(Message).where(Message.template == "vote_reminder")))


def test_only_the_owner_of_a_home_without_a_ballot_is_written_to(session, world, vote, remind) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.AGAINST, vote.opens_at)
    done = remind(vote.opens_at + timedelta(hours=1))
    [message] = sent(session)
    assert (done.told, message.account_id) == (1, world.wang_wei.account_id)
    assert message.values["home"] == "3号楼1单元302室"


def test_a_home_is_reminded_once_a_day_in_beijing_and_again_the_next(session, vote, remind) -> None:
    # The vote opens at 10:00 in Beijing: fourteen hours later the day is another one there.
    assert remind(vote.opens_at).told == 2
    again = remind(vote.opens_at + timedelta(hours=13, minutes=59))
    assert (again.told, again.told_before) == (0, 2)
    assert remind(vote.opens_at + timedelta(hours=14)).told == 2
    assert len(sent(session)) == 4


def test_homes_that_no_message_reaches_are_listed_for_a_visit(session, world, vote, remind) -> None:
    account = session.get_one(Account, world.wang_wei.account_id)
    account.phone = None
    session.add(account)
    session.flush()
    done = remind(vote.opens_at)
    assert len(done.to_visit) == 11
    assert "3号楼1单元302室" in done.to_visit
    assert "3号楼1单元301室" not in done.to_visit
    channels = {message.account_id: message.channel for message in sent(session)}
    assert channels[world.wang_wei.account_id] is Channel.INBOX


def test_the_trail_keeps_numbers_and_no_homes(session, vote, remind) -> None:
    remind(vote.opens_at)
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:vote:remind")).one()
    assert row.new == {"told": 2, "told_before": 0, "to_visit": 10}


@pytest.mark.parametrize("when", ["opens_at", "closes_at"])
def test_nobody_is_reminded_outside_the_window(session, vote, remind, when) -> None:
    at = getattr(vote, when) - (timedelta(seconds=1) if when == "opens_at" else timedelta(0))
    with pytest.raises(Conflict) as refused:
        remind(at)
    assert refused.value.code == "not_open"
    assert sent(session) == []
