"""Text messages through any provider with plain HTTP; `docs/sms.md` has settings for the usual ones."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

from app.config import Settings

Client = httpx.Client

# They write whole addresses, and an address may carry the phone number and the text.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_HOLE = re.compile(r"\{(phone|phone_local|text|signature|id)\}")
_JSON = "application/json; charset=utf-8"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_MOST_BYTES = 64 * 1024
# Too slow, too early, too often: the same request may pass later. Every other 4xx will not.
_PASSING = frozenset({408, 425, 429})


class DeliveryFailed(Exception):
    """A message was not taken. `permanent` means that trying again is useless; `reason` names no person."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


def connect(settings: Settings) -> Client:
    """A client that can be kept for a batch; close it after."""
    return Client(timeout=settings.sms_timeout_seconds, follow_redirects=False)


def send(settings: Settings, *, phone: str, text: str, message_id: str, client: Client | None = None) -> None:
    """Hand one text to the provider; raises `DeliveryFailed` when it is not taken.

    `phone` is in E.164. `message_id` stays the same when a message is sent again, for providers that drop
    doubles. Without a gateway nothing is sent: in demo mode the outbox on screen is the delivery, elsewhere
    it is a failure.
    """
    if settings.sms_gateway == "none":
        if settings.demo:
            return
        raise DeliveryFailed("no gateway is set", permanent=True)
    holes = {
        "phone": phone,
        "phone_local": phone.removeprefix("+86"),
        "text": text,
        "signature": settings.sms_signature,
        "id": message_id,
    }
    if client is not None:
        _send(client, settings, holes)
        return
    with connect(settings) as own:
        _send(own, settings, holes)


def _send(client: Client, settings: Settings, holes: dict[str, str]) -> None:
    status, body = _exchange(client, settings, holes)
    if status in _PASSING or status >= 500:
        raise DeliveryFailed(f"HTTP {status}", permanent=False)
    if not 200 <= status < 300:
        raise DeliveryFailed(f"HTTP {status}", permanent=True)
    if not _is_accepted(body, settings.sms_ok):
        # Sending again would be worse: a wrong `SMS_OK` would text everybody six times.
        raise DeliveryFailed("the gateway answered, but not with SMS_OK", permanent=True)


def _exchange(client: Client, settings: Settings, holes: dict[str, str]) -> tuple[int, str]:
    try:
        request = _build(client, settings, holes)
        response = client.send(request, stream=True, follow_redirects=False)
        try:
            return response.status_code, _read(response)
        finally:
            response.close()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError, TypeError, AttributeError):
        raise DeliveryFailed("SMS_URL or SMS_HEADERS cannot be used", permanent=True) from None
    except httpx.HTTPError as error:
        raise DeliveryFailed(type(error).__name__, permanent=False) from None


def _build(client: Client, settings: Settings, holes: dict[str, str]) -> httpx.Request:
    headers = httpx.Headers(json.loads(settings.sms_headers))
    url = _fill(settings.sms_url, holes, lambda value: quote(value, safe=""))
    if settings.sms_method == "GET":
        return client.build_request("GET", url, headers=headers)
    if "content-type" not in headers:
        is_json = settings.sms_body.lstrip().startswith(("{", "["))
        headers["content-type"] = _JSON if is_json else _FORM
    body = _fill(settings.sms_body, holes, _in_json if "json" in headers["content-type"] else quote_plus)
    return client.build_request("POST", url, headers=headers, content=body.encode())


def _fill(template: str, holes: dict[str, str], escape: Callable[[str], str]) -> str:
    # One pass, so that a brace inside a text is never taken for a hole.
    return _HOLE.sub(lambda match: escape(holes[match[1]]), template)


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _read(response: httpx.Response) -> str:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) >= _MOST_BYTES:
            break
    return body[:_MOST_BYTES].decode("utf-8", "replace")


def _is_accepted(body: str, expected: str) -> bool:
    """`json:code=0` compares one value, `text:0` the whole answer; anything else must occur in it."""
    if expected.startswith("json:"):
        path, _, wanted = expected.removeprefix("json:").partition("=")
        return _value_at(body, path) == wanted
    if expected.startswith("text:"):
        return body.strip() == expected.removeprefix("text:")
    return expected in body


def _value_at(body: str, path: str) -> str | None:
    try:
        found: Any = json.loads(body)
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
