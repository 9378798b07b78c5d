"""The hand-over: published minutes become a vote, its outcome moves the proposal, and its project completes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, NotAllowed, NotFound
from app.models.estates import Owner
from app.models.outbox import Message
from app.models.proposals import EventKind, Proposal
from app.models.votes import Vote, VoteOrigin
from app.models.works import Project
from app.rules.deliberations.stages import Stage
from app.rules.proposals.states import ProposalState
from app.rules.votes.states import Choice, LegalMode, State
from app.services.trail import Actor
from app.services.votes import closing, drafting, origins
from app.services.works import projects, settling
from app.services.works.settling import Ending
from tests.fixtures.consensus import AGREED, OPEN, TASK


def settle(consensus, project_id, task_id, **changes) -> None:
    given = {"note": "图纸两种方案都交了", "photo_id": None, "actor": consensus.actor, "now": consensus.now}
    estate_id = consensus.talk.world.estate_id
    settling.settle_task(
        consensus.session,
        **{"estate_id": estate_id, **given, **changes},
        project_id=project_id,
        task_id=task_id,
        ending=Ending.DONE,
    )


def finish(session, vote) -> None:
    """Open, count, and let the time for objections run out."""
    vote.advance(session, vote.closes_at + timedelta(minutes=2))
    vote.advance(session, vote.closes_at + timedelta(days=12))
    assert session.get_one(Vote, vote.id, populate_existing=True).state is State.FINAL


@pytest.fixture
def own_the_house(session, world):
    """li_na and wang_wei own all twelve homes between them, so that two ballots decide."""
    for room, home in world.homes.items():
        owner = session.get_one(Owner, home.owner_id)
        if owner.account_id is None:
            owner.account_id = (world.li_na if room.endswith("1") else world.wang_wei).account_id
            session.add(owner)
    session.flush()


def cast_all(session, world, vote, choice) -> None:
    vote.advance(session, vote.opens_at)
    for room, home in world.homes.items():
        person = world.li_na if room.endswith("1") else world.wang_wei
        vote.cast(session, home.unit_id, person.account_id, choice, vote.opens_at)


def test_the_whole_way_from_the_accepted_proposal_to_its_completion(
    consensus, session, world, secret, own_the_house
) -> None:
    consensus.state()
    consensus.mark(world.li_na.account_id)
    consensus.publish()
    vote_id = consensus.vote_draft()
    assert consensus.proposal.state is ProposalState.DELIBERATING
    vote = consensus.notice(vote_id, secret)
    assert consensus.proposal.state is ProposalState.VOTING
    cast_all(session, world, vote, Choice.FOR)
    finish(session, vote)
    assert consensus.proposal.state is ProposalState.DECIDED_PASSED
    project_id = consensus.project()
    assert consensus.proposal.state is ProposalState.IMPLEMENTING
    shown = projects.read_project(
        session, estate_id=world.estate_id, project_id=project_id, now=consensus.now
    )
    assert [(task.text, task.who, task.due_on) for task in shown.tasks] == [(TASK.text, TASK.who, TASK.by)]
    settle(consensus, project_id, shown.tasks[0].id)
    assert consensus.proposal.state is ProposalState.COMPLETED
    way = [(event.kind, event.state, event.link) for event in consensus.events()]
    thread, voted, built = f"deliberations/{consensus.talk.id}", f"votes/{vote_id}", f"projects/{project_id}"
    assert way == [
        (EventKind.THREAD, ProposalState.DELIBERATING, thread),
        (EventKind.MINUTES, ProposalState.DELIBERATING, f"{thread}/minutes"),
        (EventKind.VOTE, ProposalState.VOTING, voted),
        (EventKind.OUTCOME, ProposalState.DECIDED_PASSED, f"{voted}/result"),
        (EventKind.PROJECT, ProposalState.IMPLEMENTING, built),
        (EventKind.TASK, ProposalState.IMPLEMENTING, f"{built}#task-1"),
        (EventKind.PROJECT, ProposalState.COMPLETED, built),
    ]
    told = session.exec(select(Message.account_id).where(Message.template == "project_completed")).all()
    assert told == [world.li_na.account_id]


def test_the_draft_has_the_minutes_words_and_the_proposals_scope(consensus, session) -> None:
    minutes = consensus.publish()
    vote = session.get_one(Vote, consensus.vote_draft())
    assert AGREED.text in vote.text
    assert OPEN.text not in vote.text
    assert minutes.digest[:16] in vote.text
    assert (vote.scope_level.value, vote.scope_building, vote.scope_entrance) == ("entrance", "3", "1")
    origin = origins.origin_of(session, vote_id=vote.id)
    assert (origin.proposal_id, origin.thread_id) == (consensus.talk.proposal_id, consensus.talk.id)


def test_the_form_sent_twice_is_one_draft_and_a_second_draft_is_refused(consensus, session) -> None:
    consensus.publish()
    vote_id = consensus.vote_draft()
    assert consensus.vote_draft(vote_id) == vote_id
    with pytest.raises(Conflict) as refused:
        consensus.vote_draft()
    assert refused.value.code == "vote_running"
    assert len(session.exec(select(VoteOrigin)).all()) == 1


def test_a_discarded_draft_makes_room_for_another(consensus, session, world) -> None:
    consensus.publish()
    where = {"estate_id": world.estate_id, "vote_id": consensus.vote_draft()}
    drafting.discard_draft(session, **where, actor=consensus.actor, now=consensus.now)
    session.flush()
    assert session.exec(select(VoteOrigin)).all() == []
    assert consensus.vote_draft()


def test_the_text_from_the_minutes_stays_word_for_word(consensus, session, world) -> None:
    consensus.publish()
    where = {"estate_id": world.estate_id, "vote_id": consensus.vote_draft()}
    text = session.get_one(Vote, where["vote_id"]).text
    drafting.save_question(session, **where, title="三号楼装电梯", matter=7, text=text.replace("\n", "\r\n"))
    with pytest.raises(Conflict) as refused:
        drafting.save_question(session, **where, title="三号楼装电梯", matter=7, text=text + "另收管理费。")
    assert refused.value.code == "from_minutes"


def test_minutes_longer_than_a_notice_are_referred_to(consensus, session) -> None:
    minutes = consensus.publish([replace(AGREED, text="长" * 490)] * 25)
    text = session.get_one(Vote, consensus.vote_draft()).text
    assert len(text) < drafting.MAX_TEXT
    assert minutes.digest[:16] in text
    assert "全文见下面这份纪要" in text


def test_only_the_committee_hands_over_and_only_published_minutes_of_its_own_estate(consensus, world) -> None:
    consensus.draft()
    with pytest.raises(NotFound):
        consensus.vote_draft()
    consensus.publish()
    for person in (world.zhao_min, world.li_na):
        with pytest.raises(NotAllowed):
            consensus.vote_draft(actor=Actor(person.account_id, person.name))
        with pytest.raises(NotAllowed):
            consensus.project(actor=Actor(person.account_id, person.name))
    clerk = Actor(world.zhou_tao.account_id, "周涛")
    with pytest.raises(NotFound):
        consensus.vote_draft(estate_id=world.other_estate_id, actor=clerk)
    with pytest.raises(NotFound):
        consensus.project(estate_id=world.other_estate_id, actor=clerk)


def test_a_vote_that_fails_ends_in_not_passed_and_nothing_is_built(
    consensus, session, world, secret, own_the_house
) -> None:
    consensus.publish()
    vote = consensus.notice(consensus.vote_draft(), secret, legal_mode=LegalMode.CONSULTATION)
    cast_all(session, world, vote, Choice.AGAINST)
    finish(session, vote)
    assert consensus.proposal.state is ProposalState.DECIDED_NOT_PASSED
    assert "征求意见" in consensus.events()[-1].note
    with pytest.raises(Conflict):
        consensus.project()
    with pytest.raises(Conflict):
        consensus.vote_draft()


def test_an_annulled_vote_takes_the_proposal_back_and_another_may_follow(
    consensus, session, world, secret
) -> None:
    consensus.publish()
    vote = consensus.notice(consensus.vote_draft(), secret)
    where = {"estate_id": world.estate_id, "vote_id": vote.id}
    reason = "公告的名册漏了两户，重新表决"
    closing.annul_vote(session, **where, actor=consensus.actor, reason=reason, now=consensus.now)
    assert consensus.proposal.state is ProposalState.DELIBERATING
    last = consensus.events()[-1]
    assert (last.kind, last.note, last.link) == (EventKind.VOTE, reason, f"votes/{vote.id}")
    assert consensus.vote_draft()


def test_a_court_stops_the_works_and_they_go_on_after_a_second_vote(
    consensus, session, world, secret, own_the_house
) -> None:
    consensus.publish()
    vote = consensus.notice(consensus.vote_draft(), secret)
    cast_all(session, world, vote, Choice.FOR)
    finish(session, vote)
    project_id = consensus.project()
    closing.annul_vote(
        session, estate_id=world.estate_id, vote_id=vote.id, actor=consensus.actor,
        reason="法院撤销了这次表决的结果", now=consensus.now,
    )  # fmt: skip
    shown = projects.read_project(
        session, estate_id=world.estate_id, project_id=project_id, now=consensus.now
    )
    assert shown.is_stopped
    with pytest.raises(Conflict) as refused:
        settle(consensus, project_id, shown.tasks[0].id)
    assert refused.value.code == "stopped"
    assert consensus.project() == project_id
    assert consensus.proposal.state is ProposalState.IMPLEMENTING


def test_a_proposal_that_was_refused_meanwhile_is_not_put_to_the_vote(consensus, session, secret) -> None:
    consensus.publish()
    vote_id = consensus.vote_draft()
    proposal = session.get_one(Proposal, consensus.talk.proposal_id)
    proposal.state = ProposalState.DECLINED
    session.add(proposal)
    with pytest.raises(Conflict) as refused:
        consensus.notice(vote_id, secret)
    assert refused.value.code == "bad_move"


def test_a_vote_of_its_own_has_no_proposal_to_move(session, make_vote) -> None:
    vote = make_vote()
    assert origins.origin_of(session, vote_id=vote.id) is None


def test_minutes_without_tasks_open_no_project(consensus, session) -> None:
    consensus.publish([AGREED])
    with pytest.raises(Conflict) as refused:
        consensus.project()
    assert refused.value.code == "no_tasks"
    assert session.exec(select(Project)).all() == []


def test_nothing_is_handed_over_before_the_consensus_stage(consensus) -> None:
    consensus.publish()
    with pytest.raises(Conflict) as refused:
        consensus.vote_draft(now=consensus.talk.begins[Stage.MEETING], vote_id=uuid4())
    assert refused.value.code == "stage_closed"
