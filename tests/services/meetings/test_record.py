"""The record: drafted, put to those present, objected to, confirmed by the clock, and then nothing changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.jobs import meetings as job
from app.models.meetings import MeetingRecord
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.deliberations.minutes import PointKind
from app.rules.deliberations.stages import Stage
from app.rules.meetings.kinds import Handling, MeetingKind, RecordState, Verdict
from app.rules.meetings.quorum import SOURCE, Hands, Outcome
from app.rules.meetings.states import MeetingState, Phase
from app.services.deliberations import minutes
from app.services.deliberations.minutes import PointView
from app.services.meetings import attending, confirming, copying, recording, records, tasks
from app.services.meetings.recording import TypedRecord
from app.services.trail import Actor
from app.templating import render_message
from tests.fixtures.meetings import POINTS

CONFIRM, OBJECT = Verdict.CONFIRM, Verdict.OBJECT
TABLES = (
    "meeting_record",
    "meeting_point",
    "meeting_answer",
    "meeting_attendance",
    "meeting_item",
    "meeting",
)
COLUMNS = {
    "meeting_record": "present",
    "meeting_point": "position",
    "meeting_answer": "at",
    "meeting_attendance": "struck_at",
    "meeting_item": "minutes",
    "meeting": "sequence",
}


def held(gathering, world, **changes):
    gathering.invite(**changes)
    for who in (world.li_na, world.wang_wei):
        gathering.here(who)
    return gathering


def changes(session, tag: str) -> list[tuple[dict[str, object], dict[str, object]]]:
    rows = session.exec(select(TrailRow).where(TrailRow.tag == f"meetings:{tag}"))
    return [(row.old, row.new) for row in rows]


def refused_by_the_database(session, statement: str) -> bool:
    try:
        with session.begin_nested():
            session.connection().exec_driver_sql(statement)
    except DBAPIError:
        return True
    return False


def test_after_its_window_a_record_is_confirmed_on_read_and_by_the_job_and_nothing_changes_it(
    gathering, session, world, database
) -> None:
    held(gathering, world)
    gathering.put()
    due = gathering.record.due_at
    # Monday's meeting ends on a Monday; three days on is a Thursday, and its last second counts.
    assert due - gathering.ends_at < timedelta(days=4)
    gathering.say(world.li_na, CONFIRM)
    gathering.say(world.li_na, CONFIRM)
    shown = gathering.shown(world.li_na, due - timedelta(seconds=1))
    assert (shown.is_confirmed, shown.may_answer, shown.my_verdict) == (False, True, CONFIRM)
    shown = gathering.shown(world.wang_wei, due)
    assert (shown.is_confirmed, shown.may_answer, shown.confirmed_at, shown.intact) == (
        True,
        False,
        due,
        True,
    )
    assert gathering.view(world.li_na, due).phase is Phase.CONFIRMED
    assert gathering.row.state is MeetingState.RECORD
    with pytest.raises(Conflict) as found:
        gathering.say(world.wang_wei, OBJECT, "我没有同意北侧", at=due)
    assert found.value.code == "too_late"
    session.commit()
    assert job.tick(database, now=due - timedelta(seconds=1)) == 0
    assert job.tick(database, now=due + timedelta(hours=5)) == 1
    assert job.tick(database, now=due + timedelta(hours=6)) == 0
    session.expire_all()
    assert (gathering.row.state, gathering.record.confirmed_at) == (MeetingState.CONFIRMED, due)
    for table in TABLES:
        column = COLUMNS[table]
        assert refused_by_the_database(session, f"UPDATE {table} SET {column} = {column}"), table
        assert refused_by_the_database(session, f"DELETE FROM {table}"), table
    where = {**gathering.where, "actor": gathering.chair, "now": due}
    with pytest.raises(Conflict) as found:
        recording.save_record(session, **where, typed=TypedRecord(POINTS))
    assert found.value.code == "frozen"
    with pytest.raises(Conflict):
        gathering.by_name("迟到的人")
    with pytest.raises(Conflict):
        gathering.draft()


def test_an_accepted_objection_makes_a_new_version_that_goes_to_all_again(gathering, session, world) -> None:
    held(gathering, world)
    first = gathering.put()
    gathering.say(world.li_na, CONFIRM)
    gathering.say(world.wang_wei, OBJECT, "不是北侧，说的是南侧")
    gathering.say(world.wang_wei, OBJECT, "不是北侧，说的是南侧")
    with pytest.raises(Conflict) as found:
        gathering.say(world.wang_wei, CONFIRM)
    assert found.value.code == "answered"
    due = gathering.record.due_at
    # An open objection stops the clock.
    assert not gathering.advance(due + timedelta(days=9))
    assert gathering.view(world.li_na, due + timedelta(days=9)).phase is Phase.RECORD
    wang = gathering.attendance(world.wang_wei)
    where = {**gathering.where, "attendance_id": wang, "accept": True, "reply": "好的好的", "now": due}
    with pytest.raises(NotAllowed):
        confirming.handle_objection(session, **where, actor=Actor(world.li_na.account_id, "李娜"))
    with pytest.raises(Invalid):
        gathering.handle(wang, True, due, reply=" ")
    gathering.handle(wang, True, due)
    gathering.handle(wang, True, due)
    with pytest.raises(Conflict):
        gathering.handle(wang, False, due)
    versions = session.exec(select(MeetingRecord).order_by(MeetingRecord.version)).all()
    assert [(one.version, one.state) for one in versions] == [
        (1, RecordState.REPLACED),
        (2, RecordState.DRAFT),
    ]
    assert gathering.shown(world.li_na, due) is None
    draft = gathering.shown(world.chen_jie, due, drafts=True)
    assert [point.row for point in draft.points] == list(POINTS)
    points = (replace(POINTS[0], text="电梯装在单元南侧"), *POINTS[1:])
    where = {**gathering.where, "actor": gathering.recorder, "now": due}
    document = recording.save_record(session, **where, typed=TypedRecord(points))
    second = recording.rules.digest(document)
    recording.put_record(session, **where, seen=second)
    assert second != first
    with pytest.raises(Conflict) as found:
        gathering.say(world.li_na, CONFIRM, at=due, seen=first)
    assert found.value.code == "changed"
    gathering.say(world.li_na, CONFIRM, at=due)
    told = {
        one.template for one in session.exec(select(Message)) if one.account_id == world.wang_wei.account_id
    }
    assert {"meeting_record_put", "meeting_objection_accepted", "meeting_record_again"} <= told
    assert refused_by_the_database(session, "UPDATE meeting_record SET state = 'draft' WHERE version = 1")
    assert gathering.advance(gathering.record.due_at)
    assert gathering.record.version == 2


def test_accepting_one_objection_answers_every_other_to_that_version(gathering, session, world) -> None:
    held(gathering, world)
    gathering.put()
    gathering.say(world.li_na, OBJECT, "漏写了噪声的事")
    gathering.say(world.wang_wei, OBJECT, "不是北侧，说的是南侧")
    due = gathering.record.due_at
    assert gathering.shown(world.li_na, due).open_count == 2
    gathering.handle(gathering.attendance(world.wang_wei), True, due)
    draft = gathering.shown(world.chen_jie, due, drafts=True)
    assert {one.handling for one in draft.objections} == {Handling.ACCEPTED}
    assert any("请对新的一稿再提" in one.reply for one in draft.objections)
    told = select(Message.account_id).where(Message.template == "meeting_objection_accepted")
    assert set(session.exec(told)) == {world.li_na.account_id, world.wang_wei.account_id}
    with pytest.raises(Conflict) as found:
        gathering.handle(gathering.attendance(world.li_na), False, due)
    assert found.value.code == "handled"
    # What was said of the second version is answered apart from what was said of the first.
    where = {**gathering.where, "actor": gathering.recorder, "now": due}
    recording.put_record(session, **where, seen=draft.digest)
    gathering.say(world.li_na, OBJECT, "还是没有写噪声", at=due)
    gathering.handle(gathering.attendance(world.li_na), False, due, reply="会上没有谈到噪声")
    shown = gathering.shown(world.li_na, due)
    assert [one.handling for one in shown.objections] == [
        Handling.NOTED,
        Handling.ACCEPTED,
        Handling.ACCEPTED,
    ]
    still = tuple(replace(one, handling=Handling.OPEN) for one in shown.objections)
    assert replace(shown, objections=still).open_count == 1


def test_a_noted_objection_is_printed_with_the_record_and_lets_the_clock_go_on(
    gathering, session, world
) -> None:
    held(gathering, world)
    gathering.put()
    gathering.say(world.li_na, CONFIRM)
    gathering.say(world.li_na, OBJECT, "漏写了噪声的事")
    answered = gathering.record.due_at + timedelta(hours=30)
    gathering.handle(gathering.attendance(world.li_na), False, answered, reply="会上没有谈到噪声")
    assert (gathering.row.state, gathering.record.confirmed_at) == (MeetingState.CONFIRMED, answered)
    shown = gathering.shown(world.wang_wei, answered)
    assert [one.handling for one in shown.dissents] == [Handling.NOTED]
    text = "\n".join(records.lines_of(shown))
    assert "漏写了噪声的事；答复：会上没有谈到噪声" in text
    assert "li_na" not in text
    rows = session.exec(select(TrailRow).where(TrailRow.tag == "meetings:objection:note")).all()
    assert [row.reason for row in rows] == ["会上没有谈到噪声"]


def test_only_those_present_answer_and_the_desk_writes_for_those_without_an_account(
    gathering, session, world
) -> None:
    held(gathering, world)
    granny = gathering.by_name("张奶奶", "101室")
    seen = gathering.put()
    with pytest.raises(NotAllowed) as found:
        gathering.say(world.qian_er, CONFIRM)
    assert found.value.code == "not_present"
    where = {**gathering.where, "actor": gathering.recorder, "now": gathering.ends_at}
    said = confirming.Said(seen, OBJECT, "一楼采光写得太轻了")
    confirming.answer_for(session, **where, attendance_id=granny, said=said)
    with pytest.raises(NotAllowed) as found:
        confirming.answer_for(session, **where, attendance_id=gathering.attendance(world.li_na), said=said)
    assert found.value.code == "has_account"
    with pytest.raises(Invalid):
        gathering.say(world.li_na, OBJECT, " ")
    with pytest.raises(Invalid):
        gathering.say(world.li_na, OBJECT, "字" * 1_000_000)
    shown = gathering.shown(world.chen_jie, gathering.ends_at)
    assert [(one.name, one.text) for one in shown.objections] == [("张奶奶", "一楼采光写得太轻了")]
    assert len(session.exec(select(TrailRow).where(TrailRow.tag == "meetings:record:enter")).all()) == 1


def test_what_is_missing_or_has_moved_keeps_a_record_from_being_put(gathering, session, world) -> None:
    gathering.invite()
    where = {**gathering.where, "actor": gathering.recorder}
    with pytest.raises(Conflict) as found:
        recording.start_record(session, **where, record_id=uuid4(), now=gathering.now)
    assert found.value.code == "too_early"
    at = {**where, "now": gathering.ends_at}
    first = recording.start_record(session, **at, record_id=uuid4())
    assert recording.start_record(session, **at, record_id=uuid4()) == first
    draft = gathering.shown(world.chen_jie, gathering.ends_at, drafts=True)
    assert [point.row.text for point in draft.points] == ["议程：看两种图纸", "议程：费用怎么分"]
    document = recording.save_record(session, **at, typed=TypedRecord(POINTS))
    assert [one.code for one in recording.problems_of(document)] == ["nobody"]
    task = PointView(PointKind.TASK, "出图纸", "", date(2026, 12, 1))
    missing = recording.problems_of(recording.save_record(session, **at, typed=TypedRecord([task])))
    assert {"who-1"} <= {one.field for one in missing}
    given = TypedRecord(POINTS, 10, 5, [Hands("装不装", 3, 1, 1)])
    with pytest.raises(Invalid):
        recording.save_record(session, **at, typed=given)
    gathering.here(world.li_na)
    seen = recording.rules.digest(recording.save_record(session, **at, typed=TypedRecord(POINTS)))
    gathering.by_name("张奶奶", "101室")
    with pytest.raises(Conflict) as found:
        recording.put_record(session, **at, seen=seen)
    assert found.value.code == "changed"
    with pytest.raises(NotAllowed):
        recording.put_record(session, **{**at, "actor": Actor(world.li_na.account_id, "李娜")}, seen=seen)
    assert gathering.row.state is MeetingState.INVITED


def test_a_residents_meeting_counts_hands_exactly_and_says_what_is_not_verified(
    gathering, session, world
) -> None:
    held(gathering, world, kind=MeetingKind.RESIDENTS, eligible=3, quorum_source=SOURCE)
    view = gathering.view(world.li_na)
    assert (view.quorum.eligible, view.quorum_verified) == (3, False)
    hands = [Hands("换单元门", 2, 0, 0), Hands("装监控", 1, 1, 0)]
    gathering.put((), eligible=3, voters=2, decisions=hands)
    assert changes(session, "meeting:eligible") == []
    shown = gathering.shown(world.li_na, gathering.ends_at)
    assert [one.outcome for one in shown.decided] == [Outcome.PASSED, Outcome.NOT_PASSED]
    text = "\n".join(records.lines_of(shown))
    assert "换单元门：同意 2 人，反对 0 人，弃权 0 人，通过" in text
    assert "尚未核实" in text
    for message in session.exec(select(Message)):
        for language in ("zh", "en"):
            assert len(render_message(message.template, message.values, language=language)) <= 200


def test_who_changes_how_many_should_have_come_stands_on_the_trail(gathering, session, world) -> None:
    held(gathering, world, kind=MeetingKind.RESIDENTS, eligible=30, quorum_source=SOURCE)
    gathering.write((), eligible=3, voters=2, decisions=[Hands("换单元门", 2, 0, 0)])
    assert changes(session, "meeting:eligible") == [({"eligible": 30}, {"eligible": 3})]


def test_tasks_are_listed_late_by_the_clock_and_ticked_off_once(gathering, session, world) -> None:
    held(gathering, world)
    gathering.put()
    due = gathering.record.due_at
    at = due + timedelta(days=60)
    where = {**gathering.where, "position": 3, "actor": gathering.chair}
    with pytest.raises(Conflict):
        tasks.settle_task(session, **where, words="图纸贴出来了", now=gathering.ends_at)
    assert gathering.advance(due)
    assert [task.is_late for task in tasks.list_open(session, estate_id=world.estate_id, now=due)] == [False]
    listed = tasks.list_open(session, estate_id=world.estate_id, now=at)
    assert [(task.text, task.who, task.is_late) for task in listed] == [
        ("请设计院出两种图纸", "居委会", True)
    ]
    assert tasks.list_open(session, estate_id=world.other_estate_id, now=at) == []
    with pytest.raises(NotFound):
        tasks.settle_task(session, **{**where, "position": 1}, words="图纸贴出来了", now=at)
    with pytest.raises(Invalid):
        tasks.settle_task(session, **where, words="", now=at)
    for words in ("图纸贴出来了", "第二次按下"):
        tasks.settle_task(session, **where, words=words, now=at)
    assert tasks.list_open(session, estate_id=world.estate_id, now=at) == []
    shown = gathering.shown(world.li_na, at)
    assert [point.done.note for point in shown.points if point.done] == ["图纸贴出来了"]
    assert shown.intact


def test_attendance_is_told_since_the_confirmation_of_the_record_was_written_down_and_without_those_struck_out(
    gathering, session, world
) -> None:
    held(gathering, world)
    gathering.by_name("张奶奶")
    gathering.put()
    since = gathering.ends_at
    assert attending.attended(session, estate_id=world.estate_id, since=since) == []
    # The worker stood still for a day: it was confirmed yesterday, and is told today.
    since = gathering.record.due_at + timedelta(days=1)
    gathering.advance(since)
    told = attending.attended(session, estate_id=world.estate_id, since=since)
    assert {row[0] for row in told} == {world.li_na.account_id, world.wang_wei.account_id}
    assert {row[1:] for row in told} == {(gathering.id, gathering.starts_at)}
    assert attending.attended(session, estate_id=world.other_estate_id, since=since) == []
    later = since + timedelta(seconds=1)
    assert attending.attended(session, estate_id=world.estate_id, since=later) == []


def test_a_confirmed_record_goes_into_the_threads_minutes_until_they_are_out(
    gathering, session, world, consensus
) -> None:
    """Drafted from the statements, confirmed, copied once, added to a draft that stands, refused when published."""
    talk = consensus.talk
    consensus.state()
    for account_id in consensus.move_in(12, "501"):
        consensus.mark(account_id, now=talk.begins[Stage.MEETING])
    gathering.now = talk.begins[Stage.MEETING] - timedelta(days=6)
    gathering.thread_id = talk.id
    held(gathering, world)
    where = {**gathering.where, "actor": gathering.chair}
    recording.start_record(session, **where, record_id=uuid4(), now=gathering.ends_at)
    draft = gathering.shown(world.chen_jie, gathering.ends_at, drafts=True)
    assert (draft.points[0].row.kind, draft.points[0].row.statement) == (PointKind.AGREED, 1)
    with pytest.raises(Conflict) as found:
        copying.copy_to_minutes(session, **where, minutes_id=uuid4(), now=gathering.ends_at)
    assert found.value.code == "not_confirmed"
    gathering.put()
    due = gathering.record.due_at
    for _ in range(2):
        assert copying.copy_to_minutes(session, **where, minutes_id=uuid4(), now=due) == talk.id
    copied = minutes.read_minutes(session, **talk.where)
    assert [(point.kind, point.text) for point in copied.points] == [(one.kind, one.text) for one in POINTS]
    assert copied.present == 2
    seen = minutes.digest_of(copied)
    minutes.publish_minutes(
        session, **talk.where, seen=seen, actor=gathering.chair, now=due + timedelta(days=2)
    )
    with pytest.raises(Conflict) as found:
        copying.copy_to_minutes(session, **where, minutes_id=uuid4(), now=due + timedelta(days=2))
    assert found.value.code == "frozen"
