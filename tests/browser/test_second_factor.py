"""Staff set up a second factor on a phone, with and without script, and are asked for it at the next sign-in."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from app.clock import utc_now
from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser

DESK = "/desk/xingfuli"


def fill(page: Page, code: str, button: str) -> None:
    page.get_by_label(re.compile("动态口令|备用码")).fill(code)
    page.get_by_role("button", name=button).click()


def set_up(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """All of it through the pages; the authenticator, and the recovery codes as shown."""
    page.goto("/me")
    page.get_by_role("link", name="动态口令").click()
    page.get_by_role("button", name="开始设置").click()
    expect(page.locator(".qr")).to_be_visible()
    page.get_by_text("扫不了？手工输入密钥").click()
    phone = pyotp.TOTP("".join(page.locator("#secret span").all_inner_texts()))
    # The code of the step before is as good, and leaves this step's for the sign-in that follows.
    fill(page, phone.at(utc_now() - timedelta(seconds=30)), "确认，完成设置")
    codes = page.locator("ol.codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="我已经收好，继续").click()
    expect(page.locator("h1")).to_have_text("动态口令")
    return phone, codes


@pytest.mark.parametrize(("name", "path", "script"), [("陈洁", DESK, True), ("周丽", f"{DESK}/trail", False)])
def test_the_whole_set_up_and_the_next_two_sign_ins(new_context, name, path, script) -> None:
    page = new_context(java_script_enabled=script).new_page()
    sign_in(page, name)
    phone, codes = set_up(page)
    sign_in(page, name)
    expect(page.locator("h1")).to_have_text("填写动态口令")
    page.goto(path)
    expect(page.locator("h1")).to_have_text("填写动态口令")
    fill(page, phone.now(), "确认")
    expect(page).to_have_url(re.compile(f"{path}$"))
    sign_in(page, name)
    page.goto("/sign-in/second")
    page.get_by_role("link", name="用备用码").click()
    fill(page, codes[0], "确认")
    page.goto("/me/second-factor")
    expect(page.get_by_text("9 个")).to_be_visible()
