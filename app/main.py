"""Builds the app: settings, database, middleware, routers, error pages, and the worker inside when asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from sqlmodel import Session
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clock import steady, utc_now
from app.config import Settings
from app.database import Database, database_clock
from app.errors import Refusal
from app.group_commit import GroupCommit
from app.jobs.schedule import Worker
from app.routers import ALL, api, refusals
from app.routers.flood import Flood, Refuse
from app.routers.form_guard import guard_form
from app.routers.maintenance import open311
from app.routers.metrics import Meter, Metered
from app.routers.records import Records
from app.rules.drift import ClockWatch
from app.services.votes.casting import Cast, Receipt, cast_ballots
from app.templating import ROOT, environment

MAX_BODY = 21 * 1024 * 1024  # a register of 20 MB and its form fields
# A lift takes a phone off the net for some seconds; 21 MB at 1 Mbit/s are three minutes.
PAUSE_SECONDS, BODY_SECONDS = 30.0, 300.0

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
                # What people sent in leaves as an attachment; should a browser show it all the same, it may do nothing.
                sent_in = headers.get("Content-Disposition", "").startswith("attachment")
                headers["Content-Security-Policy"] = (
                    f"{CONTENT_SECURITY_POLICY}; sandbox" if sent_in else CONTENT_SECURITY_POLICY
                )
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
    """Refuses a body over `limit` bytes by its declared length, and cuts off one that lied about it or does not come.

    Open311 has a limit of its own, far lower, and a shape of its own for saying so.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        receive = _in_time(receive)
        if scope["path"].startswith(f"{open311.ROOT}/"):
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


def _in_time(receive: Receive) -> Receive:
    """The same until the body is whole, but who pauses too long or takes too long over all of it has gone away."""
    last, whole = 0.0, False

    async def hurried() -> Message:
        nonlocal last, whole
        if whole:  # what comes now is that the client has gone, and that may take as long as it likes
            return await receive()
        now = anyio.current_time()
        last = last or now + BODY_SECONDS
        message: Message = {"type": "http.disconnect"}
        with anyio.move_on_at(min(last, now + PAUSE_SECONDS)):
            message = await receive()
        whole = not message.get("more_body", False)
        return message

    return hurried


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


def _mount(app: FastAPI) -> dict[str, FastAPI]:
    """The apps for programs by where they begin; they share the state of the one around them."""
    mounted = {open311.ROOT: open311.build(), api.ROOT: api.build()}
    for root, inner in mounted.items():
        inner.state = app.state
        app.mount(root, inner, name="open311" if root == open311.ROOT else "api")
    return mounted


def _refuser(app: FastAPI, mounted: Mapping[str, FastAPI]) -> Refuse:
    """A refusal before any app was asked, in the shape of the one whose address it is."""

    async def refuse(request: Request, refusal: Refusal) -> Response:
        path = request.url.path
        owner = next((inner for root, inner in mounted.items() if path.startswith(f"{root}/")), app)
        response: Response = await owner.exception_handlers[Refusal](request, refusal)  # type: ignore[misc]
        return response

    return refuse


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
        worker = (
            Worker(database, settings, app.state.secret, clock, watch=app.state.clock_watch)
            if settings.worker == "inline"
            else None
        )
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
    # A clock that a test sets is meant to jump.
    app.state.clock_watch = ClockWatch(clock, steady) if clock is utc_now else None
    app.state.meter = Meter()
    app.state.records = Records(settings, lambda: int(steady() * 1000))
    # Threads that wait for a child to draw; none of the app's few, which wait for the database.
    app.state.drawing = anyio.CapacityLimiter(8)
    app.state.ballot_writer = _ballot_writer(database, settings, app.state.secret, clock)
    app.mount("/static", StaticFiles(directory=ROOT / "static"), name="static")
    mounted = _mount(app)
    for router in ALL:
        app.include_router(router)
    refusals.install(app)
    app.add_middleware(BodyLimit, limit=MAX_BODY)
    app.add_middleware(
        Flood, settings=settings, steady=lambda: int(steady() * 1000), refuse=_refuser(app, mounted)
    )
    return app
