"""A difference of two texts: whole, short, readable, and never slow."""

from __future__ import annotations

import random
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.proposals.changes import Change, ChangeKind, diff, is_material

SAME, ADDED, REMOVED = ChangeKind.SAME, ChangeKind.ADDED, ChangeKind.REMOVED
prose = st.text(alphabet="电梯楼层。，！\n 1２a", max_size=60)


def side(changes: list[Change], kind: ChangeKind) -> str:
    return "".join(change.text for change in changes if change.kind in (SAME, kind))


@given(prose, prose)
def test_both_texts_are_given_back_whole(old: str, new: str) -> None:
    changes = diff(old, new)
    assert (side(changes, REMOVED), side(changes, ADDED)) == (old, new)
    assert all(change.text for change in changes)
    assert all(one.kind is not two.kind for one, two in pairwise(changes))


@given(prose)
def test_a_text_that_did_not_change_has_no_change(text: str) -> None:
    assert diff(text, text) == ([Change(SAME, text)] if text else [])


def test_inside_a_changed_sentence_only_the_changed_characters_show() -> None:
    old = "建议加装电梯。费用由二楼以上分摊。请大家附议。"
    new = "建议加装电梯。费用由三楼以上分摊。请大家附议。"
    assert diff(old, new) == [
        Change(SAME, "建议加装电梯。费用由"),
        Change(REMOVED, "二"),
        Change(ADDED, "三"),
        Change(SAME, "楼以上分摊。请大家附议。"),
    ]


def test_a_rewritten_sentence_shows_whole_and_not_as_crumbs() -> None:
    changes = diff("先修屋面。谢谢。", "停车位不够用了。谢谢。")
    assert changes == [
        Change(REMOVED, "先修屋面。"),
        Change(ADDED, "停车位不够用了。"),
        Change(SAME, "谢谢。"),
    ]


def test_one_character_that_stayed_by_chance_is_not_set_apart() -> None:
    changes = diff("总价六十万元，业主自筹四十万元，九月开工", "总价六十万元，业主出筹五十万元，九月开工")
    assert changes[1:3] == [Change(REMOVED, "自筹四"), Change(ADDED, "出筹五")]


def test_a_sentence_put_in_is_all_that_shows() -> None:
    assert diff("一。二。", "一。新的话。二。") == [
        Change(SAME, "一。"),
        Change(ADDED, "新的话。"),
        Change(SAME, "二。"),
    ]


def worst_pairs() -> list[tuple[str, str]]:
    dice = random.Random(7)
    noise = ["".join(dice.choices("楼梯电。", k=10_000)) for _ in range(2)]
    plain = ["".join(dice.choices("楼梯电", k=10_000)) for _ in range(2)]
    return [
        (noise[0], noise[1]),
        (plain[0], plain[1]),
        ("甲。乙。" * 2500, "乙。丙。" * 2500),
        ("啊" * 10_000, "哦" * 10_000),
        ("啊哦" * 5000, "哦哦啊" * 3333),
    ]


@pytest.mark.parametrize("pair", worst_pairs(), ids=["noise", "one", "two", "all", "turns"])
def test_ten_thousand_characters_take_no_time_however_different(pair: tuple[str, str]) -> None:
    began = process_time()
    changes = diff(*pair)
    assert process_time() - began < 3
    assert (side(changes, REMOVED), side(changes, ADDED)) == pair


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("加装电梯，每户出资。", "加装电梯,每户出资."),
        ("第一条\n\n第二条", " 第一条 第二条 "),
        ("（试行）１２号楼", "(试行)12号楼"),
        ("他说“好”", '他说"好"'),
        ("lift  one", "lift one"),
    ],
)
def test_space_and_width_are_no_change(old: str, new: str) -> None:
    assert not is_material(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("每户 1000 元", "每户 10000 元"),
        ("1 0 元", "10 元"),
        ("同意", "不同意"),
        ("10²", "102"),
        ("甲、乙", "甲乙"),
        ("3.5", "35"),
    ],
)
def test_a_figure_or_a_word_is_a_change(old: str, new: str) -> None:
    assert is_material(old, new)
