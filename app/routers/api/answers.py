"""What every answer of the interface has in common: its tag, how long it may be kept, and that any page may read it."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.routers.conditional import etag_of, is_known

KEPT = "public, max-age=60"
_ANYBODY = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Retry-After"}
_ASKED_FIRST = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class Answers:
    """Around the whole interface, refusals and faults included.

    What it answers depends on no cookie, so every origin may read it and everybody may keep it; a refusal nobody keeps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _send(send, 204, {**_ANYBODY, **_ASKED_FIRST}, b"")
            return
        started: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await _finish(scope, send, started, bytes(body))

        await self.app(scope, receive, hold)


async def _finish(scope: Scope, send: Send, started: Message, body: bytes) -> None:
    headers = MutableHeaders(raw=list(started["headers"]))
    headers.update(_ANYBODY)
    headers["Vary"] = "Accept-Language"
    if started["status"] == 200:
        headers["ETag"] = etag_of(body)
        headers["Cache-Control"] = KEPT
        if is_known(Headers(scope=scope).get("if-none-match", ""), headers["ETag"]):
            del headers["content-length"], headers["content-type"]
            await send({"type": "http.response.start", "status": 304, "headers": headers.raw})
            await send({"type": "http.response.body", "body": b""})
            return
    await send({**started, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
