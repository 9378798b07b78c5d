"""How a case moves: only along the table, only with both, and never again after its end."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, NotAllowed
from app.rules.mediation.cases import ENDED, MOVES, Side, State, Verb, ensure_state, may, move
from app.rules.mediation.checks import CheckState, settle
from app.rules.mediation.conflicts import Interest, ensure_may_mediate, interests, read, written
from app.rules.mediation.consent import MAY_STOP, Consent, all_given, answered, stopped


@pytest.mark.parametrize(("state", "verb"), list(product(State, Verb)))
def test_a_step_is_in_the_table_or_is_refused_with_a_sentence(state: State, verb: Verb) -> None:
    assert may(state, verb) is ((state, verb) in MOVES)
    if (state, verb) in MOVES:
        assert move(state, verb) is MOVES[state, verb]
    else:
        with pytest.raises(Conflict) as refused:
            move(state, verb)
        assert refused.value.code == "wrong_state"


def test_what_has_ended_does_not_move_and_everything_else_can_be_stopped() -> None:
    for state in State:
        if state in ENDED:
            assert not any(may(state, verb) for verb in Verb)
            assert state not in MAY_STOP
        else:
            assert state in MAY_STOP
            assert move(state, Verb.STOP) is State.WITHDRAWN


@given(st.lists(st.sampled_from(Verb), max_size=40))
def test_no_way_reaches_an_agreement_without_asking_starting_and_signing(verbs: list[Verb]) -> None:
    state, done = State.WAITING, []
    for verb in verbs:
        if may(state, verb):
            state = move(state, verb)
            done.append(verb)
    if state is State.AGREED:
        for needed in (Verb.TAKE, Verb.ASK, Verb.START, Verb.SIGN):
            assert needed in done
        assert done[-2:] == [Verb.SIGN, Verb.EFFECT]


def test_a_state_that_was_not_wanted_says_where_the_case_stands() -> None:
    ensure_state(State.TALKING, State.TALKING, State.SIGNING)
    with pytest.raises(Conflict, match="停止"):
        ensure_state(State.WITHDRAWN, State.TALKING)


@given(st.lists(st.tuples(st.sampled_from(Side), st.sampled_from(Consent)), max_size=6))
def test_it_begins_only_when_both_sides_are_there_and_nobody_is_missing(answers) -> None:
    begins = all_given(answers)
    both = {side for side, _ in answers} == set(Side)
    assert begins is (both and not [one for _, one in answers if one is not Consent.GIVEN])


def test_an_answer_is_given_once_and_the_same_again_is_no_fault() -> None:
    assert answered(Consent.ASKED, agrees=True) is Consent.GIVEN
    assert answered(Consent.GIVEN, agrees=True) is Consent.GIVEN
    assert answered(Consent.ASKED, agrees=False) is Consent.REFUSED
    for before, agrees in ((Consent.GIVEN, False), (Consent.REFUSED, True), (Consent.WITHDRAWN, True)):
        with pytest.raises(Conflict):
            answered(before, agrees=agrees)
    assert stopped(Consent.GIVEN) is Consent.WITHDRAWN
    assert stopped(Consent.ASKED) is Consent.REFUSED


def test_ties_are_found_each_for_itself() -> None:
    nothing = {
        "is_party": False,
        "own_homes": ["h1"],
        "party_homes": ["h2", "h3"],
        "own_entrances": [("3", "1")],
        "party_entrances": [("3", "2"), ("4", "1")],
        "backs": False,
        "ruled": False,
    }
    assert interests(**nothing) == frozenset()
    for change, tie in (
        ({"is_party": True}, Interest.PARTY),
        ({"own_homes": ["h2"]}, Interest.HOUSEHOLD),
        ({"own_entrances": [("3", "2")]}, Interest.ENTRANCE),
        ({"backs": True}, Interest.BACKER),
        ({"ruled": True}, Interest.RULED),
    ):
        assert interests(**(nothing | change)) == {tie}


@given(st.frozensets(st.sampled_from(Interest)))
def test_an_own_case_is_never_mediated_and_any_other_tie_only_when_it_is_shown(found) -> None:
    assert frozenset(read(written(found))) == found
    own = found & {Interest.PARTY, Interest.HOUSEHOLD}
    for disclosed in (False, True):
        if own:
            with pytest.raises(NotAllowed):
                ensure_may_mediate(found, disclosed=disclosed)
        elif found and not disclosed:
            with pytest.raises(Conflict) as refused:
                ensure_may_mediate(found, disclosed=disclosed)
            assert refused.value.code == "undisclosed"
        else:
            ensure_may_mediate(found, disclosed=disclosed)


def test_a_check_is_settled_once() -> None:
    assert settle(CheckState.WAITING, CheckState.PARTLY) is CheckState.PARTLY
    assert settle(CheckState.PARTLY, CheckState.PARTLY) is CheckState.PARTLY
    with pytest.raises(Conflict):
        settle(CheckState.PARTLY, CheckState.PERFORMED)
