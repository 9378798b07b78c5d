"""The pages of meetings: a meeting from its form to the print, and who is turned away where."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from sqlmodel import Session, select

from app.jobs import meetings as job
from app.models.meetings import Meeting, MeetingAttendance, MeetingRecord, MeetingSpeech
from app.rules.meetings.door import door_token
from app.rules.votes.windows import show_local
from tests.fixtures.meetings import Gathering


@pytest.fixture
def held(database, world, now, secret) -> Gathering:
    """A meeting everybody was invited to, in the database."""
    with database.transaction() as session:
        made = Gathering(session, world, now, secret)
        made.invite()
    return made


def count(database, model) -> int:
    with database.session(writing=False) as session:
        return session.exec(select(sa.func.count()).select_from(model)).one()


def form_of(world, starts_at, **changes):
    given = {
        "id": str(uuid4()),
        "kind": "council",
        "title": "电梯装在哪里",
        "place": "居委会二楼",
        "starts_at": show_local(starts_at),
        "ends_at": show_local(starts_at + timedelta(hours=2)),
        "scope": "entrance:3:1",
        "item": ["看图纸", "", "谈费用"],
        "minutes": ["20", "10", "30"],
        "presents": ["设计院", "", ""],
        "chair": str(world.chen_jie.account_id),
        "recorder": str(world.zhao_min.account_id),
        "guest_kind": ["department", "low_floor"],
        "guest": ["街道城建办", ""],
        "role": ["expert"],
        "holder": ["王工"],
        "quorum_source": "依据",
    }
    return {**given, **changes}


def test_a_meeting_from_its_form_to_the_print(web, world, database, clock, now, secret) -> None:
    desk, starts = f"/desk/{world.slug}/meetings", now + timedelta(days=7)
    staff, li_na, wang_wei = web(world.chen_jie), web(world.li_na), web(world.wang_wei)
    assert "召集一次会议" in staff.get(desk).text
    assert staff.get(f"{desk}/new").status_code == 200
    form = form_of(world, starts)
    wrong = staff.post(f"{desk}/new", {**form, "ends_at": form["starts_at"]})
    assert wrong.status_code == 422
    assert "看图纸" in wrong.text
    assert count(database, Meeting) == 0
    for _ in range(2):
        answer = staff.post(f"{desk}/new", form)
        assert answer.status_code == 303
    mine = f"{desk}/{form['id']}"
    home = f"/e/{world.slug}/meetings/{form['id']}"
    assert answer.headers["location"] == mine
    assert li_na.get(home).status_code == 404
    assert "谈费用" in staff.get(f"{mine}/edit").text
    assert staff.post(f"{mine}/invite").status_code == 303
    page = li_na.get(home).text
    assert all(words in page for words in ("只商量，不表决", "街道城建办", "王工", "我来参加"))
    assert li_na.post(f"{home}/reply", {"reply": "coming"}).status_code == 303
    assert li_na.post(f"{home}/reply", {"reply": "maybe"}).status_code == 422
    calendar = li_na.get(f"{home}.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    event = next(part for part in Calendar.from_ical(calendar.content).walk("VEVENT"))
    assert event["dtstart"].dt == starts.replace(minute=0)

    clock.instant = starts
    staff, li_na, wang_wei = web(world.chen_jie), web(world.li_na), web(world.wang_wei)
    assert 'class="qr"' in staff.get(f"{mine}/door").text
    assert staff.get(f"{mine}/door/screen").headers["refresh"] == "30"
    assert 'class="qr"' in staff.get(f"{mine}/door/code").text
    token = door_token(secret, Meeting(id=form["id"]).id, clock.instant)
    for browser in (li_na, wang_wei):
        assert "签到" in browser.get(f"{home}/here?t={token}").text
        assert browser.post(f"{home}/here", {"t": token}).status_code == 303
    assert (
        staff.post(f"{mine}/door", {"id": str(uuid4()), "name": "张奶奶", "home": "101室"}).status_code == 303
    )
    assert li_na.post(f"{home}/speak", {"id": str(uuid4())}).status_code == 303
    assert "我要发言" in wang_wei.get(f"{home}/queue").text
    assert "li_na" in staff.get(f"{mine}/room").text
    assert staff.post(f"{mine}/room/next", {"seen": ""}).status_code == 303
    assert "您" in li_na.get(f"{home}/queue").text

    clock.instant = starts + timedelta(hours=2)
    staff, li_na, wang_wei = web(world.chen_jie), web(world.li_na), web(world.wang_wei)
    assert staff.get(f"{mine}/room/queue").status_code == 204
    assert staff.get(f"{mine}/door/code").status_code == 204
    assert staff.post(f"{mine}/record/start", {"id": str(uuid4())}).status_code == 303
    points = {
        "kind": ["agreed", "task"],
        "text": ["装在北侧", "出图纸"],
        "who": ["", ""],
        "by": ["", ""],
        "statement": ["0", "0"],
        "act": "preview",
    }
    missing = staff.post(f"{mine}/record", points)
    assert "第 2 条没有写由谁办" in missing.text
    points |= {"who": ["", "设计院"], "by": ["", "2026-12-20"]}
    answer = staff.post(f"{mine}/record", points)
    assert answer.headers["location"] == f"{mine}/record/preview"
    preview = staff.get(f"{mine}/record/preview").text
    seen = re.search(r'name="seen" value="(\w+)"', preview)[1]
    assert li_na.get(f"{home}/print").status_code == 404
    for _ in range(2):
        assert staff.post(f"{mine}/record/put", {"seen": seen}).status_code == 303
    assert li_na.post(f"{home}/record", {"seen": seen, "act": "confirm"}).status_code == 303
    typed = {"seen": seen, "act": "object", "text": ""}
    assert wang_wei.post(f"{home}/record", typed).status_code == 422
    assert wang_wei.post(f"{home}/record", {**typed, "text": "费用没有记"}).status_code == 303
    assert "费用没有记" in staff.get(f"{mine}/record").text
    objected = f"{mine}/record/objections/{attendance(database, world.wang_wei)}"
    assert staff.post(objected, {"act": "note", "reply": ""}).status_code == 422
    assert staff.post(objected, {"act": "note", "reply": "费用下次再谈"}).status_code == 303
    assert "他确认" in staff.get(f"{mine}/record").text
    clock.instant += timedelta(days=9)
    staff, li_na = web(world.chen_jie), web(world.li_na)
    assert "一个字也不能再改" in li_na.get(home).text
    assert job.tick(database, now=clock.instant) == 1
    printed = li_na.get(f"{home}/print").text
    assert "费用没有记；答复：费用下次再谈" in printed
    assert "出图纸" in li_na.get(f"/e/{world.slug}/meetings/tasks").text
    assert staff.post(f"{mine}/tasks/2", {"note": ""}).status_code == 422
    assert staff.post(f"{mine}/tasks/2", {"note": "图纸贴在楼道里了"}).status_code == 303
    assert "图纸贴在楼道里了" in li_na.get(home).text
    assert "开过的会" in li_na.get(f"/e/{world.slug}/meetings").text
    assert staff.post(f"{mine}/record", points).status_code == 409


def attendance(database, who) -> str:
    with database.session(writing=False) as session:
        query = select(MeetingAttendance.id).where(MeetingAttendance.account_id == who.account_id)
        return str(session.exec(query).one())


def test_a_photographed_code_signs_nobody_in_and_its_tries_are_counted(
    web, world, database, clock, held, secret
) -> None:
    home = f"/e/{world.slug}/meetings/{held.id}"
    token = door_token(secret, held.id, held.starts_at)
    clock.instant = held.starts_at + timedelta(minutes=2)
    browser = web(world.li_na)
    assert "这个签到码已经过期" in browser.get(f"{home}/here?t={token}").text
    for _ in range(10):
        answer = browser.post(f"{home}/here", {"t": token})
        assert (answer.status_code, "没有签到" in answer.text) == (409, True)
    assert browser.post(f"{home}/here", {"t": token}).status_code == 429
    assert browser.post(f"{home}/here", {"t": "x" * 1_000_000}).status_code in {413, 422}
    assert count(database, MeetingAttendance) == 0


def test_the_doors_of_the_desk_are_shut_for_everybody_who_does_not_run_the_meeting(
    web, world, database, clock, held
) -> None:
    desk = f"/desk/{world.slug}/meetings/{held.id}"
    tails = (
        "",
        "/edit",
        "/door",
        "/door/code",
        "/door/screen",
        "/room",
        "/room/queue",
        "/record",
        "/record/preview",
    )
    acts = {
        "/invite": {},
        "/cancel": {"reason": "不开了不开了"},
        "/door": {"id": str(uuid4()), "name": "某人"},
        "/room/next": {"seen": ""},
        "/record/start": {"id": str(uuid4())},
        "/record/put": {"seen": "x"},
        "/tasks/1": {"note": "办好了"},
    }
    clock.instant = held.starts_at
    allowed = {"chen_jie": 200, "zhao_min": 200}
    refused = {"zhou_tao": 404, "stranger": 404}
    for name in ("chen_jie", "zhao_min", "li_na", "qian_er", "ma_chao", "sun_li", "zhou_tao", "stranger"):
        browser = web(world.people[name])
        for tail in tails:
            status = (
                303
                if tail == "/record/preview" and name in allowed
                else allowed.get(name, refused.get(name, 403))
            )
            assert browser.get(desk + tail).status_code == status, (name, tail)
        if name not in allowed:
            for tail, data in acts.items():
                assert browser.post(desk + tail, data).status_code == refused.get(name, 403), (name, tail)
    assert web().get(desk).status_code in {303, 401}
    other = web(world.zhou_tao)
    for path in (f"/e/{world.other_slug}/meetings/{held.id}", f"/desk/{world.other_slug}/meetings/{held.id}"):
        assert other.get(path).status_code == 404
    for model in (MeetingAttendance, MeetingSpeech, MeetingRecord):
        assert count(database, model) == 0
    with database.session(writing=False) as session:
        assert isinstance(session, Session)
        assert session.get_one(Meeting, held.id).sequence == 0


def test_neighbours_see_masked_names_and_figures_and_late_verbs_are_refused(
    web, world, clock, held, secret
) -> None:
    home, desk = f"/e/{world.slug}/meetings/{held.id}", f"/desk/{world.slug}/meetings/{held.id}"
    li_na = web(world.li_na)
    assert li_na.post(f"{home}/speak", {"id": str(uuid4())}).status_code == 403
    clock.instant = held.starts_at
    token = door_token(secret, held.id, clock.instant)
    for who in (world.li_na, world.wang_wei):
        web(who).post(f"{home}/here", {"t": token})
    web(world.li_na).post(f"{home}/speak", {"id": str(uuid4())})
    page = web(world.wang_wei).get(home).text
    assert "l**" in page
    assert "li_na" not in page
    assert "签到 2 人" in page
    assert web(world.sun_li).post(f"{home}/here", {"t": token}).status_code == 403
    struck = f"{desk}/door/{uuid4()}/strike"
    assert web(world.chen_jie).post(struck, {"reason": "没有这个人"}).status_code == 404
    assert web(world.chen_jie).post(f"{desk}/cancel", {"reason": "已经开始了"}).status_code == 409
    assert web(world.chen_jie).post(f"{desk}/room", {"id": str(uuid4()), "who": "谁"}).status_code == 422
    clock.instant = held.ends_at
    assert web(world.li_na).post(f"{home}/speak", {"id": str(uuid4())}).status_code == 409
    assert web(world.li_na).get(f"{home}/queue").status_code == 204
    assert web(world.li_na).post(f"{home}/reply", {"reply": "coming"}).status_code == 409
