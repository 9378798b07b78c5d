"""`serve`: run the web service, with the worker inside unless `WORKER=separate`."""

from __future__ import annotations

import asyncio
from types import ModuleType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import logs
from app.config import Settings
from app.main import create_app

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limit to raise
    resource = None

# A thousand phones with four connections each. Over it uvicorn answers 503 at once instead of waiting for memory.
MOST_CONNECTIONS = 4_000
# What the process opens beside the connections: the database, its files, a picture on its way.
_OTHER_FILES = 200


class PromptProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, but a request's head must be whole within some seconds and bytes.

    uvicorn waits for it as long as the client likes: a few thousand silent connections would be all there are.
    """

    HEAD_SECONDS = 10.0
    HEAD_BYTES = 32 * 1024

    _alarm: asyncio.TimerHandle | None = None
    _seen = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._alarm is None and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        if self._alarm is not None:
            # Counted before the parser keeps it. What came first may have been more than the head, and is forgiven.
            if self._seen > self.HEAD_BYTES:
                self._give_up()
                return
            self._seen += len(data)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._seen = 0
        self._alarm = self.loop.call_later(self.HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.close()


def _most_connections() -> int:
    """As many as the machine lets this process open, up to what we want; the soft limit is raised first."""
    if resource is None:
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_CONNECTIONS
    soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST_CONNECTIONS, int(soft) - _OTHER_FILES)


def run(argv: list[str]) -> int:
    """`serve [--port N]`; host and port come from the settings otherwise."""
    settings = Settings()
    port = int(argv[argv.index("--port") + 1]) if "--port" in argv else settings.port
    logs.set_up()
    # No access log: it would hold addresses and paths of people who vote.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=port,
        http=PromptProtocol,
        loop="asyncio",
        access_log=False,
        # Its own would print a fault's whole text.
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=20,
        limit_concurrency=_most_connections(),
        backlog=2048,
    )
    return 0
