"""An owner gives a mandate on her phone, the agent accepts and votes on his: she learns that he did, and not what."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.models.accounts import Account
from tests.browser.site import Site

pytestmark = pytest.mark.browser

TITLE = "3号楼1单元加装电梯"


def phone_of(site: Site, name: str) -> str:
    with site.database.session(writing=False) as session:
        return str(session.get_one(Account, UUID(site.people[name])).phone)


def open_vote(page: Page, site: Site) -> None:
    page.goto(f"{site.home()}/votes")
    page.get_by_role("link", name=TITLE).first.click()


def test_the_agent_votes_and_the_owner_sees_that_he_did(signed_in, site: Site) -> None:
    owner, agent = signed_in("李秀英"), signed_in("吴新", java_script_enabled=False)
    open_vote(owner, site)
    owner.get_by_role("link", name="委托投票").click()
    owner.get_by_label("代理人姓名").fill("吴新")
    owner.get_by_label("代理人的手机号").fill(phone_of(site, "吴新"))
    owner.get_by_role("button", name="委托这个人投票").click()
    expect(owner.get_by_text("等待对方确认。")).to_be_visible()
    agent.goto(owner.url)
    agent.get_by_role("button", name="我是吴新，接受委托").click()
    agent.get_by_role("link", name="去代为投票").click()
    expect(agent.get_by_text("这不是您自己的票")).to_be_visible()
    agent.get_by_label("反对").check()
    agent.get_by_label("我已阅读议案，并按委托人的意思选择").check()
    agent.get_by_role("button", name="下一步：确认").click()
    agent.get_by_role("button", name="确认提交，代李秀英投票").click()
    expect(agent.get_by_role("heading", name="已经代为投好了")).to_be_visible()
    expect(agent.get_by_text("反对")).to_have_count(0)

    open_vote(owner, site)
    expect(owner.get_by_text("您的代理人已投票。")).to_be_visible()
    expect(owner.get_by_text("您的选择")).to_have_count(0)
    expect(owner.get_by_role("link", name="自己投票")).to_be_visible()
