"""Naming a representative: the steps, and whom it waits for."""

from __future__ import annotations

from itertools import product
from uuid import uuid4

import pytest

from app.errors import Conflict
from app.rules.estates.representatives import (
    MOVES,
    CoOwner,
    NamingState,
    Step,
    move,
    persons,
    still_missing,
)

HE, SHE = uuid4(), uuid4()


@pytest.mark.parametrize(("state", "step"), list(product(NamingState, Step)))
def test_only_an_open_naming_moves_and_whatever_ended_says_so(state: NamingState, step: Step) -> None:
    if state is NamingState.OPEN:
        assert move(state, step) is MOVES[state, step]
        return
    with pytest.raises(Conflict) as refused:
        move(state, step)
    assert refused.value.code == "naming_over"


def test_each_step_out_of_open_leads_somewhere_else() -> None:
    assert len({move(NamingState.OPEN, step) for step in Step}) == len(Step)


def test_an_owner_without_an_account_is_never_skipped() -> None:
    his, hers, grandmother = (CoOwner(uuid4(), who) for who in (HE, SHE, None))
    assert still_missing([his, hers, grandmother], {HE, SHE}) == (grandmother.owner_id,)
    assert still_missing([his, hers], {HE}) == (hers.owner_id,)
    assert still_missing([his, hers], {HE, SHE, uuid4()}) == ()


def test_two_lines_of_one_account_are_one_person() -> None:
    assert persons([CoOwner(uuid4(), HE), CoOwner(uuid4(), HE)]) == 1
    assert persons([CoOwner(uuid4(), HE), CoOwner(uuid4(), None)]) == 2
