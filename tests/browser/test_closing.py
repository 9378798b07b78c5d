"""A vote ends at its second: the late ballot is refused, the count appears by itself, and the result becomes final."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_main_job import TITLE, open_vote, vote

pytestmark = pytest.mark.browser
SHIFTED = True


def reload_until(page: Page, text: str) -> None:
    """What a reader does when a page says that it takes a moment."""
    for _ in range(40):
        if page.get_by_text(text, exact=True).first.is_visible():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(f"{text!r} did not appear on {page.url}")


def test_a_ballot_sent_after_the_second_is_refused_and_the_result_stands_by_itself(
    signed_in, site: Site
) -> None:
    ends = site.vote(TITLE).closes_at
    assert ends
    site.set_clock(ends - timedelta(minutes=2))
    page = signed_in("李秀英")
    page.goto(site.home())
    open_vote(page)
    address = page.url
    page.get_by_role("link", name="去投票").click()
    vote(page, "同意")
    page.goto(f"{address}/ballot")
    page.get_by_role("radio", name="反对").check()
    page.get_by_role("checkbox", name="我已阅读").check()
    page.get_by_role("button", name="下一步：确认").click()
    site.set_clock(ends - timedelta(seconds=1))
    page.wait_for_timeout(1100)
    page.get_by_role("button", name="确认提交：反对").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("这一票没有计入")
    earlier = page.locator(".card", has_text="您原来的票仍然有效")
    expect(earlier).to_contain_text("同意")
    expect(earlier).not_to_contain_text("反对")

    page.goto(f"{address}/result")
    reload_until(page, "初步结果")
    for measure in ("参加投票的面积", "参加投票的人数", "同意的面积", "同意的人数"):
        box = page.locator(".measure", has_text=measure)
        expect(box).to_contain_text(re.compile("已达到三分之二|已达到四分之三|还差"))
    expect(page.get_by_role("row", name=re.compile("^反对"))).to_be_visible()

    until = site.vote(TITLE).objections_until
    assert until
    site.set_clock(until - timedelta(seconds=1))
    page.wait_for_timeout(1100)
    reload_until(page, "最终结果")
    expect(page.get_by_text("对结果有异议？")).to_have_count(0)
