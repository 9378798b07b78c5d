"""A resident and a contractor, each with a telephone: reported, taken, repaired, not so, repaired again, confirmed."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.clock import BEIJING, utc_now
from app.models.maintenance.orders import WorkOrder
from app.rules.maintenance.states import OrderState
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def photo() -> dict[str, object]:
    drawn = io.BytesIO()
    Image.new("RGB", (800, 600), "olive").save(drawn, "JPEG")
    return {"name": "新灯.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}


def order_of(site: Site, text: str) -> WorkOrder:
    with site.database.session(writing=False) as session:
        return session.exec(select(WorkOrder).where(WorkOrder.text == text)).one()


def report(page: Page, site: Site, text: str) -> str:
    """Report the lamp of the own stairwell; the id of the order."""
    page.goto(f"{site.home()}/maintenance/new")
    page.get_by_label("路灯、楼道灯不亮").check()
    page.get_by_label("3号楼 1单元", exact=True).check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("说说情况").fill(text)
    page.get_by_role("button", name="发出报修").click()
    expect(page.get_by_text(text)).to_be_visible()
    return str(order_of(site, text).id)


def take(page: Page) -> None:
    page.get_by_role("link", name="接单").click()
    page.get_by_label("维修师傅姓名").fill("孙师傅")
    page.get_by_label("怎么修").fill("换一个新灯头")
    promised = utc_now().astimezone(BEIJING) + timedelta(hours=5)
    page.get_by_label("预计什么时候修好").fill(f"{promised:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_text("已接单").first).to_be_visible()


def mend(page: Page) -> None:
    page.get_by_role("link", name="修好了，传照片").click()
    page.get_by_role("button", name="修好了，传照片").click()
    expect(page.get_by_role("alert")).to_contain_text("请上传修好后的照片")
    page.get_by_label("修好后的照片").set_input_files([photo()])
    page.get_by_label("做了什么").fill("换了新灯头")
    page.get_by_role("button", name="修好了，传照片").click()
    expect(page.get_by_text("待确认").first).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_only_the_resident_says_whether_it_is_repaired(signed_in, site: Site, script: bool) -> None:
    text = f"三楼的楼道灯一直闪，请来换一个，{'急' if script else '不急'}。"
    resident = signed_in("李秀英", java_script_enabled=script)
    worker = signed_in("马超", java_script_enabled=script)
    order_id = report(resident, site, text)
    public, desk = f"{site.home()}/maintenance/{order_id}", f"{site.desk()}/orders/{order_id}"

    worker.goto(f"{site.desk()}/orders")
    worker.locator(f"#new a[href$='{order_id}']").click()
    take(worker)
    mend(worker)
    worker.goto(public)
    expect(worker.get_by_role("button", name="修好了", exact=True)).to_have_count(0)

    resident.goto(public)
    expect(resident.get_by_text("孙师傅").first).to_be_visible()
    resident.get_by_label("没有修好的话").fill("晚上又闪了")
    resident.get_by_role("button", name="没有修好").click()
    expect(resident.get_by_text("返工").first).to_be_visible()
    assert order_of(site, text).state is OrderState.REOPENED

    worker.goto(desk)
    expect(worker.get_by_text("晚上又闪了").first).to_be_visible()
    take(worker)
    mend(worker)

    resident.goto(public)
    resident.get_by_role("button", name="修好了", exact=True).click()
    expect(resident.get_by_text("已确认修好").first).to_be_visible()
    assert order_of(site, text).state is OrderState.CONFIRMED
    worker.goto(desk)
    expect(worker.get_by_role("button", name="看报修人电话")).to_have_count(0)
