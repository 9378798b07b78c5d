"""What a request may ask for: a session, the instant, the person, an estate, and the right to be there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import anyio
import anyio.from_thread
import anyio.to_thread
from fastapi import Depends, Request
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile

from app.config import Settings
from app.database import Database
from app.errors import N_, NotAllowed, NotFound, NotSignedIn, Refusal
from app.group_commit import GroupCommit
from app.rules.accounts import Role
from app.rules.addresses import forwarded_address
from app.services.accounts.grants import withhold
from app.services.accounts.sessions import Person, find_person, touch
from app.services.estates.standing import EstateView, Standing, arrive, enter
from app.services.pictures.beforehand import Ready, draw_forms, draw_stored, keep
from app.services.pictures.framing import Job
from app.services.trail import Actor
from app.services.votes.casting import Cast, Receipt
from app.services.votes.reading import VoteSheet, open_paper, read_paper
from app.services.votes.reading_homes import MyHome

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
Mark = TypeVar("Mark")


def reads_only(endpoint: Endpoint) -> Endpoint:
    """Marks a POST whose own session only reads: it shows a page, or hands its deed to a writer that commits for many."""
    _READS_ONLY.add(endpoint)
    return endpoint


_READS_ONLY: set[Callable[..., object]] = set()

# Counts a try before a picture is drawn for somebody without an account, or raises `TooMany`.
Count = Callable[..., None]


def counts_pictures(count: Count) -> Callable[[Endpoint], Endpoint]:
    """Marks a POST to which anybody may bring pictures: its tries are counted for good, whatever becomes of them."""
    return partial(_mark, _COUNTED, count)


def _mark(marks: dict[Callable[..., object], Mark], mark: Mark, endpoint: Endpoint) -> Endpoint:
    marks[endpoint] = mark
    return endpoint


_COUNTED: dict[Callable[..., object], Count] = {}


# Which stored picture is to be drawn anew, from the path and the form; or a `Refusal`.
Choose = Callable[[Session, "Visit", Mapping[str, Any], FormData], Job]


def draws_stored(choose: Choose) -> Callable[[Endpoint], Endpoint]:
    """Marks a POST that has a stored picture drawn anew. `choose` reads only, and lets nobody have more than the deed does."""
    return partial(_mark, _STORED, choose)


_STORED: dict[Callable[..., object], Choose] = {}


@asynccontextmanager
async def turn(request: Request, *, writing: bool) -> AsyncIterator[Session]:
    """A turn at the database apart from the request's own session; what was written is committed at its end."""
    database: Database = request.app.state.database
    async with database.gate(writing=writing):
        with database.session(writing=writing) as session:
            yield session
            if writing:
                await database.commit(session)


async def _stored(request: Request, choose: Choose) -> Ready:
    form = await request.form()
    async with turn(request, writing=False) as session:
        try:
            visit = await _visit(request, request.path_params["slug"], session)
            job = choose(session, visit, request.path_params, form)
        except Refusal:
            return {}  # the deed itself says it
    return await anyio.to_thread.run_sync(draw_stored, job, limiter=request.app.state.drawing)


async def _drawn(request: Request) -> Ready:
    """The pictures of the form, drawn before any turn or lock is taken; none for who may bring none."""
    if choose := _STORED.get(request.scope["endpoint"]):
        return await _stored(request, choose)
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
    token = _token(request)
    async with turn(request, writing=False) as session:
        return bool(token and find_person(session, token=token, now=await received_at(request)))


async def _count(request: Request, count: Count) -> None:
    address, secret = client_address(request), request.app.state.secret
    async with turn(request, writing=True) as session:
        count(session, address=address, secret=secret, now=request.state.received_at)


async def _session(request: Request) -> AsyncIterator[Session]:
    """One request, one transaction, committed before the answer is sent."""
    await received_at(request)  # before the wait at the gate
    database: Database = request.app.state.database
    writing = request.method not in SAFE_METHODS and request.scope["endpoint"] not in _READS_ONLY
    ready = await _drawn(request) if writing else {}
    with database.session(writing=writing) as session:
        keep(session, ready)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(database.gate(writing=writing))
            stack.callback(session.close)
            request.state.end_reading = stack.aclose
            yield session
            if writing:
                _note_activity(session, request)
                if session.in_transaction():
                    await database.commit(session)
    if not writing and _is_stale(request):
        # After the reading session has ended: SQLite's writer would wait for its own reader.
        async with turn(request, writing=True) as session:
            _note_activity(session, request)


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
    """The address the request came from; a forwarded one is believed only behind the configured number of proxies."""
    socket = request.client.host if request.client else "unknown"
    hops: int = request.app.state.settings.trusted_proxies
    return forwarded_address(request.headers.getlist("x-forwarded-for"), hops) or socket


async def _address(request: Request) -> str:
    return client_address(request)


AddressDep = Annotated[str, Depends(_address)]


def session_cookie(settings: Settings) -> str:
    """Browsers tie a `__Host-` cookie to this host and to TLS; plain http on a desk cannot use it."""
    return "__Host-session" if settings.secure_cookies else "session"


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
    return _admit(request, session, Visit(estate=estate, person=person, standing=standing))


def _admit(request: Request, session: Session, visit: Visit) -> Visit:
    """Every role a page goes by comes from here, or is looked up by a use case in this session."""
    if (person := visit.person) and owes_second_factor(request, person):
        withhold(session, account_id=person.account_id)
        visit = replace(visit, standing=visit.standing.without_staff())
    request.state.person, request.state.visit = visit.person, visit
    return visit


PublicVisit = Annotated[Visit, Depends(_visit)]


async def _member(request: Request, slug: str, session: SessionDep) -> Visit:
    visit = await _visit(request, slug, session)
    if visit.person is None:
        raise NotSignedIn(N_("请先登录"))
    return _of_estate(visit)


def _of_estate(visit: Visit) -> Visit:
    if not visit.standing.is_member:
        raise NotFound(N_("没有找到这个页面。如果您住在这个小区，请先认领您的房屋"))
    return visit


MemberVisit = Annotated[Visit, Depends(_member)]


@dataclass(frozen=True, slots=True)
class Paper:
    """A member before a vote, with the homes he votes for, if any."""

    visit: Visit
    vote: VoteSheet
    homes: list[MyHome]


async def _paper(
    request: Request, slug: str, vote_id: UUID, session: SessionDep, now: Now, secret: SecretDep
) -> Paper:
    token = _token(request)
    opened = open_paper(session, slug=slug, token=token, vote_id=vote_id, secret=secret, now=now)
    if opened:
        visit = _admit(request, session, Visit(opened.estate, opened.person, opened.standing))
        return Paper(_of_estate(visit), opened.vote, opened.homes)
    visit = await _member(request, slug, session)
    where = {"estate_id": visit.estate.id, "vote_id": vote_id, "account_id": visit.actor.id}
    return Paper(visit, *read_paper(session, **where, secret=secret, now=now))


# As `MemberVisit`, and one statement with the paper for whoever has a home on the roll.
PaperVisit = Annotated[Paper, Depends(_paper)]


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
