"""A small vote: whatever a neighbour opens, downloads or finds on the board tells him no more than the law's own figures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.config import Settings
from app.database import Database
from app.models.accounts import Grant, LoginSession
from app.models.votes import BallotChannel, Vote
from app.rules.accounts import Duty, Role
from app.rules.votes.privacy import is_small, needed_only
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED
from app.rules.votes.verification.bundle import unpack
from tests.fixtures.crowd import SLUG
from tests.fixtures.evidence import Kept
from tests.fixtures.web import Browser, make_app
from tests.routers.test_permission_matrix import NEAR, SECRET, without_randomness

FOR, AGAINST, ABSTAIN = Choice
# The first home casts nothing, the second and three more are in favour; the rest are not, each time in another way.
SAID = {
    "one way": (None, FOR, FOR, FOR, FOR, AGAINST, ABSTAIN),
    "swapped": (None, FOR, FOR, FOR, FOR, ABSTAIN, AGAINST),
    "all against": (None, FOR, FOR, FOR, FOR, AGAINST, AGAINST),
    "other in favour": (None, FOR, FOR, FOR, AGAINST, AGAINST, ABSTAIN),
}
NEIGHBOURS = {"who cast nothing": 0, "who was in favour": 1}


class Copy:
    """The same small vote in a database of its own, with other words on the ballots."""

    def __init__(self, source: Path, path: Path, kept: Kept, crowd, said, clock) -> None:
        shutil.copy(source, path)
        self.database = Database(f"sqlite:///{path}")
        self.kept, self.crowd, self.clock = Kept(self.database, kept.vote, kept.secret), crowd, clock
        at = kept.vote.opens_at + timedelta(minutes=1)
        self.kept.tick(kept.vote.opens_at)
        for home, choice in zip(crowd.homes, said, strict=True):
            if choice:
                self.kept.cast("", home.unit_id, home.account_id, (choice,), at)
        settings = Settings(
            _env_file=None,
            data_dir=path.parent,
            database_url=self.database.url,
            worker="separate",
            demo=False,
            secret_key=SECRET,
        )
        self.client = TestClient(make_app(settings, clock))

    def publish(self) -> None:
        """The committee puts the result on the board."""
        browser, path = self._browser(6), f"/desk/{SLUG}/votes/{self.kept.id}/outcome/preliminary"
        steps = {"what": ["公示施工图", "", ""], "who": ["张工", "", ""], "by": ["2027-02-01", "", ""]}
        form = {"id": str(uuid4()), "statement": "感谢各位业主参加表决。", "days": "10", **steps}
        shown = browser.post(path, {**form, "act": "preview"}).text
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown)
        answer = browser.post(path, {**form, "seen": seen and seen[1], "act": "publish"})
        assert answer.status_code == 303, answer.text

    def _browser(self, home: int) -> Browser:
        with self.database.transaction() as session:
            session.connection().execute(
                sa.update(LoginSession).values(
                    seen_at=self.clock(), expires_at=self.clock() + timedelta(days=9)
                )
            )
        browser = Browser(self.client, SECRET.encode(), None)
        browser.cookies["session"] = self.crowd.homes[home].token
        return browser

    def pages(self, home: int) -> dict[str, str]:
        """Everything this neighbour can open, without what is random by design."""
        browser, read = self._browser(home), {}
        places = {
            "slug": SLUG,
            "vote_id": self.kept.id,
            "unit_id": self.crowd.homes[5].unit_id,
            "unit": self.crowd.homes[5].unit_id,
            "kind": "preliminary",
        }
        for pattern in NEAR:
            path = re.sub(r"{(\w+)(:\w+)?}", lambda hole: str(places[hole[1]]), pattern)
            answer = browser.get(path)
            assert answer.status_code < 500, pattern
            content = answer.content
            if path.endswith(".zip") and answer.status_code == 200:
                content = b"".join(unpack(content).values())
            read[pattern] = f"{answer.status_code} {without_randomness(content)}"
        return read


@pytest.fixture
def databases(sqlite_databases):
    """The copies are files; what a page shows does not depend on the database under it."""
    return sqlite_databases


@pytest.fixture
def copies(database: Database, crowd_vote, clock, now, tmp_path, monkeypatch) -> Iterator[dict[str, Copy]]:
    # A drawn page hides its words in a font; what it would have said is compared instead.
    monkeypatch.setattr(
        "app.routers.votes.posters.draw_sheet", lambda sheet, **_: repr(sheet).encode(), raising=True
    )
    kept, crowd = crowd_vote(7)
    with database.transaction() as session:
        committee = {"estate_id": crowd.estate_id, "role": Role.COMMITTEE, "duty": Duty.NONE}
        session.add(Grant(account_id=crowd.homes[6].account_id, granted_at=now, **committee))
    source = Path(database.url.removeprefix("sqlite:///"))
    made = {
        name: Copy(source, tmp_path / f"{place}.db", kept, crowd, said, clock)
        for place, (name, said) in enumerate(SAID.items())
    }
    with ExitStack() as running:
        for copy in made.values():
            running.callback(copy.database.close)
            running.enter_context(copy.client)
        yield made


def bring_to(copies: dict[str, Copy], state: str, clock) -> None:
    vote = next(iter(copies.values())).kept.vote
    clock.instant = vote.closes_at + (timedelta(seconds=30) if state == "closed" else timedelta(minutes=5))
    if state == "closed":
        return
    for copy in copies.values():
        copy.kept.tick(clock())
        if state != "preliminary":
            copy.publish()
    if state == "final":
        for copy in copies.values():
            with copy.database.session(writing=False) as session:
                until = session.get_one(Vote, vote.id).objections_until
            copy.kept.tick(until)
        clock.instant = until + timedelta(minutes=1)


@pytest.mark.parametrize("state", ["closed", "published", "final"])
def test_how_the_others_said_no_stands_nowhere(copies, clock, state) -> None:
    bring_to(copies, state, clock)
    for name, home in NEIGHBOURS.items():
        first, *others = (copies[said].pages(home) for said in ("one way", "swapped", "all against"))
        for other in others:
            assert [page for page in NEAR if first[page] != other[page]] == [], name
    if state == "published":
        board = copies["one way"].pages(0)
        assert "感谢各位业主参加表决" in board["/e/{slug}/votes/{vote_id}/posters/{kind}.pdf"]


def test_the_same_walk_does_see_the_figures_that_the_law_needs(copies, clock) -> None:
    bring_to(copies, "preliminary", clock)
    one, other = copies["one way"].pages(0), copies["other in favour"].pages(0)
    differ = {page for page in NEAR if one[page] != other[page]}
    assert {
        "/e/{slug}/votes/{vote_id}/result",
        "/e/{slug}/votes/{vote_id}/evidence/package.zip",
    } <= differ


def test_a_spoiled_sheet_of_one_home_is_not_pointed_at(copies, clock) -> None:
    """Who handed it in is in no list; the figures only say that one more took part than counts."""
    vote = copies["one way"].kept.vote
    for name, home in (("one way", 0), ("swapped", 0)):
        copy = copies[name]
        desk, at = copy.crowd.homes[6].account_id, vote.opens_at + timedelta(minutes=3)
        unit = copy.crowd.homes[home].unit_id
        copy.kept.cast("", unit, desk, (SPOILED,), at, channel=BallotChannel.PAPER)
    bring_to(copies, "preliminary", clock)
    first, other = (copies[name].pages(1) for name in ("one way", "swapped"))
    assert [page for page in NEAR if first[page] != other[page]] == []
    package = first["/e/{slug}/votes/{vote_id}/evidence/package.zip"]
    assert "part_heads" in package
    assert "spoiled_heads" not in package


def test_nine_heads_are_few_and_ten_are_not() -> None:
    assert (is_small(9), is_small(10)) == (True, False)


def test_of_a_small_count_only_what_the_tests_need_is_kept_in_every_part_of_it() -> None:
    names = ("total", "part", "for", "against", "abstain", "spoiled", "mixed")
    figures = {f"{name}_{unit}": 1 for name in names for unit in ("area", "heads")}
    count = {**figures, "result": "passed"}
    needed = needed_only({**count, "items": [count], "silent": {"with": count, "without": count}})
    assert set(needed) == {
        "total_area",
        "total_heads",
        "part_area",
        "part_heads",
        "for_area",
        "for_heads",
        "result",
        "items",
        "silent",
    }
    assert set(needed["items"][0]) == set(needed["silent"]["with"]) == set(needed) - {"items", "silent"}
