"""A survey filled in at the door without a network: kept on the telephone, sent later under its own id, and then forgotten there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlmodel import col, select

from app.clock import utc_now
from app.models.surveys import AnswerSheet
from app.rules.surveys.kinds import Per
from app.services.surveys import drafting, opening
from app.services.surveys.answering import SheetIn, take_door_sheet
from app.services.surveys.homes import asked_homes
from app.services.surveys.reading import get_survey
from app.services.trail import Actor
from tests.browser.site import Site
from tests.fixtures.surveys import MARK, ORDER, QUESTIONS

pytestmark = pytest.mark.browser

REMEMBERED = """async () => {
  await navigator.serviceWorker.ready;
  const cache = await caches.open("surveys");
  for (let tries = 0; tries < 100; tries++) {
    if (await cache.match(location.pathname)) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}"""
LEFT = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("surveys", 1);
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction("sheets").objectStore("sheets").getAll();
    all.onsuccess = () => resolve(all.result.length);
  };
})"""


class Door:
    """An open survey of the demo estate, and what its database holds."""

    def __init__(self, site: Site) -> None:
        self.site, self.id, now = site, uuid4(), utc_now()
        self.estate_id = site.estate_id
        self.desk = Actor(UUID(site.people["陈洁"]), "陈洁")
        with site.database.transaction() as session:
            drafting.start_survey(
                session,
                estate_id=self.estate_id,
                survey_id=self.id,
                settings=drafting.Settings("改造需求调查", "说说您家的需要。", Per.HOME),
                questions=QUESTIONS,
                actor=self.desk,
                now=now,
            )
            opening.open_survey(
                session,
                estate_id=self.estate_id,
                survey_id=self.id,
                opens_at=None,
                closes_at=now + timedelta(days=7),
                actor=self.desk,
                now=now,
            )
            survey = get_survey(session, estate_id=self.estate_id, survey_id=self.id)
            self.homes = asked_homes(session, survey=survey)

    @property
    def address(self) -> str:
        return f"{self.site.desk()}/surveys/{self.id}/door"

    def sheets(self, home: int) -> list[AnswerSheet]:
        with self.site.database.session(writing=False) as session:
            query = select(AnswerSheet).where(
                AnswerSheet.survey_id == self.id, AnswerSheet.unit_id == self.homes[home].unit_id
            )
            return list(session.exec(query.order_by(col(AnswerSheet.version))))

    def ask_anew(self) -> None:
        with self.site.database.transaction() as session:
            where = {"estate_id": self.estate_id, "survey_id": self.id}
            drafting.remove_question(session, **where, key=MARK.key, now=utc_now())
            drafting.put_question(
                session, **where, question=replace(ORDER, title="先改哪个"), another=False, now=utc_now()
            )
            opening.ask_new_edition(session, **where, actor=self.desk, now=utc_now())

    def answered_meanwhile(self, home: int) -> None:
        with self.site.database.transaction() as session:
            sheet = SheetIn(
                uuid4(), 1, self.homes[home].unit_id, "70+", {"want": "yes"}, utc_now(), consented=True
            )
            take_door_sheet(
                session,
                estate_id=self.estate_id,
                survey_id=self.id,
                sheet=sheet,
                actor=self.desk,
                now=utc_now(),
            )


@pytest.fixture
def door(site: Site) -> Door:
    return Door(site)


def at_the_door(signed_in, door: Door) -> Page:
    page = signed_in("赵敏")
    page.goto(door.address)
    assert page.evaluate(REMEMBERED)
    page.context.set_offline(True)
    page.goto(door.address)
    expect(page.get_by_role("heading", name="上门填写")).to_be_visible()
    return page


def fill(page: Page, door: Door, home: int, want: str = "不想") -> None:
    page.get_by_label("哪一户").select_option(str(door.homes[home].unit_id))
    page.get_by_label("住户在场并且同意").check()
    page.get_by_label(want, exact=True).check()
    page.get_by_label("屋面", exact=True).first.check()
    page.get_by_label("3", exact=True).check()
    page.get_by_label("70 岁以上").check()


def finish(page: Page) -> None:
    page.get_by_role("button", name="这一户填好了").click()


def kept(page: Page, text: str) -> Locator:
    return page.locator("[data-kept] li").filter(has_text=text)


def test_sheets_filled_in_offline_are_kept_sent_once_and_forgotten(signed_in, door) -> None:
    page = at_the_door(signed_in, door)
    expect(page.get_by_label("为什么不想")).to_be_hidden()
    # What could not be asked again later is said while the resident is still there.
    finish(page)
    expect(page.get_by_text("请选择是哪一户")).to_be_visible()
    fill(page, door, 0)
    page.get_by_label("为什么不想").fill("怕吵")
    finish(page)
    expect(kept(page, "等网络")).to_have_count(1)
    fill(page, door, 1, "想")
    finish(page)
    expect(kept(page, "等网络")).to_have_count(2)
    page.reload()
    expect(kept(page, "等网络")).to_have_count(2)
    assert door.sheets(0) == []
    page.context.set_offline(False)
    expect(kept(page, "已送到")).to_have_count(2)
    assert page.evaluate(LEFT) == 0
    (first,), (second,) = door.sheets(0), door.sheets(1)
    assert first.answers == {"want": "no", "why": "怕吵", "parts": ["roof"], "mark": 3}
    assert second.answers == {"want": "yes", "parts": ["roof"], "mark": 3}
    assert (str(first.filled_by), first.account_id, first.age.value) == (
        door.site.people["赵敏"],
        None,
        "70+",
    )
    assert first.answered_at < first.received_at
    page.reload()
    expect(page.locator(f"option[value='{door.homes[0].unit_id}']")).to_have_count(0)


def test_a_sheet_of_the_old_questions_counts_and_one_refused_stays_until_it_is_saved(
    signed_in, door, tmp_path: Path
) -> None:
    page = at_the_door(signed_in, door)
    fill(page, door, 2)
    finish(page)
    expect(kept(page, "等网络")).to_have_count(1)
    fill(page, door, 3)
    finish(page)
    expect(kept(page, "等网络")).to_have_count(2)
    door.ask_anew()
    door.answered_meanwhile(3)
    page.context.set_offline(False)
    expect(kept(page, "不计入：满意吗")).to_have_count(1)
    refused = kept(page, "没有收下")
    expect(refused).to_contain_text("以先填的为准")
    page.reload()
    expect(refused).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="存成文件").click()
    path = tmp_path / "answers.json"
    saving.value.save_as(path)
    (saved,) = json.loads(path.read_text(encoding="utf-8"))["sheets"]
    assert (saved["unit"], saved["edition"]) == (str(door.homes[3].unit_id), 1)
    assert set(saved) == {"id", "edition", "unit", "age", "consented", "answered_at", "corrects", "answers"}
    # Mended, it is for the right home, still under its own id.
    refused.get_by_role("button", name="更正").click()
    # Its own home is answered and not in the list any more: who is meant, and that he agreed, is said anew.
    expect(page.get_by_label("哪一户")).to_have_value("")
    expect(page.get_by_label("住户在场并且同意")).not_to_be_checked()
    page.get_by_label("哪一户").select_option(str(door.homes[4].unit_id))
    page.get_by_label("住户在场并且同意").check()
    expect(page.get_by_label("不想", exact=True)).to_be_checked()
    finish(page)
    expect(kept(page, "已送到")).to_have_count(1)
    expect(refused).to_have_count(0)
    assert page.evaluate(LEFT) == 0
    (sheet,) = door.sheets(4)
    assert str(sheet.id) == saved["id"]
    # The file brought to the desk meets the sheet that arrived meanwhile: nothing counts twice.
    desk = signed_in("陈洁")
    desk.goto(door.address.replace("/door", "/answers"))
    desk.get_by_label("答卷文件").set_input_files(path)
    desk.get_by_role("button", name="上传").click()
    expect(desk.get_by_text("没有收下 1 份")).to_be_visible()
    assert len(door.sheets(3)) == 1


def test_another_account_does_not_send_what_waits(signed_in, door) -> None:
    page = at_the_door(signed_in, door)
    fill(page, door, 5)
    finish(page)
    expect(kept(page, "等网络")).to_have_count(1)
    page.goto("about:blank")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.goto(f"{door.site.url}/demo")
    page.get_by_role("button", name="以陈洁的身份登录").click()
    page.goto(door.address)
    expect(page.get_by_text("另一个账号填的")).to_be_visible()
    assert door.sheets(5) == []
    assert page.evaluate(LEFT) == 1


def test_a_correction_that_waits_is_mended_on_the_page_of_its_own_home(signed_in, door) -> None:
    page = at_the_door(signed_in, door)
    for home in (6, 7):
        fill(page, door, home)
        finish(page)
        expect(kept(page, "等网络")).to_have_count(home - 5)
    page.context.set_offline(False)
    expect(kept(page, "已送到")).to_have_count(2)
    page.goto(f"{door.address}?home={door.homes[6].unit_id}")
    page.context.set_offline(True)
    page.get_by_label("住户在场并且同意").check()
    page.get_by_label("想", exact=True).check()
    finish(page)
    expect(kept(page, "等网络")).to_have_count(1)
    # On the page of another home's correction, and on the plain one, it leads to its own page.
    page.route("**/token", lambda route: route.abort())
    page.context.set_offline(False)
    for start in (f"{door.address}?home={door.homes[7].unit_id}", door.address):
        page.goto(start)
        kept(page, "等网络").get_by_role("button", name="更正").click()
        page.wait_for_url(f"**?home={door.homes[6].unit_id}")
    kept(page, "等网络").get_by_role("button", name="更正").click()
    expect(page.get_by_label("想", exact=True)).to_be_checked()
    page.get_by_label("40—59 岁").check()
    page.unroute("**/token")
    finish(page)
    expect(kept(page, "已送到")).to_have_count(1)
    assert [(sheet.version, sheet.answers["want"], sheet.age.value) for sheet in door.sheets(6)] == [
        (1, "no", "70+"),
        (2, "yes", "40-59"),
    ]
    assert [(sheet.version, sheet.answers["want"]) for sheet in door.sheets(7)] == [(1, "no")]


def test_a_sheet_mended_while_it_is_on_its_way_is_not_forgotten(signed_in, door) -> None:
    page = at_the_door(signed_in, door)
    fill(page, door, 8)
    finish(page)
    expect(kept(page, "等网络")).to_have_count(1)
    arrived: list[Route] = []

    def hold(route: Route) -> None:
        if arrived:
            route.continue_()
        arrived.append(route)

    page.route("**/door/sheets", hold)
    page.context.set_offline(False)
    kept(page, "等网络").get_by_role("button", name="更正").click()
    page.wait_for_timeout(500)
    assert len(arrived) == 1
    page.get_by_label("想", exact=True).check()
    finish(page)
    arrived[0].continue_()
    expect(kept(page, "打开已经收到的那一份更正")).to_have_count(1)
    assert page.evaluate(LEFT) == 1
    assert [sheet.answers["want"] for sheet in door.sheets(8)] == ["no"]
