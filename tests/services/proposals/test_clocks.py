"""What the clock decides: a gathering that ends short, an answer overdue, and the street office told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from app.models.outbox import Message
from app.models.proposals import ConsultationSettings, EventKind, ProposalEvent
from app.rules.proposals.states import ProposalState
from app.services.proposals import clocks
from app.services.trail import list_rows
from app.templating import render_message

SECOND = timedelta(seconds=1)


@pytest.fixture
def street(session, world):
    settings = ConsultationSettings(
        estate_id=world.estate_id,
        support={},
        answer={},
        street_name="和平街道办",
        street_phone="+8613800001111",
    )
    session.add(settings)
    session.flush()


def texts_to(session, phone) -> list[str]:
    rows = session.exec(select(Message).where(Message.phone == phone))
    return [render_message(row.template, row.values) for row in rows]


def test_a_gathering_that_ends_short_is_declined_by_the_system_with_the_reason(pen, committee, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402")
    ends = proposal.gathering_until
    assert not committee.settle(proposal, ends - SECOND)
    assert committee.settle(proposal, ends)
    assert committee.state(proposal) is ProposalState.DECLINED
    assert "2 户附议，没有达到需要的 3 户" in proposal.answer
    assert proposal.answered_at is None
    assert len(committee.letters(world.li_na.account_id, "proposal_lapsed")) == 1
    assert len(committee.letters(pen.neighbour("401"), "proposal_lapsed")) == 1
    row = list_rows(pen.session, estate_id=world.estate_id)[0]
    assert (row.tag, row.actor_name) == ("proposals:proposal:move", "系统")
    assert not committee.settle(proposal, ends + SECOND)


def test_one_that_reached_its_threshold_does_not_lapse(pen, committee) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    pen.take_back(proposal, pen.neighbour("401"))
    committee.settle(proposal, proposal.gathering_until)
    assert committee.state(proposal) is ProposalState.GATHERING


def test_an_overdue_answer_is_noted_once_at_its_second(pen, committee, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    due = proposal.answer_due_at
    assert not committee.settle(proposal, due - SECOND)
    assert committee.settle(proposal, due)
    assert not committee.settle(proposal, due + SECOND)
    assert committee.way(proposal).count(EventKind.OVERDUE) == 1
    assert len(committee.letters(world.li_na.account_id, "proposal_overdue")) == 1


def test_the_street_office_gets_one_text_message(pen, committee, street) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    told = proposal.street_due_at
    assert committee.settle(proposal, told - SECOND)  # overdue only
    assert texts_to(pen.session, "+8613800001111") == []
    assert committee.settle(proposal, told)
    assert not committee.settle(proposal, told + SECOND)
    (text,) = texts_to(pen.session, "+8613800001111")
    assert text.startswith("幸福里小区居民议题第 1 号《3号楼门口加一盏路灯》有 3 户附议")
    assert proposal.street_told_at == told
    assert committee.way(proposal)[-2:] == [EventKind.OVERDUE, EventKind.ESCALATED]


def test_both_late_steps_are_taken_at_once_by_a_worker_that_slept(pen, committee, street) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    assert committee.settle(proposal, proposal.street_due_at + timedelta(days=9))
    assert committee.way(proposal)[-2:] == [EventKind.OVERDUE, EventKind.ESCALATED]


def test_without_a_number_it_says_so_and_tells_as_soon_as_there_is_one(pen, committee, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    late = proposal.street_due_at
    committee.settle(proposal, late)
    assert not committee.settle(proposal, late + SECOND)
    assert proposal.street_told_at is None
    note = pen.session.exec(select(ProposalEvent.note).where(ProposalEvent.kind == EventKind.ESCALATED)).one()
    assert "没有登记手机号" in note
    assert clocks.due_proposals(pen.session, now=late + SECOND) == []
    pen.session.add(
        ConsultationSettings(estate_id=world.estate_id, support={}, answer={}, street_phone="+8613800001111")
    )
    pen.session.flush()
    assert clocks.due_proposals(pen.session, now=late + SECOND) == [(world.estate_id, proposal.id)]
    assert committee.settle(proposal, late + SECOND)
    assert len(texts_to(pen.session, "+8613800001111")) == 1


def test_an_answer_in_time_leaves_nothing_to_note(pen, committee, street) -> None:
    proposal = pen.second_rooms(pen.publish(), "401", "402", "501")
    late = proposal.street_due_at + timedelta(days=1)
    committee.accept(proposal)
    assert clocks.due_proposals(pen.session, now=late) == []
    assert not committee.settle(proposal, late)


def test_only_what_lags_is_due(pen, committee, world) -> None:
    lapsing = pen.publish()
    owed = pen.second_rooms(pen.publish(), "401", "402", "501")
    pen.save()
    assert clocks.due_proposals(pen.session, now=owed.answer_due_at - SECOND) == []
    assert clocks.due_proposals(pen.session, now=owed.answer_due_at) == [(world.estate_id, owed.id)]
    everything = clocks.due_proposals(pen.session, now=lapsing.gathering_until)
    assert {one for _, one in everything} == {lapsing.id, owed.id}
