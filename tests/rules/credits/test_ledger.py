"""A ledger as a machine: whatever is granted, taken back, spent and given back, no sum drifts or falls below nothing."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from app.errors import Conflict
from app.rules.credits.ledger import carried_on, taken_back
from app.rules.credits.redemptions import RedemptionState, move

POINTS = st.integers(1, 50)


class Book(RuleBasedStateMachine):
    """Lines as written, and what each person of sense would say the balance is."""

    grants, spendings = Bundle("grants"), Bundle("spendings")

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []
        self.balance = 0

    def write(self, amount: int) -> None:
        self.balance = carried_on(self.balance, amount)
        self.lines.append(amount)

    @rule(target=grants, points=POINTS)
    def grant(self, points: int) -> int:
        self.write(points)
        return points

    @rule(points=consumes(grants))
    def take_back(self, points: int) -> None:
        before = self.balance
        self.write(taken_back(points, self.balance))
        assert self.balance == max(0, before - points)

    @rule(target=spendings, points=POINTS)
    def spend(self, points: int) -> int:
        if points > self.balance:
            with pytest.raises(Conflict) as refused:
                self.write(-points)
            assert refused.value.values["missing"] == points - self.balance
            return 0
        self.write(-points)
        return points

    @rule(points=consumes(spendings))
    def give_back(self, points: int) -> None:
        self.write(points)

    @rule()
    def erase(self) -> None:
        self.write(-self.balance)
        assert self.balance == 0

    @invariant()
    def sums_agree(self) -> None:
        assert self.balance == sum(self.lines) >= 0


Book.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestBook = Book.TestCase


@pytest.mark.parametrize("state", list(RedemptionState))
@pytest.mark.parametrize("to", [state for state in RedemptionState if state is not RedemptionState.WAITING])
def test_a_redemption_ends_once_and_the_same_end_again_is_nothing(
    state: RedemptionState, to: RedemptionState
) -> None:
    if state is to:
        assert move(state, to) is False
    elif state is RedemptionState.WAITING:
        assert move(state, to) is True
    else:
        with pytest.raises(Conflict):
            move(state, to)
