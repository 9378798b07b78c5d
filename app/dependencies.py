"""What a request may ask for: a session, the instant, the person, an estate, and the right to be there."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.from_thread
import anyio.to_thread
from fastapi import Depends, Request
from sqlmodel import Session
from starlette.datastructures import UploadFile

from app.config import Settings
from app.database import Database
from app.errors import N_, NotAllowed, NotFound, NotSignedIn, Refusal
from app.group_commit import GroupCommit
from app.rules.accounts import Role
from app.services.accounts.grants import withhold
from app.services.accounts.sessions import Person, find_person, touch
from app.services.estates.standing import EstateView, Standing, arrive, enter
from app.services.pictures.beforehand import Ready, draw_forms, keep
from app.services.trail import Actor
from app.services.votes.casting import Cast, Receipt

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


# FastAPI solves a dependency's own dependencies again wherever it is named, so these chains are plain calls that keep
# what they found on the request, and only their last link is a dependency.
async def received_at(request: Request) -> datetime:
    """When the complete request was here: dependencies are solved after the body has arrived."""
    state = request.state
    if not hasattr(state, "received_at"):
        state.received_at = request.app.state.clock()
    instant: datetime = state.received_at
    return instant


Now = Annotated[datetime, Depends(received_at)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(_settings)]


async def _secret(request: Request) -> bytes:
    secret: bytes = request.app.state.secret
    return secret


SecretDep = Annotated[bytes, Depends(_secret)]


Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


def reads_only(endpoint: Endpoint) -> Endpoint:
    """Marks a POST whose own session only reads: it shows a page, or hands its deed to a writer that commits for many."""
    _READS_ONLY.add(endpoint)
    return endpoint


_READS_ONLY: set[Callable[..., object]] = set()

# Counts a try before a picture is drawn for somebody without an account, or raises `TooMany`.
Count = Callable[..., None]


def counts_pictures(count: Count) -> Callable[[Endpoint], Endpoint]:
    """Marks a POST to which anybody may bring pictures: its tries are counted for good, whatever becomes of them."""

    def mark(endpoint: Endpoint) -> Endpoint:
        _COUNTED[endpoint] = count
        return endpoint

    return mark


_COUNTED: dict[Callable[..., object], Count] = {}


async def _drawn(request: Request) -> Ready:
    """The pictures of the form, drawn before any turn or lock is taken; none for who may bring none."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return {}
    sent = (await request.form()).multi_items()
    files = [one.file for _, one in sent if isinstance(one, UploadFile) and one.filename]
    count = _COUNTED.get(request.scope["endpoint"])
    if not files or (count is None and not await _is_signed_in(request)):
        return {}
    # From its thread the turn at the database is asked for where the event loop is.
    admit = partial(anyio.from_thread.run, _count, request, count) if count else None
    return await anyio.to_thread.run_sync(draw_forms, files, admit, limiter=request.app.state.drawing)


async def _is_signed_in(request: Request) -> bool:
    token, database = _token(request), request.app.state.database
    async with database.gate(writing=False):
        with database.session(writing=False) as session:
            return bool(token and find_person(session, token=token, now=await received_at(request)))


async def _count(request: Request, count: Count) -> None:
    database: Database = request.app.state.database
    async with database.gate(writing=True):
        with database.session(writing=True) as session:
            state = request.app.state
            count(
                session, address=client_address(request), secret=state.secret, now=request.state.received_at
            )
            await database.commit(session)


async def _session(request: Request) -> AsyncIterator[Session]:
    """One request, one transaction, committed before the answer is sent."""
    await received_at(request)  # before the wait at the gate
    database: Database = request.app.state.database
    writing = request.method not in SAFE_METHODS and request.scope["endpoint"] not in _READS_ONLY
    ready = await _drawn(request) if writing else {}
    with database.session(writing=writing) as session:
        keep(session, ready)
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(database.gate(writing=writing))
            turn.callback(session.close)
            request.state.end_reading = turn.aclose
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


async def _ballot_writer(request: Request) -> GroupCommit[Cast, Receipt | Refusal]:
    writer: GroupCommit[Cast, Receipt | Refusal] = request.app.state.ballot_writer
    return writer


BallotWriterDep = Annotated[GroupCommit[Cast, Receipt | Refusal], Depends(_ballot_writer)]


def client_address(request: Request) -> str:
    """The address the request came from; a forwarded one is believed only behind the configured number of proxies.

    Each proxy writes behind what it was sent the address it saw, into the same header line or a new one. Counted from
    the end, as many entries are true as there are proxies of ours; all before them may be anybody's invention.
    """
    settings: Settings = request.app.state.settings
    hops, socket = settings.trusted_proxies, request.client.host if request.client else "unknown"
    if not hops:
        return socket
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    return (len(forwarded) >= hops and _read_address(forwarded[-hops])) or socket


_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?|([^:]+):\d{1,5}")


def _read_address(entry: str) -> str:
    """The address in its one spelling, a port taken off; "" for anything else."""
    entry = entry.strip()[:64]
    found = _WITH_PORT.fullmatch(entry)
    try:
        address = ip_address((found[1] or found[2]) if found else entry)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        # The zone is a matter of the machine that wrote it, and could be any text.
        return str(address.ipv4_mapped or IPv6Address(int(address)))
    return str(address)


async def _address(request: Request) -> str:
    return client_address(request)


AddressDep = Annotated[str, Depends(_address)]


def session_cookie(settings: Settings) -> str:
    """Browsers tie a `__Host-` cookie to this host and to TLS; plain http on a desk cannot use it."""
    return "__Host-session" if settings.secure_cookies else "session"


def form_token(secret: bytes, visitor: str, session_token: str) -> str:
    """The token a form must carry: bound to the browser and to the signed-in session."""
    return hmac.new(secret, f"form|{visitor}|{session_token}".encode(), hashlib.sha256).hexdigest()[:40]


async def _visitor(request: Request) -> str:
    state = request.state
    if not hasattr(state, "visitor"):
        app, visitor = request.app.state, request.cookies.get("visitor", "")
        if not 20 <= len(visitor) <= 64:
            visitor = state.new_visitor = secrets.token_urlsafe(24)
        token = request.cookies.get(session_cookie(app.settings), "")
        state.visitor, state.csrf = visitor, form_token(app.secret, visitor, token)
    known: str = state.visitor
    return known


VisitorDep = Annotated[str, Depends(_visitor)]


def _foreign(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


async def guard_form(request: Request) -> None:
    """Refuse a form that another site sent: fetch metadata first, origin next, and the form's own token always."""
    await _visitor(request)
    if request.method in SAFE_METHODS:
        return
    expired = N_("这个页面放得太久了，为了安全没有提交。请返回上一页刷新后再试")
    if _foreign(request):
        raise NotAllowed(expired, code="foreign_form")
    form = await request.form()
    given = form.get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), request.state.csrf.encode()):
        raise NotAllowed(expired, code="form_token")


def _token(request: Request) -> str:
    return request.cookies.get(session_cookie(request.app.state.settings), "")


def owes_second_factor(request: Request, person: Person) -> bool:
    """Whether this person's staff roles do not work in this session yet."""
    settings: Settings = request.app.state.settings
    return person.owes_second_factor(required=settings.second_factor_required)


async def _maybe_person(request: Request, session: SessionDep) -> Person | None:
    token = _token(request)
    person = find_person(session, token=token, now=await received_at(request)) if token else None
    if person and owes_second_factor(request, person):
        withhold(session, account_id=person.account_id)
    request.state.person = person
    return person


MaybePerson = Annotated[Person | None, Depends(_maybe_person)]


async def _person(request: Request, session: SessionDep) -> Person:
    person = await _maybe_person(request, session)
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


async def _visit(request: Request, slug: str, session: SessionDep) -> Visit:
    token, person = _token(request), None
    try:
        if token:
            estate, standing, person = enter(session, slug=slug, token=token, now=await received_at(request))
        else:
            estate, standing = arrive(session, slug=slug, account_id=None)
    except NotFound:
        await _maybe_person(request, session)  # for the frame of the page that says so
        raise
    # Every role a page goes by comes from here, or is looked up by a use case in this session.
    if person and owes_second_factor(request, person):
        withhold(session, account_id=person.account_id)
        standing = standing.without_staff()
    request.state.person = person
    visit = Visit(estate=estate, person=person, standing=standing)
    request.state.visit = visit
    return visit


PublicVisit = Annotated[Visit, Depends(_visit)]


async def _member(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _visit(request, slug, session)
    if visit.person is None:
        raise NotSignedIn(N_("请先登录"))
    if not visit.standing.is_member:
        raise NotFound(N_("没有找到这个页面。如果您住在这个小区，请先认领您的房屋"))
    return visit


MemberVisit = Annotated[Visit, Depends(_member)]


async def _committee(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _member(request, slug, session)
    if not visit.standing.is_committee:
        raise NotAllowed(N_("这里只有居委会或业委会的工作人员可以进入"))
    return visit


CommitteeVisit = Annotated[Visit, Depends(_committee)]


async def _moderator(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _member(request, slug, session)
    if not visit.standing.roles & {Role.COMMITTEE, Role.PARTY_MEMBER}:
        raise NotAllowed(N_("这里只有居委会和担任职责的党员可以进入"))
    return visit


# What such a person may do with one thing is asked by the use case: a party member moderates where he is appointed.
ModeratorVisit = Annotated[Visit, Depends(_moderator)]


async def _working(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _member(request, slug, session)
    if not visit.standing.roles & {Role.COMMITTEE, Role.PARTY_STAFF}:
        raise NotAllowed(N_("这里只有居委会和负责维修的单位可以进入"))
    return visit


# Which orders such a person may work on is asked by the use case: each party sees and moves its own.
PartyVisit = Annotated[Visit, Depends(_working)]


async def _auditing(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _member(request, slug, session)
    if not visit.standing.may_audit:
        raise NotAllowed(N_("这里只有监督人员和工作人员可以查看"))
    return visit


AuditVisit = Annotated[Visit, Depends(_auditing)]


async def _operating(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _member(request, slug, session)
    if Role.OPERATOR not in visit.standing.roles:
        raise NotAllowed(N_("这里只有系统管理员可以进入"))
    return visit


OperatorVisit = Annotated[Visit, Depends(_operating)]
