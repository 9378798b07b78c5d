"""Roles called upon in a post."""

from __future__ import annotations

import pytest

from app.rules.accounts import DUTY_NAMES, Duty
from app.rules.deliberations.stances import CALLED_BY, CALLED_NAMES, Called, mentions


@pytest.mark.parametrize("word", CALLED_BY)
def test_every_word_of_the_table_calls_its_role(word: str) -> None:
    assert mentions(f"请@{word}来看看") == [CALLED_BY[word]]


def test_roles_come_once_and_in_order_whatever_the_width_of_the_sign() -> None:
    text = "＠宣讲员 请解释；@居委会 也请看，@ 物业呢？@政策宣讲员"
    assert mentions(text) == [Called.EXPLAINER, Called.COMMITTEE, Called.PROPERTY]


@pytest.mark.parametrize("text", ["居委会说了", "@张三", "write me@物业.example", "@", ""])
def test_without_a_call_nobody_is_called(text: str) -> None:
    assert mentions(text) == []


def test_the_four_duties_are_called_by_the_names_they_bear() -> None:
    for duty in set(Duty) - {Duty.NONE}:
        assert mentions(f"@{DUTY_NAMES[duty]}") == [Called(duty.value)]
        assert CALLED_NAMES[Called(duty.value)] == DUTY_NAMES[duty]
