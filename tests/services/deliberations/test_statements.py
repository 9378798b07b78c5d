"""Statements: who drafts and marks them, and that nobody's mark can be watched or read out of the picture."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.deliberations import Statement, StatementMark
from app.rules.deliberations.agreement import Verdict
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark
from app.rules.estates.bands import Band
from app.services.deliberations import statements
from app.services.trail import Actor


def test_a_statement_gets_the_next_number_and_the_form_sent_twice_is_one(consensus, session) -> None:
    again = uuid4()
    assert consensus.state(statement_id=again) == 1
    assert consensus.state(statement_id=again) == 1
    assert consensus.state("一楼不出钱") == 2
    assert len(session.exec(select(Statement)).all()) == 2


def test_an_appointed_moderator_drafts_and_a_resident_does_not(consensus, world) -> None:
    assert consensus.state(actor=Actor(world.zhao_min.account_id, "赵敏")) == 1
    with pytest.raises(NotAllowed):
        consensus.state(actor=Actor(world.li_na.account_id, "李娜"))
    drafted = consensus.read(world.li_na.account_id)[0]
    assert (drafted.badge, drafted.interest) == ("supervisor", False)


def test_statements_stand_still_while_neighbours_mark_them(consensus) -> None:
    for stage in (Stage.NOTICE, Stage.CONSENSUS, Stage.CLOSED):
        with pytest.raises(Conflict) as refused:
            consensus.state(now=consensus.talk.begins[stage])
        assert refused.value.code == "stage_closed"


@pytest.mark.parametrize("text", ["好", "很" * 201])
def test_a_statement_is_neither_a_word_nor_an_essay(consensus, text) -> None:
    with pytest.raises(Invalid) as refused:
        consensus.state(text)
    assert refused.value.field == "text"


def test_a_statement_comes_from_a_post_that_all_can_read(consensus, session, world) -> None:
    posted = consensus.talk.post(session, world.li_na, "装在北侧吧")
    at = consensus.talk.begins[Stage.OPINIONS] + timedelta(hours=2)
    assert consensus.state(from_seq=posted.seq, now=at) == 1
    with pytest.raises(Invalid) as refused:
        consensus.state(from_seq=posted.seq + 1, now=at)
    assert refused.value.field == "from_seq"


def test_another_estates_thread_is_not_found(consensus, world) -> None:
    with pytest.raises(NotFound):
        statements.draft_statement(
            consensus.session, estate_id=world.other_estate_id, thread_id=consensus.talk.id,
            statement_id=uuid4(), text="电梯装在北侧", from_seq=0,
            actor=Actor(world.zhou_tao.account_id, "周涛"), now=consensus.now,
        )  # fmt: skip
    with pytest.raises(NotFound):
        consensus.mark(world.li_na.account_id, estate_id=world.other_estate_id)


def test_a_mark_replaces_the_one_before_it(consensus, session, world) -> None:
    consensus.state()
    consensus.mark(world.li_na.account_id)
    consensus.mark(world.li_na.account_id, Mark.DISAGREE)
    row = session.exec(select(StatementMark).execution_options(populate_existing=True)).one()
    assert (row.mark, row.band) == (Mark.DISAGREE, Band.MIDDLE)
    assert consensus.read(world.li_na.account_id)[0].mine is Mark.DISAGREE
    assert consensus.read(world.wang_wei.account_id)[0].mine is None


def test_the_same_mark_pressed_again_stays_counted(consensus, session, world) -> None:
    consensus.state()
    early = consensus.now - timedelta(hours=1)
    consensus.mark(world.li_na.account_id, now=early)
    consensus.mark(world.li_na.account_id)
    assert session.exec(select(StatementMark.at)).one() == early


def test_only_who_has_a_home_in_the_scope_marks(consensus, world) -> None:
    consensus.state()
    consensus.mark(world.qian_er.account_id)
    for outsider in (world.chen_jie, world.zhao_min, world.zhou_tao):
        with pytest.raises(NotAllowed) as refused:
            consensus.mark(outsider.account_id)
        assert refused.value.code == "no_home"


def test_marks_end_with_the_stage_and_with_the_statement(consensus, world) -> None:
    number = consensus.state()
    with pytest.raises(Conflict):
        consensus.mark(world.li_na.account_id, now=consensus.talk.begins[Stage.CLOSED])
    statements.withdraw_statement(
        consensus.session, **consensus.where, number=number, reason="和第二条是一个意思，合并了",
        actor=consensus.actor, now=consensus.talk.begins[Stage.OPINIONS],
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        consensus.mark(world.li_na.account_id)
    assert refused.value.code == "withdrawn"
    assert consensus.read(world.li_na.account_id)[0].withdrawn_reason == "和第二条是一个意思，合并了"


def test_a_withdrawal_says_why(consensus) -> None:
    number = consensus.state()
    with pytest.raises(Invalid):
        statements.withdraw_statement(
            consensus.session, **consensus.where, number=number, reason="不要了",
            actor=consensus.actor, now=consensus.talk.begins[Stage.OPINIONS],
        )  # fmt: skip


def test_a_mark_shows_to_others_from_the_next_full_hour_on(consensus, world) -> None:
    consensus.state()
    for person in consensus.move_in(3, "601"):
        consensus.mark(person)
    assert consensus.read(world.li_na.account_id)[0].picture.total == 0
    hour = statements.counted_until(consensus.now) + timedelta(hours=1)
    assert consensus.read(world.li_na.account_id, hour - timedelta(seconds=1))[0].picture.total == 0
    assert consensus.read(world.li_na.account_id, hour)[0].picture.total == 3


def test_who_changes_his_mark_is_shown_with_the_old_one_until_the_next_full_hour(consensus, world) -> None:
    consensus.state()
    early = consensus.now - timedelta(hours=1)
    neighbours = consensus.move_in(6, "601")
    for place, person in enumerate(neighbours):
        consensus.mark(person, Mark.AGREE if place < 3 else Mark.DISAGREE, now=early)

    def seen(now=None) -> tuple[int, int | None]:
        row = consensus.read(world.li_na.account_id, now)[0].picture.rows[-1]
        return row.agree, row.disagree

    assert seen() == (3, 3)
    for mark in (Mark.UNSURE, Mark.AGREE, Mark.UNSURE):
        consensus.mark(neighbours[0], mark)
        assert seen() == (3, 3)
    consensus.mark(neighbours[0], Mark.DISAGREE)
    for person in neighbours[1:3]:
        consensus.mark(person, Mark.DISAGREE)
    assert seen() == (3, 3)
    assert seen(statements.counted_until(consensus.now) + timedelta(hours=1)) == (0, 6)


def test_the_picture_is_by_band_and_one_neighbour_cannot_be_read_out_of_it(consensus, world) -> None:
    consensus.state()
    early = consensus.now - timedelta(hours=1)
    for person in consensus.move_in(4, "601"):
        consensus.mark(person, now=early)
    for person in consensus.move_in(3, "101"):
        consensus.mark(person, Mark.DISAGREE, now=early)
    picture = consensus.read(world.li_na.account_id)[0].picture
    assert picture.verdict is Verdict.CONTESTED
    assert [(row.bands, row.agree, row.disagree) for row in picture.rows] == [
        ((Band.LOW,), 0, 3),
        ((Band.MIDDLE,), 0, 0),
        ((Band.HIGH,), 4, 0),
    ]
    consensus.mark(world.li_na.account_id, Mark.UNSURE, now=early)
    cells = [
        cell
        for row in consensus.read(world.li_na.account_id)[0].picture.rows
        for cell in (row.agree, row.disagree, row.unsure)
    ]
    assert 1 not in cells


def test_the_database_keeps_a_statement_as_it_was_written(consensus, session) -> None:
    consensus.state()
    row = session.exec(select(Statement)).one()
    row.text = "电梯装在单元南侧"
    session.add(row)
    with pytest.raises(DBAPIError):
        session.flush()
