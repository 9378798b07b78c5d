"""The Open311 door over real HTTP, and a client's key to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import uvicorn

from app.services.maintenance.clients import add_client
from tests.fixtures.maintenance import Upkeep, actor_of


@pytest.fixture
def key(database: Any, upkeep: Upkeep, now: datetime) -> str:
    with database.transaction() as session:
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
