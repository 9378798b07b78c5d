"""Signing in and voting with nothing but the keys Tab, Space, Enter and the arrows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_main_job import TITLE, read_code

pytestmark = pytest.mark.browser

FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  const label = element.closest("label") || (element.labels || [])[0];
  return {
    name: (label || element).innerText.replace(/\\s+/g, " ").trim(),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    shown: box.bottom > 0 && box.top < innerHeight && box.width > 0,
  };
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so; on the way the focus must always be seen."""
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["ring"], f"no ring on {focus['name']!r} of {page.url}"
        assert focus["shown"], f"{focus['name']!r} has the focus out of sight on {page.url}"
        seen.append(focus["name"])
        if re.search(name, focus["name"]):
            return
    raise AssertionError(f"no {name!r} among {seen}")


def follow(page: Page, name: str, heading: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(heading))


def test_an_owner_signs_in_and_votes_by_keyboard_alone(page: Page) -> None:
    phone = "13800030402"
    page.goto("/sign-in")
    tab_to(page, "^手机号")
    page.keyboard.type(phone)
    follow(page, "发送验证码", "填写验证码")
    code = read_code(page.context, phone)
    tab_to(page, "^短信验证码")
    page.keyboard.type(code)
    follow(page, "^登录$", "幸福里小区")
    follow(page, "^表决$", "表决")
    follow(page, TITLE, TITLE)
    follow(page, "去投票", TITLE)

    # Sent empty, the page comes back with the focus on what is wrong, and each sentence leads to its field.
    tab_to(page, "下一步：确认")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, "请选择同意、反对或弃权")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="同意")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="反对")).to_be_checked()
    page.keyboard.press("ArrowUp")
    tab_to(page, "我已阅读")
    page.keyboard.press("Space")
    follow(page, "下一步：确认", "请再看一遍")
    expect(page.locator(".big-choice")).to_have_text("同意")
    follow(page, "确认提交：同意", "已经投好了")


def test_the_first_tab_offers_to_skip_to_the_text(signed_in, site) -> None:
    page = signed_in("李秀英")
    page.goto(f"{site.home()}/votes")
    tab_to(page, "跳到正文")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    follow(page, TITLE, TITLE)
