"""What a request may ask for: a session, the instant, the person, an estate, and the right to be there."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlmodel import Session

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import N_, NotAllowed, NotFound, NotSignedIn
from app.services.accounts.sessions import Person, find_person, touch
from app.services.estates.standing import EstateView, Standing, find_estate, standing_of
from app.services.outbox import count_unread
from app.services.trail import Actor

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def _received_at(request: Request) -> datetime:
    # Dependencies are solved after the body has arrived, so this is the instant the complete request was here.
    instant: datetime = request.app.state.clock()
    return instant


Now = Annotated[datetime, Depends(_received_at)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(_settings)]


async def _secret(request: Request) -> bytes:
    secret: bytes = request.app.state.secret
    return secret


SecretDep = Annotated[bytes, Depends(_secret)]


async def _session(request: Request, _received: Now) -> AsyncIterator[Session]:
    """One request, one transaction, committed before the answer is sent."""
    database: Database = request.app.state.database
    writing = request.method not in SAFE_METHODS
    async with database.gate(writing=writing):
        with database.session(writing=writing) as session:
            yield session
            if writing:
                _note_activity(session, request)
                if session.in_transaction():
                    await database.commit(session)
    if not writing and _is_stale(request):
        # After the reading session has ended: SQLite's writer would wait for its own reader.
        async with database.gate(writing=True):
            with database.session(writing=True) as session:
                _note_activity(session, request)
                await database.commit(session)


def _is_stale(request: Request) -> bool:
    person: Person | None = getattr(request.state, "person", None)
    return person is not None and person.stale


def _note_activity(session: Session, request: Request) -> None:
    """Keep a session in use from running out; written at most once in some minutes."""
    if _is_stale(request):
        touch(session, session_id=request.state.person.session_id, now=request.app.state.clock())


SessionDep = Annotated[Session, Depends(_session, scope="function")]


async def _read_clock(request: Request, session: SessionDep) -> Callable[[], datetime]:
    """The clock to read under a lock; the database's own where there is one."""
    state = request.app.state
    if state.clock is not utc_now:
        frozen: Callable[[], datetime] = state.clock
        return frozen
    from_database: Callable[[Session], datetime] = state.database_clock
    return lambda: from_database(session)


ClockDep = Annotated[Callable[[], datetime], Depends(_read_clock)]


def client_address(request: Request) -> str:
    """The address the request came from; a forwarded one is believed only behind the configured number of proxies."""
    settings: Settings = request.app.state.settings
    hops = settings.trusted_proxies
    forwarded = [
        part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
    ]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops][:64]
    return request.client.host if request.client else "unknown"


async def _address(request: Request) -> str:
    return client_address(request)


AddressDep = Annotated[str, Depends(_address)]


def session_cookie(settings: Settings) -> str:
    """Browsers tie a `__Host-` cookie to this host and to TLS; plain http on a desk cannot use it."""
    return "__Host-session" if settings.secure_cookies else "session"


def form_token(secret: bytes, visitor: str, session_token: str) -> str:
    """The token a form must carry: bound to the browser and to the signed-in session."""
    return hmac.new(secret, f"form|{visitor}|{session_token}".encode(), hashlib.sha256).hexdigest()[:40]


async def _visitor(request: Request, secret: SecretDep, settings: SettingsDep) -> str:
    visitor = request.cookies.get("visitor", "")
    if not 20 <= len(visitor) <= 64:
        visitor = request.state.new_visitor = secrets.token_urlsafe(24)
    request.state.csrf = form_token(secret, visitor, request.cookies.get(session_cookie(settings), ""))
    return visitor


VisitorDep = Annotated[str, Depends(_visitor)]


def _foreign(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


async def guard_form(request: Request, _visitor: VisitorDep) -> None:
    """Refuse a form that another site sent: fetch metadata first, origin next, and the form's own token always."""
    if request.method in SAFE_METHODS:
        return
    expired = N_("这个页面放得太久了，为了安全没有提交。请返回上一页刷新后再试")
    if _foreign(request):
        raise NotAllowed(expired, code="foreign_form")
    form = await request.form()
    given = form.get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), request.state.csrf.encode()):
        raise NotAllowed(expired, code="form_token")


async def _maybe_person(
    request: Request, session: SessionDep, now: Now, settings: SettingsDep, _visitor: VisitorDep
) -> Person | None:
    token = request.cookies.get(session_cookie(settings), "")
    person = find_person(session, token=token, now=now) if token else None
    request.state.person = person
    if person and request.method in SAFE_METHODS:
        request.state.unread = count_unread(session, account_id=person.account_id)
    return person


MaybePerson = Annotated[Person | None, Depends(_maybe_person)]


async def _person(person: MaybePerson) -> Person:
    if person is None:
        raise NotSignedIn(N_("请先登录"))
    return person


PersonDep = Annotated[Person, Depends(_person)]


@dataclass(frozen=True, slots=True)
class Visit:
    """A person in an estate, and what he is there; `person` is None for a passer-by at a public page."""

    estate: EstateView
    person: Person | None
    standing: Standing

    @property
    def actor(self) -> Actor:
        if self.person is None:
            raise NotSignedIn(N_("请先登录"))
        return Actor(self.person.account_id, self.person.name)


async def _visit(request: Request, slug: str, session: SessionDep, person: MaybePerson) -> Visit:
    estate = find_estate(session, slug=slug)
    standing = (
        standing_of(session, estate_id=estate.id, account_id=person.account_id) if person else Standing()
    )
    visit = Visit(estate=estate, person=person, standing=standing)
    request.state.visit = visit
    return visit


PublicVisit = Annotated[Visit, Depends(_visit)]


async def _member(visit: PublicVisit) -> Visit:
    if visit.person is None:
        raise NotSignedIn(N_("请先登录"))
    if not visit.standing.is_member:
        raise NotFound(N_("没有找到这个页面。如果您住在这个小区，请先认领您的房屋"))
    return visit


MemberVisit = Annotated[Visit, Depends(_member)]


async def _committee(visit: MemberVisit) -> Visit:
    if not visit.standing.is_committee:
        raise NotAllowed(N_("这里只有居委会或业委会的工作人员可以进入"))
    return visit


CommitteeVisit = Annotated[Visit, Depends(_committee)]


async def _auditing(visit: MemberVisit) -> Visit:
    if not visit.standing.may_audit:
        raise NotAllowed(N_("这里只有监督人员和工作人员可以查看"))
    return visit


AuditVisit = Annotated[Visit, Depends(_auditing)]
