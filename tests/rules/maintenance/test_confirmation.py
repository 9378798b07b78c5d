"""What answers make of a claimed repair."""

from __future__ import annotations

import pytest

from app.rules.maintenance.confirmation import STEP_OF, Answer, Verdict, judge, step_cause
from app.rules.maintenance.states import MOVES, Cause, OrderState

YES, NO = Answer.FIXED, Answer.NOT_FIXED


@pytest.mark.parametrize(
    ("reporter", "joiners", "verdict"),
    [
        (None, [], Verdict.WAIT),
        (YES, [], Verdict.CONFIRM),
        (None, [YES], Verdict.CONFIRM),
        (NO, [], Verdict.REOPEN),
        (NO, [YES, YES, YES], Verdict.REOPEN),
        (None, [NO], Verdict.REVIEW),  # one joiner opens a review, not the order
        (YES, [NO], Verdict.REVIEW),
        (None, [NO, NO], Verdict.REOPEN),
        (YES, [NO, NO], Verdict.REOPEN),
        (None, [NO, NO, YES, YES], Verdict.REVIEW),  # half is no majority
        (YES, [NO, NO, YES], Verdict.REVIEW),
    ],
)
def test_the_reporter_reopens_alone_and_joiners_by_majority(
    reporter: Answer | None, joiners: list[Answer], verdict: Verdict
) -> None:
    assert judge(reporter, joiners) is verdict
    if verdict in STEP_OF:
        assert step_cause(reporter, joiners) in MOVES[OrderState.REPAIRED][STEP_OF[verdict]]


def test_a_count_of_joiners_is_logged_as_the_systems_step() -> None:
    assert step_cause(None, [NO, NO]) is Cause.SYSTEM
    assert step_cause(None, [YES]) is Cause.JOINER


def test_a_reporter_who_was_outvoted_did_not_send_it_back() -> None:
    assert judge(YES, [NO, NO]) is Verdict.REOPEN
    assert step_cause(YES, [NO, NO]) is Cause.SYSTEM
    assert step_cause(NO, [NO, YES]) is Cause.REPORTER
