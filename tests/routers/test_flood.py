"""The limits in front of the database: whom they stop, and whom they never stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from app.config import Settings
from app.database import Database
from app.routers import flood
from app.routers.flood import Buckets, Limits
from scripts.benchmarks import load
from scripts.benchmarks.servers import place, served
from tests.fixtures.databases import Databases
from tests.fixtures.time import Clock
from tests.fixtures.web import Browser, make_app
from tests.fixtures.world import Somebody, World

BALLOT = "/e/xingfuli/votes/1/ballot"


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, secret_key="a secret for tests only, forty bytes long", **values)


def request(method: str, path: str, address: str = "203.0.113.7") -> Request:
    app = SimpleNamespace(state=SimpleNamespace(settings=SimpleNamespace(trusted_proxies=0)))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [],
        "client": (address, 1),
        "app": app,
    }
    return Request({**scope, "query_string": b"", "server": ("x", 80), "scheme": "http", "root_path": ""})


def taken(limits: Limits, method: str, path: str, times: int, token: bytes = b"", address: str = "") -> int:
    """How many of so many requests at one instant are let through."""
    asked = request(method, path, address or "203.0.113.7")
    return sum(limits.wait(asked, token, 0) == 0 for _ in range(times))


def test_five_hundred_phones_behind_one_address_are_never_refused() -> None:
    """All at one instant: sign in, home, list of votes, the vote, the ballot; confirm, cast, receipt."""
    limits = Limits(settings())
    for phone in range(500):
        token = f"token {phone}".encode()
        assert taken(limits, "GET", "/sign-in", 6) == 6
        assert taken(limits, "POST", "/sign-in", 4) == 4
        assert taken(limits, "GET", BALLOT, 14, token) == 14
        assert taken(limits, "POST", BALLOT, 2, token) == 2


def test_what_is_over_comes_back_after_the_seconds_that_were_said() -> None:
    buckets = Buckets(60)
    assert sum(buckets.take("a", 0) == 0 for _ in range(200)) == 120
    seconds = buckets.take("a", 0)
    assert seconds == 1
    assert buckets.take("a", 999) == 1
    assert buckets.take("a", 1_000) == 0
    assert buckets.take("b", 0) == 0


def test_nothing_is_no_limit() -> None:
    limits = Limits(settings(rate_per_address=0, rate_per_account=0))
    assert taken(limits, "POST", "/x", 20_000) == 20_000


def test_keys_that_nobody_uses_are_forgotten_and_never_too_many_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flood, "MOST_KEYS", 100)
    buckets = Buckets(60)
    for number in range(1_000):
        buckets.take(number, 0)
    assert len(buckets._states) <= 100
    buckets.take("later", 10_000_000)
    for number in range(100):
        buckets.take(number, 10_000_000)
    assert len(buckets._states) <= 101


def test_an_ipv6_home_counts_as_one_however_many_addresses_it_uses() -> None:
    limits = Limits(settings(rate_per_address=1))
    through = [taken(limits, "GET", "/", 1, address=f"2001:db8::{number:x}") for number in range(200)]
    assert sum(through) == 120
    assert taken(limits, "GET", "/", 1, address="2001:db8:0:1::1") == 1


def test_the_ballot_of_who_is_known_is_counted_by_himself_alone() -> None:
    limits = Limits(settings(rate_per_address=1))
    limits.known.note(b"hers", "li_na")
    for method in ("GET", "POST"):
        taken(limits, method, "/junk", 1_000)
        taken(limits, method, BALLOT, 1_000, b"invented")
    assert taken(limits, "GET", BALLOT, 5, b"hers") == 5
    assert taken(limits, "POST", BALLOT, 5, b"hers") == 5
    assert 100 <= taken(limits, "POST", BALLOT, 1_000, b"hers") < 300


def test_other_deeds_use_up_no_ballots() -> None:
    limits = Limits(settings())
    limits.known.note(b"hers", "li_na")
    taken(limits, "POST", "/me/name", 10_000, b"hers")
    assert taken(limits, "POST", "/me/name", 1, b"hers") == 0
    assert taken(limits, "POST", BALLOT, 1, b"hers") == 1


@pytest.fixture
def strict(
    databases: Databases, database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[FastAPI, Callable[..., Browser]]]:
    """The app with the lowest limits there are, in which no second passes, and browsers at it."""
    monkeypatch.setattr("app.main.steady", lambda: 1_000.0)
    made = make_app(
        settings(
            data_dir=tmp_path,
            database_url=database.url,
            worker="separate",
            rate_per_address=1,
            rate_per_account=1,
        ),
        clock,
    )
    databases.lend(made.state.database)
    with TestClient(made, base_url="http://testserver") as client:

        def browser(somebody: Somebody | None = None) -> Browser:
            return Browser(client, made.state.secret, somebody)

        yield made, browser


def test_the_refusal_is_a_page_then_a_sentence_with_when_to_come_back(strict, database, monkeypatch) -> None:
    _, web = strict
    for _ in range(120):
        assert web().get("/healthz").status_code == 200
        assert web().get("/sign-in").status_code == 200
    monkeypatch.setattr(type(database), "session", None)  # nothing behind is asked any more
    assert web().get("/sign-in").status_code == 429
    pages = [web().get("/sign-in") for _ in range(60)]
    assert {(page.status_code, page.headers["retry-after"]) for page in pages} == {(429, "1")}
    assert "<html" in pages[0].text
    assert "打开得太快了" in pages[0].text
    assert pages[-1].headers["content-type"].startswith("text/plain")
    assert all("打开得太快了" in page.text for page in pages)
    assert all("default-src 'none'" in page.headers["content-security-policy"] for page in pages)
    assert web().get("/healthz").status_code == 200
    assert web().get("/static/app.css").status_code == 200


def test_a_program_is_refused_in_the_shape_it_reads(strict) -> None:
    _, web = strict
    for _ in range(120):
        web().get("/open311/v2/nothing")
    answer = web().get("/open311/v2/requests.json")
    assert (answer.status_code, answer.json()[0]["code"]) == (429, "429")
    assert int(answer.headers["retry-after"]) >= 1
    problem = web().get("/api/v1/estates")
    assert (problem.status_code, problem.json()["code"]) == (429, "flood")


def test_who_has_opened_a_page_is_not_refused_for_his_neighbours_but_for_himself(
    strict, world: World
) -> None:
    _, web = strict
    mine = web(world.li_na)
    assert mine.get("/me").status_code == 200
    for _ in range(119):
        assert web().get("/sign-in").status_code == 200
    assert web().get("/sign-in").status_code == 429
    invented = SimpleNamespace(token="invented" * 5)
    assert web(invented).get("/me").status_code == 429
    assert mine.get("/me").status_code == 200
    statuses = [mine.get("/me").status_code for _ in range(125)]
    assert statuses == [200] * 119 + [429] * 6
    assert (
        web(world.wang_wei).get("/me").status_code == 429
    )  # not known yet, and his address has used up its share


JUNK_SECONDS = 3


def test_every_ballot_is_taken_while_junk_comes_from_many_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with place("SQLite", None, 60) as where:
        monkeypatch.setenv("RATE_PER_ADDRESS", "1")
        with served(where, limited=True) as port:
            homes, stop, junk = where.crowd.homes, Event(), [0, 0]
            pages = [load.get(where.path("/ballot"), where.cookies(home)) for home in homes]
            assert set(load.run(port, pages, connections=20).statuses) == {200}

            # Before the first ballot the address has used up its share.
            assert load.run(port, [load.get("/sign-in")] * 200, connections=6).statuses[429] > 0

            def flood_it() -> None:
                requests = [
                    load.get("/sign-in"),
                    load.get(where.path("/ballot"), "session=" + "x" * 43),
                    load.post(where.path("/ballot"), "session=" + "x" * 43, {"csrf": "x"}),
                    load.post("/sign-in", "", {"phone": "13800138000"}),
                ]
                while not stop.is_set():
                    ran = load.run(port, requests * 50, connections=6, seconds=1)
                    junk[0] += len(ran.latencies)
                    junk[1] += ran.statuses[429]

            noise = Thread(target=flood_it)
            noise.start()
            casts, until = load.Load(), time.monotonic() + JUNK_SECONDS
            while time.monotonic() < until:
                forms = [
                    load.post(
                        where.path("/ballot"),
                        where.cookies(home),
                        {
                            "csrf": where.csrf(home),
                            "unit": str(home.unit_id),
                            "choice": "for",
                            "key": uuid4().hex,
                        },
                    )
                    for home in homes
                ]
                ran = load.run(port, forms, connections=10, seconds=30)
                casts.statuses += ran.statuses
                casts.latencies += ran.latencies
            stop.set()
            noise.join()
            assert set(casts.statuses) == {303}
            assert junk[1] > 0.5 * junk[0] > 0
            with ThreadPoolExecutor() as pool:
                assert set(pool.map(lambda home: _has_receipt(port, where, home), homes)) == {200}


def _has_receipt(port: int, where: object, home: object) -> int:
    path = f"{where.path('/ballot')}/receipt?unit={home.unit_id}"  # type: ignore[attr-defined]
    return load.fetch(port, load.get(path, where.cookies(home)))[0]  # type: ignore[attr-defined]
