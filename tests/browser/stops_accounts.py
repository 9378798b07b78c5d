"""The pages of the door: a number that may have changed hands, the picture, the second factor, and codes on paper."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Page

from app.clock import utc_now
from tests.browser.stop import Stop

DESK = "/desk/xingfuli"
# Of the auditor's authenticator, who has one in the furnished demo.
SHARED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_STEP = 30
_used: list[int] = []


def begin(page: Page) -> None:
    page.locator("main button[value=begin]").click()
    page.wait_for_url("**/set-up**")


def next_code() -> str:
    """Each step's code works once, and one of the steps beside the present one as well."""
    now = int(utc_now().timestamp()) // _STEP
    step = max(now - 1, _used[-1] + 1) if _used else now - 1
    _used.append(step)
    return pyotp.TOTP(SHARED).at(step * _STEP)


def show_factor(page: Page) -> None:
    if "/sign-in/second" in page.url:
        page.locator("[name=code]").fill(next_code())
        page.locator("main form .button").first.click()
        page.wait_for_url("**/me/second-factor**")


def renew_codes(page: Page) -> None:
    """Only an answer shows them; there is no page to come back to."""
    show_factor(page)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    page.locator("main [name=code]").fill(next_code())
    page.locator("main button[value=codes]").click()
    page.locator("ol.codes").wait_for()


def prove(page: Page, phone: str) -> None:
    """A right code after three months, in a browser that nobody knows; its mark lasts for a quarter of an hour."""
    if not page.url.endswith("/sign-in"):
        return
    page.locator("[name=phone]").fill(phone)
    page.locator("main form .button").first.click()
    page.wait_for_url("**/sign-in/code")
    page.goto("/demo/outbox")
    found = re.search(r"(?<!\d)\d{6}(?!\d)", page.locator("main").inner_text())
    assert found
    page.goto("/sign-in/code")
    page.locator("[name=code]").fill(found[0])
    page.locator("main form .button").first.click()
    page.wait_for_url("**/sign-in/confirm")


def confirm(page: Page) -> None:
    prove(page, "13900000104")


def begin_anew(page: Page) -> None:
    prove(page, "13900000105")
    page.goto("/sign-in/confirm/new")


def ask_for_many(page: Page) -> None:
    """After five codes in the hour the address is shown a picture first."""
    for number in range(10):
        if page.locator("img.digits").count():
            return
        page.locator("[name=phone]").fill(f"1380003160{number}")
        page.locator("main form .button").first.click()
        page.goto("/sign-in")
    assert page.locator("img.digits").count()


def print_slip(page: Page) -> None:
    page.locator("[name=reason]").last.fill("本人持身份证到场")
    page.locator("main form .button").last.click()
    page.locator(".receipt").wait_for()


def print_role_slip(page: Page) -> None:
    form = page.locator("main form[action$='/code']")
    form.locator("[name=reason]").fill("本人持身份证到场")
    form.locator(".button").click()
    page.locator(".receipt").wait_for()


def factor_pages() -> list[Stop]:
    return [
        Stop("second-factor", "陈洁", "/me/second-factor"),
        Stop("second-factor-set-up", "陈洁", "/me/second-factor", begin),
        Stop("second", "周丽", "/sign-in/second"),
        Stop("second-recovery", "周丽", "/sign-in/second?with=recovery"),
        # After the two before it: from here on she has shown the factor.
        Stop("recovery-codes", "周丽", "/me/second-factor", renew_codes),
    ]


def paper_pages() -> list[Stop]:
    resident, role = DESK + "/register/{501}/residents/{tenant}", DESK + "/roles/{grant-auditor}"
    return [
        Stop("register-resident", "陈洁", resident),
        Stop("slip", "陈洁", resident, print_slip),
        Stop("role-code", "韩松", role),
        Stop("slip-of-staff", "韩松", role, print_role_slip),
    ]


def door_pages() -> list[Stop]:
    """The picture last: from then on every code of this machine asks for one."""
    return [
        Stop("join-prove", "马超", "/e/xingfuli/join"),
        Stop("sign-in-confirm", "", "/sign-in/confirm", confirm),
        Stop("new-holder", "", "/sign-in/confirm", begin_anew),
        Stop("sign-in-picture", "", "/sign-in", ask_for_many),
    ]
