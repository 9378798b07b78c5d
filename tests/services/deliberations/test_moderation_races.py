"""Moderation by two at the same moment: one act each, numbers without a gap, counts that fit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from app.database import Database
from app.errors import Refusal
from app.models.deliberations import Appeal, ContentReport, ModerationAct, Post
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stages import Stage
from app.services.deliberations.acts import Order
from app.services.deliberations.appeals import appeal
from app.services.deliberations.cases import Target
from app.services.deliberations.moderating import judge_content
from app.services.deliberations.reports import report_content
from app.services.trail import Actor, first_broken_row
from tests.fixtures.deliberations import Talk

REASON = "这句话辱骂邻居，违反协商公约"


@pytest.fixture
def posted(database: Database, talk: Talk) -> Talk:
    with database.transaction() as session:
        talk.post(session, talk.world.li_na, "三楼的人都是骗子。")
        talk.post(session, talk.world.li_na, "真的。", at=talk.begins[Stage.OPINIONS] + timedelta(hours=2))
    return talk


def at_once(database: Database, *deeds: Callable[[Session], object]) -> list[object]:
    """Each deed in a thread and a transaction of its own, all starting together; a refusal's code stands for it."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[Session], object]) -> object:
        start.wait()
        try:
            with database.transaction() as session:
                return deed(session)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def hide(talk: Talk, name: str, seq: int = 1, form=None) -> Callable[[Session], object]:
    who = talk.world.people[name]
    now = talk.begins[Stage.OPINIONS] + timedelta(hours=3)
    order = Order(id=form or uuid4(), actor=Actor(who.account_id, name), now=now, reason=REASON)
    where = {"estate_id": talk.world.estate_id, "target": Target(thread_id=talk.id, seq=seq)}
    return lambda session: judge_content(session, **where, act=Act.HIDE, order=order)


def numbers(database: Database) -> list[int]:
    with database.session(writing=False) as session:
        return list(session.exec(select(ModerationAct.number).order_by(col(ModerationAct.number))))


def test_of_two_moderators_at_once_one_hides_the_post(database: Database, posted: Talk) -> None:
    answers = at_once(database, hide(posted, "chen_jie"), hide(posted, "zhao_min"))
    assert sorted(map(str, answers)) == ["1", "already_handled"]
    assert numbers(database) == [1]


def test_one_form_sent_twice_at_once_is_one_act(database: Database, posted: Talk) -> None:
    form = uuid4()
    deeds = [hide(posted, "chen_jie", form=form) for _ in range(2)]
    assert at_once(database, *deeds) == [1, 1]
    assert numbers(database) == [1]


def test_acts_on_different_things_at_once_are_numbered_without_a_gap(
    database: Database, posted: Talk
) -> None:
    proposal = Target(proposal_id=posted.proposal_id)
    now = posted.begins[Stage.OPINIONS] + timedelta(hours=3)

    def warn(session: Session) -> object:
        order = Order(
            id=uuid4(), actor=Actor(posted.world.zhao_min.account_id, "zhao_min"), now=now, reason=REASON
        )
        where = {"estate_id": posted.world.estate_id, "target": proposal}
        return judge_content(session, **where, act=Act.WARN, order=order)

    answers = at_once(database, hide(posted, "chen_jie"), hide(posted, "zhao_min", seq=2), warn)
    assert sorted(map(str, answers)) == ["1", "2", "3"]
    with database.session(writing=False) as session:
        assert first_broken_row(session, estate_id=posted.world.estate_id) is None


def test_reports_at_once_are_all_counted_and_one_persons_once(database: Database, posted: Talk) -> None:
    world, now = posted.world, posted.begins[Stage.OPINIONS] + timedelta(hours=3)

    def report(name: str) -> Callable[[Session], object]:
        return lambda session: report_content(
            session,
            estate_id=world.estate_id,
            target=Target(thread_id=posted.id, seq=1),
            account_id=world.people[name].account_id,
            why="insult",
            text="",
            now=now,
        )

    answers = at_once(database, report("wang_wei"), report("wang_wei"), report("qian_er"))
    assert sorted(map(str, answers)) == ["False", "True", "True"]
    with database.session(writing=False) as session:
        assert session.exec(select(Post.reports).where(Post.seq == 1)).one() == 2
        assert len(session.exec(select(ContentReport)).all()) == 2


def test_two_appeals_at_once_are_one(database: Database, posted: Talk) -> None:
    at_once(database, hide(posted, "zhao_min"))
    now = posted.begins[Stage.OPINIONS] + timedelta(hours=4)

    def send(session: Session) -> object:
        return appeal(
            session,
            estate_id=posted.world.estate_id,
            number=1,
            appeal_id=uuid4(),
            account_id=posted.world.li_na.account_id,
            text="我说的是事实，没有骂人，请再看看",
            now=now,
        )

    assert sorted(map(str, at_once(database, send, send))) == ["None", "already_appealed"]
    with database.session(writing=False) as session:
        assert len(session.exec(select(Appeal)).all()) == 1
