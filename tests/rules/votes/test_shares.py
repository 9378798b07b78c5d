"""Cost shares: the shared vectors, the refusals, and that no fen is lost, made or charged to the exempt."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.quantities import parse_money
from app.rules.votes.presets import PRESETS
from app.rules.votes.share_cases import share_case
from app.rules.votes.shares import Scheme, split

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "shares.json"
HOMES = [{"unit": f"{floor}01", "floor": floor, "area": "80.00"} for floor in (1, 2, 3)]


def sheet(
    scheme: dict[str, Any], cost: Any = "100.00", units: Any = None, subsidy: Any = None
) -> dict[str, Any]:
    return share_case(
        {"cost": cost, "units": HOMES if units is None else units, "scheme": scheme, "subsidy": subsidy}
    )


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text("utf-8")), ids=lambda vector: vector["id"])
def test_the_shared_vectors_come_out_field_for_field(vector: dict[str, Any]) -> None:
    assert share_case(vector) == vector["expected"]


weights = st.lists(
    st.integers(0, 10**6) | st.fractions(min_value=0, max_value=100, max_denominator=1000),
    min_size=1,
    max_size=40,
).filter(any)


@given(st.integers(0, 10**12), weights)
def test_shares_add_up_exactly_are_never_negative_and_spare_the_weightless(
    net: int, weights: list[Fraction | int]
) -> None:
    shares = split(net, weights)
    total = sum(weights)
    assert sum(shares) == net
    for share, weight in zip(shares, weights, strict=True):
        assert share >= 0
        assert abs(share - net * Fraction(weight) / total) < 1
        assert weight or share == 0


@given(st.integers(0, 10**9), weights)
def test_a_larger_weight_never_pays_less(net: int, weights: list[Fraction | int]) -> None:
    paid = sorted(zip(weights, split(net, weights), strict=True))
    assert [share for _, share in paid] == sorted(share for _, share in paid)


def test_equal_fractions_go_to_the_larger_weight_and_then_to_the_one_listed_first() -> None:
    assert split(5, [1, 1, 1]) == [2, 2, 1]
    assert split(2, [1, 3]) == [0, 2]
    assert split(100, [0, 1, 0, 1, 1]) == [0, 34, 0, 33, 33]


def test_below_zero_is_a_fault_and_no_weight_a_refusal() -> None:
    for net, given_weights in ((-1, [1]), (1, [1, -1])):
        with pytest.raises(ValueError, match="negative"):
            split(net, given_weights)
    for empty in ([], [0, 0]):
        with pytest.raises(Invalid) as refusal:
            split(1, empty)
        assert refusal.value.code == "no_weight"


@pytest.mark.parametrize("name", ["household", "equal", "by_household"])
def test_by_household_each_pays_alike(name: str) -> None:
    assert sheet({"type": name})["shares"] == {"101": "33.34", "201": "33.33", "301": "33.33"}


def test_coefficients_of_any_scale_are_exact() -> None:
    coef = {"1": "0", "2": "0.1", "3": "0.2000000000000000000000000000000001"}
    shares = sheet({"type": "coef", "coef": coef}, cost="30.00")["shares"]
    assert shares == {"101": "0.00", "201": "10.00", "301": "20.00"}


def test_a_coefficient_table_may_be_longer_than_the_building() -> None:
    assert "error" not in sheet({"type": "coef", "coef": {str(floor): "1" for floor in range(1, 10)}})


def test_one_household_leaving_is_a_new_sheet_that_adds_up_again() -> None:
    assert sheet({"type": "area"}, units=HOMES[1:])["shares"] == {"201": "50.00", "301": "50.00"}


# subsidy


@pytest.mark.parametrize(
    ("subsidy", "cost", "amount"),
    [
        ({"rate": "0.4", "cap": "280000"}, "700000.01", "280000.00"),
        ({"rate": "0.4", "cap": "280000"}, "699999.99", "279999.99"),
        ({"rate": "0.333"}, "0.10", "0.03"),
        ({"rate": 1}, "5.00", "5.00"),
        ({"rate": "0.4", "cap": None}, "1000000", "400000.00"),
        ({"fixed": "100"}, "100", "100.00"),
        (None, "100", "0.00"),
    ],
)
def test_a_rate_is_floored_to_the_fen_and_then_capped(subsidy: Any, cost: str, amount: str) -> None:
    result = sheet({"type": "household"}, cost, subsidy=subsidy)
    assert result["subsidy"] == amount
    assert parse_money(result["net"]) == parse_money(cost) - parse_money(amount)


@pytest.mark.parametrize("subsidy", [{"fixed": "100.01"}, {"rate": "1.01"}, {"rate": "2", "cap": "100.01"}])
def test_a_subsidy_larger_than_the_cost_is_refused(subsidy: dict[str, str]) -> None:
    assert sheet({"type": "household"}, subsidy=subsidy) == {"error": "subsidy_exceeds_cost"}


def test_a_subsidy_that_covers_all_leaves_everybody_nothing_to_pay() -> None:
    result = sheet({"type": "household"}, subsidy={"fixed": "100"})
    assert set(result["shares"].values()) == {"0.00"}


# percent and negotiated tables


@pytest.mark.parametrize(
    ("percent", "code"),
    [
        ({"1": "0", "2": "49", "3": "50"}, "percent_sum"),
        ({"1": "0", "2": "50", "3": "50.0000001"}, "percent_sum"),
        ({"1": "0", "2": "40", "3": "50", "4": "10"}, "percent_sum"),
        ({"1": "0", "2": "50", "3": "50", "4": "1"}, "percent_sum"),
        ({"2": "50", "3": "50"}, "missing_floor"),
        ({"1": "0", "2": "-1", "3": "101"}, "bad_percent"),
        ({"1": "0", "2": "1e2", "3": "0"}, "bad_percent"),
    ],
)
def test_percents_must_be_a_hundred_on_the_floors_there_are(percent: dict[str, str], code: str) -> None:
    assert sheet({"type": "percent_by_floor", "percent": percent}) == {"error": code}


def test_homes_on_one_floor_share_its_percent_and_may_differ_by_a_fen() -> None:
    units = [*HOMES, {"unit": "302", "floor": 3}]
    percent = {"1": "0", "2": "33.3", "3": "66.7", "4": "0"}
    shares = sheet({"type": "percent_by_floor", "percent": percent}, "0.05", units)["shares"]
    assert shares == {"101": "0.00", "201": "0.01", "301": "0.02", "302": "0.02"}


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"101": "0", "201": "40", "301": "60"}, None),
        ({"101": "0", "201": "40", "301": "59.99"}, {"error": "sum_mismatch", "difference": "0.01"}),
        ({"101": "0", "201": "40", "301": "61"}, {"error": "sum_mismatch", "difference": "-1.00"}),
        ({"201": "40", "301": "60"}, {"error": "missing_unit"}),
        ({"101": "0", "201": "40", "301": "60", "999": "0"}, {"error": "unknown_unit"}),
        ({"101": "-1", "201": "41", "301": "60"}, {"error": "bad_money"}),
    ],
)
def test_negotiated_amounts_must_name_every_home_and_add_up(amounts: dict[str, str], expected: Any) -> None:
    result = sheet({"type": "fixed", "amounts": amounts})
    assert result == (expected or {"subsidy": "0.00", "net": "100.00", "shares": result["shares"]})


# malformed input


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"cost": "-1"}, "bad_money"),
        ({"cost": "1.001"}, "bad_money"),
        ({"cost": 1.5}, "bad_money"),
        ({"cost": None}, "bad_money"),
        ({"units": None}, "bad_case"),
        ({"units": []}, "no_weight"),
        ({"units": [HOMES[0], HOMES[0]]}, "duplicate_unit"),
        ({"units": [{"unit": "101", "area": "-5"}]}, "bad_area"),
        ({"units": [{"unit": "101", "floor": []}]}, "bad_floor"),
        ({"units": [{"floor": 1}]}, "bad_unit"),
        ({"scheme": {"type": "area"}, "units": [{"unit": "101"}]}, "bad_area"),
        ({"scheme": None}, "bad_scheme"),
        ({"scheme": {"type": "lottery"}}, "unknown_scheme"),
        ({"scheme": {"type": "coef"}}, "bad_scheme"),
        ({"scheme": {"type": "coef", "coef": {"1": "1", "2": "1"}}}, "missing_floor"),
        ({"scheme": {"type": "coef", "coef": {"1": "x", "2": "1", "3": "1"}}}, "bad_coef"),
        ({"scheme": {"type": "paid", "paid": {"999": "1"}}}, "unknown_unit"),
        ({"subsidy": {"fixed": "1", "rate": "0.1"}}, "bad_subsidy"),
        ({"subsidy": {"cap": "1"}}, "bad_subsidy"),
        ({"subsidy": {"rate": "40%"}}, "bad_rate"),
        ({"subsidy": {"fixed": "-1"}}, "bad_money"),
    ],
)
def test_a_malformed_case_is_named(changed: dict[str, Any], code: str) -> None:
    whole = {"cost": "100.00", "units": HOMES, "scheme": {"type": "household"}}
    assert share_case(whole | changed) == {"error": code}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["cost", "units", "scheme", "subsidy"]), junk, st.sampled_from(Scheme))
def test_no_junk_makes_it_crash(key: str, value: object, scheme: Scheme) -> None:
    table = {"type": scheme.value, "coef": value, "percent": value, "amounts": value, "paid": value}
    whole = {"cost": "100.00", "units": HOMES, "scheme": table}
    assert set(share_case(whole | {key: value})) & {"error", "net"}
    assert set(share_case(whole)) & {"error", "net"}


# presets


def test_every_preset_splits_a_building_it_was_made_for() -> None:
    for preset in PRESETS.values():
        floors = len(preset.by_floor) or 6
        units = [{"unit": f"{floor}01", "floor": floor, "area": "80.00"} for floor in range(1, floors + 1)]
        table = {"type": preset.scheme.value, "coef": dict(preset.by_floor), "percent": dict(preset.by_floor)}
        subsidy = {"rate": preset.subsidy_rate, "cap": preset.subsidy_cap} if preset.subsidy_rate else None
        assert "error" not in sheet(table, "700000", units, subsidy)


def test_presets_say_what_is_not_official_or_not_checked() -> None:
    assert not PRESETS["guangzhou_coefficients"].verified
    assert not PRESETS["trade_sample"].official
    assert all(preset.source for preset in PRESETS.values())
