"""Nothing that anybody typed, was sent or carries as a token is in the log, whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid4

import httpx
import pytest
import uvicorn

from app import logs
from app.cli import serve
from app.database import Database
from app.jobs import deliver
from app.jobs.schedule import Worker
from app.routers.estates import claims
from app.templating import render_message
from tests.fixtures.maintenance import Upkeep
from tests.fixtures.time import Clock
from tests.fixtures.votes import ElevatorVote
from tests.fixtures.web import Browser
from tests.fixtures.world import World
from tests.jobs.test_deliver import settings
from tests.routers.maintenance.test_report import NEW, form, picture
from tests.routers.test_estates import claim, photo
from tests.routers.test_sign_in import another_code, last_code

Web = Callable[..., Browser]
PHONE, TYPED = "13800138777", "只有我家知道的事"


class Kept(logging.Handler):
    """Every line as the service writes it, and every record."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.Discreet())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "httpx2":  # the client of these tests
            return
        self.lines.append(f"{self.format(record)}\n{record.getMessage()}\n{record.args}\n{record.exc_text}")

    def tells(self, *secrets: str) -> list[str]:
        return [f"{secret} in {line}" for secret in secrets for line in self.lines if secret in line]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """At the service's own level for libraries, and at the lowest for what is ours."""
    handler, root, own = Kept(), logging.getLogger(), logging.getLogger("haoshangliang")
    # A server that an earlier test started in this process may have taken its own loggers from the root.
    servers = [logging.getLogger(name) for name in ("uvicorn", "uvicorn.error")]
    before, propagated = (root.level, own.level), [server.propagate for server in servers]
    for server in servers:
        server.propagate = True
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    own.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before[0])
    own.setLevel(before[1])
    for server, was in zip(servers, propagated, strict=True):
        server.propagate = was


def test_signing_in_with_wrong_codes_and_a_right_one(web: Web, database: Database, kept: Kept) -> None:
    browser = web()
    assert browser.post("/sign-in", {"phone": PHONE}).status_code == 303
    code, wrong = last_code(database), another_code(database)
    assert browser.post("/sign-in/code", {"code": wrong}).status_code == 422
    assert browser.post("/sign-in/desk", {"code": "AAAA-BBBB-CCCC"}).status_code == 422
    assert browser.post("/sign-in/code", {"code": code}).status_code == 303
    assert kept.tells(PHONE, code, wrong, "AAAA-BBBB", browser.cookies["session"], browser.visitor) == []


def test_a_ballot_a_claim_and_a_report(
    web: Web, vote: ElevatorVote, upkeep: Upkeep, database: Database, clock: Clock, kept: Kept
) -> None:
    world = upkeep.world
    typed = {**form(database, upkeep), "text": TYPED, "contact_phone": PHONE}
    files = [("photos", (f"{TYPED}.jpg", picture(), "image/jpeg"))]
    assert web(world.li_na).post(f"{NEW}/details", typed, files=files).status_code == 303
    assert claim(web(world.stranger), world, photo(), note=TYPED).status_code == 303
    clock.instant = vote.opens_at
    sent = {"unit": str(world.homes["301"].unit_id), "choice": "against", "key": uuid4().hex}
    li_na = web(world.li_na)
    assert li_na.post(f"/e/{world.slug}/votes/{vote.id}/ballot", sent).status_code == 303
    assert kept.tells(TYPED, PHONE, "against", sent["key"], world.li_na.token) == []


class Refusing(Exception):
    """A fault that repeats what it was given, as parsers and databases do."""


def test_a_fault_with_the_form_in_its_text_is_logged_by_type_place_and_pattern(
    web: Web, world: World, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **given: object) -> None:
        try:
            int(TYPED)
        except ValueError as inner:
            raise Refusing(f"DETAIL: Key (phone)=({PHONE}) {given}") from inner

    monkeypatch.setattr(claims, "submit_claim", fails)
    browser = web(world.stranger)
    with pytest.raises(Refusing) as caught:
        claim(browser, world, photo(), note=TYPED)
    # As the server logs what a handler raised.
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=caught.value)
    told = "\n".join(kept.lines)
    assert "POST /e/{slug}/join/claim failed" in told
    assert "ValueError at" in told
    assert "Refusing at" in told
    assert f"{__file__}:" in told
    assert kept.tells(TYPED, PHONE, world.slug, world.stranger.token) == []


def test_a_job_that_fails_is_logged_without_its_text(
    database: Database, clock: Clock, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_given: object) -> int:
        raise ValueError(TYPED)

    monkeypatch.setattr(deliver, "tick", fails)
    Worker(database, settings(), b"x" * 40, clock).tick()
    assert any("job deliver failed" in line and "ValueError at" in line for line in kept.lines)
    assert kept.tells(TYPED) == []


def test_a_gateway_that_fails_with_the_number_in_its_answer(
    web: Web, database: Database, now: datetime, kept: Kept
) -> None:
    web().post("/sign-in", {"phone": PHONE})
    code = last_code(database)

    def provider(request: httpx.Request) -> httpx.Response:
        if PHONE in request.content.decode():
            raise httpx.ConnectError(f"{PHONE} {code}")
        return httpx.Response(400, text=PHONE)

    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        deliver.tick(database, settings(), now=now, render=render_message, client=client)
    assert any("not delivered: ConnectError" in line for line in kept.lines)
    assert kept.tells(PHONE, code) == []


def test_the_service_writes_all_of_its_log_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    root, given = logging.getLogger(), dict[str, object]()
    before, root.handlers = root.handlers, []
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: given.update(options))
    monkeypatch.setattr(serve, "create_app", lambda _settings: None)
    try:
        serve.run([])
        assert [type(handler.formatter) for handler in root.handlers] == [logs.Discreet]
    finally:
        root.handlers = before
    assert (given["log_config"], given["access_log"]) == (None, False)
