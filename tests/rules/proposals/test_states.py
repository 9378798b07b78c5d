"""The table of a proposal's life, and whose step each is."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from app.errors import Conflict, NotAllowed
from app.rules.proposals.states import (
    ENDED,
    MOVES,
    OPEN_FOR_EDIT,
    OPEN_FOR_SUPPORT,
    PUBLIC,
    STATE_NAMES,
    WHOLE_WAY,
    Cause,
    ProposalState,
    move,
    next_states,
)

S = ProposalState


@pytest.mark.parametrize("by", Cause)
def test_a_step_is_taken_by_its_cause_refused_to_others_and_off_the_table_a_conflict(by: Cause) -> None:
    for current, target in product(S, S):
        causes = MOVES[current].get(target, frozenset())
        if by in causes:
            assert move(current, target, by=by) is target
            assert target in next_states(current, by=by)
            continue
        with pytest.raises(NotAllowed if causes else Conflict):
            move(current, target, by=by)
        assert target not in next_states(current, by=by)


def test_the_whole_way_can_be_gone_and_every_state_can_be_reached() -> None:
    for here, there in pairwise((S.DRAFT, *WHOLE_WAY)):
        assert MOVES[here][there]
    reached = {S.DRAFT}
    for _ in S:
        reached |= {target for state in reached for target in MOVES[state]}
    assert reached == set(S) == set(STATE_NAMES)


def test_an_author_takes_back_only_what_is_not_yet_accepted() -> None:
    assert {state for state in S if S.WITHDRAWN in MOVES[state]} == {S.DRAFT, S.GATHERING}
    with pytest.raises(NotAllowed) as refusal:
        move(S.GATHERING, S.ACCEPTED, by=Cause.AUTHOR)
    assert refusal.value.code == "not_your_move"


def test_only_a_vote_says_how_it_was_decided() -> None:
    for state in S:
        for decided in (S.DECIDED_PASSED, S.DECIDED_NOT_PASSED):
            if decided in MOVES[state]:
                assert (state, MOVES[state][decided]) == (S.VOTING, {Cause.SYSTEM})


def test_an_annulled_vote_brings_the_proposal_back_from_every_state_after_it() -> None:
    for state in (S.VOTING, S.DECIDED_PASSED, S.IMPLEMENTING):
        assert move(state, S.DELIBERATING, by=Cause.SYSTEM) is S.DELIBERATING


def test_merged_and_withdrawn_are_final_and_what_has_ended_takes_no_support() -> None:
    assert not MOVES[S.MERGED]
    assert not MOVES[S.WITHDRAWN]
    assert not ENDED & (OPEN_FOR_SUPPORT | OPEN_FOR_EDIT)
    assert S.DRAFT not in PUBLIC


def test_the_refusal_names_both_states_in_chinese() -> None:
    with pytest.raises(Conflict, match="“已完成”，不能改成“草稿”"):
        move(S.COMPLETED, S.DRAFT, by=Cause.COMMITTEE)
