"""The table of a work order's life, whose step each is, and what it must bring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid, NotAllowed
from app.rules.maintenance.demands import (
    NEEDS,
    Need,
    ensure_brought,
    ensure_reopenable,
    ensure_withdrawable,
)
from app.rules.maintenance.states import (
    CLOSED,
    FIXED,
    MOVES,
    OPEN,
    STATE_NAMES,
    Cause,
    Ending,
    OrderState,
    ending_of,
    move,
    next_states,
)

S = OrderState
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
OWN = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})


@pytest.mark.parametrize("by", Cause)
def test_a_step_is_taken_by_its_cause_refused_to_others_and_off_the_table_a_conflict(by: Cause) -> None:
    for current, target in product(S, S):
        causes = MOVES[current].get(target, frozenset())
        if by in causes:
            assert move(current, target, by=[by]) is target
            continue
        with pytest.raises(NotAllowed if causes else Conflict):
            move(current, target, by=[by])


@given(st.sets(st.sampled_from(Cause)), st.data())
def test_whoever_walks_the_table_stays_in_it_and_buttons_are_exactly_the_moves(
    by: set[Cause], data: st.DataObject
) -> None:
    state = S.SUBMITTED
    for _ in range(12):
        buttons = next_states(state, by=by)
        for target in S:
            if target in buttons:
                assert move(state, target, by=by) is target
            else:
                with pytest.raises((Conflict, NotAllowed)):
                    move(state, target, by=by)
        if not buttons:
            break
        state = data.draw(st.sampled_from(buttons))
        assert not (state in FIXED and by & OWN)


def test_every_state_is_reached_named_and_either_open_or_closed() -> None:
    reached = {S.SUBMITTED}
    for _ in S:
        reached |= {target for state in reached for target in MOVES[state]}
    assert reached == set(S) == set(STATE_NAMES) == set(MOVES) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert {state for state in S if ending_of(state) is Ending.FIXED} == {S.CONFIRMED}
    assert ending_of(S.AUTO_CLOSED) is Ending.CLOSED
    assert ending_of(S.REPAIRED) is Ending.OPEN


def test_the_whole_way_of_a_repair_and_of_a_rework_can_be_gone() -> None:
    way = [S.SUBMITTED, S.NEED_INFO, S.ASSIGNED, S.ASSIGNED, S.ACCEPTED, S.IN_PROGRESS, S.WAITING]
    way += [S.IN_PROGRESS, S.REPAIRED, S.REOPENED, S.ACCEPTED, S.REPAIRED, S.CONFIRMED]
    assert all(there in MOVES[here] for here, there in pairwise(way))


def test_a_party_never_confirms_its_own_work_not_even_as_its_reporter() -> None:
    for hats in product([Cause.REPORTER, Cause.JOINER], OWN):
        with pytest.raises(NotAllowed) as refusal:
            move(S.REPAIRED, S.CONFIRMED, by=hats)
        assert refusal.value.code == "own_work"
        assert S.CONFIRMED not in next_states(S.REPAIRED, by=hats)
    assert move(S.REPAIRED, S.CONFIRMED, by=[Cause.JOINER]) is S.CONFIRMED


def test_only_residents_confirm_and_nobody_who_holds_an_order_can_close_it() -> None:
    for state in S:
        assert MOVES[state].get(S.CONFIRMED, frozenset()) <= {Cause.REPORTER, Cause.JOINER}
        for closed in CLOSED:
            assert not MOVES[state].get(closed, frozenset()) & OWN
    assert {state for state in S if S.AUTO_CLOSED in MOVES[state]} == {S.REPAIRED}


def test_an_open_order_always_has_somebody_who_can_move_it_on_without_its_reporter() -> None:
    for state in OPEN:
        causes = frozenset().union(*MOVES[state].values())
        assert causes & {Cause.COMMITTEE, Cause.SYSTEM}


def test_the_refusal_names_both_states_in_chinese() -> None:
    with pytest.raises(Conflict, match="“已确认修好”，不能改成“已接单”"):
        move(S.CONFIRMED, S.ACCEPTED, by=[Cause.PARTY])


def test_a_step_without_what_it_must_bring_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refusal:
        ensure_brought(S.REPAIRED, [Need.NOTE])
    assert (refusal.value.code, refusal.value.field) == ("no_photo", "photo")
    with pytest.raises(Invalid, match="转给了哪个单位"):
        ensure_brought(S.NOT_OURS, [Need.NOTE])
    for target in S:
        ensure_brought(target, NEEDS.get(target, frozenset()))


def test_an_order_is_reopened_until_its_window_ends_and_not_at_its_end() -> None:
    ensure_reopenable(NOW, NOW - timedelta.resolution)
    for until in (NOW, None):
        with pytest.raises(Conflict, match="期限已过"):
            ensure_reopenable(until, NOW)


def test_what_neighbours_have_joined_is_not_withdrawn() -> None:
    ensure_withdrawable(0)
    with pytest.raises(Conflict, match="1 位邻居"):
        ensure_withdrawable(1)
