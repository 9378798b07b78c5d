"""From the form to the invitation: who is invited, what must stand first, what a change and a cancellation tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.meetings import Meeting, MeetingInvitee
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.meetings.kinds import MeetingKind, Reply, RoomRole
from app.rules.meetings.quorum import Share
from app.services.meetings import drafting, inviting, reading
from app.services.meetings.calendar_file import calendar_file
from app.services.meetings.drafting import Holder, Item
from app.services.trail import Actor
from app.templating import render_message


def messages(session, template: str) -> list[Message]:
    return list(session.exec(select(Message).where(Message.template == template)))


def test_everybody_of_the_scope_with_an_account_is_invited_once_and_told(gathering, session, world) -> None:
    assert gathering.invite() == 5
    assert inviting.invite(session, **gathering.where, actor=gathering.recorder, now=gathering.now) == 5
    people = {
        world.people[name].account_id for name in ("li_na", "wang_wei", "qian_er", "chen_jie", "zhao_min")
    }
    assert set(session.exec(select(MeetingInvitee.account_id))) == people
    told = messages(session, "meeting_invited")
    assert {one.account_id for one in told} == people
    for language in ("zh", "en"):
        assert len(render_message(told[0].template, told[0].values, language=language)) <= 200
    view = gathering.view(world.li_na)
    assert (view.figures.invited, view.scope, view.mine.may_run) == (5, "3号楼1单元", False)
    assert [item.title for item in view.agenda] == ["看两种图纸", "费用怎么分"]


def test_a_draft_is_nobodys_business_and_lacks_are_named(gathering, session, world) -> None:
    gathering.draft(items=[], roles=[])
    with pytest.raises(NotFound):
        gathering.view(world.li_na)
    assert gathering.view(world.chen_jie).mine.may_run
    with pytest.raises(NotAllowed):
        inviting.invite(
            session, **gathering.where, actor=Actor(world.li_na.account_id, "李娜"), now=gathering.now
        )
    with pytest.raises(Invalid) as found:
        inviting.invite(session, **gathering.where, actor=gathering.chair, now=gathering.now)
    assert found.value.code == "no_agenda"
    gathering.draft(roles=[Holder(RoomRole.CHAIR, account_id=gathering.chair.id)])
    with pytest.raises(Invalid) as found:
        inviting.invite(session, **gathering.where, actor=gathering.chair, now=gathering.now)
    assert found.value.code == "no_chair"
    gathering.draft()
    with pytest.raises(Conflict):
        inviting.invite(session, **gathering.where, actor=gathering.chair, now=gathering.starts_at)
    elsewhere = {"estate_id": world.other_estate_id, "meeting_id": gathering.id}
    with pytest.raises(NotFound):
        inviting.invite(
            session, **elsewhere, actor=Actor(world.zhou_tao.account_id, "周涛"), now=gathering.now
        )
    assert messages(session, "meeting_invited") == []


WRONG = [
    ({"title": " "}, "title"),
    ({"title": "字" * 1_000_000}, "title"),
    ({"place": ""}, "place"),
    ({"scope": "entrance:9:9"}, "scope"),
    ({"confirm_days": 0}, "confirm_days"),
    ({"items": [Item("看图纸", 0)]}, "minutes-1"),
    ({"roles": [Holder(RoomRole.CHAIR, "路人")]}, "holder-1"),
    ({"attend": Share(2, 2)}, "attend_num"),
    ({"kind": MeetingKind.RESIDENTS}, "quorum_source"),
]


def test_what_cannot_be_is_named_by_its_field(gathering, session) -> None:
    times = [({"ends_at": gathering.starts_at}, "ends_at"), ({"starts_at": gathering.now}, "starts_at")]
    for changes, field in [*WRONG, *times]:
        with pytest.raises(Invalid) as found:
            gathering.draft(**changes)
        assert found.value.field == field
        session.rollback()


def test_a_party_member_convenes_only_for_the_thread_he_moderates(gathering, session, world, talk) -> None:
    """He runs what he convened, as long as he is appointed; a form's id belongs to its first meeting."""
    where = {**gathering.where, "actor": gathering.recorder, "now": gathering.now}
    with pytest.raises(NotAllowed):
        drafting.save_meeting(session, **where, typed=gathering.typed())
    drafting.save_meeting(session, **where, typed=gathering.typed(thread_id=talk.id))
    drafting.save_meeting(session, **where, typed=gathering.typed(thread_id=talk.id, title="改过的题目"))
    assert [row.title for row in session.exec(select(Meeting))] == ["改过的题目"]
    assert gathering.view(world.zhao_min).mine.may_run
    given = {"estate_id": world.estate_id, "now": gathering.now, "drafts": True}
    assert reading.list_meetings(session, **given, account_id=gathering.recorder.id)[0]


def test_the_desk_lists_what_a_party_member_runs_without_asking_for_each(
    gathering, session, world, monkeypatch
) -> None:
    monkeypatch.setattr(reading, "seat_of", None)

    def listed(*people) -> list[int]:
        given = {"estate_id": world.estate_id, "now": gathering.now, "drafts": True}
        lists = [reading.list_meetings(session, **given, account_id=who.account_id) for who in people]
        return [len(coming) for coming, _ in lists]

    gathering.draft(roles=[])
    assert listed(world.chen_jie, world.zhao_min, world.li_na) == [1, 0, 0]
    gathering.draft()
    assert listed(world.chen_jie, world.zhao_min, world.li_na) == [1, 1, 0]


def test_a_new_time_tells_all_and_the_calendar_file_follows(gathering, session, world) -> None:
    gathering.invite()
    url = "https://example.org/e/xingfuli/meetings/1"

    def event(at):
        view = gathering.view(world.li_na, at)
        parsed = Calendar.from_ical(calendar_file(view, url=url, host="example.org"))
        return next(part for part in parsed.walk("VEVENT"))

    first = event(gathering.now)
    assert str(first["uid"]) == f"meeting-{gathering.id}@example.org"
    assert first["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert first["dtstart"].dt == gathering.starts_at
    assert (first["sequence"], str(first["status"]), str(first["url"])) == (0, "CONFIRMED", url)
    later = gathering.starts_at + timedelta(days=1)
    gathering.draft(starts_at=later, ends_at=later + timedelta(hours=1))
    assert len(messages(session, "meeting_changed")) == 5
    gathering.draft(starts_at=later, ends_at=later + timedelta(hours=1), title="电梯装哪里")
    assert len(messages(session, "meeting_changed")) == 5
    second = event(gathering.now)
    assert (second["uid"], second["dtstart"].dt, second["sequence"]) == (first["uid"], later, 2)
    where = {**gathering.where, "actor": gathering.chair, "now": gathering.now}
    with pytest.raises(Invalid):
        inviting.cancel(session, **where, reason=" ")
    inviting.cancel(session, **where, reason="会议室停电，改日再开")
    inviting.cancel(session, **where, reason="第二次按下")
    assert len(messages(session, "meeting_cancelled")) == 5
    last = event(gathering.now)
    assert (last["uid"], last["sequence"], str(last["status"])) == (first["uid"], 3, "CANCELLED")
    with pytest.raises(Conflict):
        gathering.draft()
    with pytest.raises(DBAPIError):
        session.connection().exec_driver_sql("UPDATE meeting SET title = 'x'")


def test_a_change_of_what_carries_is_on_the_trail_word_for_word(gathering, session) -> None:
    gathering.draft()
    changed = {
        "eligible": 40,
        "attend": Share(2, 3),
        "decide": Share(3, 4),
        "quorum_source": "居民公约第八条",
        "scope": "building:3",
        "items": [Item("只谈费用", 20)],
        "roles": [Holder(RoomRole.CHAIR, account_id=gathering.chair.id)],
    }
    gathering.draft(**changed)
    [row] = session.exec(select(TrailRow).where(TrailRow.tag == "meetings:meeting:change"))
    names = ("eligible", "attend", "decide", "source", "scope", "agenda", "roles")
    assert [row.old[name] for name in names] == [
        *(0, "1/2", "1/2", "", "entrance:3:1"),
        *("看两种图纸 30、费用怎么分 40", "chair chen_jie、recorder zhao_min、expert 王工"),
    ]
    assert [row.new[name] for name in names] == [
        *(40, "2/3", "3/4", "居民公约第八条", "building:3", "只谈费用 20", "chair chen_jie"),
    ]


def test_only_who_was_invited_answers_and_only_before_the_start(gathering, session, world) -> None:
    gathering.invite()

    def answer(who, reply, at):
        given = {"account_id": who.account_id, "reply": reply, "now": at}
        inviting.answer_invitation(session, **gathering.where, **given)

    answer(world.li_na, Reply.COMING, gathering.now)
    answer(world.li_na, Reply.PHONE, gathering.now)
    answer(world.wang_wei, Reply.COMING, gathering.now)
    with pytest.raises(NotAllowed):
        answer(world.sun_li, Reply.COMING, gathering.now)
    with pytest.raises(Conflict):
        answer(world.wang_wei, Reply.NOT, gathering.starts_at)
    figures = gathering.view(world.li_na).figures
    assert (figures.coming, figures.by_phone, figures.not_coming) == (1, 1, 0)
    coming, past = reading.list_meetings(session, estate_id=world.estate_id, now=gathering.now)
    assert ([line.id for line in coming], past) == ([gathering.id], [])
    coming, past = reading.list_meetings(session, estate_id=world.estate_id, now=gathering.ends_at)
    assert (coming, [line.id for line in past]) == ([], [gathering.id])
    assert reading.list_meetings(session, estate_id=world.other_estate_id, now=gathering.now) == ([], [])
