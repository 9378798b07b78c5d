"""What the answers of the reporter and the joiners make of a repair somebody claims to have done."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from app.rules.maintenance.states import Cause, OrderState


class Answer(StrEnum):
    FIXED = "fixed"
    NOT_FIXED = "not_fixed"


class Verdict(StrEnum):
    WAIT = "wait"
    CONFIRM = "confirm"
    REVIEW = "review"
    REOPEN = "reopen"


# One neighbour against nobody is a majority too, but not one to send workers back for.
_LEAST_AGAINST = 2

STEP_OF = {Verdict.CONFIRM: OrderState.CONFIRMED, Verdict.REOPEN: OrderState.REOPENED}


def judge(reporter: Answer | None, joiners: Sequence[Answer]) -> Verdict:
    """What follows: the reporter's “not fixed” reopens, a joiner's opens a review, their majority reopens.

    With no “not fixed” the first “fixed” of anyone confirms. `joiners` are the answers given, one a person.
    """
    if reporter is Answer.NOT_FIXED:
        return Verdict.REOPEN
    answers = [*joiners, *([reporter] if reporter else [])]
    against = answers.count(Answer.NOT_FIXED)
    if against >= _LEAST_AGAINST and 2 * against > len(answers):
        return Verdict.REOPEN
    if against:
        return Verdict.REVIEW
    return Verdict.CONFIRM if answers else Verdict.WAIT


def step_cause(reporter: Answer | None, joiners: Sequence[Answer]) -> Cause:
    """In whose name the step that follows is logged: a person's own answer, or the count of several.

    A reporter who was outvoted did not send it back.
    """
    if Answer.NOT_FIXED in joiners and reporter is not Answer.NOT_FIXED:
        return Cause.SYSTEM
    return Cause.JOINER if reporter is None else Cause.REPORTER
