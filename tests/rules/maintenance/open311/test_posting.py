"""A new request: P1 to P15 of the reference's list, as far as they are decided without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid, NotFound, Refusal
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.open311.posting import (
    attributes_of,
    faults_of,
    read_degrees,
    read_posting,
)

GOOD = {"service_code": "rubbish", "address_id": "b3-e2", "description": "楼下堆着旧沙发"}


def posted(**changes: str) -> dict[str, list[str]]:
    names = {name.replace("__", "[").replace("_END", "]"): value for name, value in changes.items()}
    return {name: [value] for name, value in {**GOOD, **names}.items()}


def codes(parameters: dict[str, list[str]]) -> list[str]:
    return [fault.code for fault in faults_of(parameters, CATEGORIES)]


@pytest.mark.parametrize(
    "place",
    [
        {"lat": "31.230416", "long": "121.473701"},
        {"address_string": "幸福里3号楼2单元"},
        {"address_id": "b3-e2"},
    ],
)
def test_each_of_the_three_forms_of_place_is_enough(place: dict[str, str]) -> None:
    posting = read_posting(
        posted(address_id="", **{**place}) if "address_id" not in place else posted(), CATEGORIES
    )
    assert posting.lat is not None or posting.address or posting.address_id


def test_coordinates_are_millionths_of_a_degree() -> None:
    posting = read_posting(posted(lat="-31.2304165", long="121.47"), CATEGORIES)
    assert (posting.lat, posting.long) == (-31_230_417, 121_470_000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address_id": ""}, "no_place"),
        ({"lat": "31.2"}, "half_a_coordinate"),
        ({"long": "121.2"}, "half_a_coordinate"),
        ({"lat": "90.000001", "long": "121"}, "bad_coordinate"),
        ({"lat": "31", "long": "-180.1"}, "bad_coordinate"),
        ({"lat": "31°", "long": "121"}, "bad_coordinate"),
        ({"lat": "nan", "long": "121"}, "bad_coordinate"),
        ({"lat": "3e1", "long": "121"}, "bad_coordinate"),
        ({"lat": "３１", "long": "121"}, "bad_coordinate"),
        ({"service_code": ""}, "no_service_code"),
        ({"service_code": "ghost"}, "unknown_service_code"),
        ({"description": "长" * 4001}, "too_long"),
        ({"media_url": "ftp://example.com/a.jpg"}, "bad_url"),
        ({"media_url": "javascript:alert(1)"}, "bad_url"),
        ({"media_url": "http://user:pass@example.com/a.jpg"}, "bad_url"),
        ({"media_url": "http://localhost/a.jpg"}, "bad_url"),
        ({"media_url": "http://[bad/a.jpg"}, "bad_url"),
        ({"media_url": "https://example.com/a b.jpg"}, "bad_url"),
        ({"phone": "1" * 40}, "too_long"),
        ({"attribute__kind_END": "ghost"}, "bad_answer"),
    ],
)
def test_each_fault_is_told_by_itself(changes: dict[str, str], code: str) -> None:
    assert codes(posted(**changes)) == [code]
    with pytest.raises(Refusal):
        read_posting(posted(**changes), CATEGORIES)


def test_a_missing_code_is_invalid_and_an_unknown_one_not_found() -> None:
    assert isinstance(faults_of(posted(service_code=""), CATEGORIES)[0], Invalid)
    assert isinstance(faults_of(posted(service_code="ghost"), CATEGORIES)[0], NotFound)


def test_a_required_attribute_left_out_and_every_other_fault_are_told_together() -> None:
    wrong = posted(service_code="lift", address_id="", description="长" * 4001, media_url="x")
    assert codes(wrong) == ["no_place", "too_long", "bad_url", "required"]


def test_a_description_of_four_thousand_passes_and_keeps_its_chinese_lines_and_signs() -> None:
    assert codes(posted(description="长" * 4000)) == []
    text = read_posting(posted(description="第一行\r\n<script>&第二行"), CATEGORIES).description
    assert text == "第一行\n<script>&第二行"


def test_several_values_come_under_one_name_with_or_without_brackets() -> None:
    parameters = {
        **posted(),
        "attribute[kind][]": ["bulky", "household"],
        "attribute[size]": ["small"],
        "attribute[ghost]": ["x"],
        "attribute[a][b]": ["x"],
        "attribute[]": ["x"],
    }
    assert attributes_of(parameters) == {
        "kind": ["bulky", "household"],
        "size": ["small"],
        "ghost": ["x"],
    }
    assert read_posting(parameters, CATEGORIES).answers == {"kind": ["bulky", "household"], "size": ["small"]}


def test_an_emergency_is_answered_with_a_telephone_number_and_not_taken() -> None:
    faults = faults_of(posted(service_code="lift", attribute__trapped_END="yes"), CATEGORIES)
    assert [fault.code for fault in faults] == ["danger"]
    assert "119" in str(faults[0])


def test_empty_optional_parameters_are_absent_and_unknown_ones_ignored() -> None:
    bare = read_posting(posted(), CATEGORIES)
    assert read_posting(posted(email="", phone=" ", media_url="", ghost="x"), CATEGORIES) == bare
    assert bare.sender == {}
    assert read_posting(posted(email="a@example.com"), CATEGORIES).sender == {"email": "a@example.com"}


@given(st.integers(-90_000_000, 90_000_000))
def test_degrees_are_read_exactly(micro: int) -> None:
    sign = "-" if micro < 0 else ""
    text = f"{sign}{abs(micro) // 10**6}.{abs(micro) % 10**6:06d}"
    assert read_degrees(text, name="lat", most=90) == micro
