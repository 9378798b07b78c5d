"""Seconding: one voice a home, the threshold and its clocks, and voices taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from app.errors import Conflict, NotAllowed, NotFound
from app.models.estates import Ownership, Relation, Residence, Unit
from app.models.outbox import Channel, Message
from app.models.proposals import EventKind, Proposal, ProposalEvent, Seconding
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.proposals.states import ProposalState
from app.services.proposals import seconding
from app.templating import render_message
from tests.fixtures.proposals import LAMP, Pen


def test_a_home_counts_once_whoever_presses_and_however_often(pen, world) -> None:
    proposal = pen.publish()
    pen.session.add(
        Residence(
            account_id=world.qian_er.account_id,
            unit_id=world.homes["302"].unit_id,
            relation=Relation.TENANT,
            since=pen.now,
        )
    )
    for account in (world.wang_wei, world.wang_wei, world.qian_er):
        pen.second(proposal, account.account_id)
    # The tenant lives in 501, too.
    assert (proposal.supporters, proposal.warmth) == (2, 2)
    voices = {row.unit_id: row.account_id for row in pen.session.exec(select(Seconding))}
    assert voices == {
        world.homes["302"].unit_id: world.wang_wei.account_id,
        world.homes["501"].unit_id: world.qian_er.account_id,
    }


def test_who_owns_several_homes_seconds_with_all_of_them_but_not_with_a_parking_place(pen, world) -> None:
    owner = world.homes["302"].owner_id
    garage = Unit(
        estate_id=world.estate_id,
        building="3",
        entrance="1",
        floor=0,
        room="车位1",
        area=1200,
        kind=UnitKind.PARKING,
        status=UnitStatus.NORMAL,
    )
    pen.session.add(garage)
    pen.session.flush()
    for unit_id in (world.homes["401"].unit_id, garage.id):
        pen.session.add(Ownership(unit_id=unit_id, owner_id=owner, position=1))
    pen.session.flush()
    proposal = pen.second(pen.publish(), world.wang_wei.account_id)
    assert proposal.supporters == 2


def test_only_homes_inside_the_scope_have_a_voice(pen, world) -> None:
    unit = pen.session.get_one(Unit, world.homes["302"].unit_id)
    unit.entrance = "2"
    pen.session.add(unit)
    pen.session.flush()
    proposal = pen.publish()
    for account in (world.wang_wei, world.chen_jie, world.stranger, world.zhou_tao):
        with pytest.raises(NotAllowed) as refused:
            pen.second(proposal, account.account_id)
        assert refused.value.code == "outside_scope"
    assert proposal.supporters == 0


def test_the_proposers_own_home_is_the_proposal_and_no_voice(pen, world) -> None:
    proposal = pen.publish()
    pen.session.add(
        Residence(
            account_id=world.stranger.account_id,
            unit_id=world.homes["301"].unit_id,
            relation=Relation.FAMILY,
            since=pen.now,
        )
    )
    for account in (world.li_na, world.stranger):
        with pytest.raises(NotAllowed) as refused:
            pen.second(proposal, account.account_id)
        assert refused.value.code == "own_proposal"


def test_reaching_the_threshold_starts_the_clocks_and_tells_author_and_committee_once(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401")
    assert proposal.reached_at is None
    pen.second_rooms(proposal, "402", "501")
    # Monday 23 November: ten working days on is Monday 7 December, five more the 14th.
    assert proposal.reached_at == pen.now
    assert proposal.answer_due_at == datetime(2026, 12, 7, 16, tzinfo=UTC)
    assert proposal.street_due_at == datetime(2026, 12, 14, 16, tzinfo=UTC)
    kinds = [event.kind for event in pen.session.exec(select(ProposalEvent))]
    assert kinds == [EventKind.PUBLISHED, EventKind.REACHED]
    letters = {letter.account_id: letter for letter in pen.session.exec(select(Message))}
    assert letters.keys() == {world.li_na.account_id, world.chen_jie.account_id}
    for letter in letters.values():
        assert letter.channel is Channel.SMS
        assert "3 户附议" in render_message(letter.template, letter.values)


def test_what_was_reached_stays_owed_when_a_voice_is_taken_back(pen) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401", "402")
    pen.take_back(proposal, pen.neighbour("402"))
    pen.take_back(proposal, pen.neighbour("402"))
    assert (proposal.supporters, proposal.warmth, proposal.reached_at) == (2, 2, pen.now)
    pen.second_rooms(proposal, "402")
    assert len(pen.session.exec(select(ProposalEvent)).all()) == 2


def test_nobody_takes_back_what_another_gave(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302")
    pen.take_back(proposal, pen.neighbour("401"))
    assert proposal.supporters == 1


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.GATHERING])
def test_only_what_gathers_can_be_seconded_or_left(pen, world, state) -> None:
    proposal = pen.second_rooms(pen.publish(), "302")
    proposal.state = state
    proposal.merged_into = proposal.id if state is ProposalState.MERGED else None
    pen.session.add(proposal)
    pen.session.flush()
    with pytest.raises(Conflict):
        pen.second(proposal, pen.neighbour("401"))
    with pytest.raises(Conflict):
        pen.take_back(proposal, world.wang_wei.account_id)
    assert proposal.supporters == 1


def test_after_the_last_day_nobody_seconds_but_one_may_still_leave(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302")
    end = proposal.gathering_until
    pen.second(proposal, pen.neighbour("401"), now=end - timedelta(microseconds=1))
    with pytest.raises(Conflict, match="期限已过"):
        pen.second(proposal, pen.neighbour("402"), now=end)
    pen.take_back(proposal, world.wang_wei.account_id)
    assert proposal.supporters == 1


def test_a_draft_a_hidden_one_and_another_estates_cannot_be_seconded(pen, world) -> None:
    with pytest.raises(NotFound):
        pen.second(pen.save(), world.wang_wei.account_id)
    proposal = pen.publish()
    with pytest.raises(NotFound):
        pen.second(proposal, world.wang_wei.account_id, estate_id=world.other_estate_id)
    proposal.hidden_at = pen.now
    pen.session.add(proposal)
    pen.session.flush()
    with pytest.raises(Conflict):
        pen.second(proposal, world.wang_wei.account_id)


def test_the_buttons_say_what_can_be_done(pen, world) -> None:
    proposal = pen.publish()

    def voice(account_id):
        return seconding.my_voice(
            pen.session,
            estate_id=world.estate_id,
            proposal_id=proposal.id,
            account_id=account_id,
            now=pen.now,
        )

    assert voice(world.li_na.account_id).is_author
    assert not voice(world.li_na.account_id).may_second
    assert voice(world.wang_wei.account_id).may_second
    assert voice(world.wang_wei.account_id).homes == ("3号楼1单元302室",)
    pen.second(proposal, world.wang_wei.account_id)
    after = voice(world.wang_wei.account_id)
    assert (after.may_second, after.may_take_back, after.mine) == (False, True, 1)
    assert voice(world.chen_jie.account_id).homes == ()


def test_two_phones_at_once_give_one_voice_and_reach_the_threshold_once(database, world, now) -> None:
    with database.transaction() as session:
        pen = Pen(session, world, now)
        proposal = pen.publish(pen.save(LAMP))
        accounts = [pen.neighbour(room) for room in ("302", "401", "402", "501")]

    def press(account_id) -> None:
        with database.transaction() as session:
            Pen(session, world, now).second(proposal, account_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, accounts * 2))
    with database.session(writing=False) as session:
        row = session.get_one(Proposal, proposal.id)
        assert (row.supporters, row.warmth) == (4, 4)
        assert len(session.exec(select(Seconding)).all()) == 4
        kinds = [event.kind for event in session.exec(select(ProposalEvent))]
        assert kinds.count(EventKind.REACHED) == 1
