"""The pages of the second factor, for who has none yet."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.stop import Stop


def begin(page: Page) -> None:
    page.locator("main button[value=begin]").click()
    page.wait_for_url("**/set-up**")


def factor_pages() -> list[Stop]:
    return [
        Stop("second-factor", "陈洁", "/me/second-factor"),
        Stop("second-factor-set-up", "陈洁", "/me/second-factor", begin),
    ]
