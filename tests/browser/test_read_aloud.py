"""A card read aloud: the telephone's own voice reads title and text, is stopped by key, and is offered only where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from app.clock import utc_now
from app.models.accounts import Account, Grant
from app.models.estates import Estate
from app.rules.accounts import Role
from app.services.guides import writing
from app.services.guides.staff import COMMITTEE_BADGE, Explainer
from app.services.trail import Actor
from tests.browser.site import SLUG, Site
from tests.fixtures.guides import CARD

pytestmark = pytest.mark.browser

# The browser under test has no voice: this one writes down what it is given and ends when it is told to.
VOICE = """(languages) => {
  const speech = new EventTarget();
  Object.assign(speech, {
    said: [], cancelled: 0, getVoices: () => languages.map((lang) => ({ lang })),
    speak: (one) => speech.said.push(one), cancel: () => speech.cancelled++,
  });
  Object.defineProperty(window, "speechSynthesis", { value: speech });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
}"""


def write_card(site: Site) -> str:
    """The address of a card that a clerk of the demo published."""
    now, guide_id = utc_now(), uuid4()
    with site.database.transaction() as session:
        estate, clerk = _clerk(session)
        explainer = Explainer(Actor(clerk.id, clerk.name), COMMITTEE_BADGE)
        given = {"estate_id": estate.id, "guide_id": guide_id, "explainer": explainer, "now": now}
        day = now.date() - timedelta(days=1)
        text = replace(CARD, checked_on=day, review_after=day + timedelta(days=90))
        writing.start_card(session, **given, text=text)
        writing.publish_card(session, **given, revision=1, reason="")
    return f"{site.home()}/guides/{guide_id}"


def _clerk(session: Session) -> tuple[Estate, Account]:
    query = select(Estate, Account).where(
        Estate.slug == SLUG,
        Grant.estate_id == Estate.id,
        Grant.account_id == Account.id,
        Grant.role == Role.COMMITTEE,
    )
    return session.exec(query).first()


def said(page: Page) -> list[str]:
    return page.evaluate("speechSynthesis.said.map((one) => one.text)")


def test_a_card_is_read_aloud_and_stopped_by_keys_alone(signed_in: Callable[..., Page], site: Site) -> None:
    page = signed_in("李秀英", cookies={"size": "huge"})
    page.add_init_script(f"({VOICE})(['en-US', 'zh_CN'])")
    page.goto(write_card(site))
    start, stop = (page.get_by_role("button", name=name) for name in ("读给我听", "停止朗读"))
    expect(start).to_be_visible()
    expect(stop).to_be_hidden()
    assert start.bounding_box()["height"] >= 60  # MIIT, an elderly version
    start.focus()
    page.keyboard.press("Enter")
    assert said(page) == [CARD.title, "三分之二参与。", "四分之三同意，面积和人数分别算。"]
    assert page.evaluate(
        "speechSynthesis.said.every((one) => one.lang === 'zh-CN' && one.voice.lang === 'zh_CN')"
    )
    expect(stop).to_be_focused()
    page.keyboard.press("Space")
    assert page.evaluate("speechSynthesis.cancelled") >= 1
    expect(start).to_be_focused()
    expect(stop).to_be_hidden()
    # Read to the end, it offers to begin again.
    page.keyboard.press("Enter")
    page.evaluate("speechSynthesis.said.at(-1).onend()")
    expect(start).to_be_visible()


def test_without_a_chinese_voice_or_without_script_there_is_no_button(
    signed_in: Callable[..., Page], site: Site
) -> None:
    address = write_card(site)
    deaf = signed_in("李秀英")
    deaf.add_init_script(f"({VOICE})(['en-US'])")
    deaf.goto(address)
    expect(deaf.get_by_role("heading", level=1)).to_have_text(CARD.title)
    expect(deaf.get_by_role("button", name="读给我听")).to_be_hidden()
    # A voice that is loaded late is offered when it comes.
    deaf.evaluate("speechSynthesis.getVoices = () => [{ lang: 'zh-CN' }]")
    deaf.evaluate("speechSynthesis.dispatchEvent(new Event('voiceschanged'))")
    expect(deaf.get_by_role("button", name="读给我听")).to_be_visible()
    plain = signed_in("李秀英", java_script_enabled=False)
    plain.goto(address)
    expect(plain.get_by_text("三分之二参与。")).to_be_visible()
    expect(plain.get_by_role("button", name="读给我听")).to_be_hidden()
