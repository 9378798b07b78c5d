"""The main job on a telephone: sign in, read, vote, change the vote, with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

TITLE = "3号楼1单元加装电梯"


def read_code(context: BrowserContext, phone: str) -> str:
    """The newest code sent to that phone, read where the demo shows its messages."""
    outbox = context.new_page()
    outbox.goto("/demo/outbox")
    letter = outbox.locator(".card", has_text=phone).first.inner_text()
    outbox.close()
    found = re.search(r"\b\d{6}\b", letter.replace(phone, ""))
    assert found, letter
    return found.group()


def sign_in(page: Page, phone: str) -> None:
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="登录").click()
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("短信验证码").fill(read_code(page.context, phone))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).not_to_have_url(re.compile("sign-in"))


def vote(page: Page, choice: str) -> str:
    """From the paper through the confirmation to the receipt; the receipt's code."""
    expect(page.locator(".steps [aria-current]")).to_contain_text("选择")
    page.get_by_role("radio", name=choice).check()
    page.get_by_role("checkbox", name="我已阅读议案和分摊方案").check()
    page.get_by_role("button", name="下一步：确认").click()
    expect(page.locator(".big-choice")).to_have_text(choice)
    page.get_by_role("button", name=f"确认提交：{choice}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已经投好了")
    expect(page.locator("dl").get_by_text(choice, exact=True)).to_be_visible()
    code = "".join(page.locator(".receipt .code").inner_text().split())
    assert re.fullmatch("[0-9A-Z]{16}[0-9A-Z*~$=]", code), code
    return code


def open_vote(page: Page) -> None:
    page.get_by_role("navigation").get_by_role("link", name="表决").click()
    page.get_by_role("link", name=re.compile(TITLE)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_an_owner_of_seventy_votes_in_large_type_and_changes_her_mind(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html")).to_have_css("font-size", "23px")
    sign_in(page, "13800030402")
    open_vote(page)
    mine = page.locator(".card", has_text="您家：3号楼1单元402室")
    # 480,000 yuan by the floors' weights, 10.2 in all, and 1.1 for the fourth floor.
    expect(mine).to_contain_text(re.compile(r"您家要出\s*51,764\.7\d 元"))
    mine.get_by_role("link", name="去投票").click()
    expect(page.locator(".lead")).to_contain_text(re.compile(r"51,764\.7\d 元"))
    expect(page.get_by_role("row", name=re.compile("4 层.*您家"))).to_contain_text("51,764.7")
    first = vote(page, "同意")
    page.get_by_role("link", name="回到这次表决").click()
    page.get_by_role("link", name="改票").click()
    expect(page.get_by_text("这套房屋已投“同意”")).to_be_visible()
    assert vote(page, "反对") != first
    expect(page.get_by_text("第 2 次投票")).to_be_visible()
    page.get_by_role("link", name="回到这次表决").click()
    expect(page.locator(".card", has_text="您家：3号楼1单元402室")).to_contain_text("反对")


def test_larger_type_on_the_confirmation_leads_back_to_the_paper(signed_in, site) -> None:
    page = signed_in("李秀英")
    page.goto(f"{site.home()}/votes/{site.vote(TITLE).id}/ballot")
    page.get_by_role("radio", name="反对").check()
    page.get_by_role("checkbox", name="我已阅读").check()
    page.get_by_role("button", name="下一步：确认").click()
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html")).to_have_css("font-size", "23px")
    expect(page.get_by_role("button", name="下一步：确认")).to_be_visible()


def test_without_javascript_an_owner_of_two_homes_votes_for_both(new_context) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, "13800030301")
    open_vote(page)
    page.get_by_role("link", name="去投票").first.click()
    vote(page, "弃权")
    page.get_by_role("link", name=re.compile("继续投：3号楼1单元302室")).click()
    vote(page, "同意")
    page.get_by_role("link", name="回到这次表决").click()
    page.locator(".card", has_text="301室").get_by_role("link", name="改票").click()
    vote(page, "反对")
    expect(page.get_by_text("第 2 次投票")).to_be_visible()


def test_a_wrong_code_is_said_beside_the_field_and_the_right_one_still_works(page: Page) -> None:
    phone = "13800031202"
    page.goto("/sign-in")
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="发送验证码").click()
    code = read_code(page.context, phone)
    page.get_by_label("短信验证码").fill(f"{(int(code) + 1) % 1_000_000:06d}")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("短信验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).not_to_have_url(re.compile("sign-in"))
