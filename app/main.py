"""Builds the app: settings, database, middleware, routers, error pages, and the worker inside when asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlmodel import Session
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clock import utc_now
from app.config import Settings
from app.database import Database, database_clock
from app.dependencies import guard_form
from app.errors import Refusal
from app.group_commit import GroupCommit
from app.jobs.schedule import Worker
from app.routers import ALL, refusals
from app.routers.maintenance import open311
from app.routers.metrics import Meter, Metered
from app.services.votes.casting import Cast, Receipt, cast_ballots
from app.templating import ROOT, environment

MAX_BODY = 21 * 1024 * 1024  # a register of 20 MB and its form fields

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SecurityHeaders:
    """Puts the same headers on every answer, errors included; static files may be kept, pages may not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kept = scope["path"].startswith("/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["X-Robots-Tag"] = "noindex"
                headers.setdefault(
                    "Cache-Control", "public, max-age=31536000, immutable" if kept else "no-store"
                )
            await send(message)

        await self.app(scope, receive, send_with_headers)


class HeadAsGet:
    """Answers HEAD as it would answer GET, the headers the same and no body (RFC 9110 §9.3.2), at every address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class BodyLimit:
    """Refuses a body over `limit` bytes by its declared length, and cuts off one that lied about it.

    Open311 has a limit of its own, far lower, and a shape of its own for saying so.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(f"{open311.ROOT}/"):
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.limit:
            await send(
                {
                    "type": "http.response.start",
                    "status": 413,
                    "headers": [(b"content-type", b"text/plain; charset=utf-8")],
                }
            )
            await send(
                {
                    "type": "http.response.body",
                    "body": "内容太大，请换一个小一些的文件。\nToo large; please choose a smaller file.\n".encode(),
                }
            )
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.limit else message

        await self.app(scope, counted, send)


class App(FastAPI):
    """FastAPI with the headers around everything: its own layer for faults stands outside of all added middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(HeadAsGet(Metered(super().build_middleware_stack(), self.state.meter)))


def _ballot_writer(
    database: Database, settings: Settings, secret: bytes, clock: Callable[[], datetime]
) -> GroupCommit[Cast, Receipt | Refusal]:
    """The one writer of ballots in this process; its clock, read under the lock, is the database's where it has one."""

    def cast(session: Session, casts: Sequence[Cast]) -> list[Receipt | Refusal]:
        return cast_ballots(
            session,
            casts,
            read_clock=partial(database_clock, session) if clock is utc_now else clock,
            secret=secret,
            grace=timedelta(seconds=settings.close_grace_seconds),
        )

    return GroupCommit(database, cast)


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The application; `clock` is replaced in tests, and then rules everywhere, under locks too."""
    settings = settings or Settings()
    database = Database(settings.resolved_database_url(), pool_size=settings.pool_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Forty threads fight for the interpreter; four render faster than forty.
        anyio.to_thread.current_default_thread_limiter().total_tokens = 4
        for language in ("zh", "en"):
            environment(language)
        worker = Worker(database, settings, app.state.secret, clock) if settings.worker == "inline" else None
        app.state.worker = worker
        if worker:
            worker.start()
        yield
        if worker:
            worker.stop()
        database.close()

    app = App(
        title="好商量",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(guard_form)],
    )
    app.state.settings = settings
    app.state.database = database
    app.state.secret = settings.resolved_secret()
    app.state.clock = clock
    app.state.meter = Meter()
    app.state.ballot_writer = _ballot_writer(database, settings, app.state.secret, clock)
    app.mount("/static", StaticFiles(directory=ROOT / "static"), name="static")
    services = open311.build()
    services.state = app.state
    app.mount(open311.ROOT, services, name="open311")
    for router in ALL:
        app.include_router(router)
    refusals.install(app)
    app.add_middleware(BodyLimit, limit=MAX_BODY)
    return app
