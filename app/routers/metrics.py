"""Figures for Prometheus: what this process answered and how fast, and what waits; by patterns, never by anybody's address."""

from __future__ import annotations

from time import perf_counter

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.metrics import BROUGHT, may_read, write_figures

router = APIRouter()
# The instant at which a figure first moved is that of somebody's visit.
disable_created_metrics()

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
        # Only what was refused: a count of what was shown would tell the rooms of a mediation from its list.
        self._spent = Counter(
            "haoshangliang_records_refused",
            "Pages with records of other people that were refused to an account whose looks were spent.",
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

    def note_spent(self) -> None:
        self._spent.inc()

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


def _may_read(request: Request) -> bool:
    client = request.client
    return may_read(
        token=request.app.state.settings.metrics_token,
        authorization=request.headers.get("authorization", ""),
        brought=bool(BROUGHT & set(request.headers)),
        host=client.host if client else "",
    )


@router.get("/metrics")
def show_metrics(request: Request) -> Response:
    if not _may_read(request):
        raise HTTPException(404)
    state = request.app.state
    worker = getattr(state, "worker", None)
    ended_at = worker.ended_at if worker else {}
    told = write_figures(state.database, watch=state.clock_watch, ended_at=ended_at, now=state.clock())
    return Response(generate_latest(state.meter.registry) + told, media_type=CONTENT_TYPE_LATEST)
