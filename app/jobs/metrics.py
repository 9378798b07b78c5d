"""Figures of a worker in a process of its own: one small address for whoever may read those of the web process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest

from app.config import Settings
from app.jobs.schedule import Worker
from app.services.metrics import BROUGHT, may_read, write_figures

_BROUGHT = {"HTTP_" + name.upper().replace("-", "_") for name in BROUGHT}


class _Server(ThreadingMixIn, WSGIServer):
    """Whoever reads slowly keeps nobody waiting, and no end of the process."""

    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """There is no log of who reads."""


class Figures:
    """The address, until it is closed."""

    def __init__(self, server: WSGIServer) -> None:
        self._server = server
        self.port: int = server.server_port
        self._thread = threading.Thread(target=server.serve_forever, name="figures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


def serve(worker: Worker, settings: Settings) -> Figures | None:
    """Serve `/metrics` beside the work; None where no port is set."""
    if not settings.worker_metrics_port:
        return None
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    app = _app(worker, settings.metrics_token)
    return Figures(make_server(host, port, app, server_class=_Server, handler_class=_Handler))


def _app(worker: Worker, token: str) -> Callable[..., Iterable[bytes]]:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        allowed = may_read(
            token=token,
            authorization=environ.get("HTTP_AUTHORIZATION", ""),
            brought=not _BROUGHT.isdisjoint(environ),
            host=environ.get("REMOTE_ADDR", ""),
        )
        if not allowed or environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] != "GET":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found\n"]
        told = write_figures(
            worker.database, watch=worker.watch, ended_at=dict(worker.ended_at), now=worker.clock()
        )
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")])
        return [generate_latest(registry) + told]

    return answer
