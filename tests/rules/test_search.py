"""Terms of a text, terms of a query, and where they stand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.search import (
    MOST_QUERY_TERMS,
    MOST_WORD,
    highlight,
    index_terms,
    normalize,
    query_terms,
    snippet,
    terms,
)

anything = st.text(max_size=80) | st.text(alphabet="加装电梯Aa１2 ，\u200b\u00dfﬁ㎡", max_size=80)


def found(text: str, query: str) -> bool:
    return bool(query_terms(query)) and set(query_terms(query)) <= set(index_terms(text))


def test_chinese_falls_into_pairs_and_the_rest_into_words() -> None:
    assert terms("加装电梯，3号楼 Lift２") == ["加装", "装电", "电梯", "3", "号楼", "lift2"]
    assert terms("梯") == ["梯"]
    assert terms("，。 ！") == []


def test_width_case_and_invisible_characters_make_no_difference() -> None:
    assert normalize("Ｌｉｆｔ\u200b加\u2060装") == "lift加装"
    assert terms("加\u200b装") == terms("加装")


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("电梯", True),
        ("梯", True),
        ("装电梯", True),
        ("3号楼 电梯", True),
        ("LIFT", True),
        ("楼梯", False),
        ("lif", False),
    ],
)
def test_a_text_is_found_by_any_part_of_its_chinese_and_by_whole_words(query: str, hit: bool) -> None:
    assert found("3号楼加装电梯（lift）", query) is hit


def test_an_empty_query_has_no_terms_and_a_long_one_few() -> None:
    assert query_terms("  ，\u200b ") == []
    long = "".join(chr(0x4E00 + number) for number in range(5000))
    assert len(query_terms(long)) == MOST_QUERY_TERMS


@given(anything)
def test_terms_are_bounded_different_and_part_of_the_text(text: str) -> None:
    normal = normalize(text)
    assert normalize(normal) == normal
    assert len(terms(text)) == len(set(terms(text))) <= len(normal)
    assert len(index_terms(text)) <= 2 * len(normal)
    assert all(1 <= len(term) <= MOST_WORD and term in normal for term in terms(text))
    assert set(query_terms(text)) <= set(index_terms(text))


@given(anything, anything)
def test_marking_changes_no_character(text: str, query: str) -> None:
    pieces = highlight(text, query_terms(query))
    assert "".join(piece for _, piece in pieces) == text
    assert all(one[0] is not two[0] for one, two in pairwise(pieces))


def test_pairs_that_overlap_are_marked_as_one_piece() -> None:
    assert highlight("修电梯井吧", query_terms("电梯井")) == [(False, "修"), (True, "电梯井"), (False, "吧")]


def test_what_stands_in_another_form_is_marked_as_it_stands() -> None:
    assert highlight("看ＬＩＦＴ！", ["lift"]) == [(False, "看"), (True, "ＬＩＦＴ"), (False, "！")]
    assert highlight("电\u200b梯", ["电梯"]) == [(True, "电\u200b梯")]


def test_a_word_is_marked_only_where_it_stands_alone() -> None:
    assert highlight("cat a b", ["a"]) == [(False, "cat "), (True, "a"), (False, " b")]
    long = "x" * 60
    assert highlight(long, query_terms(long)) == [(True, long)]


def test_signs_that_mean_something_to_a_machine_are_text() -> None:
    assert highlight("a.c <b>", ["<b>", ".*"]) == [(False, "a.c "), (True, "<b>")]


def test_a_snippet_shows_the_first_hit_and_says_what_was_left_out() -> None:
    text = "前" * 100 + "电梯\n井" + "后" * 100
    assert snippet(text, ["电梯"], around=3) == [
        (False, "…"),
        (False, "前前前"),
        (True, "电梯"),
        (False, " 井后"),
        (False, "…"),
    ]


def test_without_a_hit_a_snippet_is_the_beginning() -> None:
    assert snippet("短  文", ["电梯"]) == [(False, "短 文")]
    assert sum(len(piece) for _, piece in snippet("长" * 500, [], around=40)) == 81
    assert snippet("", ["电梯"]) == []
