"""Ballots by another's hand: sheets, agents, assistance; and two ways meeting in one home."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.errors import Invalid, Refusal
from app.models.outbox import Message
from app.models.votes import BallotChannel, BallotCurrent, BallotEvent, EventKind
from app.models.votes.mandates import Mandate, MandateKind, MandateState
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED
from app.services.votes.casting import Cast, Receipt, cast_ballot
from tests.fixtures.crowd import faults_of

FOR, AGAINST, ABSTAIN = Choice
PAPER, PROXY, ASSISTED, PHONE = (
    BallotChannel.PAPER,
    BallotChannel.PROXY,
    BallotChannel.ASSISTED,
    BallotChannel.PHONE,
)


@pytest.fixture
def cast(session, world, vote):
    """Cast a ballot of home 301 by any way, one minute after the opening unless told otherwise."""

    def by(channel, who, answers=(FOR,), *, minutes=1, late=0, home="301", key="", **more) -> Receipt:
        at = vote.opens_at + timedelta(minutes=minutes)
        asked = Cast(
            estate_id=vote.estate_id,
            vote_id=vote.id,
            unit_id=world.homes[home].unit_id,
            account_id=who.account_id,
            answers=answers,
            key=key or uuid4().hex,
            received_at=at,
            channel=channel,
            **more,
        )
        later = at + timedelta(minutes=late)
        return cast_ballot(session, asked, read_clock=lambda: later, secret=vote.secret)

    return by


def standing(session, world, vote, home="301") -> BallotCurrent:
    return session.get_one(BallotCurrent, (vote.id, world.homes[home].unit_id), populate_existing=True)


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


def mandate(session, world, vote, *, agent, state=MandateState.IN_FORCE, owner=None, **more) -> UUID:
    row = Mandate(
        vote_id=vote.id,
        owner_id=owner or world.homes["301"].owner_id,
        kind=MandateKind.DIGITAL,
        agent_id=agent.account_id,
        agent_name="代理人",
        state=state,
        given_by=world.li_na.account_id,
        given_at=vote.opens_at,
        **more,
    )
    session.add(row)
    session.flush()
    return row.id


def test_a_sheet_takes_the_place_of_the_phone_and_ends_the_homes_vote(session, world, vote, cast) -> None:
    cast(PHONE, world.li_na, (AGAINST,))
    receipt = cast(PAPER, world.chen_jie, (FOR,), minutes=5)
    assert receipt.counts
    assert standing(session, world, vote).channel is PAPER
    assert refused(lambda: cast(PHONE, world.li_na, minutes=6)) == "paper_counts"
    assert faults_of(session, vote.id, vote.secret) == []


def test_a_second_sheet_is_kept_in_the_chain_told_to_the_owners_and_does_not_count(
    session, world, vote, cast
) -> None:
    cast(PAPER, world.chen_jie, (FOR,))
    receipt = cast(PAPER, world.chen_jie, (AGAINST,), minutes=2)
    assert (receipt.counts, receipt.revision) == (False, 0)
    assert receipt.code
    assert standing(session, world, vote).revision == 1
    kept = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.KEPT)).one()
    assert kept.revision == -kept.seq
    told = session.exec(select(Message.template).where(Message.template == "ballot_kept")).all()
    assert told
    again = cast(PAPER, world.chen_jie, (FOR,), minutes=3)
    assert not again.counts


def test_a_kept_sheet_sent_twice_is_one_and_gives_the_same_answer(session, world, vote, cast) -> None:
    cast(PAPER, world.chen_jie)
    first = cast(PAPER, world.chen_jie, (AGAINST,), key="k" * 20)
    assert cast(PAPER, world.chen_jie, (AGAINST,), key="k" * 20) == first


def test_only_paper_can_be_spoiled(session, world, vote, cast) -> None:
    assert refused(lambda: cast(PHONE, world.li_na, (SPOILED,))) == "bad_choice"
    assert cast(PAPER, world.chen_jie, (SPOILED,)).counts


def test_a_sheet_handed_in_before_closing_may_be_entered_until_the_last_minute_of_grace(
    session, world, vote, cast
) -> None:
    minutes = (vote.closes_at - vote.opens_at) / timedelta(minutes=1)
    assert refused(lambda: cast(PAPER, world.chen_jie, minutes=minutes)) == "closed"
    assert refused(lambda: cast(PAPER, world.chen_jie, minutes=minutes - 1, late=3)) == "closed"
    assert cast(PAPER, world.chen_jie, minutes=minutes - 1, late=1).counts


def test_an_agent_casts_with_a_mandate_in_force_and_uses_it_up(session, world, vote, cast) -> None:
    for state in (MandateState.OFFERED, MandateState.REVOKED, MandateState.REFUSED):
        mine = mandate(session, world, vote, agent=world.qian_er, state=state)
        assert refused(lambda mine=mine: cast(PROXY, world.qian_er, mandate_id=mine)) == "no_mandate"
        if state is MandateState.OFFERED:
            session.get_one(Mandate, mine).state = MandateState.REVOKED
            session.flush()
    mine = mandate(session, world, vote, agent=world.qian_er)
    assert refused(lambda: cast(PROXY, world.wang_wei, mandate_id=mine)) == "no_mandate"
    assert refused(lambda: cast(PROXY, world.qian_er, mandate_id=mine, home="302")) == "no_mandate"
    assert refused(lambda: cast(PROXY, world.qian_er, mandate_id=uuid4())) == "no_mandate"
    assert refused(lambda: cast(PROXY, world.qian_er)) == "no_mandate"
    assert cast(PROXY, world.qian_er, mandate_id=mine).counts
    assert session.get_one(Mandate, mine, populate_existing=True).state is MandateState.USED


def test_the_owner_beats_his_agent_and_the_agent_never_the_owner(session, world, vote, cast) -> None:
    mine = mandate(session, world, vote, agent=world.qian_er)
    cast(PROXY, world.qian_er, (AGAINST,), mandate_id=mine)
    assert cast(PHONE, world.li_na, (FOR,), minutes=2).revision == 2
    assert (
        refused(lambda: cast(PROXY, world.qian_er, (AGAINST,), minutes=3, mandate_id=mine)) == "owner_voted"
    )


def test_staff_assist_an_owner_of_the_roll_and_nobody_else(session, world, vote, cast) -> None:
    li_na, wang_wei = (world.homes[home].owner_id for home in ("301", "302"))
    assert refused(lambda: cast(ASSISTED, world.chen_jie, owner_id=wang_wei)) == "not_owner"
    assert refused(lambda: cast(ASSISTED, world.chen_jie)) == "not_owner"
    assert cast(ASSISTED, world.chen_jie, owner_id=li_na).counts
    assert faults_of(session, vote.id, vote.secret) == []


@pytest.mark.parametrize("answers", [(), (FOR, FOR), ("yes",)])
def test_a_ballot_that_does_not_answer_the_paper_is_refused(session, world, vote, cast, answers) -> None:
    with pytest.raises(Invalid):
        cast(PHONE, world.li_na, answers)
