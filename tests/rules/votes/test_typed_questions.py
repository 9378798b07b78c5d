"""A question as typed: what is read of it, and which field a bad one points to."""

import pytest

from app.errors import Invalid
from app.rules.votes.questions import QuestionKind
from app.rules.votes.typed_questions import read_question, typed_of

TYPED = {
    "title": " 选举  业主委员会委员 ",
    "text": "",
    "matter": "7",
    "labels": "王芳\r\n\r\n 李强 \n张敏\n",
    "most": "2",
    "seats": "2",
}


def test_an_election_is_of_matter_three_and_its_empty_lines_are_left_out() -> None:
    question = read_question(QuestionKind.ELECTION, TYPED)
    assert (question.title, question.matter) == ("选举 业主委员会委员", 3)
    assert question.labels == ("王芳", "李强", "张敏")
    assert read_question(QuestionKind.ELECTION, typed_of(question)) == question


def test_a_decision_leaves_candidates_aside_and_a_menu_has_no_seats() -> None:
    assert read_question(QuestionKind.DECISION, TYPED).labels == ()
    menu = read_question(QuestionKind.OPTIONS, TYPED)
    assert (menu.matter, menu.most, menu.seats) == (7, 2, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "选"}, "title"),
        ({"title": "选" * 90}, "title"),
        ({"matter": "10"}, "matter"),
        ({"matter": "0"}, "matter"),
        ({"labels": "王芳"}, "labels"),
        ({"labels": "王芳\n王芳"}, "labels"),
        ({"labels": "\n".join(f"第{n}人" for n in range(61))}, "labels"),
        ({"labels": "王" * 61 + "\n李"}, "labels"),
        ({"most": "4"}, "most"),
        ({"most": "0"}, "most"),
        ({"most": "两个"}, "most"),
        ({"most": "²"}, "most"),
        ({"text": "长" * 3000}, "text"),
    ],
)
def test_a_bad_menu_is_refused_at_its_field(change, field) -> None:
    with pytest.raises(Invalid) as refused:
        read_question(QuestionKind.OPTIONS, {**TYPED, **change})
    assert refused.value.field == field


@pytest.mark.parametrize("seats", ["0", "4", "", "-1"])
def test_seats_are_between_one_and_the_candidates(seats) -> None:
    with pytest.raises(Invalid) as refused:
        read_question(QuestionKind.ELECTION, {**TYPED, "seats": seats})
    assert refused.value.field == "seats"
