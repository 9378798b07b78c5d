"""The pages of the second factor, for who has none yet."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.stop import Stop


def begin(page: Page) -> None:
    page.get_by_role("button", name="开始设置").click()
    page.wait_for_url("**/set-up**")


def factor_pages() -> list[Stop]:
    return [
        Stop("second-factor", "陈洁", "/me/second-factor"),
        Stop("second-factor-set-up", "陈洁", "/me/second-factor", begin),
    ]
