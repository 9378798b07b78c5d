"""What can be reported, the questions, and the dangers that are telephone calls."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.rules.maintenance.categories import (
    CATEGORIES,
    MOST_CATEGORIES,
    OTHER,
    category_of,
    suggest,
    urgency_of,
)
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.emergencies import BLOCKING, EMERGENCIES, Danger, Phone, phones_for
from app.rules.maintenance.kinds import FAMILY_NAMES, Family
from app.rules.maintenance.questions import (
    Datatype,
    Question,
    Value,
    dangers_in,
    faults_of,
    read_answers,
)

ASKED = (
    Question("kind", "类型", Datatype.MANY, required=True, values=(Value("a", "甲"), Value("b", "乙"))),
    Question("one", "选一", Datatype.ONE, values=(Value("no", "否"), Value("yes", "是", Danger.GAS))),
    Question("number", "数", Datatype.NUMBER),
    Question("when", "时间", Datatype.DATETIME),
    Question("line", "一行", Datatype.STRING),
    Question("note", "请先看", variable=False, required=True),
)


def test_there_are_at_most_twenty_with_one_other_and_the_four_of_the_essay() -> None:
    assert len(CATEGORIES) <= MOST_CATEGORIES == 20
    assert [key for key, one in CATEGORIES.items() if one.family is Family.OTHER] == [OTHER]
    assert {"rubbish", "illegal_building", "parking", "green_damage"} <= set(CATEGORIES)
    assert set(FAMILY_NAMES) == set(Family)
    assert len({one.title for one in CATEGORIES.values()}) == len(CATEGORIES)


def test_questions_have_codes_of_their_own_and_choices_have_values() -> None:
    for category in CATEGORIES.values():
        codes = [question.code for question in category.questions]
        assert len(codes) == len(set(codes))
        for question in category.questions:
            chosen = question.datatype in (Datatype.ONE, Datatype.MANY)
            assert chosen is bool(question.values)
            assert len({value.key for value in question.values}) == len(question.values)


def test_a_danger_that_an_answer_tells_of_is_named_by_its_category_before_the_form() -> None:
    for category in CATEGORIES.values():
        told = {value.danger for question in category.questions for value in question.values if value.danger}
        assert told <= set(category.dangers)


def test_every_danger_says_what_to_do_and_whom_to_ring_the_estates_own_number_first() -> None:
    assert set(EMERGENCIES) == set(Danger)
    for danger in Danger:
        assert EMERGENCIES[danger].todo
        assert phones_for(danger, {})
    own = Phone("电梯救援", "96333")
    assert phones_for(Danger.LIFT, {Danger.LIFT: [own, Phone("重复", "119")]})[0] == own
    numbers = [phone.number for phone in phones_for(Danger.LIFT, {Danger.LIFT: [own, Phone("重复", "119")]})]
    assert numbers == ["96333", "119"]


def test_an_unknown_category_is_refused() -> None:
    assert category_of("lift").family is Family.LIFT
    with pytest.raises(Invalid):
        category_of("ghost")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("顶楼天花板漏水", "roof_leak"),
        ("电梯停运三天了", "lift"),
        ("有人在露台搭建，是违建", "illegal_building"),
        ("装修垃圾堆在楼下", "rubbish"),
        ("", None),
    ],
)
def test_words_suggest_categories(text: str, first: str | None) -> None:
    assert next(iter(suggest(text)), None) == first


def test_good_answers_are_cleaned_blank_ones_left_out_and_unknown_codes_ignored() -> None:
    answers = {
        "kind": ["b", "a", "b"],
        "one": [" "],
        "number": [" -12.5 "],
        "when": ["2026-06-01T09:00:00+08:00"],
        "line": ["  三楼\n 东侧 "],
        "note": ["x"],
        "ghost": ["x"],
    }
    assert read_answers(ASKED, answers) == {
        "kind": ["b", "a"],
        "number": ["-12.5"],
        "when": ["2026-06-01T09:00:00+08:00"],
        "line": ["三楼 东侧"],
    }


@pytest.mark.parametrize(
    ("code", "given", "fault"),
    [
        ("kind", [], "required"),
        ("kind", [""], "required"),
        ("kind", ["a", "ghost"], "bad_answer"),
        ("one", ["no", "yes"], "bad_answer"),
        ("one", ["yes"], "danger"),
        ("number", ["12a"], "bad_answer"),
        ("number", ["1e5"], "bad_answer"),
        ("when", ["2026-06-01T09:00:00"], "bad_answer"),
        ("when", ["yesterday"], "bad_answer"),
        ("line", ["a", "b"], "bad_answer"),
        ("line", ["长" * 201], "too_long"),
    ],
)
def test_each_bad_answer_is_one_fault_with_its_question(code: str, given: list[str], fault: str) -> None:
    faults = faults_of(ASKED, {"kind": ["a"], code: given})
    assert [(one.code, one.field) for one in faults] == [(fault, code)]
    with pytest.raises(Invalid):
        read_answers(ASKED, {"kind": ["a"], code: given})


def test_several_faults_are_several_and_a_danger_names_its_number() -> None:
    faults = faults_of(ASKED, {"one": ["yes"], "number": ["x"]})
    assert [one.code for one in faults] == ["required", "danger", "bad_answer"]
    assert "119" in str(faults[1])
    assert dangers_in(ASKED, {"one": ["yes"]}) == [Danger.GAS]


def test_falling_tiles_and_a_burst_pipe_are_rung_up_first_and_still_filed_as_urgent() -> None:
    wall = CATEGORIES["outer_wall"]
    assert {Danger.FIRE, Danger.GAS, Danger.LIFT} <= BLOCKING
    assert read_answers(wall.questions, {"falling": ["yes"]}) == {"falling": ["yes"]}
    assert dangers_in(wall.questions, {"falling": ["yes"]}) == [Danger.FALLING]
    assert urgency_of(wall, {"falling": ["yes"]}) is Urgency.URGENT
    assert urgency_of(wall, {"falling": ["no"]}) is wall.urgency is Urgency.ORDINARY
