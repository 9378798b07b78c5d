"""The whole way on a telephone: a proposal, a thread, statements, the minutes, and the draft of a vote; with script and without."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clock import utc_now
from tests.browser.site import Site

pytestmark = pytest.mark.browser
SHIFTED = True

TITLE = "3号楼1单元门口加一盏路灯"


def later(site: Site, signed_in, name: str, days: int, **options: object) -> Page:
    """The same person some days on, signed in again: staff who were away that long are signed out."""
    site.set_clock(utc_now() + timedelta(days=days))
    site.states.pop(name, None)
    return signed_in(name, **options)


def propose(page: Page, site: Site) -> str:
    page.goto(f"{site.home()}/proposals")
    page.get_by_role("link", name="写议题").click()
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("改造项目").select_option("lighting")
    page.get_by_label("内容").fill("晚上单元门口很黑，老人容易绊倒，希望在门口加一盏感应路灯。")
    page.locator('input[name="scope"][value="entrance:3:1"]').check()
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    return page.url.split("?")[0]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_a_neighbours_idea_to_the_draft_of_a_vote(script, signed_in, site: Site) -> None:
    options = {"java_script_enabled": script}
    start = 0 if script else 40
    resident = later(site, signed_in, "李秀英", start, **options)
    address = propose(resident, site)
    number = address.rsplit("/", 1)[1]

    desk = later(site, signed_in, "陈洁", start, **options)
    desk.goto(f"{site.desk()}/proposals/{number}")
    desk.locator('input[name="outcome"][value="accept"]').check()
    desk.get_by_label("答复").fill("居委会同意，先请大家商量灯装在哪里、电费怎么出。")
    desk.get_by_role("button", name="公布答复").click()
    desk.get_by_role("link", name=re.compile("开始协商")).click()
    desk.get_by_label("标题").fill("路灯装在哪里")
    desk.get_by_label("要商量的问题").fill("灯装在哪里，电费怎么出？")
    desk.get_by_role("checkbox", name=re.compile("赵敏")).check()
    desk.get_by_role("button", name="公布并开始告知").click()
    thread = f"{site.home()}/deliberations/{desk.url.rsplit('/', 1)[1].split('?')[0]}"

    resident = later(site, signed_in, "李秀英", start + 5, **options)
    resident.goto(thread)
    resident.get_by_label("您想说什么").fill("建议装在门楣上，用感应的，省电。")
    resident.get_by_role("button", name="发出").click()
    expect(resident.get_by_text("建议装在门楣上")).to_be_visible()

    moderator = later(site, signed_in, "赵敏", start + 5, **options)
    moderator.goto(f"{thread.replace('/e/', '/desk/')}/statements")
    moderator.get_by_label("一句可以表示同意或不同意的话").fill("路灯装在单元门的门楣上")
    moderator.get_by_role("button", name="请居民表态").click()

    resident.goto(f"{thread}/statements")
    resident.get_by_role("button", name="同意", exact=True).click()
    expect(resident.get_by_role("button", name="同意", exact=True)).to_have_attribute("aria-pressed", "true")

    desk = later(site, signed_in, "陈洁", start + 30, **options)
    desk.goto(f"{thread.replace('/e/', '/desk/')}/minutes")
    desk.get_by_role("button", name="从共识点起草纪要").click()
    desk.get_by_label("哪一类").first.select_option(label="达成一致")
    desk.get_by_label("内容").first.fill("路灯装在单元门的门楣上，用感应灯")
    desk.get_by_label("到会人数").fill("0")
    desk.get_by_role("button", name="预览公布的样子").click()
    expect(desk.get_by_text("路灯装在单元门的门楣上，用感应灯")).to_be_visible()
    desk.get_by_role("button", name="公布纪要").click()
    desk.goto(f"{thread}/minutes")
    expect(desk.get_by_text("路灯装在单元门的门楣上，用感应灯")).to_be_visible()
    desk.goto(f"{thread.replace('/e/', '/desk/')}/minutes")
    desk.get_by_role("button", name="转为表决草稿").click()
    expect(desk).to_have_url(re.compile("/desk/xingfuli/votes/"))

    desk.goto(address)
    way = desk.locator(".timeline")
    for step in ("发布议题", "居委会答复", "开始协商", "发布协商纪要"):
        expect(way).to_contain_text(step)
