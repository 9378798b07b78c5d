"""Two clients that others wrote and keep up talk to our server over real HTTP: they read, and one of them reports."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import pytest
import requests
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client, ValidationError
from civicbot.registry import Endpoint
from georeport import GeoReport

from app.rules.maintenance.states import Cause, OrderState
from tests.fixtures.maintenance import Upkeep

TOKEN = "a-secret-by-which-a-report-is-followed"
WINDOW = {"start_date": "2026-11-01T00:00:00Z", "end_date": "2026-11-24T00:00:00Z"}


@pytest.fixture
def filed(database: Any, upkeep: Upkeep, now: datetime) -> None:
    """Two lamps: the first is mended no more, the second was reported by somebody with a token."""
    with database.transaction() as session:
        first = upkeep.report(session, now)
        upkeep.take(session, first, OrderState.WITHDRAWN, Cause.REPORTER, upkeep.world.li_na, now)
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        upkeep.report(session, now, reporter_id=None, token_hash=digest)


@pytest.fixture
def civicbot(served: str) -> Open311Client:
    return Open311Client(
        Endpoint(id="xingfuli", name="幸福里", base_url=served),
        # Its politeness towards other people's servers is not needed here.
        HttpTransport(rate_limiter=RateLimiter(min_interval=0)),
        jurisdiction_id="xingfuli",
    )


def numbers(found: list[dict[str, Any]]) -> list[str]:
    return sorted(one["service_request_id"] for one in found)


def test_georeport_reads_services_definitions_and_requests(served: str, filed: None) -> None:
    client = GeoReport(served, jurisdiction="xingfuli")
    codes = [one["service_code"] for one in client.get_service_list()]
    assert "lighting" in codes
    definition = client.get_service_definition("outer_wall")
    assert definition["service_code"] == "outer_wall"
    assert [one["order"] for one in definition["attributes"]] == [
        *range(1, len(definition["attributes"]) + 1)
    ]
    assert numbers(client.get_service_requests(**WINDOW)) == ["1", "2"]
    assert numbers(client.get_service_requests(**WINDOW, status="closed")) == ["1"]
    assert numbers(client.get_service_requests(service_request_id="2,1,9")) == ["1", "2"]
    assert client.get_service_requests(service_code="no-such-code", **WINDOW) == []
    assert client.get_service_request("2")["status"] == "open"
    for refused in (
        lambda: client.get_service_request("77"),
        lambda: client.get_service_definition("nothing"),
    ):
        with pytest.raises(requests.HTTPError, match="404"):
            refused()


def test_georeport_reads_the_same_from_xml(served: str, filed: None) -> None:
    in_json = GeoReport(served, jurisdiction="xingfuli")
    in_xml = GeoReport(served, jurisdiction="xingfuli", output_format="xml")
    codes = [one["service_code"] for one in in_json.get_service_list()]
    assert [one["service_code"] for one in in_xml.get_service_list()] == codes
    assert in_xml.get_service_definition("outer_wall")["service_code"] == "outer_wall"
    assert numbers(in_xml.get_service_requests(**WINDOW)) == ["1", "2"]


def test_civicbot_reads_services_requests_and_tokens(civicbot: Open311Client, filed: None) -> None:
    assert {one["service_code"] for one in civicbot.list_services()} >= {"lighting", "outer_wall"}
    assert civicbot.get_service_definition("lighting")["service_code"] == "lighting"
    assert numbers(civicbot.list_requests(**WINDOW, page_size=50)) == ["1", "2"]
    assert numbers(civicbot.list_requests(service_request_ids=["2", "9"])) == ["2"]
    assert civicbot.list_requests(status="closed", service_code="stairwell") == []
    assert civicbot.get_token(TOKEN) == [{"service_request_id": "2", "token": TOKEN}]
    for refused in (lambda: civicbot.get_token("nothing"), lambda: civicbot.get_request("77")):
        with pytest.raises(HttpError) as error:
            refused()
        assert error.value.status == 404


def test_civicbot_checks_a_report_against_the_definition_and_sends_it(
    civicbot: Open311Client, key: str
) -> None:
    sent = {
        "address_string": "三号楼门口",
        "description": "瓷砖掉下来了",
        "dry_run": False,
        "confirm": "SEND",
    }
    with pytest.raises(ValidationError):
        civicbot.create_request("outer_wall", api_key=key, validate_remote=True, **sent)
    for attributes in ({"falling": "no"}, {"falling": ["no"], "size": ["small"]}):
        made = civicbot.create_request(
            "outer_wall", api_key=key, validate_remote=True, attributes=attributes, **sent
        )
        (created,) = made.response
        assert created.keys() >= {"service_request_id", "service_notice"}
        assert civicbot.get_request(created["service_request_id"])["description"] == "瓷砖掉下来了"
    for wrong, status in (({"api_key": "wrong"}, 403), ({"api_key": key, "attributes": {"size": "x"}}, 400)):
        with pytest.raises(HttpError) as error:
            civicbot.create_request("lighting", **wrong, **sent)
        assert error.value.status == status, wrong
