"""The shared vectors, and every pitfall of counting the reference lists, each as a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.votes.cases import judge_case
from app.rules.votes.rulesets import NATIONAL

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "tally.json"
ENTRANCE = {"level": "entrance", "building": "1", "entrance": "1"}


def unit(name: str, owners: str, area: Any = "100.00", **more: Any) -> dict[str, Any]:
    return {"unit": name, "area": area, "owners": owners.split("+"), "building": "1", "entrance": "1"} | more


def ballot(name: Any, voter: str, choice: Any = "for", **more: Any) -> dict[str, Any]:
    return {"unit": name, "voter": voter, "choice": choice} | more


def case(
    register: Any, ballots: Any, rules: Any = None, matter: Any = 4, scope: Any = ENTRANCE
) -> dict[str, Any]:
    return judge_case(
        {"matter": matter, "scope": scope, "register": register, "ballots": ballots, "rules": rules or {}}
    )


def reasons(result: dict[str, Any]) -> list[tuple[int, str]]:
    return [(row["ballot"], row["reason"]) for row in result["rejected"]]


ABC = [unit("101", "A"), unit("102", "B"), unit("201", "C")]


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text("utf-8")), ids=lambda vector: vector["id"])
def test_the_shared_vectors_come_out_field_for_field(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    if "error" not in expected:
        expected = {"rejected": []} | expected
    assert judge_case(vector) == expected


# 1, 2: floats and displayed percentages


def test_an_exact_two_thirds_that_floats_miss_is_a_quorum() -> None:
    areas = ["46.15", "64.95", "57.23", "81.93", "62.50", "62.63"]
    register = [unit(str(i), str(i), area) for i, area in enumerate(areas)]
    result = case(register, [ballot(str(i), str(i)) for i in range(4)])
    assert result["quorum"] == {"area": "2/3", "area_met": True, "heads": "2/3", "heads_met": True}


def test_a_quorum_that_displays_as_two_thirds_is_missed() -> None:
    register = [unit("1", "A", "333.33"), unit("2", "B", "333.33"), unit("3", "C", "333.35")]
    result = case(register, [ballot("1", "A"), ballot("2", "B")])
    assert (result["quorum"]["area_met"], result["quorum"]["heads_met"]) == (False, True)


@pytest.mark.parametrize("area", ["80", "80.0", "80.00", 80])
def test_an_area_may_be_written_with_or_without_decimals(area: Any) -> None:
    assert case([unit("101", "A", area)], [])["total_area"] == "80.00"


@pytest.mark.parametrize(
    "area", ["80.001", "-80", "0", "0.00", "", "8e1", "１００", "NaN", 80.0, None, True, ["80"], -80, " 80"]
)
def test_an_area_that_is_no_exact_positive_figure_is_refused(area: Any) -> None:
    assert case([unit("101", "A", area)], []) == {"error": "bad_area"}


# 3: vacuous truth


def test_an_empty_scope_is_refused_however_it_comes_about() -> None:
    assert case(ABC, [], scope=ENTRANCE | {"entrance": "2"}) == {"error": "empty_scope"}
    assert case([], []) == {"error": "empty_scope"}
    assert case([unit("P1", "A", kind="parking")], []) == {"error": "empty_scope"}


# 7: 过半数 is more than half


def test_half_of_the_area_is_not_a_majority_even_with_the_heads() -> None:
    register = [unit("1", "A", "50"), unit("2", "B", "50"), unit("3", "C", "100")]
    result = case(register, [ballot("1", "A"), ballot("2", "B"), ballot("3", "C", "against")])
    assert result["majority"]["area_met"] is False
    assert result["result"] == "not_passed"


# 8, 9: heads


def test_one_owner_casting_for_each_of_his_flats_has_one_ballot_per_head() -> None:
    result = case([*ABC, unit("202", "A")], [ballot("101", "A"), ballot("202", "A")])
    assert reasons(result) == [(1, "duplicate")]
    assert (result["part_area"], result["part_heads"]) == ("200.00", 1)


def test_the_same_owner_votes_flat_by_flat_where_the_rules_say_so() -> None:
    register = [*ABC, unit("202", "A")]
    ballots = [ballot("101", "A"), ballot("202", "A", "against"), ballot("202", "A")]
    result = case(register, ballots, {"ballot_mode": "per_unit"})
    assert reasons(result) == [(2, "duplicate")]
    assert (result["for_area"], result["for_heads"], result["part_area"]) == ("100.00", 0, "200.00")


def test_a_couples_flat_and_the_flat_of_one_of_them_are_two_heads() -> None:
    result = case(
        [unit("101", "A+B"), unit("102", "A"), unit("201", "B+A")], [ballot("101", "B"), ballot("102", "A")]
    )
    assert (result["total_heads"], result["part_heads"], result["part_area"]) == (2, 2, "300.00")


def test_co_owners_cast_one_ballot_and_the_second_is_a_duplicate() -> None:
    result = case([unit("101", "A+B")], [ballot("101", "A", "against"), ballot("101", "B")])
    assert (result["for_heads"], result["part_heads"], reasons(result)) == (0, 1, [(1, "duplicate")])


def test_where_co_owners_named_one_of_them_the_other_does_not_vote() -> None:
    register = [unit("101", "A+B", representative="A")]
    result = case(register, [ballot("101", "B", "against"), ballot("101", "A")])
    assert (result["for_heads"], reasons(result)) == (1, [(0, "not_representative")])


def test_a_mandate_of_a_co_owner_who_is_not_the_representative_does_not_reach() -> None:
    rules = {"proxies": [{"principal": "B", "agent": "Z"}]}
    result = case([unit("101", "A+B", representative="A")], [ballot("101", "Z")], rules)
    assert reasons(result) == [(0, "not_representative")]


def test_a_sole_owner_and_the_guardian_named_for_him_may_both_cast() -> None:
    register = [unit("101", "A", representative="G"), unit("102", "B", representative="H")]
    assert reasons(case(register, [ballot("101", "A"), ballot("102", "H")])) == []


def test_the_developer_has_one_head_and_votes_for_undelivered_units() -> None:
    register = [
        unit("101", "DEV", status="unsold"),
        unit("102", "X", status="undelivered"),
        unit("201", "X"),
        unit("202", "B"),
    ]
    result = case(register, [ballot("102", "X"), ballot("101", "DEV", "against"), ballot("201", "X")])
    assert reasons(result) == [(0, "not_owner")]
    assert (result["total_heads"], result["part_heads"], result["part_area"]) == (3, 2, "300.00")


def test_the_developer_may_cast_on_the_undelivered_unit_itself() -> None:
    register = [unit("101", "DEV", status="unsold"), unit("102", "X", status="undelivered")]
    result = case(register, [ballot("102", "DEV")], {"ballot_mode": "per_unit"})
    assert (result["part_area"], result["part_heads"], reasons(result)) == ("100.00", 1, [])


def test_without_a_developer_in_the_register_the_listed_owner_of_an_undelivered_unit_casts() -> None:
    result = case([unit("101", "X", status="undelivered"), unit("102", "B")], [ballot("101", "X")])
    assert (result["part_heads"], reasons(result)) == (1, [])


def test_one_large_owner_blocks_by_area_alone() -> None:
    register = [unit("1", "HOUSING OFFICE", "500"), *ABC]
    ballots = [
        ballot("101", "A"),
        ballot("102", "B"),
        ballot("201", "C"),
        ballot("1", "HOUSING OFFICE", "against"),
    ]
    result = case(register, ballots, matter=7)
    assert result["majority"] == {
        "rule": "special",
        "area": "3/8",
        "area_met": False,
        "heads": "3/4",
        "heads_met": True,
    }


# 10: scope


def test_a_ballot_from_outside_the_scope_is_rejected_and_an_unknown_unit_told_apart() -> None:
    register = [*ABC, unit("2-101", "N", entrance="2")]
    result = case(register, [ballot("2-101", "N"), ballot("999", "A"), ballot("101", "A")])
    assert reasons(result) == [(0, "out_of_scope"), (1, "unknown_unit")]
    assert result["total_heads"] == 3


def test_the_scope_may_be_entrance_building_or_estate() -> None:
    register = [*ABC, unit("2-101", "N", entrance="2"), unit("3-101", "M", building="3")]
    scopes = [ENTRANCE, {"level": "building", "building": 1}, {"level": "estate"}, None]
    assert [case(register, [], scope=scope)["total_heads"] for scope in scopes] == [3, 4, 5, 5]


def test_flats_outside_the_scope_add_neither_area_nor_a_ballot_to_their_owners_head() -> None:
    register = [*ABC, unit("2-101", "A", entrance="2")]
    result = case(register, [ballot("2-101", "A", "against"), ballot("101", "A")])
    assert (result["part_area"], result["for_heads"], reasons(result)) == ("100.00", 1, [(0, "out_of_scope")])


# 11: parking


@pytest.mark.parametrize("kind", ["parking", "storage"])
def test_spaces_count_as_area_and_heads_only_when_the_rules_include_them(kind: str) -> None:
    register = [*ABC, unit("P1", "A", "12.50", kind=kind), unit("P2", "Z", "12.50", kind=kind)]
    ballots = [ballot("101", "A"), ballot("102", "B")]
    out, counted = case(register, ballots), case(register, ballots, {kind: "include"})
    assert (out["total_area"], out["total_heads"], out["quorum"]["heads_met"]) == ("300.00", 3, True)
    assert (counted["total_area"], counted["total_heads"], counted["part_area"]) == ("325.00", 4, "212.50")
    assert (counted["quorum"]["area"], counted["quorum"]["heads"]) == ("17/26", "1/2")


def test_a_ballot_on_an_excluded_space_is_out_of_scope() -> None:
    assert reasons(case([*ABC, unit("P1", "A", kind="parking")], [ballot("P1", "A")])) == [
        (0, "out_of_scope")
    ]


# 13: the silent rule


def silent(ballots: list[dict[str, Any]], **rules: Any) -> dict[str, Any]:
    register = [unit(str(n), str(n)) for n in range(1, 7)]
    told = {"silent": "follow_majority", "served": [str(n) for n in range(1, 7)]} | rules
    return case(register, ballots, told)


def test_a_served_unit_that_returned_nothing_joins_and_an_unserved_one_does_not() -> None:
    assert silent([ballot("1", "1"), ballot("2", "2")], served=["3", 4])["for_heads"] == 4


def test_without_a_list_of_served_units_nobody_is_silent() -> None:
    assert silent([ballot("1", "1")], served=None)["part_heads"] == 1


def test_a_tie_adds_nobody() -> None:
    assert silent([ballot("1", "1"), ballot("2", "2", "against")])["part_heads"] == 2


def test_a_spoiled_or_late_return_is_not_silent() -> None:
    ballots = [
        ballot("1", "1"),
        ballot("2", "2", "spoiled"),
        ballot("3", "3", "against", at="2026-07-01T00:00:00+08:00"),
    ]
    result = silent(ballots, closes_at="2026-07-01T00:00:00+08:00")
    assert (result["for_heads"], result["part_heads"]) == (4, 4)


def test_a_strangers_ballot_does_not_break_an_owners_silence() -> None:
    result = silent([ballot("1", "1"), ballot("2", "tenant", "against")])
    assert (result["for_heads"], reasons(result)) == (6, [(1, "not_owner")])


# 15: double voting


@pytest.mark.parametrize("mode", ["per_head", "per_unit"])
def test_the_earlier_ballot_wins_whatever_the_order_of_entry(mode: str) -> None:
    paper = ballot("101", "A", "against", at="2026-06-12T10:00:00+08:00", channel="paper")
    phone = ballot("101", "A", "for", at="2026-06-12T01:59:59Z", channel="phone")
    result = case(ABC, [paper, phone], {"ballot_mode": mode})
    assert (result["for_heads"], reasons(result)) == (1, [(0, "duplicate")])


def test_without_times_the_one_listed_first_wins() -> None:
    assert case(ABC, [ballot("101", "A"), ballot("101", "A", "against")])["for_heads"] == 1


def test_a_rejected_ballot_never_blocks_a_later_valid_one() -> None:
    ballots = [
        ballot("101", "T", "against"),
        ballot("101", "A", "spoiled"),
        ballot("101", "A", "yes"),
        ballot("101", "A", "against", at="2026-07-02T00:00:00+08:00"),
        ballot("101", "A"),
    ]
    result = case(ABC, ballots, {"closes_at": "2026-07-01T00:00:00+08:00"})
    assert reasons(result) == [(0, "not_owner"), (1, "spoiled"), (2, "bad_choice"), (3, "late")]
    assert result["for_heads"] == 1


def test_a_valid_ballot_takes_the_place_of_a_counted_spoiled_one() -> None:
    result = case(ABC, [ballot("101", "A", "spoiled"), ballot("101", "A")], {"spoiled": "participating"})
    assert (result["for_heads"], result["part_heads"], reasons(result)) == (1, 1, [(0, "spoiled")])


# proxies


def test_the_limit_counts_principals_and_not_ballots_or_the_agents_own() -> None:
    register = [*ABC, unit("202", "B"), unit("301", "D")]
    proxies = [{"principal": p, "agent": "A"} for p in "BCD"]
    ballots = [ballot(name, "A") for name in ("102", "201", "202", "101", "301")]
    result = case(register, ballots, {"proxies": proxies, "proxy_limit": 2, "ballot_mode": "per_unit"})
    assert reasons(result) == [(4, "proxy_limit")]


def test_a_proxy_ballot_that_did_not_count_uses_up_no_mandate() -> None:
    proxies = [{"principal": p, "agent": "Z"} for p in "BC"]
    ballots = [ballot("102", "B"), ballot("102", "Z", "against"), ballot("201", "Z")]
    assert reasons(case(ABC, ballots, {"proxies": proxies, "proxy_limit": 1})) == [(1, "duplicate")]


def test_a_mandate_is_for_the_principals_units_only_and_is_not_passed_on() -> None:
    proxies = [{"principal": "B", "agent": "Y"}, {"principal": "Y", "agent": "Z"}]
    result = case(ABC, [ballot("101", "Y"), ballot("102", "Z")], {"proxies": proxies})
    assert reasons(result) == [(0, "not_owner"), (1, "not_owner")]


def test_a_limit_of_nought_forbids_proxies_and_the_owner_can_still_cast() -> None:
    rules = {"proxies": [{"principal": "B", "agent": "Z"}], "proxy_limit": 0}
    result = case(ABC, [ballot("102", "Z", "against"), ballot("102", "B")], rules)
    assert (result["for_heads"], reasons(result)) == (1, [(0, "proxy_limit")])


# 19: deadlines


def test_the_opening_instant_is_in_the_closing_instant_out_in_any_offset() -> None:
    rules = {"opens_at": "2026-06-01T09:00:00+08:00", "closes_at": "2026-07-01T00:00:00+08:00"}
    ballots = [
        ballot("101", "A", at="2026-06-01T01:00:00Z"),
        ballot("102", "B", at="2026-06-30T16:00:00+00:00"),
        ballot("102", "B", at="2026-06-01T08:59:59.999999+08:00"),
        ballot("201", "C", at="2026-06-30T23:59:59.999999+08:00"),
    ]
    assert reasons(case(ABC, ballots, rules)) == [(1, "late"), (2, "early")]


@pytest.mark.parametrize(
    "at", ["2026-06-30T20:00:00", "yesterday", 1719763200, "", "0001-01-01T00:00:00+23:59"]
)
def test_a_time_that_is_not_exact_is_refused(at: Any) -> None:
    assert case(ABC, [ballot("101", "A", at=at)]) == {"error": "bad_time"}


# 23: rules are data


def test_a_case_may_bring_a_whole_set_of_rules_with_other_thresholds() -> None:
    old = {"top": 2, "bottom": 3, "strict": False}
    result = case(
        ABC, [ballot("101", "A"), ballot("102", "B")], NATIONAL.to_json() | {"special": old}, matter=7
    )
    assert result["majority"]["heads_met"] is True


# malformed input


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"matter": 10}, "unknown_matter"),
        ({"matter": "7"}, "unknown_matter"),
        ({"register": None}, "bad_case"),
        ({"register": {}}, "bad_case"),
        ({"register": ["101"]}, "bad_unit"),
        ({"register": [unit("", "A")]}, "bad_unit"),
        ({"register": [unit("\ud800", "A")]}, "bad_unit"),
        ({"register": [unit("101", "A") | {"owners": []}]}, "no_owner"),
        ({"register": [unit("101", "A") | {"owners": "A"}]}, "no_owner"),
        ({"register": [unit("101", "")]}, "no_owner"),
        ({"register": [unit("101", "A"), unit("101 ", "B")]}, "duplicate_unit"),
        ({"register": [unit("101", "A"), unit("101", "A", entrance="2")]}, "duplicate_unit"),
        ({"register": [unit("101", "A", kind="castle")]}, "bad_kind"),
        ({"register": [unit("101", "A", status="sold?")]}, "bad_status"),
        ({"ballots": {}}, "bad_case"),
        ({"ballots": ["101"]}, "bad_ballot"),
        ({"ballots": [{"unit": "101", "choice": "for"}]}, "bad_ballot"),
        ({"scope": {"level": "street"}}, "bad_scope"),
        ({"scope": {"level": "building"}}, "bad_scope"),
        ({"rules": {"silent": "sometimes"}}, "bad_rules"),
        ({"rules": {"parkng": "include"}}, "bad_rules"),
        ({"rules": {"proxies": [{"principal": "A"}]}}, "bad_rules"),
        ({"rules": [1]}, "bad_rules"),
        (
            {"rules": {"opens_at": "2026-07-01T00:00:00Z", "closes_at": "2026-07-01T08:00:00+08:00"}},
            "bad_window",
        ),
        ({"aggregate": {}}, "bad_case"),
    ],
)
def test_a_malformed_case_is_named_and_not_counted(changed: dict[str, Any], code: str) -> None:
    whole = {"matter": 4, "scope": ENTRANCE, "register": ABC, "ballots": []}
    assert judge_case(whole | changed) == {"error": code}


@pytest.mark.parametrize("value", [None, [], "case", 7, {}])
def test_what_is_no_case_is_an_error_and_not_a_crash(value: Any) -> None:
    assert judge_case(value)["error"] in {"bad_case", "unknown_matter"}


# published totals


def totals(**changed: Any) -> dict[str, Any]:
    figures = {
        "total_area": "3011.25",
        "total_heads": 25,
        "part_area": "2007.50",
        "part_heads": 17,
        "for_area": "1505.63",
        "for_heads": 13,
    }
    return judge_case({"matter": 7, "aggregate": figures | changed})


def test_totals_without_a_register_decide_to_the_hundredth() -> None:
    assert totals()["result"] == "passed"
    assert totals(for_area="1505.62")["result"] == "not_passed"
    assert totals(part_area="2007.49")["result"] == "quorum_not_met"
    assert totals(part_heads=16)["result"] == "quorum_not_met"
    assert totals(for_heads=12)["result"] == "not_passed"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"part_heads": 26}, "part_exceeds_total"),
        ({"part_area": "3011.26"}, "part_exceeds_total"),
        ({"for_heads": 18}, "for_exceeds_part"),
        ({"for_area": "2007.51"}, "for_exceeds_part"),
        ({"total_heads": 0, "part_heads": 0, "for_heads": 0}, "empty_scope"),
        ({"part_heads": -1}, "bad_heads"),
        ({"part_heads": 17.0}, "bad_heads"),
        ({"part_heads": "17"}, "bad_heads"),
        ({"for_area": "x"}, "bad_area"),
    ],
)
def test_totals_that_contradict_themselves_are_refused(changed: dict[str, Any], code: str) -> None:
    assert totals(**changed) == {"error": code}


# properties

casts = st.builds(
    ballot,
    st.sampled_from(["101", "102", "201", "202", "999"]),
    st.sampled_from(["A", "B", "C", "T"]),
    st.sampled_from(["for", "against", "abstain", "spoiled", "?"]),
)


@given(st.data(), st.lists(casts, max_size=8), st.sampled_from(["per_unit", "per_head"]))
def test_with_a_time_on_each_ballot_the_order_of_the_list_changes_no_figure(
    data: st.DataObject, ballots: list[dict[str, Any]], mode: str
) -> None:
    timed = [row | {"at": f"2026-06-01T10:00:{second:02d}+08:00"} for second, row in enumerate(ballots)]
    register, rules = [*ABC, unit("202", "A")], {"ballot_mode": mode}
    one = case(register, timed, rules)
    other = case(register, data.draw(st.permutations(timed)), rules)
    assert {**one, "rejected": sorted(reason for _, reason in reasons(one))} == {
        **other,
        "rejected": sorted(reason for _, reason in reasons(other)),
    }


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["matter", "scope", "register", "ballots", "rules", "aggregate"]


@given(st.sampled_from(KEYS), junk)
def test_no_junk_anywhere_makes_it_crash(key: str, value: object) -> None:
    whole = {"matter": 4, "scope": ENTRANCE, "register": ABC, "ballots": []}
    assert set(judge_case(whole | {key: value})) & {"error", "result"}


@given(st.sampled_from(["unit", "area", "owners", "kind", "status", "representative", "building"]), junk)
def test_no_junk_in_a_register_row_makes_it_crash(key: str, value: object) -> None:
    assert set(case([unit("101", "A") | {key: value}], [])) & {"error", "result"}


@given(st.sampled_from(["unit", "voter", "choice", "at"]), junk)
def test_no_junk_in_a_ballot_makes_it_crash(key: str, value: object) -> None:
    assert set(case(ABC, [ballot("101", "A") | {key: value}])) & {"error", "result"}
