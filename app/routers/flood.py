"""How much one address and one signed-in person may ask of this process: counted in memory, before the database hears of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from pyrate_limiter import GCRA, Rate
from starlette.types import ASGIApp, Receive, Scope, Send

from app.config import Settings
from app.dependencies import SAFE_METHODS, client_address, session_cookie
from app.errors import N_, Refusal, TooMany
from app.services.accounts.guesses import network_of
from app.templating import language_of, translate

# Why these numbers: docs/decisions/0023-limits-in-front-of-the-database.md
BURST_SECONDS: Final = 120
MOST_KEYS: Final = 20_000
PAGES_A_MINUTE: Final = 20
FREE_ROOT, FREE = "/static/", frozenset({"/healthz"})
_CASTING = re.compile(r"/e/[^/]+/votes/[^/]+(?:/mandates/[^/]+)?/ballot(?:/confirm)?")
_SENTENCE = N_("打开得太快了，请过 %(seconds)s 秒再试")


class Buckets:
    """So many a minute for each key and two minutes' worth at once, or an hour's all at once; what is full again is forgotten."""

    def __init__(self, a_minute: int = 0, *, an_hour: int = 0) -> None:
        """0 is no limit."""
        self._rates = [Rate(a_minute, 60_000, burst=a_minute * BURST_SECONDS // 60)] if a_minute else []
        self._rates += [Rate(an_hour, 3_600_000, burst=an_hour)] if an_hour else []
        self._rule = GCRA()
        self._states: dict[object, tuple[float, ...]] = {}

    def take(self, key: object, now: int, weight: int = 1) -> int:
        """0 when there were so many left, else the whole seconds to wait; `now` in milliseconds of a clock that never jumps."""
        states = self._states
        if not self._rates:
            return 0
        state, decision = self._rule.step(self._rates, states.get(key, (0,)), now, weight)
        if key not in states and len(states) >= MOST_KEYS:
            self._forget(now)
        states[key] = state
        return 0 if decision.allowed else max(1, -(-(decision.retry_after_ms or 0) // 1000))

    def _forget(self, now: int) -> None:
        """Those that are full again; were there many more, the oldest half, so that this is not done at every request."""
        kept = [(key, state) for key, state in self._states.items() if state[0] > now * 1000]
        self._states = dict(kept[-MOST_KEYS // 2 :])


class Known:
    """The account behind a session's token, as this process has seen it open pages: a token that nobody was given is unknown."""

    def __init__(self) -> None:
        self._accounts: dict[bytes, object] = {}

    def account(self, token: bytes) -> object | None:
        return self._accounts.get(_digest(token)) if token else None

    def note(self, token: bytes, account_id: object) -> None:
        key = _digest(token)
        if key not in self._accounts and len(self._accounts) >= MOST_KEYS:
            del self._accounts[next(iter(self._accounts))]
        self._accounts[key] = account_id


class Limits:
    """The counts of one process. Whoever is known counts by himself, everybody else by the address he comes from."""

    def __init__(self, settings: Settings) -> None:
        of_address, of_account = 60 * settings.rate_per_address, 60 * settings.rate_per_account
        self.known = Known()
        self.reads = {True: Buckets(of_account), False: Buckets(of_address)}
        self.writes = {True: Buckets(of_account // 5), False: Buckets(of_address // 4)}
        # Ballots have counts of their own, so that nothing else that was asked for can use them up.
        self.casts = {True: Buckets(of_account // 5), False: Buckets(of_address // 4)}
        self.pages = Buckets(PAGES_A_MINUTE)

    def wait(self, request: Request, token: bytes, now: int) -> int:
        """Seconds until this request may come again, 0 when it may now.

        Whoever is known is never refused for what others do behind his address.
        """
        account = self.known.account(token)
        if request.method in SAFE_METHODS:
            buckets = self.reads
        else:
            buckets = self.casts if token and _CASTING.fullmatch(request.url.path) else self.writes
        key = network_of(client_address(request)) if account is None else account
        return buckets[account is not None].take(key, now)


Refuse = Callable[[Request, Refusal], Awaitable[Response]]


class Flood:
    """Refuses what is over the limits with 429 and when to come back; the styles and the sign of life are free."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, steady: Callable[[], int], refuse: Refuse
    ) -> None:
        self.app, self.steady, self.refuse, self.limits = app, steady, refuse, Limits(settings)
        self._cookie = session_cookie(settings).encode() + b"="

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FREE_ROOT) or scope["path"] in FREE:
            await self.app(scope, receive, send)
            return
        # The dependencies leave here whom they found, whichever copy of the scope they were given.
        found = scope.setdefault("state", {})
        request, token, now = Request(scope), self._token(scope), self.steady()
        seconds = self.limits.wait(request, token, now)
        if seconds:
            response = await self._refuse(request, seconds, now)
            await response(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            person = found.get("person")
            if person is not None and token:
                self.limits.known.note(token, person.account_id)

    def _token(self, scope: Scope) -> bytes:
        for name, value in scope["headers"]:
            if name == b"cookie":
                for part in value.split(b";"):
                    if part.strip().startswith(self._cookie):
                        return bytes(part.strip()[len(self._cookie) :])
        return b""

    async def _refuse(self, request: Request, seconds: int, now: int) -> Response:
        """A page while there are few of them: whoever floods is not worth the making of one."""
        refusal = TooMany(_SENTENCE, code="flood", seconds=seconds)
        if self.limits.pages.take("", now):
            text = translate(refusal.message, refusal.values, language_of(request))
            return PlainTextResponse(f"{text}\n", status_code=429, headers={"Retry-After": str(seconds)})
        return await self.refuse(request, refusal)


def _digest(token: bytes) -> bytes:
    return hashlib.blake2b(token, digest_size=16).digest()
