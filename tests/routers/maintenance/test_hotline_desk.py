"""The hotline at the desk: shown first, decided row by row, taken in once, and only by the committee."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from sqlmodel import select

from app.models.maintenance.orders import WorkOrder
from app.services.maintenance.hotline.previewing import MOST_FILE

ROOT = "/desk/xingfuli/orders/hotline"
SHEET = (
    "工单编号,来电时间,类别,内容,地址,来电人,电话\n"
    "H1,2026-11-22 09:15,路灯,张三说二楼楼道灯不亮 <b>13812345678</b>,3栋1单元,张三,13812345678\n"
    "H2,,绿化,树倒了,小区东门,,\n"
    "H3,昨天,,灯,,,\n"
)


@pytest.fixture
def chen(web, world, upkeep):
    return web(world.chen_jie)


def upload(browser, text: str | bytes = SHEET, name: str = "热线.csv"):
    content = text.encode() if isinstance(text, str) else text
    return browser.post(f"{ROOT}/preview", files={"file": (name, content, "text/csv")})


def carried(page: str) -> str:
    return unescape(re.search(r'name="sheet" value="([^"]*)"', page)[1])


def orders(database) -> list[WorkOrder]:
    with database.session(writing=False) as session:
        return list(session.exec(select(WorkOrder).order_by(WorkOrder.number)))


def test_the_hotline_is_the_committees_and_nobody_elses(web, world, upkeep) -> None:
    people = (("ma_chao", 403), ("li_na", 403), ("zhao_min", 403), ("zhou_tao", 404), ("stranger", 404))
    for name, status in people:
        browser = web(world.people[name])
        for path in (ROOT, f"{ROOT}/export.csv"):
            assert browser.get(path).status_code == status, name
        assert upload(browser).status_code == status
        for path in ("import", "number"):
            assert browser.post(f"{ROOT}/{path}", {"sheet": SHEET, "choice-H1": "new"}).status_code == status
    assert web().get(ROOT).headers["location"].startswith("/sign-in")


def test_a_sheet_is_shown_and_nothing_is_written_until_it_is_confirmed(chen, database) -> None:
    page = upload(chen)
    assert page.status_code == 200
    assert "来电人说二楼楼道灯不亮 &lt;b&gt;（电话略）&lt;/b&gt;" in page.text
    assert "来电时间请写成 2026-11-23 09:15 的样子" in page.text
    assert orders(database) == []
    answer = chen.post(
        f"{ROOT}/import", {"sheet": carried(page.text), "choice-H1": "new", "choice-H2": "skip"}
    )
    assert answer.status_code == 303
    assert [order.hotline_number for order in orders(database)] == ["H1"]
    done = chen.get(answer.headers["location"]).text
    assert "导入完成" in done
    again = upload(chen).text
    assert "以前已经导入：第 1 号" in again
    assert 'name="choice-H1"' not in again


def test_what_looks_like_an_order_has_to_be_decided(chen, database, upkeep, now) -> None:
    with database.transaction() as session:
        upkeep.report(session, now)
    page = upload(chen).text
    assert "并入第 1 号" in page
    assert not re.search(r'name="choice-H1"[^>]*checked', page)
    assert re.search(r'name="choice-H2"\s+value="new"[^>]*checked', page)
    sheet = carried(page)
    undecided = chen.post(f"{ROOT}/import", {"sheet": sheet, "choice-H2": "skip"})
    assert undecided.status_code == 422
    assert 'href="#f-choice-H1"' in undecided.text
    assert re.search(r'name="choice-H2"\s+value="skip"[^>]*checked', undecided.text)
    for _ in range(2):
        answer = chen.post(f"{ROOT}/import", {"sheet": sheet, "choice-H1": "order:1", "choice-H2": "new"})
        assert answer.status_code == 303
    assert [order.hotline_number for order in orders(database)] == ["H1", "H2"]


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"", "x.csv", 422),
        (b"a\0b", "x.csv", 422),
        (b"PK\x03\x04 no workbook", "x.xlsx", 422),
        (b"\xff\xfe\xff", "x.csv", 422),
        (b'a,"b\n', "x.csv", 422),
        ("甲,乙\n".encode(), "x.csv", 422),
        (b"%PDF-1.7", "x.pdf", 422),
        (b"x" * (MOST_FILE + 1), "x.csv", 413),
    ],
)
def test_a_file_that_is_no_sheet_comes_back_with_what_to_do(chen, content, name, status) -> None:
    page = upload(chen, content, name)
    assert page.status_code == status
    assert "error-summary" in page.text or "f-file-error" in page.text


def test_no_file_and_a_form_that_no_page_of_ours_wrote(chen, database) -> None:
    assert chen.post(f"{ROOT}/preview").status_code == 422
    for sheet in ("", "x", "工单编号,内容\nH1,\n", "工单编号,内容\n" + "H,x\n" * 3000):
        assert chen.post(f"{ROOT}/import", {"sheet": sheet, "choice-H1": "new"}).status_code == 422
    assert orders(database) == []


def test_a_number_is_written_by_hand_and_the_sheet_goes_back(chen, database, upkeep, now) -> None:
    with database.transaction() as session:
        upkeep.report(session, now)
    assert chen.post(f"{ROOT}/number", {"number": "1", "hotline_number": "H7"}).status_code == 303
    wrong = chen.post(f"{ROOT}/number", {"number": "9", "hotline_number": "H8"})
    assert wrong.status_code == 422
    assert 'href="#f-put-number"' in wrong.text
    assert 'value="H8"' in wrong.text
    sheet = chen.get(f"{ROOT}/export.csv")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert [row[:3] for row in rows[1:]] == [["H7", "1", "已派单"]]
    assert chen.get(f"{ROOT}?done=1-2-x-99999").status_code == 200
