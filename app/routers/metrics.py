"""Figures for Prometheus: what this process answered and how fast, and what waits; by patterns, never by anybody's address."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from time import perf_counter

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.health import look_at_clock, read_figures

router = APIRouter()

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "POST"})
# In a small estate the hour of a step in a mediation already tells whose it was: all its addresses are one.
KEPT_APART = ("/e/{slug}/matters", "/e/{slug}/mediation")


class Meter:
    """What one process has answered since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = Counter(
            "haoshangliang_requests",
            "Answers by method, pattern of the address and class of status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "haoshangliang_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        # Finding a series by its labels costs more than adding to it.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        key = (scope["method"], route_of(scope), status // 100)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._series(*key)
        found[0].inc()
        found[1].observe(seconds)

    def _series(self, method: str, route: str, group: int) -> tuple[Counter, Histogram]:
        return self._answers.labels(method, route, f"{group}xx"), self._seconds.labels(method, route)


def route_of(scope: Scope) -> str:
    """The pattern that was met (`/e/{slug}/votes`); what is mounted is one, and so is all that is not found."""
    root: str = scope.get("root_path", "")
    route = scope.get("route")
    if route is None:
        return f"{root}/*" if root else "unmatched"
    path = root + str(route.path)
    return KEPT_APART[0] if path.startswith(KEPT_APART) else path


class Metered:
    """Counts and times every answer of the app inside."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self.app, self.meter = app, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self.app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            self.meter.note(scope, status, perf_counter() - started)


class _Found(Collector):
    """Figures that were read for this one answer."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self.families = list(families)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self.families


def _families(request: Request) -> Iterator[GaugeMetricFamily]:
    state = request.app.state
    now = state.clock()
    pool = GaugeMetricFamily(
        "haoshangliang_database_connections", "Connections by pool and use.", labels=("pool", "use")
    )
    for name, size, used in state.database.pool_figures():
        pool.add_metric((name, "size"), size)
        pool.add_metric((name, "used"), used)
    yield pool
    figures = read_figures(state.database, now=now)
    yield GaugeMetricFamily("haoshangliang_database_up", "Whether the database answers.", figures is not None)
    if figures is not None:
        messages = GaugeMetricFamily(
            "haoshangliang_messages", "Text messages not sent, by why.", labels=("state",)
        )
        messages.add_metric(("waiting",), figures.waiting)
        messages.add_metric(("failed",), figures.failed)
        yield messages
        yield GaugeMetricFamily(
            "haoshangliang_message_oldest_seconds",
            "How long the text message due first has been due.",
            figures.oldest_seconds,
        )
    if state.clock_watch:
        drift = look_at_clock(state.database, state.clock_watch)
        yield GaugeMetricFamily(
            "haoshangliang_clock_drift_seconds",
            "How far this machine's clock has moved since the start, or stands off the database's.",
            drift.seconds,
        )
        yield GaugeMetricFamily(
            "haoshangliang_clock_believed",
            "Whether timed work goes on: 0 while the clock is off by more than it may.",
            not drift.fault,
        )
    worker = getattr(state, "worker", None)
    if worker is not None:
        ticks = GaugeMetricFamily(
            "haoshangliang_job_age_seconds",
            "Seconds since a job of the worker inside last ended well.",
            labels=("job",),
        )
        for name, at in sorted(worker.ended_at.items()):
            ticks.add_metric((name,), (now - at).total_seconds())
        yield ticks


def _may_read(request: Request) -> bool:
    """With the token, or from this very machine; what a proxy brought from elsewhere says so in its headers."""
    token = request.app.state.settings.metrics_token
    given = request.headers.get("authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if {"x-forwarded-for", "forwarded", "x-real-ip", "via"} & set(request.headers) or request.client is None:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@router.get("/metrics")
def show_metrics(request: Request) -> Response:
    if not _may_read(request):
        raise HTTPException(404)
    body = generate_latest(request.app.state.meter.registry) + generate_latest(_Found(_families(request)))
    return Response(body, media_type=CONTENT_TYPE_LATEST)
