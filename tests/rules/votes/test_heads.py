"""Who is one head: SPC interpretation 2009 No. 7, art. 9."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.rules.estates.units import UnitStatus
from app.rules.votes.heads import Holding, developer_of, exercised_by, head_of


def held(owners: str, status: UnitStatus = UnitStatus.NORMAL) -> Holding:
    return Holding(frozenset(owners.split("+")) if owners else frozenset(), status)


def heads(*register: Holding) -> list[int]:
    """Numbers in the order in which the heads first appear."""
    keys = [head_of(holding, developer_of(register)) for holding in register]
    return [list(dict.fromkeys(keys)).index(key) for key in keys]


def test_several_flats_of_one_owner_are_one_head() -> None:
    assert heads(held("A"), held("B"), held("A")) == [0, 1, 0]


def test_a_couple_is_one_head_in_either_order_and_another_one_where_one_owns_alone() -> None:
    assert heads(held("A+B"), held("B+A"), held("A")) == [0, 0, 1]


def test_unsold_and_undelivered_units_are_the_developers_one_head() -> None:
    register = held("DEV", UnitStatus.UNSOLD), held("X", UnitStatus.UNDELIVERED), held("X"), held("A")
    assert heads(*register) == [0, 0, 1, 2]


def test_a_unit_the_developer_keeps_joins_his_head() -> None:
    assert heads(held("DEV", UnitStatus.UNSOLD), held("A"), held("DEV")) == [0, 1, 0]


def test_the_developer_votes_for_an_undelivered_unit_and_its_buyer_does_not() -> None:
    undelivered = held("X", UnitStatus.UNDELIVERED)
    assert exercised_by(undelivered, frozenset({"DEV"})) == {"DEV"}
    assert exercised_by(undelivered, frozenset()) == {"X"}
    assert exercised_by(held("X"), frozenset({"DEV"})) == {"X"}


def test_a_unit_without_owners_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        heads(held("A"), held(""))
    assert refusal.value.code == "no_owner"
