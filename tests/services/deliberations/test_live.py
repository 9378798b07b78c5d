"""The live part of a thread: what comes while a page is open, each post once, those approved late among them."""

from __future__ import annotations

from uuid import UUID

from app.models.deliberations import Post, PostState, Thread
from app.rules.deliberations.moderation import Act
from app.services.deliberations import muting
from app.services.deliberations.cases import Target
from app.services.deliberations.live import Mark, last_act, read_live
from app.services.deliberations.reading import MOST_NEW, Reader
from tests.fixtures.moderation import Bench
from tests.fixtures.world import Somebody


class Open:
    """A page that somebody has opened."""

    def __init__(self, bench: Bench, who: Somebody, *, moderates: bool = False) -> None:
        self.bench, self.reader = bench, Reader(who.account_id, moderates)
        act = last_act(bench.session, estate_id=bench.world.estate_id)
        self.mark = Mark(last_seq(bench), act)

    def ask(self) -> list[int]:
        views, self.mark = read_live(
            self.bench.session, **self.bench.talk.where, reader=self.reader, since=self.mark
        )
        return [view.seq for view in views]


def last_seq(bench: Bench) -> int:
    return bench.session.get_one(Thread, bench.talk.id, populate_existing=True).last_seq


def wait_first(bench: Bench, on: bool = True) -> None:
    muting.set_pre_approval(bench.session, **bench.talk.where, on=on, order=bench.order(bench.world.chen_jie))


def approve(bench: Bench, seq: int) -> None:
    bench.act(bench.world.chen_jie, Act.APPROVE, Target(thread_id=bench.talk.id, seq=seq), reason="")


def say(bench: Bench, who: Somebody, text: str = "我来说一句。") -> int:
    return bench.talk.post(bench.session, who, text, at=bench.now).seq


def test_a_post_approved_after_newer_ones_were_shown_comes_once(bench: Bench) -> None:
    world = bench.world
    wait_first(bench)
    held = say(bench, world.wang_wei)
    early = Open(bench, world.qian_er)
    wait_first(bench, on=False)
    newer = say(bench, world.li_na)
    assert early.ask() == [newer]
    page = Open(bench, world.qian_er)
    approve(bench, held)
    for one in (early, page):
        assert (one.ask(), one.ask()) == ([held], [])
    assert Open(bench, world.qian_er).ask() == []


def test_a_post_approved_before_newer_ones_come_is_in_its_place(bench: Bench) -> None:
    world = bench.world
    page = Open(bench, world.qian_er)
    wait_first(bench)
    held = say(bench, world.wang_wei)
    assert page.ask() == []
    approve(bench, held)
    wait_first(bench, on=False)
    newer = say(bench, world.li_na)
    assert (page.ask(), page.ask()) == ([held, newer], [])


def test_its_author_and_a_moderator_have_it_on_their_pages_already(bench: Bench) -> None:
    world = bench.world
    wait_first(bench)
    author, judge = Open(bench, world.wang_wei), Open(bench, world.zhao_min, moderates=True)
    held = say(bench, world.wang_wei)
    assert (author.ask(), judge.ask()) == ([], [held])
    approve(bench, held)
    assert (author.ask(), judge.ask()) == ([], [])


def test_nothing_that_waits_or_was_refused_or_hidden_comes(bench: Bench) -> None:
    world = bench.world
    wait_first(bench)
    page = Open(bench, world.qian_er)
    waits, refused, hidden = (say(bench, who) for who in (world.wang_wei, world.wang_wei, world.li_na))
    bench.act(world.chen_jie, Act.REFUSE, Target(thread_id=bench.talk.id, seq=refused))
    approve(bench, hidden)
    bench.act(world.chen_jie, Act.HIDE, Target(thread_id=bench.talk.id, seq=hidden))
    assert page.ask() == []
    approve(bench, waits)
    assert page.ask() == [waits]


def test_a_flood_comes_in_parts_and_nothing_twice(bench: Bench, session) -> None:
    world = bench.world
    wait_first(bench)
    held = say(bench, world.wang_wei)
    wait_first(bench, on=False)
    page = Open(bench, world.qian_er)
    add_posts(bench, world.li_na.account_id, MOST_NEW + 5)
    approve(bench, held)
    whole = [page.ask(), page.ask(), page.ask()]
    assert whole[0][0] == held
    assert [len(part) for part in whole] == [MOST_NEW + 1, 5, 0]
    assert len({seq for part in whole for seq in part}) == MOST_NEW + 6


def test_another_threads_and_another_estates_approvals_do_not_come(bench: Bench) -> None:
    wait_first(bench)
    held = say(bench, bench.world.wang_wei)
    page = Open(bench, bench.world.qian_er)
    approve(bench, held)
    where = {**bench.talk.where, "estate_id": bench.world.other_estate_id}
    assert read_live(bench.session, **where, reader=page.reader, since=page.mark) == ([], page.mark)
    where = {**bench.talk.where, "thread_id": UUID(int=1)}
    assert read_live(bench.session, **where, reader=page.reader, since=page.mark) == ([], page.mark)


def add_posts(bench: Bench, author_id: UUID, count: int) -> None:
    thread = bench.session.get_one(Thread, bench.talk.id, populate_existing=True)
    for _ in range(count):
        thread.last_seq += 1
        bench.session.add(
            Post(
                estate_id=thread.estate_id,
                thread_id=thread.id,
                seq=thread.last_seq,
                author_id=author_id,
                text="再说一句。",
                state=PostState.VISIBLE,
                created_at=bench.now,
            )
        )
    bench.session.add(thread)
    bench.session.flush()
