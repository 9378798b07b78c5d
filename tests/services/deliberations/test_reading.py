"""Reading a thread: pages by cursors, what each person may see, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.errors import NotFound
from app.models.base import table_of
from app.models.deliberations import ModerationAct, Post, PostState, Thread
from app.rules.accounts import Duty
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Stance
from app.rules.paging import Leaf, Turn
from app.services.deliberations import listing, reacting, reading
from app.services.deliberations.reading import Order, Reader, Wish


def fill(session, talk, rows) -> None:
    """Posts straight into the table: (parent, stance, likes) each, in order, li_na's and wang_wei's by turns."""
    people = (talk.world.li_na.account_id, talk.world.wang_wei.account_id)
    at = talk.begins[Stage.OPINIONS]
    posts = [
        Post(
            estate_id=talk.world.estate_id,
            thread_id=talk.id,
            seq=seq,
            parent_seq=parent,
            author_id=people[seq % 2],
            stance=stance,
            text=f"发言 {seq}",
            state=PostState.VISIBLE,
            created_at=at + timedelta(seconds=seq),
            likes=likes,
        ).model_dump()
        for seq, (parent, stance, likes) in enumerate(rows, start=1)
    ]
    session.connection().execute(sa.insert(table_of(Post)), posts)
    session.get_one(Thread, talk.id).last_seq = len(posts)
    session.flush()


def read(session, talk, who=None, *, moderates=False, **wish):
    reader = Reader((who or talk.world.qian_er).account_id, moderates)
    return reading.read_page(session, **talk.where, reader=reader, wish=Wish(**wish))


def seqs(page):
    return [block.post.seq for block in page.blocks]


def walk(session, talk, **wish):
    """Every number of all pages, forwards, then the pages backwards."""
    page, forwards, backwards = read(session, talk, **wish), [], []
    forwards += seqs(page)
    while page.older:
        page = read(session, talk, after=page.older, **wish)
        forwards += seqs(page)
    backwards = seqs(page)
    while page.newer:
        page = read(session, talk, before=page.newer, **wish)
        backwards = seqs(page) + backwards
    return forwards, backwards


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        ({}, list(range(1, 71))),
        ({"order": Order.NEWEST}, list(range(70, 0, -1))),
        ({"order": Order.LIKED}, sorted(range(1, 71), key=lambda seq: (-(seq % 4), -seq))),
        ({"stance": Stance.CONCERN}, list(range(2, 71, 2))),
        ({"unanswered": True}, list(range(1, 71, 2))),
    ],
)
def test_all_pages_together_are_the_thread_once_in_either_direction(session, talk, wish, wanted) -> None:
    stances = (Stance.CONCERN, Stance.QUESTION)
    fill(session, talk, [(0, stances[seq % 2], seq % 4) for seq in range(1, 71)])
    forwards, backwards = walk(session, talk, **wish)
    assert forwards == wanted
    assert backwards == wanted


def test_five_replies_stand_under_a_post_and_the_rest_is_counted(session, talk) -> None:
    fill(session, talk, [(0, None, 0), (0, None, 0), *[(1, None, 0)] * 12, (2, None, 0)])
    first, second = read(session, talk).blocks
    assert [reply.seq for reply in first.replies] == [3, 4, 5, 6, 7]
    assert (first.more, second.more) == (7, 0)
    assert [reply.seq for reply in second.replies] == [15]


def test_many_replies_are_counted_no_further_than_a_hundred(session, talk) -> None:
    fill(session, talk, [(0, None, 0), *[(1, None, 0)] * 130])
    assert read(session, talk).blocks[0].more == reading.MOST_COUNTED


def test_replies_are_read_fifty_at_a_time(session, talk) -> None:
    fill(session, talk, [(0, None, 0), *[(1, None, 0)] * 60])
    where = {**talk.where, "reader": Reader(talk.world.qian_er.account_id), "seq": 1}
    block, last = reading.read_replies(session, **where, after=0)
    rest, end = reading.read_replies(session, **where, after=last)
    assert [reply.seq for reply in block.replies + rest.replies] == list(range(2, 62))
    assert end == 0
    with pytest.raises(NotFound):
        reading.read_replies(session, **{**where, "seq": 2}, after=0)


def test_a_permalink_leads_to_where_the_post_is_shown(session, talk) -> None:
    fill(session, talk, [(0, None, 0), *[(1, None, 0)] * 7])
    reader = Reader(talk.world.qian_er.account_id)
    where = {"thread_id": talk.id, "reader": reader}
    assert reading.place_of(session, **where, seq=1) == (1, True)
    assert reading.place_of(session, **where, seq=6) == (1, True)
    assert reading.place_of(session, **where, seq=7) == (1, False)
    with pytest.raises(NotFound):
        reading.place_of(session, **where, seq=99)


def test_neighbours_names_are_masked_and_ones_own_and_an_offices_are_not(session, world, talk) -> None:
    for who in (world.li_na, world.wang_wei, world.chen_jie, world.zhao_min):
        talk.post(session, who)
    shown = [block.post for block in read(session, talk, world.li_na).blocks]
    assert [view.author for view in shown] == ["li_na", "w**", "chen_jie", "zhao_min"]
    assert [view.badge for view in shown] == ["", "", "committee", "supervisor"]
    assert [view.place for view in shown] == ["", "3号楼1单元", "", ""]


@pytest.mark.parametrize("state", [PostState.WAITING, PostState.REFUSED])
def test_what_waits_is_seen_by_its_author_and_moderators_only(session, world, talk, state) -> None:
    talk.post(session, world.li_na, "等待的话")
    talk.post(session, world.wang_wei, "回复", reply_to=1)
    session.exec(select(Post).where(Post.seq == 1)).one().state = state
    session.flush()
    assert seqs(read(session, talk, world.qian_er)) == []
    assert seqs(read(session, talk, world.li_na)) == [1]
    assert seqs(read(session, talk, world.zhao_min, moderates=True)) == [1]
    with pytest.raises(NotFound):
        reading.read_post(session, **talk.where, reader=Reader(world.qian_er.account_id), seq=1)


def hide(session, world, talk, seq, moderator="赵敏") -> None:
    post = session.exec(select(Post).where(Post.thread_id == talk.id, Post.seq == seq)).one()
    post.state = PostState.HIDDEN
    session.add(
        ModerationAct(
            estate_id=world.estate_id,
            number=seq,
            act=Act.HIDE,
            subject_id=post.id,
            thread_id=talk.id,
            seq=seq,
            author_id=post.author_id,
            moderator_id=world.zhao_min.account_id,
            moderator_name=moderator,
            duty=Duty.SUPERVISOR,
            interest=True,
            reason="写了邻居的手机号",
            at=post.created_at,
        )
    )
    session.flush()


def test_a_hidden_post_is_a_stub_with_its_reason_and_the_moderators_badge(session, world, talk) -> None:
    talk.post(session, world.li_na, "13800138000 是他的号码")
    talk.post(session, world.wang_wei, "另一条", quote=1)
    hide(session, world, talk, 1)
    stub, quoting = [block.post for block in read(session, talk).blocks]
    assert (stub.text, stub.state) == ("", PostState.HIDDEN)
    assert (stub.stub.reason, stub.stub.badge, stub.stub.interest) == ("写了邻居的手机号", "supervisor", True)
    assert quoting.quote.text == ""
    assert read(session, talk, world.li_na).blocks[0].post.text.startswith("138")


def test_new_posts_are_those_after_a_number_without_ones_own_and_without_hidden(session, world, talk) -> None:
    talk.post(session, world.li_na)
    talk.post(session, world.wang_wei, reply_to=1)
    talk.post(session, world.qian_er)
    talk.post(session, world.zhao_min)
    hide(session, world, talk, 4)
    reader = Reader(world.qian_er.account_id)
    new = reading.read_new(session, **talk.where, reader=reader, after=0)
    assert [view.seq for view in new] == [1, 2]
    assert reading.read_new(session, **talk.where, reader=reader, after=2) == []


def test_a_part_to_print_holds_what_everyone_may_read(session, world, talk, monkeypatch) -> None:
    monkeypatch.setattr(reading, "PRINTED", 2)
    talk.post(session, world.li_na)
    talk.post(session, world.wang_wei, reply_to=1)
    talk.post(session, world.qian_er, reply_to=1)
    reader = Reader(world.qian_er.account_id)
    first = reading.read_part(session, **talk.where, reader=reader, part=1)
    second = reading.read_part(session, **talk.where, reader=reader, part=2)
    assert [(block.post.seq, len(block.replies)) for block in first] == [(1, 1)]
    assert [(block.post.seq, block.post.parent_seq) for block in second] == [(3, 1)]


def statements_of(session, talk) -> int:
    asked = []

    def note(*args) -> None:
        asked.append(args[2])

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    read(session, talk)
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(asked)


@pytest.mark.parametrize("size", [6, 600])
def test_a_page_takes_five_statements_however_long_the_thread(session, talk, size) -> None:
    fill(session, talk, [(0 if seq % 3 == 0 else seq - seq % 3 + 1, None, 0) for seq in range(size)])
    assert statements_of(session, talk) == 5


def test_how_far_one_has_read_never_goes_back_and_ones_own_post_keeps_it_whole(session, world, talk) -> None:
    talk.post(session, world.li_na)
    talk.post(session, world.wang_wei)
    mine = {"account_id": world.qian_er.account_id, "now": talk.begins[Stage.OPINIONS]}

    def unread():
        return listing.list_threads(session, estate_id=world.estate_id, **mine).rows[0].unread

    assert unread() == 2
    reacting.mark_read(session, **talk.where, seq=1, **mine)
    assert unread() == 1
    reacting.mark_read(session, **talk.where, seq=999, **mine)
    reacting.mark_read(session, **talk.where, seq=0, **mine)
    assert unread() == 0
    talk.post(session, world.qian_er)
    assert unread() == 0
    talk.post(session, world.zhao_min)
    assert unread() == 1


def test_threads_are_listed_by_number_a_page_at_a_time(session, world, talk, now) -> None:
    row = session.get_one(Thread, talk.id)
    for number in range(2, 24):
        copy = replace(talk, id=uuid4())
        session.add(Thread(**{**row.model_dump(), "id": copy.id, "number": number}))
        session.flush()
        stages = sa.text(
            "INSERT INTO thread_stage SELECT :new, stage, starts_at FROM thread_stage WHERE thread_id = :old"
        )
        types = {"new": sa.Uuid(), "old": sa.Uuid()}
        binds = [sa.bindparam(name, type_=kind) for name, kind in types.items()]
        session.connection().execute(stages.bindparams(*binds), {"new": copy.id, "old": talk.id})
    where = {"estate_id": world.estate_id, "account_id": world.li_na.account_id, "now": now}
    first = listing.list_threads(session, **where)
    rest = listing.list_threads(session, **where, turn=Turn(first.older))
    assert [line.number for line in first.rows + rest.rows] == list(range(23, 0, -1))
    assert (len(first.rows), first.newer, rest.older) == (20, "", "")
    assert first.rows[0].stage is Stage.NOTICE
    assert listing.list_threads(session, **where, turn=Turn(rest.newer, back=True)) == first
    assert listing.list_threads(session, **{**where, "estate_id": world.other_estate_id}) == Leaf(())


def test_a_search_shows_the_words_in_visible_posts_of_this_estate(session, world, talk) -> None:
    talk.post(session, world.li_na, "我家住一楼，担心采光受影响")
    talk.post(session, world.wang_wei, "采光没有问题")
    hide(session, world, talk, 2)
    hits, more = listing.search_talk(session, estate_id=world.estate_id, query="采光")
    assert more == 0
    assert [hit.link for hit in hits] == [f"deliberations/{talk.id}/posts/1"]
    assert (True, "采光") in hits[0].pieces
    assert listing.search_talk(session, estate_id=world.other_estate_id, query="采光") == ([], 0)


@pytest.mark.parametrize("stance", [None, Stance.CONCERN])
@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("mark", [{}, {"after": "400-3"}, {"before": "400-3"}])
def test_no_order_and_no_stance_of_a_thread_reads_more_than_its_page(
    session, talk, order, stance, mark
) -> None:
    """Told by the plan: the posts come off an index in their order, from the mark on, and nothing is sorted."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the rows that are there")
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, values, *_) -> None:
        asked.append((statement, values))

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    read(session, talk, order=order, stance=stance, **mark)
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    statement, values = next(one for one in asked if "reply_seqs" in one[0])
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [row[3] for row in plan]
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    (top,) = [step for step in steps if step.startswith("SEARCH post ")]
    name = "ix_post_thread_stance" if stance else "ix_post_thread_parent_seq"
    if order is Order.LIKED:
        name = "ix_post_thread_stance_likes" if stance else "ix_post_thread_likes"
    assert f"USING INDEX {name} (" in top
    assert bool(mark) == ("<" in top or ">" in top)
