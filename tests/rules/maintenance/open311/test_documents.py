"""The documents: D, S, F and G of the reference's list, as XML that parses and JSON of the same shape."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.emergencies import Danger, Phone
from app.rules.maintenance.open311.documents import (
    EndpointType,
    RequestRow,
    created_document,
    definition_document,
    discovery_document,
    errors_document,
    requests_document,
    services_document,
    token_document,
)
from app.rules.maintenance.open311.writing import CONTENT_TYPES, Degrees, Document, Format, Items, write
from app.rules.maintenance.states import OrderState

FILED = datetime(2026, 6, 1, 1, tzinfo=UTC)
ROW = RequestRow("7", OrderState.SUBMITTED, "lift", "电梯故障", FILED, FILED + timedelta(hours=1))
REQUEST_FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


def as_json(document: Document) -> Any:
    return json.loads(write(document, Format.JSON))


def as_xml(document: Document) -> ET.Element:
    text = write(document, Format.XML)
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
    return ET.fromstring(text.encode())


def test_services_have_unique_codes_a_type_and_a_boolean_and_stay_an_array_of_one() -> None:
    document = services_document(CATEGORIES.values(), str)
    listed = as_json(document)
    assert isinstance(listed, list)
    assert len({one["service_code"] for one in listed}) == len(listed) == len(CATEGORIES)
    assert {one["type"] for one in listed} == {"realtime"}
    assert {type(one["metadata"]) for one in listed} == {bool}
    assert [one.tag for one in as_xml(document)] == ["service"] * len(listed)
    assert listed[0]["keywords"].split(",")[0] == "漏水"
    assert isinstance(as_json(services_document([CATEGORIES["other"]], str)), list)


@pytest.mark.parametrize("key", CATEGORIES)
def test_definitions_number_their_attributes_from_one_and_lists_have_values(key: str) -> None:
    document = definition_document(CATEGORIES[key], str)
    definition = as_json(document)
    assert isinstance(definition, dict)
    attributes = definition["attributes"]
    assert [one["order"] for one in attributes] == list(range(1, len(attributes) + 1))
    assert len({one["code"] for one in attributes}) == len(attributes)
    for one in attributes:
        assert one["datatype"] in [
            "string",
            "number",
            "datetime",
            "text",
            "singlevaluelist",
            "multivaluelist",
        ]
        assert bool(one["values"]) is one["datatype"].endswith("list")
        assert one["required"] in (True, False)
    root = as_xml(document)
    assert root.findtext("service_code") == key
    assert len(root.findall("attributes/attribute")) == len(attributes)
    assert len(root.findall("attributes/attribute/values/value/key")) == sum(
        len(one["values"]) for one in attributes
    )


def test_a_danger_is_an_attribute_to_read_first_with_the_estates_own_number() -> None:
    document = definition_document(CATEGORIES["lift"], str, {Danger.LIFT: [Phone("救援", "96333")]})
    first = as_json(document)["attributes"][0]
    assert (first["variable"], first["required"], first["order"]) == (False, False, 1)
    assert first["description"].index("96333") < first["description"].index("119")


def test_a_request_always_has_every_field_and_none_of_its_reporter() -> None:
    [shown] = as_json(requests_document([ROW]))
    assert list(shown) == REQUEST_FIELDS
    assert [one.tag for one in as_xml(requests_document([ROW]))[0]] == REQUEST_FIELDS
    assert shown["expected_datetime"] is shown["lat"] is shown["description"] is None
    assert shown["requested_datetime"] == "2026-06-01T09:00:00+08:00"
    private = {"email", "phone", "first_name", "last_name", "device_id", "reporter", "sender"}
    assert not private & {field.name for field in fields(RequestRow)}


def test_a_closed_request_was_updated_when_it_was_closed_and_no_rating_moves_that() -> None:
    closed = replace(ROW, state=OrderState.CONFIRMED, closed_at=FILED + timedelta(hours=2))
    rated = replace(closed, changed_at=FILED + timedelta(days=9))
    for row in (closed, rated):
        [shown] = as_json(requests_document([row]))
        assert (shown["status"], shown["updated_datetime"]) == ("closed", "2026-06-01T11:00:00+08:00")
    reopened = replace(rated, state=OrderState.REOPENED)
    [shown] = as_json(requests_document([reopened]))
    assert (shown["status"], shown["updated_datetime"]) == ("open", "2026-06-10T09:00:00+08:00")


def test_coordinates_are_numbers_without_a_float_on_the_way() -> None:
    text = write(requests_document([replace(ROW, lat=31_230_416, long=-5)]), Format.JSON)
    assert '"lat":31.230416,"long":-0.000005' in text


def test_nothing_found_is_an_empty_array_and_an_empty_element() -> None:
    assert write(requests_document([]), Format.JSON) == "[]"
    assert write(requests_document([]), Format.XML).endswith("\n<service_requests/>\n")


def test_a_created_request_has_a_number_and_no_token_and_a_token_answer_has_both() -> None:
    assert as_json(created_document("7", "7天内修好")) == [
        {"service_request_id": "7", "service_notice": "7天内修好", "account_id": None}
    ]
    assert as_json(token_document("t", "7")) == [{"service_request_id": "7", "token": "t"}]


def test_errors_are_a_list_of_code_and_description() -> None:
    document = errors_document([(400, "缺少参数 service_code"), (404, "不存在")])
    assert as_json(document) == [
        {"code": "400", "description": "缺少参数 service_code"},
        {"code": "404", "description": "不存在"},
    ]
    assert [one.findtext("code") for one in as_xml(document).findall("error")] == ["400", "404"]


def test_discovery_names_both_formats_as_an_array_of_strings_and_the_stored_change() -> None:
    document = discovery_document(
        changed_at=FILED,
        contact="居委会 021-00000000",
        key_service="向居委会申请",
        url="https://example.com/open311/v2",
        kind=EndpointType.TEST,
    )
    shown = as_json(document)
    assert isinstance(shown, dict)
    assert list(shown) == ["changeset", "contact", "key_service", "endpoints"]
    [endpoint] = shown["endpoints"]
    assert list(endpoint) == ["specification", "url", "changeset", "type", "formats"]
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert shown["changeset"] == endpoint["changeset"] == "2026-06-01 01:00"
    formats = as_xml(document).findall("endpoints/endpoint/formats/format")
    assert [one.text for one in formats] == ["text/xml", "application/json"]


def test_both_content_types_name_their_charset() -> None:
    assert all(one.endswith("; charset=utf-8") for one in CONTENT_TYPES.values())


def test_numbers_and_truth_are_written_as_such_and_signs_are_escaped() -> None:
    document = Document(
        "a",
        {"n": 3, "t": True, "f": False, "d": Degrees(1), "e": "", "s": "<script>&amp;\"'", "i": Items("x")},
    )
    assert write(document, Format.JSON) == (
        '{"n":3,"t":true,"f":false,"d":0.000001,"e":null,"s":"<script>&amp;\\"\'","i":[]}'
    )
    assert "<s>&lt;script&gt;&amp;amp;\"'</s><i/></a>" in write(document, Format.XML)


@given(st.text())
def test_any_text_survives_both_forms_but_for_what_xml_cannot_carry(text: str) -> None:
    document = Document("a", {"b": text})
    found = as_xml(document).findtext("b")
    assert (found or None) == as_json(document)["b"]
    if text.isprintable() and text:
        assert found == text
