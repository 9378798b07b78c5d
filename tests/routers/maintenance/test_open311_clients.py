"""Two clients that others wrote and keep up talk to our server over real HTTP: they read, and one of them reports."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import uvicorn
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

from app.services.maintenance.clients import add_client
from tests.fixtures.maintenance import Upkeep, actor_of


@pytest.fixture
def key(database: Any, upkeep: Upkeep, now: datetime) -> str:
    with database.transaction() as session:
        upkeep.report(session, now)
        return add_client(
            session,
            estate_id=upkeep.world.estate_id,
            name="客户端",
            contact="",
            daily=10,
            actor=actor_of(upkeep.world.chen_jie),
            now=now,
        )


@pytest.fixture
def served(app: Any) -> Iterator[str]:
    """The app on a loopback port of its own; the address its contract begins at."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    assert server.started
    yield f"http://127.0.0.1:{port}/open311/v2"
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


def test_georeport_reads_services_definitions_and_requests(served: str, key: str) -> None:
    client = GeoReport(served, jurisdiction="xingfuli")
    codes = [one["service_code"] for one in client.get_service_list()]
    assert "lighting" in codes
    assert client.get_service_definition("lighting")["service_code"] == "lighting"
    (found,) = client.get_service_requests(start_date="2026-11-01T00:00:00Z", end_date="2026-11-24T00:00:00Z")
    assert found["service_request_id"] == "1"
    assert client.get_service_request("1")["status"] == "open"
    with pytest.raises(requests.HTTPError):
        client.get_service_request("77")
    in_xml = GeoReport(served, jurisdiction="xingfuli", output_format="xml")
    assert [one["service_code"] for one in in_xml.get_service_list()] == codes


def test_civicbot_checks_a_report_against_the_definition_and_sends_it(served: str, key: str) -> None:
    client = Open311Client(
        Endpoint(id="xingfuli", name="幸福里", base_url=served), jurisdiction_id="xingfuli"
    )
    assert {one["service_code"] for one in client.list_services()} >= {"lighting", "outer_wall"}
    sent = {
        "address_string": "三号楼门口",
        "description": "瓷砖掉下来了",
        "dry_run": False,
        "confirm": "SEND",
    }
    made = client.create_request(
        "outer_wall", api_key=key, validate_remote=True, attributes={"falling": ["no"]}, **sent
    )
    number = made.response[0]["service_request_id"]
    assert client.get_request(number)["description"] == "瓷砖掉下来了"
    with pytest.raises(Exception, match="403"):
        client.create_request("lighting", api_key="wrong", **sent)
