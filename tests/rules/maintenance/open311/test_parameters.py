"""Formats, empty as absent, jurisdictions, keys and statuses."""

from __future__ import annotations

import pytest

from app.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.rules.maintenance.open311.parameters import (
    ensure_form,
    format_of,
    jurisdiction_of,
    key_of,
    list_of,
    split_format,
    status_of,
    value_of,
    wrong_key,
)
from app.rules.maintenance.open311.writing import Format


def test_an_empty_parameter_equals_an_absent_one() -> None:
    assert value_of({"status": ["", " ", " open "]}, "status") == "open"
    assert value_of({"status": [""]}, "status") == value_of({}, "status") == ""
    assert list_of({"x": [" a, ,b,a"]}, "x") == ["a", "b"]
    with pytest.raises(Invalid):
        list_of({"x": [",".join(map(str, range(1001)))]}, "x")


def test_the_format_stands_after_the_last_dot() -> None:
    assert split_format("a.b.json") == ("a.b", Format.JSON)
    assert split_format("17.xml") == ("17", Format.XML)
    for wrong in ("requests.pdf", "requests", ".xml", "requests.XML", ""):
        with pytest.raises(NotFound):
            split_format(wrong)
    assert format_of("/open311/v2/ghost.json") is Format.JSON
    assert format_of("/open311/v2/requests.pdf") is Format.XML


def test_a_single_jurisdiction_needs_no_name_and_several_do() -> None:
    assert jurisdiction_of({"jurisdiction_id": ["anything"]}, ["one"]) == "one"
    assert jurisdiction_of({"jurisdiction_id": ["b"]}, ["a", "b"]) == "b"
    with pytest.raises(Invalid, match="jurisdiction_id"):
        jurisdiction_of({"jurisdiction_id": [" "]}, ["a", "b"])
    for known in (["a", "b"], []):
        with pytest.raises(NotFound, match="jurisdiction_id"):
            jurisdiction_of({"jurisdiction_id": ["c"]}, known)


def test_a_key_comes_in_the_body_first_and_a_missing_or_wrong_one_is_forbidden() -> None:
    assert key_of({"api_key": ["body"]}, {"api_key": ["query"]}) == "body"
    assert key_of({"api_key": [""]}, {"api_key": ["query"]}) == "query"
    with pytest.raises(NotAllowed) as refusal:
        key_of({}, {})
    assert status_of(refusal.value) == status_of(wrong_key()) == 403


def test_only_forms_are_read_with_or_without_a_charset() -> None:
    ensure_form("application/x-www-form-urlencoded")
    ensure_form("Application/X-WWW-Form-Urlencoded; charset=utf-8")
    for wrong in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        with pytest.raises(Invalid):
            ensure_form(wrong)


@pytest.mark.parametrize(
    ("kind", "status"), [(NotAllowed, 403), (NotFound, 404), (Invalid, 400), (Conflict, 400), (Refusal, 400)]
)
def test_the_contract_knows_three_statuses(kind: type[Refusal], status: int) -> None:
    assert status_of(kind("x")) == status
