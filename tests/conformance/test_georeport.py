"""GeoReport v2 from outside, over HTTP, in XML and in JSON; runs against any server (see `conftest.py`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clock import utc_now
from tests.conformance.conftest import NAMED
from tests.conformance.target import FORM, Target, instant, read

DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
FIELDS = {
    "service_request_id",
    "status",
    "service_code",
    "service_name",
    "description",
    "requested_datetime",
    "updated_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
}
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHINESE = "二楼楼道灯不亮\n第二行，带“引号”和 emoji 💡"

pytestmark = pytest.mark.parametrize("form", ["xml", "json"])


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(found: Any) -> set[str]:
    return {str(one["service_request_id"]) for one in found.content}


def assert_refused(answer: Any, status: int) -> None:
    """E1: the status of the contract, and a list of codes with sentences for people."""
    assert answer.status == status, answer.text
    assert answer.content, "at least one error"
    assert all(one["code"] and one["description"] for one in answer.content)


@pytest.fixture
def writable(target: Target) -> Target:
    if not target.key:
        pytest.skip("no key was given, so nothing is sent")
    return target


def test_d1_discovery_has_all_fields_and_is_stable(target: Target, form: str) -> None:
    found = target.get("discovery", form)
    assert found.status == 200
    assert all(found.content[name] for name in ("changeset", "contact", "key_service", "endpoints"))
    changed = datetime.fromisoformat(found.content["changeset"])
    assert changed.replace(tzinfo=changed.tzinfo or UTC) <= utc_now()
    for endpoint in found.content["endpoints"]:
        assert endpoint["url"]
        assert endpoint["changeset"]
        assert endpoint["type"] in {"production", "test"}
        if endpoint["specification"] == SPECIFICATION:
            assert "text/xml" in endpoint["formats"]
    other = target.get("discovery", "json" if form == "xml" else "xml")
    assert other.content == found.content
    assert target.get("discovery", form).text == found.text


def test_d2_the_endpoint_that_discovery_names_works(target: Target, form: str) -> None:
    endpoints = target.get("discovery", form).content["endpoints"]
    urls = [one["url"].rstrip("/") for one in endpoints if one["specification"] == SPECIFICATION]
    assert urls
    query = {"jurisdiction_id": target.jurisdiction} if target.jurisdiction else {}
    assert read(target.http.get(f"{urls[0]}/services.{form}", params=query), form).status == 200


def test_s1_s2_services_have_codes_of_their_own_and_known_types(target: Target, form: str) -> None:
    found = target.get("services", form)
    assert found.status == 200
    assert isinstance(found.content, list)
    codes = [one["service_code"] for one in found.content]
    assert len(set(codes)) == len(codes) > 0
    for one in found.content:
        assert one["service_name"]
        assert one["type"] in {"realtime", "batch", "blackbox"}
        assert one["metadata"] in {True, False}
    other = target.get("services", "json" if form == "xml" else "xml")
    assert [str(one["service_code"]) for one in other.content] == [str(code) for code in codes]


def test_f1_definitions_are_ordered_and_their_lists_have_values(target: Target, form: str) -> None:
    asked = [one["service_code"] for one in target.services if one["metadata"]]
    for code in asked:
        found = target.get(f"services/{code}", form)
        assert found.status == 200
        assert str(found.content["service_code"]) == str(code)
        orders = [int(one["order"]) for one in found.content["attributes"]]
        assert orders == sorted(set(orders))
        assert min(orders) >= 1
        for one in found.content["attributes"]:
            assert one["datatype"] in DATATYPES
            assert {one["variable"], one["required"]} <= {True, False}
            if one["datatype"].endswith("valuelist"):
                assert all(value["key"] and value["name"] for value in one["values"])
                assert one["values"]


def test_f2_f3_an_unknown_code_is_404_and_a_service_without_questions_has_none(
    target: Target, form: str
) -> None:
    assert_refused(target.get("services/no-such-code", form), 404)
    for one in [one for one in target.services if not one["metadata"]][:1]:
        found = target.get(f"services/{one['service_code']}", form)
        assert found.status == 404 or found.content["attributes"] == []


@pytest.mark.parametrize("place", ["P1 coordinates", "P2 words", "P3 address id"])
def test_p1_p2_p3_each_form_of_place_is_enough(writable: Target, form: str, place: str) -> None:
    lat, long = writable.spot
    body = {
        "P1 coordinates": {"lat": lat, "long": long},
        "P2 words": {"address_string": "三号楼门口"},
        "P3 address id": {"address_id": writable.address_id},
    }[place]
    if not all(body.values()):
        pytest.skip("no such place was given")
    answer = writable.post(form, **body)
    assert answer.status in {200, 201}, answer.text
    (made,) = answer.content
    assert bool(made.get("service_request_id")) is not bool(made.get("token"))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"address_string": ""}, 400),
        ({"lat": "31.2"}, 400),
        ({"long": "120.6"}, 400),
        ({"lat": "91", "long": "0"}, 400),
        ({"lat": "0", "long": "-180.000001"}, 400),
        ({"lat": "north", "long": "east"}, 400),
        ({"lat": "NaN", "long": "1e2"}, 400),
        ({"api_key": None}, 403),
        ({"api_key": ""}, 403),
        ({"api_key": "no-such-key"}, 403),
        ({"service_code": ""}, 400),
        ({"service_code": "no-such-code"}, 404),
        ({"description": "漏" * 4001}, 400),
        ({"media_url": "file:///etc/passwd"}, 400),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_p4_to_p9_and_p12_what_cannot_be_taken_is_refused(
    writable: Target, form: str, fault: dict[str, Any], status: int
) -> None:
    answer = writable.post(form, **fault)
    if fault.get("service_code") == "":
        # The suite fills in a service; here it must be blank.
        body = {"api_key": writable.key, "service_code": "", "address_string": "x"}
        named = {"jurisdiction_id": writable.jurisdiction} if writable.jurisdiction else {}
        answer = read(writable.http.post(f"{writable.url}/requests.{form}", data={**named, **body}), form)
    assert_refused(answer, status)


def test_p10_p11_required_answers_and_lists_of_values(writable: Target, form: str) -> None:
    asked = [one for one in writable.services if one["metadata"]]
    needy = next((one for one in asked if writable.required(one)), None)
    if needy is None:
        pytest.skip("no service requires an answer")
    code = str(needy["service_code"])
    answers = writable.required(needy)
    assert_refused(writable.post(form, service_code=code), 400)
    assert writable.post(form, service_code=code, **answers).status in {200, 201}
    brackets = {f"{name}[]": [value] for name, value in answers.items()}
    assert writable.post(form, service_code=code, **brackets).status in {200, 201}
    first = next(iter(answers))
    assert_refused(writable.post(form, service_code=code, **{**answers, first: "no such value"}), 400)


def test_p12_p13_p14_words_come_back_as_they_were(writable: Target, form: str) -> None:
    for told in (CHINESE, "<script>alert(1)</script> & ]]> &amp; &#0; %s", "字" * 4000):
        number = writable.file(form, description=told)
        found = writable.get(f"requests/{number}", form)
        assert found.content[0]["description"] == told
        assert form == "json" or "<script" not in found.text


def test_control_characters_never_break_a_document(writable: Target, form: str) -> None:
    number = writable.file(
        form, description="灯\x00\x01\x1b[31m不亮\u202e\ufffe", address_string="三\x07号楼"
    )
    assert "不亮" in writable.get(f"requests/{number}", form).content[0]["description"]


def test_p15_empty_parameters_are_absent_ones(writable: Target, form: str) -> None:
    optional = ("email", "device_id", "account_id", "first_name", "last_name", "phone", "media_url")
    body = dict.fromkeys((*optional, "description", "lat", "long", "address_id"), "")
    assert writable.file(form, address_string="三号楼", **body)


@pytest.mark.parametrize(
    "kind", ["application/json", "text/xml", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_p16_a_body_of_another_kind_is_refused_and_no_entity_is_resolved(
    writable: Target, form: str, kind: str
) -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><request><description>&e;</description></request>'
    answer = writable.http.post(
        f"{writable.url}/requests.{form}",
        content=entity.encode(),
        headers={"content-type": kind} if kind else {},
    )
    assert_refused(read(answer, form), 400)
    assert "root:" not in answer.text


def test_p17_g10_a_new_request_is_open_alone_in_its_list_and_not_from_the_future(
    writable: Target, form: str
) -> None:
    number = writable.file(form, description="灯不亮")
    for found in (
        writable.get(f"requests/{number}", form),
        writable.get("requests", form, service_request_id=number),
    ):
        assert found.status == 200
        assert isinstance(found.content, list)
        (one,) = found.content
        assert one.keys() >= FIELDS
        assert str(one["service_request_id"]) == number
        assert str(one["service_code"]) == writable.service["service_code"]
        assert one["status"] == "open"
        assert instant(one["requested_datetime"]) <= utc_now() + timedelta(seconds=2)
        assert instant(one["updated_datetime"]) >= instant(one["requested_datetime"])


def test_g1_without_parameters_the_last_ninety_days_and_no_more_than_a_thousand(
    target: Target, form: str
) -> None:
    found = target.get("requests", form)
    assert found.status == 200
    assert len(found.content) <= 1000
    oldest = utc_now() - timedelta(days=90, minutes=1)
    assert all(instant(one["requested_datetime"]) >= oldest for one in found.content)
    assert all(one["status"] in {"open", "closed"} for one in found.content)


def test_g2_g3_windows_are_at_most_ninety_days_long_and_have_a_zone(target: Target, form: str) -> None:
    end = utc_now().replace(microsecond=0)

    def ask(start: str, until: str) -> Any:
        return target.get("requests", form, start_date=start, end_date=until)

    assert ask(written(end - timedelta(days=90)), written(end)).status == 200
    assert_refused(ask(written(end - timedelta(days=91)), written(end)), 400)
    assert_refused(ask(written(end), written(end - timedelta(days=1))), 400)
    for wrong in (
        "2026-11-01T00:00:00",
        "2026-11-01",
        "yesterday",
        "2026-02-30T00:00:00Z",
        "0000-00-00T00:00:00Z",
    ):
        assert_refused(target.get("requests", form, start_date=wrong), 400)
    assert target.get("requests", form, start_date="2099-01-01T00:00:00Z").content == []


def test_g4_one_instant_however_its_zone_is_written(writable: Target, form: str) -> None:
    number = writable.file(form)
    start = utc_now() - timedelta(hours=1)
    zulu = writable.get("requests", form, start_date=written(start))
    east = (start + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
    named = f"jurisdiction_id={writable.jurisdiction}&" if writable.jurisdiction else ""
    escaped = writable.get("requests", form, start_date=east)
    bare = read(writable.http.get(f"{writable.url}/requests.{form}?{named}start_date={east}"), form)
    assert number in ids(zulu)
    assert ids(zulu) == ids(escaped) == ids(bare)


def test_g5_by_status(writable: Target, form: str) -> None:
    number = writable.file(form)
    for status, there in (
        ("open", True),
        ("closed", False),
        ("open,closed", True),
        ("", True),
        (" open , ", True),
    ):
        found = writable.get("requests", form, status=status)
        assert found.status == 200
        assert (number in ids(found)) is there, status
    assert_refused(writable.get("requests", form, status="finished"), 400)


def test_g6_g9_by_service(writable: Target, form: str) -> None:
    number, code = writable.file(form), writable.service["service_code"]
    other = next(str(one["service_code"]) for one in writable.services if str(one["service_code"]) != code)
    assert number in ids(writable.get("requests", form, service_code=f"{other},{code}"))
    assert number not in ids(writable.get("requests", form, service_code=other))
    for nothing in ("no-such-code", "\x00", "'; drop table x --", f"{other}x" * 50):
        found = writable.get("requests", form, service_code=nothing)
        assert (found.status, found.content) == (200, [])
        assert found.text.strip() in {"[]"} or "<service_requests" in found.text


def test_g7_g8_ids_count_before_everything_else_and_unknown_ones_are_left_out(
    writable: Target, form: str
) -> None:
    one, two = writable.file(form), writable.file(form)
    found = writable.get(
        "requests",
        form,
        service_request_id=f"{one},no-such-id,{two},999999999",
        status="closed",
        start_date="2020-01-01T00:00:00Z",
        end_date="2020-01-02T00:00:00Z",
    )
    assert found.status == 200
    assert ids(found) == {one, two}
    assert writable.get("requests", form, service_request_id="no-such-id").content == []


@pytest.mark.parametrize(
    "number", ["no-such-id", "0", "-1", "99999999999999999999", "%00", "²", "1%2F2", "None"]
)
def test_g11_an_unknown_request_is_404(target: Target, form: str, number: str) -> None:
    assert_refused(target.get(f"requests/{number}", form), 404)


def test_g12_g15_times_are_in_order(target: Target, form: str) -> None:
    for one in target.get("requests", form).content:
        filed, changed = instant(one["requested_datetime"]), instant(one["updated_datetime"])
        assert filed <= changed <= utc_now() + timedelta(seconds=2)
        if one.get("expected_datetime"):
            assert instant(one["expected_datetime"]) >= filed


def test_g13_nothing_tells_who_reported(writable: Target, form: str) -> None:
    sender = {
        "email": f"{uuid4().hex}@example.org",
        "phone": "13987654321",
        "first_name": uuid4().hex[:12],
        "last_name": uuid4().hex[:12],
        "device_id": uuid4().hex,
        "account_id": uuid4().hex,
    }
    number = writable.file(form, description="灯不亮", **sender)
    everything = writable.get("requests", form).text + writable.get(f"requests/{number}", form).text
    assert number in everything
    assert [name for name, value in sender.items() if value in everything] == []


def test_j1_with_several_jurisdictions_one_has_to_be_named(target: Target, form: str) -> None:
    if NAMED and target.get("services", form, jurisdiction_id=None).status == 200:
        pytest.skip("the server has one jurisdiction")
    for path in (
        "services",
        "requests",
        "requests/1",
        f"services/{target.service['service_code']}",
        "tokens/x",
    ):
        assert_refused(target.get(path, form, jurisdiction_id=None), 400)
        assert_refused(target.get(path, form, jurisdiction_id=""), 400)
        assert_refused(target.get(path, form, jurisdiction_id="no-such-place"), 404)
    assert_refused(target.post(form, jurisdiction_id="no-such-place"), 404)


def test_t1_an_unknown_token_is_404(target: Target, form: str) -> None:
    for token in ("no-such-token", "%00", "a.b.c"):
        assert_refused(target.get(f"tokens/{token}", form), 404)


def test_x1_what_does_not_exist_is_404_in_the_shape_of_the_contract(target: Target, form: str) -> None:
    for path in ("no-such-thing", "requests/1/notes", "services/", "v3/requests"):
        assert_refused(target.get(path, form), 404)
    for tail in ("requests.pdf", "requests", "services", "discovery.html", "requests/1.csv", ""):
        assert_refused(read(target.http.get(f"{target.url}/{tail}"), "xml"), 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_other_methods_are_refused_in_the_shape_of_the_contract(
    target: Target, form: str, method: str
) -> None:
    answer = target.http.request(method, f"{target.url}/services.{form}")
    assert 400 <= answer.status_code < 500
    assert read(answer, form).content


def test_head_is_get_without_a_body_and_other_peoples_pages_may_read(target: Target, form: str) -> None:
    named = {"jurisdiction_id": target.jurisdiction} if target.jurisdiction else {}
    for path in ("services", "requests", "discovery"):
        head = target.http.head(f"{target.url}/{path}.{form}", params=named)
        get = target.http.get(
            f"{target.url}/{path}.{form}", params=named, headers={"origin": "https://example.org"}
        )
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert get.headers["access-control-allow-origin"] == "*"


def test_unknown_parameters_are_ignored(target: Target, form: str) -> None:
    assert target.get("requests", form, page="1", page_size="10", extensions="true", x="\x00").status == 200
    assert target.get("services", form, api_key="whatever").status == 200


NAMES = st.sampled_from(
    [
        *(
            "service_code",
            "service_request_id",
            "status",
            "start_date",
            "end_date",
            "jurisdiction_id",
            "api_key",
        ),
        *("lat", "long", "address_string", "address_id", "description", "media_url", "phone", "first_name"),
        *("attribute[x]", "attribute[x][]", "attribute[", "page", ""),
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "open",
            "closed",
            "1,2",
            "-1",
            "1e309",
            "NaN",
            "90",
            "-180.5",
            "2026-11-23T09:00:00 08:00",
            "http://[::1",
            "\ud7ff",
        ]
    ),
    st.integers(-(10**30), 10**30).map(str),
)


def test_whatever_is_sent_the_answer_has_the_shape_of_the_contract(target: Target, form: str) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.sampled_from(["GET", "POST"]))
    def ask(pairs: list[tuple[str, str]], method: str) -> None:
        # Never the right key: what is sent here is not meant to be filed.
        sent = [("jurisdiction_id", target.jurisdiction), *pairs] if target.jurisdiction else pairs
        body = urlencode(sent).encode()
        if method == "GET":
            answer = target.http.get(f"{target.url}/requests.{form}?{body.decode()}")
        else:
            answer = target.http.post(
                f"{target.url}/requests.{form}", content=body, headers={"content-type": FORM}
            )
        found = read(answer, form)
        assert found.status in {200, 400, 403, 404}
        assert isinstance(found.content, list)

    ask()


@pytest.mark.parametrize(
    "body", [b"%", b"%ff%fe=%00", b"\xff\xfe", b"=&&=;", b"a" * 5000, b"&".join([b"a=1"] * 2000)]
)
def test_a_broken_body_is_refused_in_the_shape_of_the_contract(
    target: Target, form: str, body: bytes
) -> None:
    answer = target.http.post(f"{target.url}/requests.{form}", content=body, headers={"content-type": FORM})
    found = read(answer, form)
    assert found.status in {400, 403, 404}
    assert found.content
