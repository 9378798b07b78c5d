"""A ballot of three questions in large type on a telephone: too many picks, mended, confirmed, and every page sound."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from app.cli.demo.papers import MORE, TITLE
from tests.browser.test_pages import AXE, MEASURE

pytestmark = pytest.mark.browser


def ensure_sound(page: Page) -> None:
    """Nothing grave for axe, nothing wider than the page, nothing too small for an old thumb."""
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(AXE, {"resultTypes": ["violations"]}) == []
    assert page.evaluate(MEASURE, [390, {"large": 60}]) == []


def test_an_old_owner_answers_three_questions_in_large_type(signed_in, site) -> None:
    page = signed_in("李秀英", cookies={"size": "large"})
    page.goto(f"{site.home()}/votes")
    page.get_by_role("link", name=re.compile(TITLE)).click()
    page.get_by_role("link", name="去投票").click()
    expect(page.get_by_role("heading", name=re.compile("^第 3 项，共 3 项"))).to_be_visible()
    ensure_sound(page)

    page.get_by_role("radio", name="同意").check()
    people, things = (page.get_by_role("group", name=f"第 {number} 项") for number in (2, 3))
    for label in MORE[0].labels[:4]:
        people.get_by_role("checkbox", name=label).check()
    things.get_by_role("checkbox", name="都不选").check()
    page.get_by_role("checkbox", name="我已阅读议案").check()
    page.get_by_role("button", name="下一步：确认").click()

    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name=re.compile("最多选 3 项")).click()
    expect(people.get_by_role("checkbox", name=MORE[0].labels[0])).to_be_focused()
    expect(people.get_by_role("checkbox", name=MORE[0].labels[3])).to_be_checked()
    expect(page.get_by_role("radio", name="同意")).to_be_checked()
    ensure_sound(page)
    people.get_by_role("checkbox", name=MORE[0].labels[3]).uncheck()
    page.get_by_role("button", name="下一步：确认").click()

    expect(page.locator(".big-choice")).to_have_text(["同意", "、".join(MORE[0].labels[:3]), "都不选"])
    ensure_sound(page)
    page.get_by_role("button", name="确认提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已经投好了")
    expect(page.locator("dl").get_by_text("都不选", exact=True)).to_be_visible()
    ensure_sound(page)
