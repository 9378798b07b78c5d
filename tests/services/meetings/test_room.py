"""At the door and in the room: one attendance per person, stale codes, the desk's list, the speaking order."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, TooMany
from app.models.meetings import MeetingAttendance
from app.rules.meetings.door import door_token
from app.services.meetings import door, reading, speaking
from app.services.trail import Actor


def rows(session) -> list[MeetingAttendance]:
    return list(session.exec(select(MeetingAttendance)))


def test_a_scan_in_the_room_signs_in_once_and_a_photo_at_home_does_not(gathering, session, world) -> None:
    gathering.invite()
    token = door_token(gathering.secret, gathering.id, gathering.starts_at)
    later = gathering.starts_at + timedelta(minutes=2)
    refusal = gathering.here(world.li_na, at=later, token=token)
    assert refusal is not None
    assert refusal.code == "stale"
    assert gathering.here(world.li_na, token=door_token(gathering.secret, uuid4(), gathering.starts_at))
    assert rows(session) == []
    assert gathering.here(world.li_na) is None
    assert gathering.here(world.li_na, at=later, token=token) is None
    assert [(row.account_id, row.home) for row in rows(session)] == [
        (world.li_na.account_id, "3号楼1单元301室")
    ]
    with pytest.raises(NotAllowed):
        gathering.here(world.sun_li)
    for minutes in (-31, 120):
        with pytest.raises(Conflict) as found:
            gathering.here(world.wang_wei, at=gathering.starts_at + timedelta(minutes=minutes))
        assert found.value.code == "door_closed"
    assert len(rows(session)) == 1


def test_guessing_codes_ends_after_ten_tries(gathering, session, world) -> None:
    gathering.invite()
    for _ in range(door.TRIES):
        assert gathering.here(world.li_na, token="0" * 24)
    with pytest.raises(TooMany):
        gathering.here(world.li_na)
    assert gathering.here(world.li_na, at=gathering.starts_at + timedelta(minutes=11)) is None


def test_the_desk_signs_in_by_name_and_nobody_counts_twice(gathering, session, world) -> None:
    gathering.invite()
    gathering.here(world.li_na)
    gathering.by_name("li_na", "3-1-301")
    gathering.by_name("wang_wei")
    gathering.here(world.wang_wei)
    first = gathering.by_name("张奶奶", "3号楼1单元101室")
    gathering.by_name("张奶奶", "3号楼1单元101室")
    gathering.by_name("别的名字", attendance_id=first)
    gathering.by_name("王工", "设计院", now=gathering.ends_at + timedelta(hours=3))
    assert sorted(row.name for row in rows(session)) == ["li_na", "wang_wei", "张奶奶", "王工"]
    assert gathering.view(world.li_na).figures.present == 4
    with pytest.raises(Invalid):
        gathering.by_name(" ")
    with pytest.raises(NotAllowed):
        door.sign_in_by_name(
            session,
            **gathering.where,
            attendance_id=uuid4(),
            name="我自己",
            home="",
            actor=Actor(world.qian_er.account_id, "钱二"),
            now=gathering.starts_at,
        )


def test_a_wrong_sign_in_is_struck_out_with_a_reason_and_stays(gathering, session, world) -> None:
    gathering.invite()
    gathering.here(world.li_na)
    row_id = gathering.attendance(world.li_na)
    speaking.ask(
        session,
        **gathering.where,
        speech_id=uuid4(),
        account_id=world.li_na.account_id,
        now=gathering.starts_at,
    )
    where = {**gathering.where, "attendance_id": row_id, "actor": gathering.recorder}
    with pytest.raises(Invalid):
        door.strike(session, **where, reason="错", now=gathering.starts_at)
    door.strike(session, **where, reason="本人没有到会", now=gathering.starts_at)
    door.strike(session, **where, reason="第二次按下去", now=gathering.starts_at)
    assert [(row.struck_reason) for row in rows(session)] == ["本人没有到会"]
    view = gathering.view(world.li_na, gathering.starts_at)
    assert (view.figures.present, view.mine.attended_at) == (0, None)
    with pytest.raises(Conflict) as found:
        gathering.here(world.li_na)
    assert found.value.code == "struck"
    queue = speaking.read_queue(
        session, gathering.row, account_id=world.li_na.account_id, now=gathering.starts_at, in_clear=False
    )
    assert queue.waiting == ()
    gathering.by_name("li_na", "3号楼1单元301室")
    assert [line.struck_at is None for line in reading.list_present(session, meeting_id=gathering.id)].count(
        True
    ) == 1
    for statement in ("DELETE FROM meeting_attendance", "UPDATE meeting_attendance SET name = 'x'"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.connection().exec_driver_sql(statement)


def test_those_who_have_not_spoken_come_first_and_one_speaks_at_a_time(gathering, session, world) -> None:
    gathering.invite()
    people = [world.li_na, world.wang_wei, world.qian_er]
    for who in people:
        gathering.here(who)
    at = gathering.starts_at

    def ask(who, seconds):
        given = {"speech_id": uuid4(), "account_id": who.account_id, "now": at + timedelta(seconds=seconds)}
        speaking.ask(session, **gathering.where, **given)

    def queue(who=world.chen_jie, clear=True):
        given = {"account_id": who.account_id, "now": at, "in_clear": clear}
        return speaking.read_queue(session, gathering.row, **given)

    def call(seen):
        given = {"seen": seen, "actor": gathering.chair, "now": at}
        speaking.call_next(session, **gathering.where, **given)

    ask(world.li_na, 0)
    ask(world.li_na, 1)
    ask(world.wang_wei, 2)
    assert [one.name for one in queue().waiting] == ["li_na", "wang_wei"]
    call(None)
    call(None)
    first = queue().speaking
    assert first
    assert first.name == "li_na"
    assert [one.name for one in queue(world.qian_er, clear=False).waiting] == ["w**"]
    assert queue(world.wang_wei, clear=False).waiting[0].is_mine
    call(first.speech_id)
    assert queue().speaking.name == "wang_wei"
    ask(world.li_na, 3)
    ask(world.qian_er, 4)
    assert [(one.name, one.turns) for one in queue().waiting] == [("qian_er", 0), ("li_na", 1)]
    speaking.give_up(session, **gathering.where, account_id=world.wang_wei.account_id, now=at)
    waiting = queue().waiting[0]
    given = {"speech_id": waiting.speech_id, "spoke": True, "actor": gathering.chair, "now": at}
    speaking.end_turn(session, **gathering.where, **given)
    assert (queue().speaking, [one.name for one in queue().waiting], queue().turns_taken) == (
        None,
        ["li_na"],
        2,
    )
    granny = gathering.by_name("张奶奶", "101室")
    given = {"speech_id": uuid4(), "attendance_id": granny, "actor": gathering.recorder, "now": at}
    speaking.ask_for(session, **gathering.where, **given)
    assert [one.name for one in queue().waiting] == ["张奶奶", "li_na"]
    with pytest.raises(NotAllowed) as found:
        ask(world.zhao_min, 9)
    assert found.value.code == "not_present"
    with pytest.raises(Conflict):
        ask(world.wang_wei, 7200)
    nobody = Actor(world.li_na.account_id, "李娜")
    with pytest.raises(NotAllowed):
        speaking.call_next(session, **gathering.where, seen=None, actor=nobody, now=at)
