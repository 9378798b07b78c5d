"""The committee's answer, once and in the open; and a party member's name under a neighbour's proposal."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Grant
from app.models.proposals import EventKind
from app.rules.accounts import Duty, Role
from app.rules.proposals.states import ProposalState
from app.services.proposals import answering
from app.services.trail import Actor, list_rows


def test_an_accepted_proposal_has_its_answer_and_all_behind_it_are_told(pen, committee, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    committee.accept(proposal, "好的，今年装。")
    assert committee.state(proposal) is ProposalState.ACCEPTED
    assert (proposal.answer, proposal.answered_at, proposal.answered_by) == (
        "好的，今年装。",
        pen.now,
        world.chen_jie.account_id,
    )
    for account in (world.li_na.account_id, pen.neighbour("401"), pen.neighbour("501")):
        assert committee.letters(account, "proposal_accepted") == [
            "议题第 1 号《3号楼门口加一盏路灯》已被居委会采纳，答复写在议题页面上。"
        ]
    assert committee.letters(world.wang_wei.account_id, "proposal_accepted") == []
    assert committee.way(proposal)[-1] is EventKind.ANSWERED
    row = list_rows(pen.session, estate_id=world.estate_id)[0]
    assert (row.tag, row.actor_name, row.reason) == ("proposals:proposal:move", "陈洁", "好的，今年装。")


def test_the_same_answer_sent_twice_is_one_answer(pen, committee, world) -> None:
    proposal = pen.publish()
    for _ in range(2):
        committee.decline(proposal, seen=ProposalState.GATHERING)
    assert committee.way(proposal).count(EventKind.ANSWERED) == 1
    assert len(committee.letters(world.li_na.account_id, "proposal_declined")) == 1


@pytest.mark.parametrize("text", ["", "    ", "不行。", "\u200b" * 20])
def test_an_answer_says_something(pen, committee, text) -> None:
    proposal = pen.publish()
    with pytest.raises(Invalid) as refusal:
        committee.decline(proposal, text)
    assert (refusal.value.code, refusal.value.field) == ("answer_missing", "answer")
    assert committee.state(proposal) is ProposalState.GATHERING


def test_an_answer_of_two_thousand_and_one_characters_is_too_long(pen, committee) -> None:
    proposal = pen.publish()
    with pytest.raises(Invalid):
        committee.accept(proposal, "好" * 2001)
    committee.accept(proposal, "好" * 2000)
    assert len(proposal.answer) == 2000


def test_an_answer_written_for_another_state_is_refused(pen, committee) -> None:
    """Two at the desk: one has declined while the other still wrote that it is accepted."""
    proposal = pen.publish()
    committee.decline(proposal)
    with pytest.raises(Conflict) as refusal:
        committee.accept(proposal, seen=ProposalState.GATHERING)
    assert refusal.value.code == "state_changed"
    assert committee.state(proposal) is ProposalState.DECLINED


def test_what_was_declined_can_be_taken_up_again_and_both_answers_stay_on_its_way(pen, committee) -> None:
    proposal = pen.publish()
    committee.decline(proposal, "暂时没有经费。")
    committee.accept(proposal, "街道拨了经费。")
    assert committee.state(proposal) is ProposalState.ACCEPTED
    assert committee.way(proposal).count(EventKind.ANSWERED) == 2


def test_another_estates_proposal_and_a_draft_are_not_found(pen, committee, world) -> None:
    proposal = pen.publish()
    with pytest.raises(NotFound):
        committee.accept(proposal, estate_id=world.other_estate_id)
    with pytest.raises(NotFound):
        committee.accept(proposal, proposal_id=uuid4())
    with pytest.raises(NotFound):
        committee.accept(pen.save())


def test_a_withdrawn_or_draft_state_takes_no_answer(pen, committee) -> None:
    proposal = pen.publish()
    proposal.state = ProposalState.WITHDRAWN
    pen.session.add(proposal)
    with pytest.raises(Conflict):
        committee.accept(proposal)


@pytest.fixture
def initiator(session, world, now) -> Actor:
    grant = Grant(
        account_id=world.zhao_min.account_id,
        estate_id=world.estate_id,
        role=Role.PARTY_MEMBER,
        duty=Duty.INITIATOR,
        granted_at=now,
    )
    session.add(grant)
    session.flush()
    return Actor(world.zhao_min.account_id, "赵敏")


def sponsor(pen, proposal, actor) -> None:
    answering.sponsor(
        pen.session, estate_id=pen.world.estate_id, proposal_id=proposal.id, actor=actor, now=pen.now
    )


def test_an_initiator_sponsors_once_and_the_author_is_told(pen, committee, world, initiator) -> None:
    proposal = pen.publish()
    for _ in range(2):
        sponsor(pen, proposal, initiator)
    assert proposal.sponsor_id == world.zhao_min.account_id
    assert committee.way(proposal).count(EventKind.SPONSORED) == 1
    assert committee.letters(world.li_na.account_id, "proposal_sponsored") == [
        "党员发起人赵敏为您的议题第 1 号《3号楼门口加一盏路灯》联名。"
    ]
    assert list_rows(pen.session, estate_id=world.estate_id)[0].tag == "proposals:proposal:sponsor"


def test_another_duty_does_not_sponsor(pen, world) -> None:
    proposal = pen.publish()
    for somebody in (world.zhao_min, world.chen_jie, world.wang_wei):
        with pytest.raises(NotAllowed):
            sponsor(pen, proposal, Actor(somebody.account_id, somebody.name))


def test_nobody_sponsors_his_own_nor_what_has_a_sponsor_or_has_ended(
    pen, committee, world, initiator
) -> None:
    own = pen.publish(by=world.zhao_min)
    with pytest.raises(NotAllowed):
        sponsor(pen, own, initiator)
    taken = pen.publish()
    taken.sponsor_id = world.chen_jie.account_id
    ended = pen.publish()
    committee.decline(ended)
    for proposal in (taken, ended):
        with pytest.raises(Conflict):
            sponsor(pen, proposal, initiator)
