"""A report written in a cellar: kept on the telephone with its photo, listed, and sent once there is a network."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from app.clock import utc_now
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.models.maintenance.places import Place, PlaceKind
from app.services.maintenance.facilities import grow
from app.services.trail import SYSTEM
from tests.browser.site import Site

pytestmark = pytest.mark.browser

KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const cache = await caches.open("report");
  for (let tries = 0; tries < 100; tries++) {
    if (await cache.match(`${location.pathname}/offline`)) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}"""


@pytest.fixture(scope="module")
def code(site: Site) -> str:
    """The code on the sticker of building 3, entrance 1."""
    with site.database.transaction() as session:
        grow(session, estate_id=site.estate_id, actor=SYSTEM, now=utc_now())
        query = select(Place.code).where(
            Place.kind == PlaceKind.ENTRANCE, Place.building == "3", Place.entrance == "1"
        )
        return session.exec(query).one()


def reports(site: Site, text: str) -> list[WorkOrder]:
    with site.database.session(writing=False) as session:
        return list(session.exec(select(WorkOrder).where(WorkOrder.text == text)))


def photo() -> dict[str, object]:
    drawn = io.BytesIO()
    Image.new("RGB", (3000, 2000), "gray").save(drawn, "JPEG")
    return {"name": "灯.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}


def remembered(page: Page, site: Site) -> None:
    page.goto(f"{site.home()}/maintenance/new")
    assert page.evaluate(KEPT)


def write(page: Page, text: str) -> None:
    page.get_by_label("乱倒垃圾").check()
    page.get_by_label("生活垃圾").check()
    page.get_by_label("说说情况").fill(text)
    page.get_by_label("照片").set_input_files([photo()])
    page.get_by_role("button", name="发出报修").click()


def test_a_report_written_offline_is_kept_and_sent_once(signed_in, site, code) -> None:
    page = signed_in("李秀英")
    remembered(page, site)
    page.context.set_offline(True)
    page.goto(f"{site.url}/q/{code}")
    expect(page.get_by_role("heading", name="没有网络时报修")).to_be_visible()
    expect(page.get_by_label("坏在哪里")).to_have_value(code)
    write(page, "地下室堆了垃圾")
    waiting = page.get_by_role("listitem").filter(has_text="地下室堆了垃圾")
    expect(waiting).to_be_visible()
    page.reload()
    expect(waiting).to_be_visible()
    assert reports(site, "地下室堆了垃圾") == []
    page.context.set_offline(False)
    expect(page.get_by_text("刚才存下的报修已经发出")).to_be_visible()
    expect(waiting).to_have_count(0)
    (order,) = reports(site, "地下室堆了垃圾")
    assert (str(order.reporter_id), order.answers) == (site.people["李秀英"], {"kind": ["household"]})
    with site.database.session(writing=False) as session:
        kept = select(OrderPhoto.id).where(col(OrderPhoto.order_id) == order.id)
        assert len(session.exec(kept).all()) == 1


def test_what_waits_can_be_mended_or_thrown_away(signed_in, site, code) -> None:
    page = signed_in("李秀英")
    remembered(page, site)
    page.context.set_offline(True)
    page.goto(f"{site.home()}/maintenance/new?place={code}")
    write(page, "写错了的一条")
    waiting = page.get_by_role("listitem").filter(has_text="写错了的一条")
    waiting.get_by_role("link", name="修改").click()
    expect(page.get_by_label("说说情况")).to_have_value("写错了的一条")
    expect(page.get_by_label("生活垃圾")).to_be_checked()
    page.get_by_label("说说情况").fill("改好了的一条")
    page.get_by_role("button", name="发出报修").click()
    mended = page.get_by_role("listitem").filter(has_text="改好了的一条")
    expect(mended).to_have_count(1)
    expect(waiting).to_have_count(0)
    mended.get_by_role("button", name="删除").click()
    expect(mended).to_have_count(0)
    page.context.set_offline(False)
    page.reload()
    assert reports(site, "写错了的一条") == reports(site, "改好了的一条") == []


def test_a_network_lost_while_writing_loses_nothing_and_another_account_does_not_send_it(
    signed_in, site, code
) -> None:
    page = signed_in("王建国")
    page.goto(f"{site.home()}/maintenance/new/details?place={code}&category=road")
    page.context.set_offline(True)
    page.get_by_label("说说情况").fill("门口路面塌了")
    page.get_by_role("button", name="发出报修").click()
    waiting = page.get_by_role("listitem").filter(has_text="门口路面塌了")
    expect(waiting).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("刚才存下的报修已经发出")).to_be_visible()
    assert len(reports(site, "门口路面塌了")) == 1
    page.context.set_offline(True)
    page.get_by_label("说说情况").fill("路灯也坏了")
    page.get_by_role("button", name="发出报修").click()
    expect(page.get_by_role("listitem").filter(has_text="路灯也坏了")).to_be_visible()
    # Somebody else takes the telephone.
    page.goto("about:blank")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.goto(f"{site.url}/demo")
    page.get_by_role("button", name="以李秀英的身份登录").click()
    page.goto(f"{site.home()}/maintenance/new")
    expect(page.get_by_text("这是另一个账号写的")).to_be_visible()
    assert reports(site, "路灯也坏了") == []


def test_sent_with_a_network_it_goes_straight_to_its_order(signed_in, site, code) -> None:
    page = signed_in("王建国")
    page.goto(f"{site.home()}/maintenance/new/details?place={code}&category=road")
    page.get_by_label("说说情况").fill("台阶松了")
    with page.expect_navigation(url="**/maintenance/*filed=1"):
        page.get_by_role("button", name="发出报修").click()
    assert len(reports(site, "台阶松了")) == 1
