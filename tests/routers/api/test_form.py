"""The form of the interface: problems, tags, turning pages, no cookie, nothing but what is declared, nothing about people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest

from app.routers.api import ROOT as TOP
from app.routers.api import build
from app.rules.votes.states import Choice
from tests.routers.api.conftest import PRIVATE, ROOT

NONE = UUID(int=5)
SCHEMA = build().openapi()


def undeclared(told: Any, shape: dict[str, Any], where: str = "") -> list[str]:
    """Fields that the contract does not have, and those it has that are missing."""
    while "$ref" in shape:
        shape = SCHEMA["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in shape:
        return min((undeclared(told, one, where) for one in shape["anyOf"]), key=len)
    if shape.get("type") == "null":
        return [] if told is None else [where]
    if shape.get("type") == "array":
        assert isinstance(told, list)
        return [wrong for one in told for wrong in undeclared(one, shape["items"], f"{where}[]")]
    if shape.get("type") == "object":
        if not isinstance(told, dict):
            return [where]
        wrong = [f"{where}.{name}" for name in told.keys() ^ shape["properties"].keys()]
        for name in told.keys() & shape["properties"].keys():
            wrong += undeclared(told[name], shape["properties"][name], f"{where}.{name}")
        return wrong
    return [where] if told is None or isinstance(told, dict | list) else []


@pytest.mark.parametrize("state", ["noticed", "final"])
def test_every_answer_has_the_declared_fields_and_no_other(read, everything, world, state) -> None:
    board = everything.board
    if state == "final":
        board.bring_to("open")
        board.cast(world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR)
        board.bring_to("final")
    for path, declared in zip(everything.paths(), SCHEMA["paths"].values(), strict=True):
        answer = read(path)
        assert answer.status_code == 200, (path, answer.text)
        shape = declared["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert undeclared(answer.json(), shape) == [], path


def test_no_address_tells_a_name_a_telephone_a_home_or_a_private_word(
    read, everything, world, database
) -> None:
    board = everything.board
    board.bring_to("open")
    board.cast(world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR)
    told = "".join(read(path).text for path in everything.paths())
    people = {word for person in world.people.values() for word in (person.name, person.phone[3:])}
    homes = {f"{room}室" for room in world.homes} | {f"业主{room}" for room in world.homes}
    kept = {
        "he_ping",
        "13900001200",
        "陈洁",
        "王师傅",
        "PAID-301",
        PRIVATE,
        '"301"',
        str(world.homes["301"].unit_id),
    }
    assert [word for word in people | homes | kept if word in told] == []
    # The walk does see what is public.
    assert all(
        word in told for word in ("不能，只有业主投票。", "灯管坏了", "楼道保洁", "3号楼1单元加装电梯")
    )


def test_a_ballot_changes_no_answer_before_the_count(read, everything, world) -> None:
    everything.board.bring_to("open")
    before = [read(path).content for path in everything.paths()]
    everything.board.cast(world.homes["302"].unit_id, world.wang_wei.account_id, Choice.AGAINST)
    assert [read(path).content for path in everything.paths()] == before


def test_a_signed_in_browser_sees_what_a_stranger_sees(web, read, everything, world) -> None:
    for path in everything.paths():
        assert web(world.chen_jie).get(path).content == read(path).content, path


def test_everything_of_one_estate_is_closed_under_the_other(read, everything) -> None:
    for path in everything.paths():
        if path.count("-") >= 4:
            assert read(path.replace("xingfuli", "nanyuan")).status_code == 404, path


def test_an_answer_is_asked_for_again_by_its_tag(read, everything) -> None:
    for path in [*everything.paths(), f"{TOP}/openapi.json"]:
        first = read(path)
        assert first.headers["cache-control"] == "public, max-age=60"
        for tag in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
            again = read(path, if_none_match=tag)
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == first.headers["etag"]
        assert read(path, if_none_match='"other"').status_code == 200


def test_anybodys_page_may_read_and_nobody_may_write(web, read, board) -> None:
    client, path = web().client, f"{ROOT}/votes"
    for answer in (read("/votes"), read("/nothing"), client.post(path), client.options(path)):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "set-cookie" not in answer.headers
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (
            405,
            "read_only",
            "GET, HEAD",
        )
    asked = client.options(path)
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (
        200,
        b"",
        read("/votes").headers["etag"],
    )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nothing", 404, "unknown_address"),
        ("/api/v1/estates/nowhere", 404, "notfound"),
        ("/api/v1/estates/%00", 404, "notfound"),
        ("/api/v1/estates/XINGFULI/votes", 404, "notfound"),
        ("/votes/not-an-id", 404, "unknown_address"),
        (f"/votes/{NONE}", 404, "notfound"),
        ("/votes?cursor=0", 422, "bad_cursor"),
        ("/votes?cursor=9999999999", 422, "bad_cursor"),
        ("/outcomes?cursor=1-2", 422, "bad_cursor"),
        (f"/outcomes?cursor={'9' * 16}-{NONE.hex}", 200, ""),
        ("/guides?cursor=x", 422, "bad_cursor"),
        ("/api/v1/estates?cursor=%00", 422, "bad_cursor"),
        (f"/maintenance/upkeep/{NONE}/rounds?cursor=yesterday", 422, "bad_cursor"),
        ("/votes?limit=101", 422, "bad_parameter"),
        ("/votes?limit=0", 422, "bad_parameter"),
        ("/votes?page=2", 422, "unknown_parameter"),
        ("?lang=en", 422, "unknown_parameter"),
        ("/guides?kind=poetry", 422, "bad_parameter"),
        ("/maintenance/fees?month=2026-13", 422, "bad_month"),
        ("/maintenance/fees?month=2027-01", 200, ""),
    ],
)
def test_what_cannot_be_answered_is_a_problem_with_a_code(read, world, path, status, code) -> None:
    answer = read(path)
    assert answer.status_code == status, answer.text
    if code:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
        assert answer.headers["cache-control"] == "no-store"
        assert undeclared(problem, {"$ref": "#/components/schemas/Problem"}) == []


@pytest.mark.parametrize("query", [b"cursor=9", b"limit=9", b"x=9", b"9", b"a&"])
def test_a_megabyte_in_the_address_is_refused_and_not_repeated(app, world, query) -> None:
    """Spoken to the app itself: a client or a server in front would refuse such an address first."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"{ROOT}/votes",
        "raw_path": f"{ROOT}/votes".encode(),
        "query_string": query + query[-2:] * (1 << 19),
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    async def ask() -> None:
        await app(scope, receive, send)

    anyio.run(ask)
    assert said[0]["status"] in ({422} if query != b"a&" else {200, 422})
    assert sum(len(message.get("body", b"")) for message in said) < 1000


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("", "没有找到"),
        ("en", "not found"),
        ("en-GB,zh;q=0.5", "not found"),
        ("zh,en;q=0.9", "没有找到"),
        ("fr, en;q=0.1", "not found"),
        ("en;q=nan, zh;q=0.2", "没有找到"),
        ("en;q=0", "没有找到"),
    ],
)
def test_a_problem_speaks_the_language_that_was_asked_for(read, board, wanted, words) -> None:
    answer = read(f"/votes/{NONE}", **({"accept_language": wanted} if wanted else {}))
    assert words in answer.json()["detail"].lower()
    assert "accept-language" in answer.headers["vary"].lower()


def test_our_own_fault_is_a_problem_without_its_reason(app, board, monkeypatch) -> None:
    from fastapi.testclient import TestClient

    def fail(*_args: object, **_named: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("app.routers.api.votes.list_posted_votes", fail)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(f"{ROOT}/votes")
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "secret reason" not in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"


def test_the_contract_is_served_whole_and_loads_nothing_from_elsewhere(read, world) -> None:
    served = read(f"{TOP}/openapi.json").json()
    assert served == SCHEMA
    assert served["servers"] == [{"url": TOP}]
    for path in served["paths"].values():
        assert set(path) == {"get"}
        assert {"200", "304", "404", "422"} <= path["get"]["responses"].keys()
    for address in ("/docs", "/redoc"):
        assert read(TOP + address).status_code == 404


def test_lists_and_sheets_cost_the_same_however_much_there_is(
    read, everything, web, world, upkeep, statements
) -> None:
    def cost() -> dict[str, int]:
        counted = {}
        for path in everything.paths():
            with statements() as asked:
                assert read(path).status_code == 200
            counted[path] = len(asked)
        return counted

    from tests.routers.maintenance.test_fees import service_form
    from tests.routers.maintenance.test_upkeep import plan_form

    before, browser, desk = cost(), web(world.chen_jie), f"/desk/{world.slug}"
    for name in ("绿化", "保安", "消杀"):
        assert browser.post(f"{desk}/fees/new", service_form(upkeep, title=name)).status_code == 303
        assert browser.post(f"{desk}/upkeep/new", plan_form(upkeep, title=name)).status_code == 303
    assert cost() == before


def test_the_document_lists_every_address_and_its_example_is_of_the_contract() -> None:
    document = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    listed = re.findall(r"^\| `(/api/v1/\S+)` \|", document, re.MULTILINE)
    assert listed == [*(TOP + path for path in SCHEMA["paths"]), f"{TOP}/openapi.json"]
    example = json.loads(document.split("```json\n")[1].split("```")[0])
    assert undeclared(example, {"$ref": "#/components/schemas/Listing_VoteLine_"}) == []
    assert example["items"]
