"""Two neighbours in one thread: what one writes appears before the other without a reload, and looking marks it read."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from app.clock import utc_now
from app.models.deliberations import ThreadRead
from app.models.proposals import Proposal
from app.rules.deliberations.stages import Stage
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.services.deliberations.opening import NewThread, open_thread
from app.services.trail import Actor
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def thread(site: Site) -> str:
    """A thread in its opinions, opened four days ago; its address."""
    began, desk = utc_now() - timedelta(days=4), UUID(site.people["陈洁"])
    days = {Stage.OPINIONS: 3, Stage.CONSENSUS: 14, Stage.CLOSED: 20}
    new = NewThread(
        id=uuid4(),
        title="院子里种什么树",
        question="种桂花还是香樟？",
        stages=tuple((stage, began + timedelta(days=count)) for stage, count in days.items()),
    )
    with site.database.transaction() as session:
        proposal = Proposal(
            estate_id=site.estate_id,
            number=990,
            author_id=desk,
            state=ProposalState.ACCEPTED,
            title="种树",
            text="院子里种几棵树。",
            item_kind=ItemKind.UPLIFTING,
            scope=Scope.ESTATE,
            created_at=began,
            changed_at=began,
        )
        session.add(proposal)
        session.flush()
        actor = Actor(desk, "陈洁")
        open_thread(
            session, estate_id=site.estate_id, proposal_id=proposal.id, new=new, actor=actor, now=began
        )
    return f"{site.home()}/deliberations/{new.id}"


def write(page, address: str, text: str) -> None:
    page.goto(address)
    page.get_by_label("您想说什么").fill(text)
    page.get_by_role("button", name="发出").click()
    expect(page.get_by_text(text)).to_be_visible()


def test_neighbours_talk_without_reloading(signed_in, thread) -> None:
    one, other = signed_in("李秀英"), signed_in("王建国")
    for page in (one, other):
        page.clock.install()
    one.goto(thread)
    one.evaluate("document.body.dataset.first = 'yes'")
    write(other, thread, "我想种桂花")
    one.clock.fast_forward(9_000)
    expect(one.locator("[data-live]")).to_contain_text("我想种桂花")
    expect(one.locator("[data-live]").get_by_role("status")).to_have_text("有 1 条新发言")
    one.locator("[data-live] .post").get_by_role("button", name="同感").focus()
    write(other, thread, "香樟太高")
    one.clock.fast_forward(9_000)
    expect(one.locator("[data-live]")).to_contain_text("香樟太高")
    expect(one.get_by_text("我想种桂花")).to_have_count(1)
    assert one.evaluate("document.body.dataset.first") == "yes"


def test_a_page_that_was_looked_at_is_marked_read_by_itself(signed_in, site, thread) -> None:
    reader = signed_in("钱小雨")
    reader.clock.install()
    reader.goto(thread)
    mark = reader.get_by_role("button", name="标为已读")
    expect(mark).to_be_visible()
    reader.clock.run_for(5_000)
    expect(mark).to_be_hidden()
    with site.database.session(writing=False) as session:
        query = select(ThreadRead.seq).where(ThreadRead.account_id == UUID(site.people["钱小雨"]))
        assert session.exec(query).one() == 2


def test_everything_is_there_without_javascript(new_context, site, thread) -> None:
    plain = new_context(storage_state=site.states["王建国"], java_script_enabled=False).new_page()
    plain.goto(thread)
    expect(plain.get_by_text("我想种桂花")).to_be_visible()
    post = plain.locator(".post", has_text="香樟太高")
    post.get_by_role("link", name="回复").click()
    plain.get_by_label("回复的话").fill("可以修剪")
    plain.get_by_role("button", name="发出").click()
    expect(plain.locator(".replies")).to_contain_text("可以修剪")
