"""GeoReport v2 as its text has it and as we choose where it is silent: services, definitions, requests, refusals."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.maintenance.places import Place
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.clients import add_client, list_clients
from app.services.maintenance.hiding import hide_order
from tests.fixtures.maintenance import Upkeep, actor_of

ROOT = "/open311/v2"
HERE = {"jurisdiction_id": "xingfuli"}
FORMS = pytest.mark.parametrize("form", ["xml", "json"])


class Client:
    """Asks for a document in one form and reads it into plain lists and dictionaries of text."""

    def __init__(self, web: Any, key: str) -> None:
        self.http, self.key = web().client, key

    def get(self, path: str, form: str, **query: str) -> tuple[int, Any]:
        answer = self.http.get(f"{ROOT}/{path}.{form}", params={**HERE, **query})
        return answer.status_code, read(answer, form)

    def post(self, form: str, **body: Any) -> tuple[int, Any]:
        sent = {"api_key": self.key, **HERE, "service_code": "lighting", **body}
        answer = self.http.post(
            f"{ROOT}/requests.{form}", data={k: v for k, v in sent.items() if v is not None}
        )
        return answer.status_code, read(answer, form)


def read(answer: Any, form: str) -> Any:
    expected = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[form]
    assert answer.headers["content-type"] == expected
    assert answer.headers["access-control-allow-origin"] == "*"
    if form == "json":
        return answer.json()
    assert answer.text.startswith('<?xml version="1.0" encoding="utf-8"?>')
    return plain(ElementTree.fromstring(answer.content))


def plain(element: Element) -> Any:
    """An element as JSON would have it: containers of one kind are lists, the rest dictionaries, leaves text."""
    lists = {"services", "service_requests", "errors", "attributes", "values", "endpoints", "formats"}
    if element.tag in lists:
        return [plain(child) for child in element]
    if len(element):
        return {child.tag: plain(child) for child in element}
    return element.text


@pytest.fixture
def key(database: Any, upkeep: Upkeep, now: datetime) -> str:
    with database.transaction() as session:
        place = session.get_one(Place, upkeep.building)
        place.lat, place.long = 31_299_379, 120_619_585
        session.add(place)
        return add_client(
            session,
            estate_id=upkeep.world.estate_id,
            name="市民热线",
            contact="",
            daily=5,
            actor=actor_of(upkeep.world.chen_jie),
            now=now,
        )


@pytest.fixture
def client(web: Any, key: str) -> Client:
    return Client(web, key)


@FORMS
def test_d1_discovery_names_an_endpoint_that_answers_and_is_not_from_the_future(client, clock, form) -> None:
    status, found = client.get("discovery", form)
    assert status == 200
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert "text/xml" in endpoint["formats"]
    changed = datetime.strptime(found["changeset"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert changed <= clock()
    assert found["contact"]
    other = client.get("discovery", "json" if form == "xml" else "xml")[1]
    assert other["contact"] == found["contact"]
    assert (
        client.http.get(
            f"{endpoint['url'].replace('http://127.0.0.1:8000', '')}/services.{form}", params=HERE
        ).status_code
        == 200
    )


@FORMS
def test_s1_services_have_codes_of_their_own_and_known_types(client, form) -> None:
    status, services = client.get("services", form)
    assert status == 200
    assert len({one["service_code"] for one in services}) == len(services) <= 20
    assert {one["type"] for one in services} == {"realtime"}
    assert {one["metadata"] for one in services} <= {True, False, "true", "false"}


@FORMS
def test_f1_a_definition_has_ordered_attributes_and_lists_have_values(client, form) -> None:
    status, definition = client.get("services/outer_wall", form)
    assert status == 200
    attributes = definition["attributes"]
    assert [int(one["order"]) for one in attributes] == list(range(1, len(attributes) + 1))
    known = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
    assert {one["datatype"] for one in attributes} <= known
    assert all(one["values"] for one in attributes if one["datatype"].endswith("list"))
    # What only tells of a danger is not asked.
    assert str(attributes[0]["variable"]).lower() == "false"


@FORMS
def test_f2_an_unknown_service_is_404_in_the_shape_of_the_contract(client, form) -> None:
    status, errors = client.get("services/nothing", form)
    assert (status, errors[0]["code"]) == (404, "404")
    assert errors[0]["description"]


@FORMS
@pytest.mark.parametrize(
    "place",
    [{"lat": "31.2994", "long": "120.6196"}, {"address_string": "三号楼门口"}, {"address_id": None}],
    ids=["P1 coordinates", "P2 words", "P3 address id"],
)
def test_p1_each_form_of_place_is_enough(client, database, upkeep, form, place) -> None:
    if "address_id" in place:
        with database.session(writing=False) as session:
            place = {"address_id": session.get_one(Place, upkeep.entrance).code}
    status, created = client.post(form, **place)
    assert status == 200
    (one,) = created
    assert one["service_request_id"]
    assert "token" not in one


@FORMS
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"lat": "31.2"}, 400),
        ({"lat": "91", "long": "0"}, 400),
        ({"lat": "10", "long": "10"}, 400),
        ({"address_id": "NOSUCHID"}, 400),
        ({"address_string": "x", "api_key": None}, 403),
        ({"address_string": "x", "api_key": "wrong"}, 403),
        ({"address_string": "x", "service_code": None}, 400),
        ({"address_string": "x", "service_code": "nothing"}, 404),
        ({"address_string": "x", "service_code": "outer_wall"}, 400),
        ({"address_string": "x", "description": "漏" * 4001}, 400),
        ({"address_string": "x", "media_url": "javascript:alert(1)"}, 400),
        ({"address_string": "x", "jurisdiction_id": None}, 400),
        ({"address_string": "x", "jurisdiction_id": "nowhere"}, 404),
        ({"address_string": "x", "jurisdiction_id": "nanyuan"}, 403),
    ],
)
def test_p4_what_cannot_be_taken_is_refused_with_its_status(client, form, body, status) -> None:
    answered, errors = client.post(form, **body)
    assert answered == status, errors
    assert all(one["description"] and one["code"] == str(status) for one in errors)
    assert client.get("requests", form)[1] == []


@FORMS
def test_p11_several_values_by_brackets_and_each_fault_has_its_own_error(client, form) -> None:
    status, errors = client.post(
        form, service_code="outer_wall", address_string="x", **{"attribute[falling]": "perhaps", "lat": "1"}
    )
    assert status == 400
    assert len(errors) == 2
    status, _ = client.post(
        form, service_code="outer_wall", address_string="x", **{"attribute[falling][]": ["no"]}
    )
    assert status == 200


@FORMS
def test_p13_what_was_written_comes_back_as_it_was(client, form) -> None:
    told = "灯 <script>alert(1)</script> & 不亮\n第二行 😀"
    _, created = client.post(
        form, address_string="三号楼", description=told, lat="", email="a@b.cn", phone="13800000000"
    )
    number = created[0]["service_request_id"]
    status, (found,) = client.get(f"requests/{number}", form)
    assert status == 200
    assert found["description"] == told
    assert (found["service_code"], found["status"]) == ("lighting", "open")
    assert datetime.fromisoformat(found["requested_datetime"]).tzinfo is not None
    assert "13800000000" not in json.dumps(found)


@FORMS
def test_p12_four_thousand_characters_pass(client, form) -> None:
    assert client.post(form, address_string="x", description="漏" * 4000)[0] == 200


def test_p16_a_body_in_another_form_is_refused(client) -> None:
    for kind, body in (
        ("application/json", "{}"),
        ("text/xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
    ):
        answer = client.http.post(f"{ROOT}/requests.xml", content=body, headers={"content-type": kind})
        assert answer.status_code == 400
        assert "root:" not in answer.text


@FORMS
def test_a_key_has_its_day_and_ends(client, database, upkeep, clock, form) -> None:
    for _ in range(5):
        assert client.post(form, address_string="x")[0] == 200
    answer = client.http.post(
        f"{ROOT}/requests.{form}",
        data={**HERE, "api_key": client.key, "service_code": "lighting", "address_string": "x"},
    )
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (400, True)
    clock.forward(days=1, seconds=1)
    assert client.post(form, address_string="x")[0] == 200


def filed(database: Any, upkeep: Upkeep, at: datetime, **changes: Any) -> Any:
    with database.transaction() as session:
        return upkeep.report(session, at, **changes)


@FORMS
def test_g1_without_parameters_nothing_is_older_than_ninety_days(client, database, upkeep, now, form) -> None:
    filed(database, upkeep, now - timedelta(days=91))
    filed(database, upkeep, now - timedelta(days=89))
    _, found = client.get("requests", form)
    assert [one["service_request_id"] for one in found] == ["2"]
    # Asked for by number the window does not count, and an unknown number is left out.
    _, both = client.get("requests", form, service_request_id="1,2,77", start_date="2026-11-01T00:00:00Z")
    assert [one["service_request_id"] for one in both] == ["2", "1"]


@FORMS
def test_g2_windows_of_ninety_days_with_a_zone(client, database, upkeep, now, form) -> None:
    filed(database, upkeep, now)
    assert (
        client.get("requests", form, start_date="2026-08-25T00:00:00Z", end_date="2026-11-23T00:00:00Z")[0]
        == 200
    )
    assert (
        client.get("requests", form, start_date="2026-08-24T00:00:00Z", end_date="2026-11-23T00:00:00Z")[0]
        == 400
    )
    assert client.get("requests", form, start_date="2026-11-23T00:00:00")[0] == 400
    east = client.get("requests", form, start_date="2026-11-23T10:00:00+08:00")[1]
    zulu = client.get("requests", form, start_date="2026-11-23T02:00:00Z")[1]
    raw = client.http.get(
        f"{ROOT}/requests.{form}?jurisdiction_id=xingfuli&start_date=2026-11-23T10:00:00+08:00"
    )
    assert east == zulu == read(raw, form)
    assert len(east) == 1


@FORMS
def test_g5_narrowed_by_status_and_kind(client, database, upkeep, now, form) -> None:
    first = filed(database, upkeep, now)
    filed(database, upkeep, now, category="stairwell", text="扶手松了")
    with database.transaction() as session:
        upkeep.take(session, first, OrderState.WITHDRAWN, Cause.REPORTER, upkeep.world.li_na, now)
    for status, numbers in (
        ("open", ["2"]),
        ("closed", ["1"]),
        ("open,closed", ["2", "1"]),
        ("", ["2", "1"]),
    ):
        found = client.get("requests", form, status=status)[1]
        assert sorted(one["service_request_id"] for one in found) == sorted(numbers)
    assert len(client.get("requests", form, service_code="lighting,stairwell")[1]) == 2
    assert client.get("requests", form, service_code="nothing") == (200, [])
    assert client.get("requests", form, status="done")[0] == 400


@FORMS
def test_g12_a_closed_request_keeps_its_closing_time(client, database, upkeep, now, form) -> None:
    order_id = filed(database, upkeep, now)
    with database.transaction() as session:
        world, take = upkeep.world, upkeep.take
        take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
        take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
        take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now + timedelta(hours=1))
        order = upkeep.order(session, order_id)
        order.changed_at = now + timedelta(days=2)
        session.add(order)
    (found,) = client.get("requests/1", form)[1]
    assert (found["status"], found["updated_datetime"]) == ("closed", "2026-11-23T11:00:00+08:00")


@FORMS
def test_g14_what_is_not_for_everybody_is_not_there(client, database, upkeep, now, form) -> None:
    hidden = filed(database, upkeep, now)
    filed(database, upkeep, now, unit_id=upkeep.world.homes["301"].unit_id)
    filed(database, upkeep, now, reporter_id=None, held=True)
    with database.transaction() as session:
        hide_order(
            session,
            estate_id=upkeep.world.estate_id,
            order_id=hidden,
            reason="写了别人的姓名和电话",
            actor=actor_of(upkeep.world.chen_jie),
            now=now,
        )
    assert client.get("requests", form) == (200, [])
    for number in ("1", "2", "3", "77"):
        assert client.get(f"requests/{number}", form)[0] == 404


@FORMS
def test_g15_the_expected_time_is_the_clocks(client, database, upkeep, now, form) -> None:
    filed(database, upkeep, now)
    (found,) = client.get("requests/1", form)[1]
    assert datetime.fromisoformat(found["expected_datetime"]) == datetime(2026, 11, 24, 16, tzinfo=UTC)


@FORMS
def test_j1_another_estates_requests_are_invisible(client, database, upkeep, now, form) -> None:
    filed(database, upkeep, now)
    assert client.get("requests/1", form, jurisdiction_id="nanyuan")[0] == 404
    assert client.get("requests", form, jurisdiction_id="nanyuan") == (200, [])


@FORMS
def test_t1_tokens_and_addresses_that_do_not_exist(client, form) -> None:
    assert client.get("tokens/unknown", form)[0] == 404
    assert client.get("nothing", form)[0] == 404
    assert client.http.delete(f"{ROOT}/requests.{form}").status_code == 404
    assert client.http.head(f"{ROOT}/services.{form}", params=HERE).status_code == 200


def test_x1_another_suffix_is_404_in_xml(client) -> None:
    answer = client.http.get(f"{ROOT}/requests.pdf")
    assert answer.status_code == 404
    assert read(answer, "xml")[0]["code"] == "404"


def test_whatever_is_asked_the_answer_has_the_contracts_shape(client) -> None:
    names = st.sampled_from(
        [
            "service_code",
            "lat",
            "long",
            "address_id",
            "status",
            "start_date",
            "service_request_id",
            "attribute[x][]",
        ]
    )

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(names, st.text(max_size=30), max_size=5), st.booleans())
    def ask(pairs: dict[str, str], post: bool) -> None:
        if post:
            answer = client.http.post(f"{ROOT}/requests.json", data={"api_key": client.key, **HERE, **pairs})
        else:
            answer = client.http.get(f"{ROOT}/requests.json", params={**HERE, **pairs})
        assert answer.status_code in {200, 400, 403, 404}
        assert isinstance(answer.json(), list)

    ask()


def test_the_committee_gives_a_key_that_is_shown_once_and_can_be_ended(web, world, upkeep, database) -> None:
    chen = web(world.chen_jie)
    shown = chen.post("/desk/xingfuli/open311", {"name": "随手拍", "daily": "10"})
    assert shown.status_code == 200
    assert "密钥只显示这一次" in shown.text
    key = re.search(r'name="api_key"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="api_key"', shown.text)
    assert key is not None
    sent = {**HERE, "api_key": key[1] or key[2], "service_code": "lighting", "address_string": "x"}
    assert web().client.post(f"{ROOT}/requests.json", data=sent).status_code == 200
    with database.session(writing=False) as session:
        (line,) = list_clients(session, estate_id=world.estate_id)
    assert line.name == "随手拍"
    assert "密钥只显示这一次" not in chen.get("/desk/xingfuli/open311").text
    assert chen.post(f"/desk/xingfuli/open311/{line.id}/end").status_code == 303
    assert chen.post("/desk/xingfuli/open311", {"name": "", "daily": "x"}).status_code == 422
    for person, status in (
        (world.li_na, 403),
        (world.ma_chao, 403),
        (world.stranger, 404),
        (world.zhou_tao, 404),
    ):
        assert web(person).get("/desk/xingfuli/open311").status_code == status
        assert web(person).post(f"/desk/xingfuli/open311/{line.id}/end").status_code == status
