"""Who may do and see what, in every state of a vote: casting, choices, tallies, and the other estate's pages."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import select

from app.config import Settings
from app.database import Database
from app.models.accounts import Grant, LoginSession
from app.models.base import NO_ID
from app.models.votes import BallotEvent, EventKind, Vote
from app.routers import ALL, api
from app.rules.accounts import Role
from app.rules.votes.states import Choice
from app.rules.votes.verification.bundle import unpack
from tests.fixtures.time import Clock
from tests.fixtures.web import Browser, make_app
from tests.fixtures.world import make_person

FOR, AGAINST = Choice.FOR, Choice.AGAINST
STATES = ("draft", "noticed", "open", "closed", "preliminary", "final")
PEOPLE = (
    "nobody",
    "stranger",
    "zhou_tao",
    "qian_er",
    "wang_wei",
    "li_na",
    "zhao_min",
    "ma_chao",
    "sun_li",
    "chen_jie",
)


def paths_of(routes: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """The address patterns of all pages; a router may hold others."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from paths_of(route.original_router.routes, prefix + route.include_context.prefix)
        elif "GET" in route.methods:
            yield prefix + route.path


# What programs read is open to everybody, and still depends on nobody's ballot.
READ_BY_PROGRAMS = sorted(path for router in api.ROUTERS for path in paths_of(router.routes, api.ROOT))
GET_PATHS = sorted(
    {path for router in ALL for path in paths_of(router.routes) if "{slug}" in path} | {*READ_BY_PROGRAMS}
)
# The empty form for a register carries the second it was made in, and nothing of any vote.
# A certificate's PDF draws the very text of its page, packed together with the hashes in it.
# What a copy has no row for answers 404 in each of them; with rows of every kind the walk is that of `adversaries`.
NAMED = {"slug", "vote_id", "unit_id", "unit", "kind"}
COMPARED = [
    path
    for path in GET_PATHS
    if not path.endswith(("template.xlsx", "certificate.pdf"))
    and NAMED.issuperset(re.findall(r"{(\w+)", path))
]
# The rooms that read nothing of a vote: walked by `adversaries` while it is open, and here in the campaign.
FAR = "/(maintenance|orders|proposals|deliberations|fees|facilities|upkeep|stickers|guides|credits|meetings|surveys|mediation)"
NEAR = [path for path in COMPARED if not re.search(FAR, path)]
WALK = COMPARED if os.environ.get("CAMPAIGN") else NEAR
# What anybody signed in may read of an estate: how to join, its policy cards, what is open about its repairs, what hangs on its board.
PUBLIC = [
    *(path for path in READ_BY_PROGRAMS if "_id" not in path),
    "/e/{slug}/guides",
    "/e/{slug}/guides/questions",
    "/e/{slug}/join",
    "/e/{slug}/letters",
    "/e/{slug}/maintenance",
    "/e/{slug}/maintenance/chains",
    "/e/{slug}/maintenance/contractors",
    "/e/{slug}/maintenance/fees",
    "/e/{slug}/maintenance/new/offline",
    "/e/{slug}/maintenance/orders.csv",
    "/e/{slug}/maintenance/poster",
    "/e/{slug}/maintenance/rates",
    "/e/{slug}/maintenance/upkeep",
    "/e/{slug}/outcomes",
    "/feeds/{slug}.atom",
]
SECRET = "a secret for tests only, forty bytes long"


def bring_to(state: str, database: Database, vote, clock: Clock) -> None:
    """Let the clock and the worker take a noticed vote to a state; `closed` is the minute of grace before the count."""
    if state in {"open", "closed"}:
        clock.instant = vote.opens_at if state == "open" else vote.closes_at + timedelta(seconds=30)
    if state in {"preliminary", "final"}:
        clock.instant = vote.closes_at + timedelta(seconds=60)
        _work(database, vote, clock)
    if state == "final":
        with database.session(writing=False) as session:
            clock.instant = session.get_one(Vote, vote.id).objections_until
        _work(database, vote, clock)
    keep_signed_in(database, clock)


def keep_signed_in(database: Database, clock: Clock) -> None:
    """Weeks have passed; without this everybody would be refused for having been idle."""
    with database.transaction() as session:
        session.connection().execute(
            sa.update(LoginSession).values(seen_at=clock(), expires_at=clock() + timedelta(days=9))
        )


def _work(database: Database, vote, clock: Clock) -> None:
    for _ in range(2):
        with database.transaction() as session:
            vote.advance(session, clock())


def person_of(world, name: str):
    return None if name == "nobody" else world.people[name]


@pytest.mark.parametrize("state", STATES)
def test_only_the_owner_casts_his_homes_ballot_and_only_while_it_is_open(
    web, database, world, make_vote, clock, state
) -> None:
    vote = make_vote(notice=state != "draft")
    bring_to(state, database, vote, clock)
    path, accepted = f"/e/{world.slug}/votes/{vote.id}/ballot", []
    for name in PEOPLE:
        form = {"unit": str(world.homes["301"].unit_id), "choice": "for", "key": uuid4().hex}
        answer = web(person_of(world, name)).post(path, form)
        assert answer.status_code in {303, 401, 403, 404, 409}, (name, answer.status_code)
        if answer.status_code == 303:
            accepted.append((name, "receipt" in answer.headers["location"]))
    assert accepted == ([("li_na", True)] if state == "open" else [])
    with database.session(writing=False) as session:
        casts = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.CAST)).all()
        assert [event.unit_id for event in casts] == [world.homes["301"].unit_id] * (state == "open")


class Copy:
    """A copy of the same database in which two owners said something else: what differs on a page betrays a choice."""

    def __init__(
        self, source: Path, path: Path, vote, clock: Clock, world, choices: tuple[Choice, Choice]
    ) -> None:
        shutil.copy(source, path)
        self.database, self.world, self.vote, self.clock = Database(f"sqlite:///{path}"), world, vote, clock
        with self.database.transaction() as session:
            for owner, room, choice in zip(("li_na", "wang_wei"), ("301", "302"), choices, strict=True):
                account, unit = world.people[owner].account_id, world.homes[room].unit_id
                vote.cast(session, unit, account, choice, vote.opens_at, f"key-of-{owner}-0123456789")
        settings = Settings(
            _env_file=None,
            data_dir=path.parent,
            database_url=self.database.url,
            worker="separate",
            demo=False,
            secret_key=SECRET,
        )
        self.client = TestClient(make_app(settings, clock))

    def pages(self, name: str, patterns: list[str]) -> dict[str, str]:
        """Everything of it that this person can open in the estate, without what is random by design."""
        browser = Browser(self.client, SECRET.encode(), person_of(self.world, name))
        places = {
            "slug": self.world.slug,
            "vote_id": self.vote.id,
            "unit_id": self.world.homes["302"].unit_id,
            "unit": self.world.homes["302"].unit_id,
            "kind": "roll",
        }
        read = {}
        for pattern in patterns:
            path = re.sub(r"{(\w+)(:\w+)?}", lambda place: str(places[place[1]]), pattern)
            answer = browser.get(path)
            assert answer.status_code < 500, (name, path)
            content = answer.content
            if path.endswith(".zip") and answer.status_code == 200:
                content = b"".join(unpack(content).values())
            read[pattern] = f"{answer.status_code} {without_randomness(content)}"
        return read


def differing(one: Copy, other: Copy, name: str, patterns: list[str]) -> list[str]:
    """The pages that this person sees differently in two copies."""
    pages, others = one.pages(name, patterns), other.pages(name, patterns)
    return [pattern for pattern in patterns if pages[pattern] != others[pattern]]


def without_randomness(content: bytes) -> str:
    """Hashes, receipts and the ids that forms carry say nothing of a choice: each commitment has 32 random bytes."""
    text = content.decode("utf-8", "replace")
    text = re.sub(r"[0-9A-Za-z+/]{43,}={0,2}", "#", text)  # roots and signatures of checkpoints
    text = re.sub(r"\b[0-9a-f]{16,64}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "#", text)
    text = re.sub(r"(<span>[0-9A-Z]{4}</span>\s*){4}<span>[0-9A-Z*~$=]</span>", "#", text)
    text = re.sub(r"(<span>[0-9a-f]{8}</span>\s*){8}", "#", text)
    return re.sub(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}-[0-9A-Z*~$=]", "#", text)


@pytest.fixture
def databases(sqlite_databases):
    """The copies below are files; what a page shows does not depend on the database under it."""
    return sqlite_databases


@pytest.fixture
def operator(database: Database, world, clock) -> None:
    """Who keeps the installation is nobody's neighbour, and reads no ballots."""
    with database.transaction() as session:
        person = make_person(session, "operator", "+8613900001900", clock())
        session.add(
            Grant(account_id=person.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=clock())
        )
    world.people["operator"] = person


@pytest.fixture
def copies(database: Database, world, operator, vote, clock, tmp_path) -> Iterator[dict[str, Copy]]:
    source = Path(database.url.removeprefix("sqlite:///"))
    said = {"split": (FOR, AGAINST), "swapped": (AGAINST, FOR), "agreed": (FOR, FOR)}
    made = {
        name: Copy(source, tmp_path / f"{name}.db", vote, clock, world, choices)
        for name, choices in said.items()
    }
    with ExitStack() as running:
        for copy in made.values():
            running.callback(copy.database.close)
            running.enter_context(copy.client)  # else each request would start and stop an event loop
        yield made


# Everybody who may be inside at all; the rest meets the matrix above.
ONLOOKERS = ("qian_er", "zhao_min", "ma_chao", "sun_li", "chen_jie", "operator")


@pytest.mark.parametrize("state", ["open", "closed"])
def test_before_the_count_no_page_of_anybody_depends_on_what_was_chosen(copies, vote, clock, state) -> None:
    for copy in copies.values():
        bring_to(state, copy.database, vote, clock)
    for name in (*ONLOOKERS, "li_na"):
        assert differing(copies["split"], copies["agreed"], name, WALK) == []


@pytest.mark.parametrize("state", ["preliminary", "final"])
def test_after_the_count_nobody_reads_a_single_homes_choice(copies, vote, clock, state) -> None:
    for copy in copies.values():
        bring_to(state, copy.database, vote, clock)
    for name in ONLOOKERS:
        assert differing(copies["split"], copies["swapped"], name, WALK) == []
    # The same comparison does see a choice where one may be seen: one's own, and the sum of all.
    ballot, result = "/e/{slug}/votes/{vote_id}/ballot", "/e/{slug}/votes/{vote_id}/result"
    assert differing(copies["split"], copies["swapped"], "li_na", [ballot]) == [ballot]
    assert differing(copies["split"], copies["agreed"], "qian_er", [result]) == [result]


def test_a_draft_is_shown_to_nobody_but_the_committee(web, world, make_vote) -> None:
    vote = make_vote(notice=False)
    for name in PEOPLE:
        browser = web(person_of(world, name))
        for tail in ("", "/ballot", "/result", "/roll", "/progress", "/objections", "/posters/roll.pdf"):
            assert browser.get(f"/e/{world.slug}/votes/{vote.id}{tail}").status_code in {303, 404}
        if name != "chen_jie":
            assert browser.get(f"/desk/{world.slug}/votes/{vote.id}").status_code in {303, 403, 404}


@pytest.mark.parametrize("name", ["li_na", "chen_jie", "sun_li", "qian_er"])
def test_every_page_of_the_other_estate_is_closed_to_people_of_this_one(
    web, database, world, vote, clock, name
) -> None:
    bring_to("open", database, vote, clock)
    opened = []
    for pattern in GET_PATHS:
        places = {"slug": world.other_slug, "vote_id": vote.id, "unit_id": world.homes["301"].unit_id}
        path = re.sub(
            r"{(\w+)(:\w+)?}", lambda place, places=places: str(places.get(place[1], UUID(int=5))), pattern
        )
        answer = web(world.people[name]).get(path)
        if answer.status_code not in {303, 404}:
            opened.append(pattern)
    assert opened == PUBLIC


def test_the_other_estates_committee_reaches_nothing_of_this_one_through_its_own_address(
    web, database, world, vote, clock
) -> None:
    bring_to("open", database, vote, clock)
    browser, opened = web(world.zhou_tao), []
    for pattern in (path for path in GET_PATHS if path.count("{") > 1):
        places = {"slug": world.other_slug, "vote_id": vote.id, "unit_id": world.homes["301"].unit_id}
        places["owner_id"] = world.homes["301"].owner_id
        path = re.sub(
            r"{(\w+)(:\w+)?}", lambda place, places=places: str(places.get(place[1], UUID(int=5))), pattern
        )
        answer = browser.get(path)
        if answer.status_code not in {303, 403, 404, 422}:
            opened.append((pattern, answer.status_code))
    assert opened == []
