"""What a paper asks and what a ballot may answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.votes.questions import (
    Question,
    QuestionKind,
    elected,
    ensure_answers,
    items_of,
    picked,
    read_paper,
)
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED

ELECTION = Question(
    title="选举业委会委员",
    matter=3,
    kind=QuestionKind.ELECTION,
    labels=("甲", "乙", "丙", "丁"),
    most=3,
    seats=2,
)
MENU = Question(
    title="先改哪几项", matter=9, kind=QuestionKind.OPTIONS, labels=("路面", "路灯", "花园"), most=2
)
DECISION = Question(title="加装电梯", matter=7)
PAPER = (DECISION, ELECTION, MENU)
FOR, AGAINST, ABSTAIN = Choice


def test_a_vote_without_stored_questions_asks_the_one_of_its_title() -> None:
    assert read_paper("加装电梯", "全文", 7, []) == (Question(title="加装电梯", text="全文", matter=7),)


def test_a_paper_comes_back_from_what_is_stored_and_its_items_stand_in_order() -> None:
    paper = read_paper("x", "", 7, [question.to_json() for question in PAPER])
    assert paper == PAPER
    items = items_of(paper)
    assert [(item.place, item.question, item.label, item.matter) for item in items] == [
        (0, 0, "", 7),
        *((1 + n, 1, label, 3) for n, label in enumerate(ELECTION.labels)),
        *((5 + n, 2, label, 9) for n, label in enumerate(MENU.labels)),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": ["甲"]}, "labels"),
        ({"labels": ["甲", "甲"]}, "labels"),
        ({"labels": ["甲", 1.5]}, "labels"),
        ({"most": 0}, "most"),
        ({"most": 5}, "most"),
        ({"seats": 0}, "seats"),
        ({"seats": 5}, "seats"),
        ({"kind": "lottery"}, "kind"),
        ({"kind": "decision"}, "labels"),
        ({"matter": 10}, "matter"),
        ({"title": " "}, "title"),
    ],
)
def test_a_question_no_paper_can_ask_is_refused_with_its_field(change, field) -> None:
    with pytest.raises(Invalid) as refused:
        Question.from_json({**ELECTION.to_json(), **change})
    assert refused.value.field == field


def test_a_ballot_answers_every_item_with_a_choice() -> None:
    good = (FOR, *picked(ELECTION, [0, 2]), *picked(MENU, [1]))
    ensure_answers(good, PAPER)
    for bad in ((), good[:-1], (*good, FOR), ("yes", *good[1:]), (SPOILED, *good[1:])):
        with pytest.raises(Invalid) as refused:
            ensure_answers(bad, PAPER)
        assert refused.value.code == "bad_choice"
    ensure_answers((SPOILED, *good[1:]), PAPER, by_hand=True)


def test_more_picks_than_the_question_allows_are_refused_and_abstaining_or_against_are_not_picks() -> None:
    with pytest.raises(Invalid) as refused:
        ensure_answers((FOR, FOR, FOR, FOR, FOR, *picked(MENU, [])), PAPER)
    assert (refused.value.code, refused.value.field) == ("too_many", "choice-1")
    ensure_answers((FOR, FOR, FOR, FOR, AGAINST, *picked(MENU, [0, 1])), PAPER)


def test_who_passed_takes_a_seat_by_heads_then_by_area() -> None:
    heads, area = {0: 9, 1: 9, 2: 7, 3: 8}, {0: 100, 1: 200, 2: 900, 3: 1}
    assert elected(ELECTION, heads, area, frozenset({0, 1, 2, 3})) == ([1, 0], [])
    assert elected(ELECTION, heads, area, frozenset({2})) == ([2], [])
    assert elected(ELECTION, heads, area, frozenset()) == ([], [])


def test_equals_across_the_last_seat_are_not_chosen_between() -> None:
    heads, area = {0: 9, 1: 7, 2: 7, 3: 1}, dict.fromkeys(range(4), 5)
    assert elected(ELECTION, heads, area, frozenset({0, 1, 2, 3})) == ([0], [1, 2])
    even = dict.fromkeys(range(4), 5)
    assert elected(ELECTION, even, even, frozenset({0, 1, 2})) == ([], [0, 1, 2])
    assert elected(ELECTION, even, even, frozenset({1, 3})) == ([1, 3], [])


@given(
    st.dictionaries(
        st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=4
    )
)
def test_nobody_outside_the_elected_and_the_tied_did_better_than_them(votes) -> None:
    heads, area = ({place: pair[n] for place, pair in votes.items()} for n in (0, 1))
    sure, tied = elected(ELECTION, heads, area, frozenset(range(4)))
    assert len(sure) <= ELECTION.seats
    assert not tied or len(sure) + len(tied) > ELECTION.seats
    others = set(range(4)) - {*sure, *tied}
    worst = min((votes[place] for place in (*sure, *tied)), default=(0, 0))
    assert all(votes[place] < worst or (not tied and votes[place] <= worst) for place in others)
