"""A meeting in three browsers: invited, signed in at the door, spoken in turn, put, objected to, mended, confirmed by the clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.clock import BEIJING, utc_now
from app.models.meetings import Meeting, MeetingAttendance, MeetingRecord
from app.rules.meetings.door import door_token
from tests.browser.conftest import sign_in
from tests.browser.site import Site

pytestmark = pytest.mark.browser
SHIFTED = True


def meeting(site: Site, title: str) -> Meeting:
    with site.database.session(writing=False) as session:
        return session.exec(select(Meeting).where(Meeting.title == title)).one()


def due(site: Site, meeting_id: UUID) -> datetime:
    with site.database.session(writing=False) as session:
        query = select(MeetingRecord.due_at).where(MeetingRecord.meeting_id == meeting_id)
        return max(at for at in session.exec(query) if at)


def present(site: Site, meeting_id: UUID) -> list[str]:
    with site.database.session(writing=False) as session:
        query = select(MeetingAttendance.name).where(MeetingAttendance.meeting_id == meeting_id)
        return sorted(session.exec(query))


def convene(page: Page, site: Site, title: str, starts: datetime) -> None:
    local = starts.astimezone(BEIJING)
    page.goto(f"{site.desk()}/meetings")
    page.get_by_role("link", name="召集一次会议").click()
    page.get_by_label("商量什么").fill(title)
    page.get_by_label("在哪里开").fill("居委会二楼会议室")
    page.get_by_label("什么时候开始").fill(f"{local:%Y-%m-%dT%H:%M}")
    page.get_by_label("什么时候结束").fill(f"{local + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    page.locator("#f-item-1").fill("看三种门禁")
    page.locator("#f-chair").select_option(label="陈洁")
    page.locator("#f-recorder").select_option(label="陈洁")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="发出邀请").click()
    expect(page.get_by_text("即将召开")).to_be_visible()


def put(page: Page) -> None:
    page.get_by_role("button", name="预览，准备交大家确认").click()
    page.get_by_role("button", name="交到会的人确认").click()
    expect(page.get_by_text("已经交到会的人").first).to_be_visible()


def accept_invitation(page: Page, address: str, title: str) -> None:
    page.goto("/me/messages")
    expect(page.get_by_text(title).first).to_be_visible()
    page.goto(address)
    page.get_by_role("button", name="我来参加").click()
    expect(page.get_by_text("您的回复：我来参加")).to_be_visible()


def speak_in_turn(chair: Page, li: Page, wang: Page, address: str, desk: str, *, script: bool) -> None:
    """The order moves under the eyes of those who wait; without a script they open the page again."""
    chair.goto(f"{desk}/room")
    if script:
        wang.clock.install()
    wang.goto(address)
    li.goto(address)
    li.get_by_role("button", name="我要发言").click()
    chair.reload()
    chair.get_by_role("button", name=re.compile("请下一位：李秀英")).click()
    if script:
        wang.evaluate("document.body.dataset.first = 'yes'")
        wang.clock.fast_forward(7_000)
    else:
        wang.reload()
    expect(wang.locator("#queue")).to_contain_text("正在发言：李**")
    if script:
        assert wang.evaluate("document.body.dataset.first") == "yes"
        wang.clock.resume()
    chair.get_by_role("button", name="发言完毕").click()
    expect(chair.get_by_text("已经发言 1 次")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_the_invitation_to_the_confirmed_record(signed_in, site: Site, script: bool) -> None:
    title = f"单元门禁怎么换（{'一' if script else '二'}）"
    site.set_clock(utc_now())
    starts = utc_now().replace(second=0, microsecond=0) + timedelta(days=3)
    chair, li, wang = (
        signed_in(name, java_script_enabled=script, accept_downloads=True)
        for name in ("陈洁", "李秀英", "王建国")
    )
    sign_in(chair, "陈洁")  # a session of staff ends when nobody uses it
    convene(chair, site, title, starts)
    meeting_id = meeting(site, title).id
    address, desk = f"{site.home()}/meetings/{meeting_id}", f"{site.desk()}/meetings/{meeting_id}"
    for page in (li, wang):
        accept_invitation(page, address, title)
    with li.expect_download() as download:
        li.get_by_role("link", name="加到手机日历").click()
    assert str(meeting_id) in download.value.path().read_text(encoding="utf-8").replace("\r\n ", "")

    now = starts + timedelta(minutes=5)
    site.set_clock(now)
    sign_in(chair, "陈洁")
    secret = (site.folder / "secret.key").read_bytes()
    # At home with a photograph from the beginning: the code is old.
    li.goto(f"{address}/here?t={door_token(secret, meeting_id, starts)}")
    expect(li.get_by_role("alert")).to_contain_text("已经过期")
    assert present(site, meeting_id) == []
    chair.goto(f"{desk}/door")
    expect(chair.locator("svg.qr")).to_be_visible()
    for page in (li, wang):
        # What the camera reads from the screen.
        page.goto(f"{address}/here?t={door_token(secret, meeting_id, now)}")
        page.get_by_role("button", name="签到", exact=True).click()
        expect(page.get_by_text("您已在").first).to_be_visible()
    chair.get_by_label("姓名").fill("张奶奶")
    chair.get_by_role("button", name="登记签到").click()
    expect(chair.locator("#present")).to_contain_text("张奶奶")
    assert len(present(site, meeting_id)) == 3
    speak_in_turn(chair, li, wang, address, desk, script=script)

    site.set_clock(starts + timedelta(hours=2, minutes=1))
    sign_in(chair, "陈洁")
    chair.goto(f"{desk}/record")
    chair.get_by_role("button", name="从共识点和议程起草纪要").click()
    chair.locator("#f-kind-1").select_option(label="达成一致")
    chair.locator("#f-text-1").fill("换刷脸门禁")
    put(chair)
    li.goto(address)
    li.get_by_role("button", name="确认纪要").click()
    expect(li.get_by_text("您已确认这一稿。")).to_be_visible()
    wang.goto(address)
    wang.get_by_text("我要提出异议").click()
    wang.get_by_label("哪里不对，应该怎么写").fill("说好的是刷卡，不是刷脸")
    wang.get_by_role("button", name="提出异议").click()
    expect(wang.get_by_text("您已对这一稿提出异议")).to_be_visible()

    chair.goto(f"{desk}/record")
    chair.get_by_label("怎么答复").fill("您说得对，改成刷卡")
    chair.get_by_role("button", name="接受，出新的一稿").click()
    chair.locator("#f-text-1").fill("换刷卡门禁")
    put(chair)
    for page in (li, wang):
        page.goto(address)
        expect(page.locator("#record")).to_contain_text("换刷卡门禁")
        page.get_by_role("button", name="确认纪要").click()
        expect(page.get_by_text("您已确认这一稿。")).to_be_visible()

    site.set_clock(due(site, meeting_id) + timedelta(seconds=1))
    for page in (li, wang):
        page.goto(address)
        expect(page.locator("#record")).to_contain_text("一个字也不能再改")
        expect(page.get_by_role("button", name="提出异议")).to_have_count(0)
