"""What a paper of several questions, or a survey, means for the proposal it came from."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from app.models.estates import Owner
from app.models.proposals import EventKind, ProposalEvent
from app.models.votes import RollEntry, Vote
from app.rules.proposals.states import ProposalState
from app.rules.votes.states import Choice
from app.services.votes import questions
from tests.fixtures.papers import ELECTION, MENU, ask_more
from tests.fixtures.votes import ElevatorVote
from tests.services.votes.test_handover import finish
from tests.services.votes.test_papers import cast

FOR, AGAINST, ABSTAIN = Choice


@pytest.fixture
def noticed(consensus, session, world, secret):
    """The minutes' vote with further questions, noticed; two owners hold nothing but 301 and 302 of the scope."""

    def notice(*more, survey: bool = False) -> ElevatorVote:
        consensus.publish()
        vote_id = consensus.vote_draft()
        row = session.get_one(Vote, vote_id)
        draft = ElevatorVote(vote_id, world.estate_id, row.created_at, row.created_at, secret)
        ask_more(session, draft, *more)
        questions.set_survey(session, estate_id=world.estate_id, vote_id=vote_id, survey=survey)
        return consensus.notice(vote_id, secret)

    return notice


@pytest.fixture
def own_the_house(session, world):
    """li_na owns every home, so that her ballots decide."""
    for home in world.homes.values():
        owner = session.get_one(Owner, home.owner_id)
        if owner.account_id is None:
            owner.account_id = world.li_na.account_id
            session.add(owner)
    session.flush()


def cast_all(session, world, vote, answers) -> None:
    vote.advance(session, vote.opens_at)
    for room in world.homes:
        if room != "302":
            cast(session, world, vote, room, answers, who=world.li_na)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (FOR, ABSTAIN, ProposalState.DECIDED_PASSED),
        (AGAINST, FOR, ProposalState.DECIDED_NOT_PASSED),
    ],
)
def test_the_first_question_moves_the_proposal_whatever_the_others_came_to(
    consensus, session, world, own_the_house, noticed, first, second, state
) -> None:
    vote = noticed(MENU)
    cast_all(session, world, vote, (first, second, *(ABSTAIN,) * 3))
    finish(session, vote)
    session.refresh(consensus.proposal)
    assert consensus.proposal.state is state


def test_a_survey_leaves_the_proposal_to_be_talked_about_again(
    consensus, session, world, own_the_house, noticed
) -> None:
    vote = noticed(ELECTION, survey=True)
    session.refresh(consensus.proposal)
    assert consensus.proposal.state is ProposalState.VOTING
    cast_all(session, world, vote, (FOR, FOR, ABSTAIN, ABSTAIN))
    finish(session, vote)
    session.refresh(consensus.proposal)
    assert consensus.proposal.state is ProposalState.DELIBERATING
    last = session.exec(select(ProposalEvent).order_by(col(ProposalEvent.seq).desc()).limit(1)).one()
    assert (last.kind, last.link) == (EventKind.OUTCOME, f"votes/{vote.id}/result")
    assert "没有法律约束力" in last.note
    assert len(session.exec(select(RollEntry).where(RollEntry.vote_id == vote.id)).all()) == 12
