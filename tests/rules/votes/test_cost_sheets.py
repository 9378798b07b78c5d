"""The cost form: every figure checked at its own field, written down exactly, and read back the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from app.errors import Invalid
from app.rules.votes.cost_sheets import CostForm, cost_document, cost_form
from app.rules.votes.share_cases import read_subsidy, read_table
from app.rules.votes.shares import Scheme

FORM = CostForm(cost="600000", scheme="coef", by_floor={"1": "0", "2": "0.5"}, source="协商会 2026-11-01")


@pytest.mark.parametrize(
    "form",
    [
        FORM,
        replace(FORM, scheme="area", by_floor={}),
        replace(FORM, scheme="percent_by_floor", by_floor={"1": "40", "2": "60"}),
        replace(FORM, scheme="fixed", by_floor={}, by_unit={"u-1": "1000.00", "u-2": "0.00"}),
        replace(FORM, subsidy="fixed", subsidy_fixed="280000.00"),
        replace(FORM, subsidy="rate", subsidy_rate="33.3", subsidy_cap="280000.00", preset="by_area"),
    ],
)
def test_a_form_comes_back_as_it_was_typed(form) -> None:
    assert cost_form(cost_document(form)) == replace(form, cost="600000.00")


def test_a_percent_becomes_a_rate_without_rounding() -> None:
    document = cost_document(replace(FORM, subsidy="rate", subsidy_rate="33.3333"))
    assert read_subsidy(document["subsidy"]).rate == Fraction(333333, 1_000_000)


def test_the_document_is_what_the_arithmetic_reads() -> None:
    table = read_table(cost_document(FORM)["scheme"])
    assert (table.scheme, table.by_floor) == (Scheme.COEF, {"1": Fraction(0), "2": Fraction(1, 2)})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cost": ""}, "cost"),
        ({"cost": "六十万"}, "cost"),
        ({"cost": "0"}, "cost"),
        ({"cost": "1e5"}, "cost"),
        ({"scheme": "paid"}, "scheme"),
        ({"scheme": ""}, "scheme"),
        ({"subsidy": "gift"}, "subsidy"),
        ({"subsidy": "fixed"}, "subsidy_fixed"),
        ({"subsidy": "rate", "subsidy_rate": "101"}, "subsidy_rate"),
        ({"subsidy": "rate", "subsidy_rate": "-1"}, "subsidy_rate"),
        ({"subsidy": "rate", "subsidy_rate": "40", "subsidy_cap": "x"}, "subsidy_cap"),
        ({"by_floor": {"1": "", "2": "1"}}, "floor-1"),
        ({"by_floor": {"1": "0", "2": "一"}}, "floor-2"),
        ({"scheme": "fixed", "by_unit": {"u-1": ""}}, "unit-u-1"),
        ({"source": "长" * 400}, "source"),
    ],
)
def test_a_figure_that_cannot_be_used_is_refused_at_its_field(wrong, field) -> None:
    with pytest.raises(Invalid) as refused:
        cost_document(replace(FORM, **wrong))
    assert refused.value.field == field
