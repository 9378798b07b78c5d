"""What was ticked on a paper and what it answers."""

import pytest
from starlette.datastructures import FormData

from app.routers.votes.answers import NONE, asked, read_answers, said, ticked_in, ticked_of
from app.rules.votes.questions import Question, QuestionKind
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED

FOR, AGAINST, ABSTAIN = Choice
PAPER = (
    Question(title="加装电梯", matter=7),
    Question(title="选举", matter=3, kind=QuestionKind.ELECTION, labels=("甲", "乙", "丙"), most=2, seats=1),
)


def test_ticks_become_answers_and_answers_ticks_again() -> None:
    form = FormData([("choice", "for"), ("choice-1", "0"), ("choice-1", "2"), ("other", "x")])
    ticked = ticked_in(form, PAPER)
    answers, refusals = read_answers(ticked, PAPER)
    assert (answers, refusals) == ((FOR, FOR, ABSTAIN, FOR), [])
    assert ticked_of(PAPER, answers) == ticked
    assert [one.ticked for one in asked(PAPER, ticked)] == [("for",), ("0", "2")]
    assert [(one.choice, one.labels) for one in said(PAPER, answers)] == [("for", ()), ("", ("甲", "丙"))]


def test_picking_nobody_is_said_and_not_left_out() -> None:
    answers, refusals = read_answers({"choice": ("against",), "choice-1": (NONE,)}, PAPER)
    assert (answers, refusals) == ((AGAINST, ABSTAIN, ABSTAIN, ABSTAIN), [])
    assert ticked_of(PAPER, answers)["choice-1"] == (NONE,)


@pytest.mark.parametrize(
    ("ticked", "fields"),
    [
        ({}, ["choice", "choice-1"]),
        ({"choice": ("for",)}, ["choice-1"]),
        ({"choice": ("for", "against"), "choice-1": ("0",)}, ["choice"]),
        ({"choice": ("yes",), "choice-1": ("9",)}, ["choice", "choice-1"]),
        ({"choice": ("for",), "choice-1": ("0", NONE)}, ["choice-1"]),
        ({"choice": ("for",), "choice-1": ("0", "1", "2")}, ["choice-1"]),
        ({"choice": (SPOILED,), "choice-1": ("²",)}, ["choice", "choice-1"]),
    ],
)
def test_each_question_without_a_usable_answer_is_named(ticked, fields) -> None:
    _, refusals = read_answers(ticked, PAPER)
    assert [refusal.field for refusal in refusals] == fields


def test_only_who_enters_a_sheet_may_call_it_spoiled() -> None:
    ticked = {"choice": (SPOILED,), "choice-1": (SPOILED,)}
    assert read_answers(ticked, PAPER, by_hand=True) == ((SPOILED,) * 4, [])
    assert len(read_answers(ticked, PAPER)[1]) == 2
    assert [one.choice for one in said(PAPER, (SPOILED,) * 4)] == [SPOILED, SPOILED]
