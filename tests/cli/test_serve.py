"""Clients that send slowly, endlessly or nothing: each is let go, and nobody waits for them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from app import main
from app.cli import serve
from app.cli.serve import PromptProtocol


class Hasty(PromptProtocol):
    HEAD_SECONDS = 0.5


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body as our body limit lets it, and says how much came."""
    limited = main.BodyLimit(_count, limit=1_000_000)
    await limited({**scope, "path": scope["path"]}, receive, send)


async def _count(scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            size = -1
            break
        size, more = size + len(message["body"]), message["more_body"]
    head = [(b"content-length", b"0"), (b"x-size", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    server = uvicorn.Server(
        uvicorn.Config(
            echo,
            port=free,
            http=Hasty,
            loop="asyncio",
            lifespan="off",
            log_level="error",
            limit_concurrency=20,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield free
    server.should_exit = True
    thread.join(timeout=10)


def answer(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What comes back for these bytes until the other side closes or has answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for piece in pieces:
            try:
                client.sendall(piece)
            except OSError:
                break
            time.sleep(pause)
        try:
            return client.recv(4_096)
        except ConnectionResetError:
            return b""


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_whole_request_is_answered_and_a_second_on_the_same_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for _ in range(2):
            client.sendall(GET)
            assert client.recv(4_096).startswith(b"HTTP/1.1 200")
            time.sleep(0.8)  # between two requests nothing is due


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"GET / HT",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n",),
        (b"\r\n",) * 20,
        (b"GET / HTTP/1.1\r\n", *[b"X-Slow: 1\r\n"] * 20),
        (GET[:-2], b"\r"),
    ],
)
def test_a_head_that_does_not_come_is_waited_for_so_long_and_no_longer(
    port: int, pieces: tuple[bytes, ...]
) -> None:
    started = time.monotonic()
    assert answer(port, *pieces, pause=0.1) == b""
    assert time.monotonic() - started < 4


def test_a_second_head_that_does_not_come_is_not_waited_for_either(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(GET)
        assert client.recv(4_096).startswith(b"HTTP/1.1 200")
        client.sendall(b"GET / HT")
        assert client.recv(4_096) == b""


def test_a_head_without_end_is_not_kept(port: int) -> None:
    assert answer(port, b"GET / HTTP/1.1\r\nX: ", *[b"x" * 16_384] * 200, pause=0.001) == b""


def test_a_body_that_pauses_too_long_or_takes_too_long_is_given_up(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
    assert answer(port, post, b"12345", b"67890").endswith(b"x-size: 10\r\n\r\n")
    monkeypatch.setattr(main, "PAUSE_SECONDS", 0.3)
    assert answer(port, post, b"12345").endswith(b"x-size: -1\r\n\r\n")
    assert answer(port, post, b"12345", b"67890", pause=0.1).endswith(b"x-size: 10\r\n\r\n")
    monkeypatch.setattr(main, "BODY_SECONDS", 0.5)
    assert answer(port, post, *[b"1"] * 9, pause=0.1).endswith(b"x-size: -1\r\n\r\n")


def test_over_the_number_of_connections_the_answer_is_not_now(port: int) -> None:
    held = []
    try:
        for _ in range(20):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=5))
        time.sleep(0.1)
        assert answer(port, GET).startswith(b"HTTP/1.1 503")
    finally:
        for client in held:
            client.close()
    time.sleep(0.2)
    assert answer(port, GET).startswith(b"HTTP/1.1 200")


def test_as_many_connections_are_taken_as_files_may_be_opened() -> None:
    assert 0 < serve._most_connections() <= serve.MOST_CONNECTIONS


def test_serve_runs_with_these_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    given: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: given.update(options))
    assert serve.run(["--port", "8123"]) == 0
    assert given["http"] is PromptProtocol
    assert given["port"] == 8123
    assert 0 < given["limit_concurrency"] <= serve.MOST_CONNECTIONS
    assert not given["proxy_headers"]
