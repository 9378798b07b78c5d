"""A questionnaire that can be asked: keys, options and conditions that look back only."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid, NotFound
from app.rules.proposals.catalogue import CATALOGUE
from app.rules.surveys import editing
from app.rules.surveys.kinds import Kind
from app.rules.surveys.questions import (
    MOST_QUESTIONS,
    Condition,
    Option,
    Question,
    check_questions,
    digest_of,
    from_json,
    to_json,
)
from app.rules.surveys.templates import LIFT, NEEDS, template_questions

AB = (Option("a", "好"), Option("b", "不好"))
FIRST = Question("first", Kind.SINGLE, "好不好", required=True, options=AB)
WHY = Question("why", Kind.TEXT, "为什么", when=Condition("first", ("b",)))
LINES = {
    kind: [(item.key, item.title) for item in CATALOGUE.values() if item.kind.value == kind]
    for kind in ("basic", "improving", "uplifting")
}


def refused(*questions: Question) -> Invalid:
    with pytest.raises(Invalid) as caught:
        check_questions(questions)
    return caught.value


def test_questions_that_hang_together_are_asked() -> None:
    check_questions([FIRST, WHY])


@pytest.mark.parametrize("template", [NEEDS, LIFT])
def test_each_template_can_be_asked_as_it_is(template: str) -> None:
    check_questions(template_questions(template, LINES))


def test_the_needs_survey_offers_every_line_of_the_catalogue_by_its_class() -> None:
    questions = {question.key: question for question in template_questions(NEEDS, LINES)}
    offered = [key for kind in LINES for key in questions[kind].keys]
    assert sorted(offered) == sorted(CATALOGUE)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (replace(FIRST, title=""), "title"),
        (replace(FIRST, options=AB[:1]), "options"),
        (replace(FIRST, options=(*AB, Option("c", "好"))), "options"),
        (replace(FIRST, options=tuple(Option(f"o{n}", f"第{n}项") for n in range(41))), "options"),
        (replace(FIRST, kind=Kind.MULTIPLE, most=3), "most"),
        (Question("s", Kind.SCALE, "满意吗", low="不满意"), "high"),
        (
            replace(FIRST, kind=Kind.RANKING, options=tuple(Option(f"{n}", f"{n}") for n in range(11))),
            "options",
        ),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused_at_its_field(broken: Question, field: str) -> None:
    assert refused(broken).field == field


@pytest.mark.parametrize(
    ("questions", "code"),
    [
        ((), "no_questions"),
        ((FIRST, FIRST), "key_twice"),
        ((WHY, FIRST), "condition_not_before"),
        ((replace(FIRST, when=Condition("first", ("a",))),), "condition_not_before"),
        ((FIRST, replace(WHY, when=Condition("first", ("c",)))), "condition_option_gone"),
        ((FIRST, replace(WHY, when=Condition("first", ()))), "condition_option_gone"),
        ((FIRST, WHY, Question("x", Kind.TEXT, "再说", when=Condition("why", ("b",)))), "invalid"),
    ],
)
def test_questions_that_do_not_hang_together_are_refused(questions, code: str) -> None:
    assert refused(*questions).code == code


def test_two_conditions_on_each_other_can_never_be_written() -> None:
    one = replace(FIRST, when=Condition("second", ("a",)))
    second = replace(FIRST, key="second", when=Condition("first", ("a",)))
    assert refused(one, second).code == refused(second, one).code == "condition_not_before"


def test_too_many_questions_are_refused() -> None:
    many = [replace(FIRST, key=f"q{number}") for number in range(MOST_QUESTIONS + 1)]
    check_questions(many[:-1])
    assert refused(*many).field == "questions"


def test_an_edition_reads_back_as_it_was_written_and_its_hash_is_of_its_content() -> None:
    questions = template_questions(NEEDS, LINES)
    document = {"questions": to_json(questions)}
    assert from_json(document) == questions
    assert digest_of(document) == digest_of({"questions": to_json(from_json(document))})
    changed = {"questions": to_json((replace(questions[0], title="换了"), *questions[1:]))}
    assert digest_of(changed) != digest_of(document)


def test_an_option_keeps_its_key_while_its_words_stay() -> None:
    keys = (f"new{number}" for number in count())
    typed = "不好\n  说不清 \n\n好\n"
    options = editing.read_options(typed, AB, lambda: next(keys), most=60)
    assert options == (Option("b", "不好"), Option("new0", "说不清"), Option("a", "好"))


def test_a_question_is_not_moved_before_the_one_it_depends_on_nor_that_one_removed() -> None:
    both = (FIRST, WHY)
    with pytest.raises(Invalid):
        editing.move_question(both, "why", up=True)
    with pytest.raises(Conflict) as caught:
        editing.remove_question(both, "first")
    assert caught.value.values == {"number": 2}
    assert editing.remove_question(both, "why") == (FIRST,)
    with pytest.raises(NotFound):
        editing.remove_question(both, "gone")


def test_a_new_meaning_is_a_new_key_and_conditions_follow_it() -> None:
    renewed = editing.renew_key((FIRST, WHY), "first", lambda: "fresh")
    assert [question.key for question in renewed] == ["fresh", "why"]
    assert renewed[1].when == Condition("fresh", ("b",))
    check_questions(renewed)


@given(st.permutations([f"q{n}" for n in range(5)]), st.data())
def test_however_questions_are_moved_they_still_hang_together(order, data) -> None:
    questions = tuple(
        Question(
            key,
            Kind.SINGLE,
            key,
            options=AB,
            when=Condition(order[place - 1], ("a",)) if place and data.draw(st.booleans()) else None,
        )
        for place, key in enumerate(order)
    )
    for _ in range(8):
        key, up = data.draw(st.sampled_from(order)), data.draw(st.booleans())
        try:
            questions = editing.move_question(questions, key, up=up)
        except Invalid:
            continue
        check_questions(questions)
    assert sorted(question.key for question in questions) == sorted(order)
