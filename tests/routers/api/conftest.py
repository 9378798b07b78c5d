"""A vote on the board in every state, and programs that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import select

from app.database import Database
from app.models.maintenance.fees import FeeService
from app.models.maintenance.upkeep import Inspection, InspectionPlan
from app.models.outcomes import PublicationKind
from app.models.votes import Vote
from app.routers.api import build
from app.rules.votes.states import Choice
from app.services import outcomes
from app.services.guides import asking
from app.services.maintenance.rates import renew
from app.services.outcomes import Additions
from app.services.trail import Actor
from app.services.votes import closing
from tests.fixtures.time import Clock
from tests.fixtures.votes import ElevatorVote
from tests.routers.maintenance.test_fees import service_form
from tests.routers.maintenance.test_upkeep import DONE, plan_form
from tests.services.maintenance.test_chains import mended

STATEMENT = "感谢各位业主参加表决。"
ROOT = "/api/v1/estates/xingfuli"


@dataclass
class Board:
    """A vote and its sheets, moved on by the clock and the committee."""

    database: Database
    vote: ElevatorVote
    actor: Actor
    clock: Clock
    sheets: dict[str, UUID] = field(default_factory=dict)

    @property
    def estate_id(self) -> UUID:
        return self.vote.estate_id

    def notice(self) -> None:
        with self.database.transaction() as session:
            self.sheets["notice"] = outcomes.post_notice(
                session, estate_id=self.estate_id, vote_id=self.vote.id, actor=self.actor, now=self.clock()
            )

    def cast(self, home: UUID, account: UUID, choice: Choice) -> None:
        with self.database.transaction() as session:
            self.vote.cast(session, home, account, choice, self.clock())

    def advance(self) -> None:
        with self.database.transaction() as session:
            while self.vote.advance(session, self.clock()):
                pass

    def post(self, kind: PublicationKind) -> None:
        said = Additions(STATEMENT, [("公示施工图", "张工", "2027-12-01")], 10)
        about = {"estate_id": self.estate_id, "vote_id": self.vote.id, "kind": kind, "additions": said}
        with self.database.transaction() as session:
            draft = outcomes.draft_outcome(session, **about, now=self.clock())
            self.sheets[kind.value] = outcomes.publish_outcome(
                session,
                **about,
                publication_id=uuid4(),
                seen_hash=draft.text_hash,
                actor=self.actor,
                now=self.clock(),
            )

    def annul(self) -> None:
        with self.database.transaction() as session:
            closing.annul_vote(
                session,
                estate_id=self.estate_id,
                vote_id=self.vote.id,
                actor=self.actor,
                reason="公告的面积算错了，要重新表决",
                now=self.clock(),
            )

    def bring_to(self, state: str) -> None:
        """From the notice to `open`, `closed`, `sealed`, `preliminary`, `final`."""
        self.clock.instant = self.vote.opens_at + timedelta(minutes=1)
        if state == "open":
            return
        self.clock.instant = self.vote.closes_at + timedelta(seconds=30)
        if state == "closed":
            return
        self.clock.instant = self.vote.closes_at + timedelta(minutes=2)
        self.advance()
        if state == "sealed":
            return
        self.post(PublicationKind.PRELIMINARY)
        if state == "preliminary":
            return
        with self.database.session(writing=False) as session:
            until: datetime | None = session.get_one(Vote, self.vote.id).objections_until
        assert until is not None
        self.clock.instant = until + timedelta(minutes=1)
        self.advance()
        self.post(PublicationKind.FINAL)


@pytest.fixture
def board(database: Database, vote: ElevatorVote, world: Any, clock: Clock) -> Board:
    made = Board(database, vote, Actor(world.chen_jie.account_id, "陈洁"), clock)
    made.notice()
    return made


@pytest.fixture
def read(web: Callable[..., Any]) -> Callable[..., Any]:
    """`read("/votes")`: a program without cookies; paths from the estate on, or whole ones."""
    client: TestClient = web().client

    def get(path: str = "", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(path if path.startswith("/api/") else ROOT + path, headers=named)

    return get


@pytest.fixture
def statements(app: Any) -> Callable[[], Any]:
    """`with statements() as asked: …` keeps what the app asks its database."""

    @contextmanager
    def listen() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)

    return listen


PRIVATE = "只有自己家的人该看到的话"


@dataclass
class Everything:
    """An estate in which every room has something to tell, and something to keep."""

    board: Board
    guide_id: UUID
    plan_id: UUID
    round_id: UUID

    def paths(self) -> list[str]:
        """Every address of the estate, filled in."""
        holes = {
            "slug": "xingfuli",
            "vote_id": self.board.vote.id,
            "publication_id": self.board.sheets["notice"],
            "guide_id": self.guide_id,
            "plan_id": self.plan_id,
        }
        return ["/api/v1" + path.format(**holes) for path in build().openapi()["paths"]]


@pytest.fixture
def everything(
    web: Any, board: Board, world: Any, upkeep: Any, guide_desk: Any, database: Any, now: datetime
) -> Everything:
    """Names, telephones, homes and a private sentence wherever a room keeps some."""
    browser, desk = web(world.chen_jie), f"/desk/{world.slug}"
    assert browser.post(f"{desk}/fees/new", service_form(upkeep)).status_code == 303
    assert browser.post(f"{desk}/upkeep/new", plan_form(upkeep)).status_code == 303
    with database.transaction() as session:
        service_id = session.exec(select(FeeService.id)).one()
        guide_id = guide_desk.card(session)
        for about in (None, guide_id):
            question_id = guide_desk.question(session, world.li_na, guide=about)
            asking.answer(
                session,
                estate_id=world.estate_id,
                question_id=question_id,
                text="不能，只有业主投票。",
                source="民法典第二百七十八条",
                explainer=guide_desk.explainer,
                now=now,
            )
        guide_desk.question(session, world.wang_wei, text=PRIVATE)
        mended(session, upkeep, now)
        upkeep.report(session, now + timedelta(hours=1))
        upkeep.report(session, now, unit_id=world.homes["301"].unit_id, text=PRIVATE)
        renew(session, estate_id=world.estate_id, now=now + timedelta(hours=2))
        round_id = session.exec(select(Inspection.id)).one()
    assert browser.post(f"{desk}/fees/services/{service_id}/charge", {"month": "2026-11"}).status_code == 303
    paid = {"charges": [f"{service_id}:2026-11"], "receipt": "PAID-301"}
    home = world.homes["301"].unit_id
    assert browser.post(f"{desk}/fees/homes/{home}/pay", paid).status_code == 303
    assert web(world.ma_chao).post(f"{desk}/upkeep/rounds/{round_id}", DONE).status_code == 303
    with database.session(writing=False) as session:
        plan_id = session.exec(select(InspectionPlan.id)).one()
    return Everything(board, guide_id, plan_id, round_id)
