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
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stages import Stage
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.services.deliberations.acts import Order
from app.services.deliberations.cases import Target
from app.services.deliberations.moderating import judge_content
from app.services.deliberations.muting import set_pre_approval
from app.services.deliberations.opening import NewThread, open_thread
from app.services.deliberations.posting import NewPost, write_post
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


class Moderated:
    """The thread from within: posts that wait, and the clerk who lets them pass."""

    def __init__(self, site: Site, address: str) -> None:
        self.site = site
        self.where = {"estate_id": site.estate_id, "thread_id": UUID(address.rsplit("/", 1)[1])}

    def order(self) -> Order:
        desk = Actor(UUID(self.site.people["陈洁"]), "陈洁")
        return Order(id=uuid4(), actor=desk, now=utc_now(), reason="争吵激烈，先看过再让大家看到")

    def wait_first(self, on: bool) -> None:
        with self.site.database.transaction() as session:
            set_pre_approval(session, **self.where, on=on, order=self.order())

    def say(self, name: str, text: str) -> int:
        new = NewPost(id=uuid4(), text=text)
        who = {"account_id": UUID(self.site.people[name]), "now": utc_now()}
        with self.site.database.transaction() as session:
            return write_post(session, **self.where, post=new, **who).seq

    def approve(self, seq: int) -> None:
        target = Target(thread_id=self.where["thread_id"], seq=seq)
        with self.site.database.transaction() as session:
            judge_content(
                session, estate_id=self.site.estate_id, target=target, act=Act.APPROVE, order=self.order()
            )


def test_a_post_approved_after_newer_ones_were_shown_comes_into_the_open_page(
    signed_in, site, thread
) -> None:
    inside = Moderated(site, thread)
    inside.wait_first(on=True)
    held = inside.say("钱小雨", "树根会拱坏路面")
    inside.wait_first(on=False)
    reader = signed_in("李秀英")
    reader.clock.install()
    reader.goto(thread)
    inside.say("孙立平", "可以种在草地中间")
    live = reader.locator("[data-live]")
    reader.clock.fast_forward(9_000)
    expect(live).to_contain_text("可以种在草地中间")
    expect(reader.get_by_text("树根会拱坏路面")).to_have_count(0)
    inside.approve(held)
    for _ in range(2):
        with reader.expect_response("**/new?*"):
            reader.clock.fast_forward(9_000)
        expect(live).to_contain_text("树根会拱坏路面")
    expect(reader.get_by_text("树根会拱坏路面")).to_have_count(1)
    expect(reader.get_by_text("可以种在草地中间")).to_have_count(1)
