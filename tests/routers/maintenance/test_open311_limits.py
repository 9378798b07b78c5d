"""What strains the Open311 door: bodies without end, senders who take their time, our own faults, and keys that are shown."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.models.maintenance.orders import WorkOrder
from app.routers.maintenance import open311 as door
from app.rules.maintenance.open311.parameters import MOST_BODY
from tests.conformance.target import FORM, read
from tests.fixtures.maintenance import Upkeep

ROOT = "/open311/v2"
KIND = {"content-type": FORM}


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("length", [MOST_BODY + 1, 22 * 1024 * 1024])
def test_a_body_beyond_the_limit_is_refused_in_the_contracts_shape(
    web: Callable[..., Any], upkeep: Upkeep, form: str, length: int
) -> None:
    client = web().client
    parts = (b"description=", b"x" * (length - 12))
    for content in (b"".join(parts), iter(parts)):  # with its length, and without
        answer = read(client.post(f"{ROOT}/requests.{form}", content=content, headers=KIND), form)
        assert answer.status == 400
        assert "KB" in answer.content[0]["description"]


def test_who_sends_slowly_keeps_nobody_else_from_writing(served: str, key: str) -> None:
    at = urlsplit(served)
    with socket.create_connection((at.hostname, at.port), timeout=10) as slow:
        head = f"POST {at.path}/requests.json HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\n"
        slow.sendall(head.encode() + b"service_code=")
        sent = {
            "jurisdiction_id": "xingfuli",
            "api_key": key,
            "service_code": "lighting",
            "address_string": "x",
        }
        answer = httpx.post(f"{served}/requests.json", data=sent, timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_fault_of_ours_is_told_in_the_contracts_shape_and_without_its_reason(
    app: Any, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(door.open311, "list_requests", fail)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = read(client.get(f"{ROOT}/requests.{form}?jurisdiction_id=xingfuli"), form)
    assert answer.status == 500
    assert answer.content[0]["code"] == "500"
    assert "secret" not in answer.text


def test_the_key_on_the_page_is_the_key_that_works(
    web: Callable[..., Any], world: Any, upkeep: Upkeep
) -> None:
    for _ in range(4):  # signs that a page might leave out are in most keys, not in all
        page = web(world.chen_jie).post("/desk/xingfuli/open311", {"name": "随手拍", "daily": "5"}).text
        key = unescape(re.search(r'<input[^>]*value="([^"]{40,})"[^>]*readonly', page)[1])
        sent = {
            "jurisdiction_id": "xingfuli",
            "api_key": key,
            "service_code": "lighting",
            "address_string": "x",
        }
        assert web().client.post(f"{ROOT}/requests.json", data=sent).status_code == 200


def test_jurisdiction_and_key_may_stand_in_the_address(web: Callable[..., Any], key: str) -> None:
    body = {"service_code": "lighting", "address_string": "x", "jurisdiction_id": "", "api_key": ""}
    query = {"jurisdiction_id": "xingfuli", "api_key": key}
    assert web().client.post(f"{ROOT}/requests.json", params=query, data=body).status_code == 200


def test_who_works_on_it_reads_the_place_and_the_picture_that_a_program_sent(
    web: Callable[..., Any], world: Any, upkeep: Upkeep, key: str, database: Any
) -> None:
    sent = {
        "jurisdiction_id": "xingfuli",
        "api_key": key,
        "service_code": "lighting",
        "address_string": "三号楼后门旁",
        "media_url": "https://example.org/lamp.jpg",
    }
    assert web().client.post(f"{ROOT}/requests.json", data=sent).status_code == 200
    with database.session(writing=False) as session:
        order = session.exec(select(WorkOrder)).one()
    page = web(world.chen_jie).get(f"/desk/xingfuli/orders/{order.id}").text
    assert "三号楼后门旁" in page
    assert "https://example.org/lamp.jpg" in page
    public = web().client
    for text in (
        public.get(f"/e/xingfuli/maintenance/{order.id}").text,
        public.get(f"{ROOT}/requests.json?jurisdiction_id=xingfuli").text,
    ):
        assert "灯" in text
        assert "example.org" not in text
        assert "三号楼后门旁" not in text
