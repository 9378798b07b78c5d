"""Answer sheets held against their questions, and carried over to questions that have changed since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.surveys.answers import map_answers, read_answers
from app.rules.surveys.kinds import Kind
from app.rules.surveys.questions import Condition, Option, Question

ABC = tuple(Option(key, key.upper()) for key in "abc")
PICK = Question("pick", Kind.SINGLE, "选一个", required=True, options=ABC)
SOME = Question("some", Kind.MULTIPLE, "选几个", options=ABC, most=2)
RANK = Question("rank", Kind.RANKING, "排一排", options=ABC)
MARK = Question("mark", Kind.SCALE, "打分", low="差", high="好")
WORDS = Question("words", Kind.TEXT, "说说", when=Condition("pick", ("a",)))
ALL = (PICK, SOME, RANK, MARK, WORDS)
SHEET = {"pick": "a", "some": ["b", "a"], "rank": ["c", "a", "b"], "mark": 4, "words": "路灯"}


def code(given) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        read_answers(ALL, given)
    return caught.value.code, caught.value.field


def test_a_whole_sheet_is_read_and_several_chosen_stand_in_the_order_asked() -> None:
    assert read_answers(ALL, SHEET) == {**SHEET, "some": ["a", "b"]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"pick": "z"}, ("unknown_option", "q-pick")),
        ({"pick": ["a"]}, ("unknown_option", "q-pick")),
        ({"pick": None}, ("required", "q-pick")),
        ({"some": ["a", "z"]}, ("unknown_option", "q-some")),
        ({"some": "a"}, ("unknown_option", "q-some")),
        ({"some": ["a", "b", "c"]}, ("too_many", "q-some")),
        ({"some": [["a"]]}, ("unknown_option", "q-some")),
        ({"rank": ["a", "b"]}, ("not_a_ranking", "q-rank")),
        ({"rank": ["a", "b", "b"]}, ("not_a_ranking", "q-rank")),
        ({"rank": ["a", "b", "c", "a"]}, ("not_a_ranking", "q-rank")),
        ({"mark": 6}, ("unknown_option", "q-mark")),
        ({"mark": True}, ("unknown_option", "q-mark")),
        ({"mark": "4.0"}, ("unknown_option", "q-mark")),
        ({"words": ["x"]}, ("unknown_option", "q-words")),
        ({"words": "长" * 501}, ("too_long", "q-words")),
        ({"other": "a"}, ("unknown_question", "")),
    ],
)
def test_what_the_questions_do_not_allow_is_refused_at_its_question(change, expected) -> None:
    assert code({**SHEET, **change}) == expected


def test_an_answer_to_a_question_that_was_not_asked_is_dropped() -> None:
    assert "words" not in read_answers(ALL, {**SHEET, "pick": "b"})


def test_what_depends_on_a_question_that_was_not_asked_is_not_asked_either() -> None:
    second = Question("second", Kind.SINGLE, "再选", options=ABC, when=Condition("pick", ("a",)))
    third = Question("third", Kind.TEXT, "最后", required=True, when=Condition("second", ("b",)))
    given_all = {"pick": "c", "second": "b", "third": "还有"}
    assert read_answers((PICK, second, third), given_all) == {"pick": "c"}
    with pytest.raises(Invalid):
        read_answers((PICK, second, third), {"pick": "a", "second": "b"})


def test_a_required_question_counts_only_where_it_is_asked() -> None:
    need = replace(WORDS, required=True)
    assert read_answers((PICK, need), {"pick": "b"}) == {"pick": "b"}
    with pytest.raises(Invalid):
        read_answers((PICK, need), {"pick": "a", "words": "  "})


def test_under_the_same_questions_all_counts_and_nothing_is_lost() -> None:
    sheet = read_answers(ALL, SHEET)
    assert map_answers(sheet, ALL, ALL) == map_answers(sheet, ALL, tuple(reversed([*ALL[::-1]])))
    assert map_answers(sheet, ALL, ALL).answers == sheet
    assert map_answers(sheet, ALL, ALL).lost == ()


def test_a_question_deleted_while_people_answer_is_told_by_its_title_and_the_rest_counts() -> None:
    sheet = read_answers(ALL, SHEET)
    mapped = map_answers(sheet, ALL, (PICK, MARK, WORDS))
    assert mapped.answers == {"pick": "a", "mark": 4, "words": "路灯"}
    assert mapped.lost == ("选几个", "排一排")


def test_words_may_change_while_the_key_stays() -> None:
    now = replace(PICK, title="请选一个", options=tuple(Option(key, f"新{key}") for key in "abc"))
    assert map_answers({"pick": "b"}, [PICK], [now]).answers == {"pick": "b"}


@pytest.mark.parametrize(
    ("old", "value", "new", "counted", "lost"),
    [
        (PICK, "c", replace(PICK, options=ABC[:2]), None, True),
        (SOME, ["a", "c"], replace(SOME, options=ABC[:2]), ["a"], True),
        (SOME, ["c"], replace(SOME, options=ABC[:2]), None, True),
        (SOME, ["a", "b"], replace(SOME, most=1), None, True),
        (RANK, ["c", "a", "b"], replace(RANK, options=ABC[:2]), ["a", "b"], True),
        (RANK, ["c", "a", "b"], replace(RANK, options=(*ABC, Option("d", "D"))), None, True),
        (PICK, "a", replace(SOME, key="pick"), None, True),
        (PICK, "a", replace(PICK, options=(*ABC, Option("d", "D"))), "a", False),
    ],
)
def test_how_an_answer_fares_when_its_options_change(old, value, new, counted, lost) -> None:
    mapped = map_answers({old.key: value}, [old], [new])
    assert mapped.answers.get(old.key) == counted
    assert bool(mapped.lost) is lost


def test_an_answer_that_a_new_condition_hides_is_kept_out_and_told() -> None:
    hidden = replace(MARK, when=Condition("pick", ("b",)))
    mapped = map_answers({"pick": "a", "mark": 2}, [PICK, MARK], [PICK, hidden])
    assert mapped.answers == {"pick": "a"}
    assert mapped.lost == ("打分",)


SHEETS = st.fixed_dictionaries(
    {"pick": st.sampled_from("abc")},
    optional={
        "some": st.lists(st.sampled_from("abc"), unique=True, min_size=1, max_size=2),
        "rank": st.permutations("abc"),
        "mark": st.integers(1, 5),
        "words": st.text("路灯", min_size=1, max_size=5),
    },
)


@given(
    SHEETS,
    st.sets(st.sampled_from([question.key for question in ALL])),
    st.sets(st.sampled_from("abc"), min_size=2),
)
def test_whatever_changes_every_answer_counts_as_given_or_is_told(given_sheet, gone, options) -> None:
    kept = tuple(option for option in ABC if option.key in options)
    sheet = read_answers(ALL, given_sheet)
    present = [
        replace(question, options=kept if question.options else (), when=None)
        for question in ALL
        if question.key not in gone
    ]
    mapped = map_answers(sheet, ALL, present)
    titles = {question.key: question.title for question in ALL}
    for key, value in sheet.items():
        assert mapped.answers.get(key) == value or titles[key] in mapped.lost
    # What counts could have been given to the present questions as they stand.
    assert read_answers([replace(each, required=False) for each in present], mapped.answers) == mapped.answers
