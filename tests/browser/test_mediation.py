"""A quarrel about light, settled by three people on three phones: asked, talked over, offered, written, confirmed, signed on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_paper import ensure_sound
from tests.fixtures.mediation import picture

pytestmark = pytest.mark.browser


def apply(page: Page, site: Site) -> str:
    page.goto(f"{site.home()}/mediation")
    ensure_sound(page)
    page.get_by_role("link", name="申请调解").click()
    page.get_by_label("采光").check()
    page.get_by_label("是什么事，对您有什么影响").fill("电梯井离卧室窗户只有三米多，白天也要开灯。")
    page.get_by_label("另一方是谁").fill("3 号楼 1 单元 301 王先生")
    page.get_by_label("距离（厘米）").fill("三米")
    page.get_by_label("从哪里量到哪里").fill("从卧室窗户到电梯井")
    page.get_by_label("请谁来调解").select_option(label="陈洁（居委会）")
    page.get_by_role("button", name="申请调解").click()
    expect(page.get_by_role("alert")).to_contain_text("只写数字")
    ensure_sound(page)
    page.get_by_label("距离（厘米）").fill("320")
    page.get_by_role("button", name="申请调解").click()
    expect(page.get_by_text("正在等调解员接手")).to_be_visible()
    ensure_sound(page)
    return page.url


def prepare(page: Page, site: Site) -> None:
    page.goto(f"{site.home()}/mediation")
    page.get_by_role("link", name=re.compile("在等调解员")).click()
    expect(page.get_by_text("李秀英")).to_have_count(0)
    ensure_sound(page)
    page.get_by_role("button", name="我来调解").click()
    page.get_by_label("给双方看的概要").fill("两家商量电梯井和卧室窗户的距离，以及怎样减轻挡光。")
    page.get_by_role("button", name="存好概要").click()
    home = page.locator("#f-unit optgroup[label='3号楼1单元'] option", has_text="301室")
    page.locator("#f-unit").select_option(value=home.get_attribute("value"))
    page.get_by_role("button", name="看这套房屋里的人").click()
    page.get_by_label("王**（业主）").check()
    ensure_sound(page)
    page.get_by_role("button", name="加入").click()
    page.get_by_role("button", name="征求双方意见").click()
    expect(page.get_by_text("都同意以后就可以开始")).to_be_visible()


def confirm(page: Page, room: str, name: str) -> None:
    page.goto(f"{room}/agreement")
    page.get_by_label("我已经看完，同意这份协议").check()
    page.get_by_label("写上您的姓名").fill(name)
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_role("button", name="确认", exact=True)).to_have_count(0)


def sign_on_paper(page: Page, room: str, folder: Path) -> None:
    scan = folder / "signed.jpg"
    scan.write_bytes(picture("grey"))
    page.goto(f"{room}/agreement")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载协议书")).click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    ensure_sound(page)
    page.get_by_label("签好字的协议书").set_input_files(scan)
    page.get_by_role("button", name="登记，协议生效").click()
    expect(page.get_by_text(re.compile(r"还剩 3\d 天"))).to_be_visible()


def agreed(page: Page, site: Site) -> int:
    """How many agreements are in force, as the auditor reads it."""
    page.goto(f"{site.desk()}/trail")
    expect(page.get_by_role("heading", name="调解件数")).to_be_visible()
    return sum(map(int, re.findall(r"协议已生效：(\d+) 件", page.inner_text("main"))))


def test_three_people_come_to_a_signed_agreement(signed_in, site: Site, tmp_path: Path) -> None:
    applicant = signed_in("李秀英", cookies={"size": "large"})
    other = signed_in("王建国", java_script_enabled=False)
    mediator, onlooker = signed_in("陈洁"), signed_in("周丽")
    before = agreed(onlooker, site)
    room = apply(applicant, site)
    # An address that somebody guessed is nobody's: to the auditor, to the other side until he is asked.
    for page in (onlooker, other):
        answer = page.goto(room)
        assert answer is not None
        assert answer.status == 404
    prepare(mediator, site)

    for page in (applicant, other):
        page.goto(room)
        page.get_by_role("button", name="同意调解").click()
    expect(other.get_by_text("白天也要开灯")).to_be_visible()
    other.get_by_label("您想说的").fill("可以换成隔音玻璃，井道外墙刷浅色。")
    other.get_by_label("这是对上面影响的回应").check()
    other.get_by_role("button", name="说出来").click()
    applicant.reload()
    expect(applicant.get_by_text("井道外墙刷浅色")).to_be_visible()
    ensure_sound(applicant)

    other.goto(f"{room}/offers")
    other.get_by_label("一次性补偿").check()
    other.get_by_label("金额（元）").fill("5000")
    other.get_by_role("button", name="提出方案").click()
    applicant.goto(f"{room}/offers")
    expect(applicant.get_by_text("5,000 元")).to_be_visible()
    ensure_sound(applicant)
    applicant.get_by_role("button", name="接受", exact=True).click()
    expect(applicant.get_by_text("已接受")).to_be_visible()

    mediator.goto(f"{room}/agreement")
    draft = mediator.get_by_label("协议内容")
    expect(draft).to_have_value(re.compile("一次性补偿人民币 5000.00 元"))
    draft.fill("1. 另一方在 2027 年 1 月 31 日以前一次付给申请方人民币 5000 元。\n2. 双方不再就此事争议。")
    ensure_sound(mediator)
    mediator.get_by_role("button", name="存成新的一稿").click()
    applicant.goto(f"{room}/agreement")
    ensure_sound(applicant)
    for page, name in ((applicant, "李秀英"), (other, "王建国"), (mediator, "陈洁")):
        confirm(page, room, name)
    sign_on_paper(mediator, room, tmp_path)

    applicant.goto(room)
    expect(applicant.get_by_text("协议已经生效")).to_be_visible()
    applicant.get_by_role("link", name="看履行和司法确认").click()
    ensure_sound(applicant)
    assert agreed(onlooker, site) == before + 1
    expect(onlooker.get_by_text("白天也要开灯")).to_have_count(0)
