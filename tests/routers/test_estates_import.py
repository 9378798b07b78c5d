"""Importing a register through the web: upload, progress, preview, confirm; and what is refused."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.database import Database
from app.jobs import registers
from app.services.estates.register import count_register
from tests.fixtures.time import Clock
from tests.fixtures.web import Browser
from tests.fixtures.world import World

Web = Callable[..., Browser]
ROOT = "/desk/nanyuan/register/import"
HEAD = "楼栋,单元,楼层,房号,建筑面积,业主,电话\n"
TWO = HEAD + "1,1,1,101,80.00,张三,13800000001\n1,1,1,102,81.50,李四,13800000002\n"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


class Importer:
    """zhou_tao at the desk of 南苑, whose register is empty."""

    def __init__(self, browser: Browser, database: Database, clock: Clock) -> None:
        self.browser, self.database, self.clock = browser, database, clock

    def send(self, content: bytes | str, name: str = "名册.csv") -> Any:
        page = self.browser.get(ROOT)
        data = content.encode() if isinstance(content, str) else content
        return self.browser.post(ROOT, {"id": hidden(page.text, "id")}, files={"file": (name, data)})

    def upload(self, content: bytes | str, name: str = "名册.csv") -> str:
        answer = self.send(content, name)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def preview(self, content: bytes | str, name: str = "名册.csv") -> tuple[str, str]:
        address = self.upload(content, name)
        assert registers.tick(self.database, now=self.clock()) == 1
        return address, self.browser.get(address).text

    def confirm(self, address: str, html: str) -> Any:
        return self.browser.post(f"{address}/apply", {"seen": hidden(html, "seen")})

    def count(self, world: World) -> tuple[int, int]:
        with self.database.session(writing=False) as session:
            count = count_register(session, estate_id=world.other_estate_id)
            return count.homes, count.owners


@pytest.fixture
def importer(web: Web, world: World, database: Database, clock: Clock) -> Importer:
    return Importer(web(world.zhou_tao), database, clock)


def test_the_shared_register_goes_in_through_the_web_and_once_only(
    importer: Importer, world: World, shared: Path
) -> None:
    content = (shared / "data/register-xingfuli.xlsx").read_bytes()
    address, html = importer.preview(content, "幸福里.xlsx")
    assert "新增 113" in html
    assert importer.count(world) == (0, 0)
    assert importer.confirm(address, html).status_code == 303
    first = importer.count(world)
    assert first[0] == 113
    assert importer.confirm(address, html).status_code == 303
    _again, html = importer.preview(content, "幸福里.xlsx")
    assert "名册与文件一致" in html
    assert 'name="seen"' not in html
    assert importer.count(world) == first


def test_the_preview_names_row_field_and_reason_of_a_refused_row(importer: Importer) -> None:
    _, html = importer.preview(TWO + "1,1,2,201,八十,王五,13800000003\n")
    cells = [cell.strip() for cell in re.findall(r"<t[hd][^>]*>([^<]*)<", html)]
    assert cells[-3:] == ["4", "建筑面积", "面积“八十”不是数字，请写成 62.35 这样的平方米数"]


def test_reading_shows_progress_and_a_link_for_those_without_script(importer: Importer) -> None:
    address = importer.upload(TWO)
    page = importer.browser.get(address).text
    assert f'data-live="{address}/progress"' in page
    assert "刷新" in page
    registers.tick(importer.database, now=importer.clock())
    assert "查看预览" in importer.browser.get(f"{address}/progress").text


def test_same_names_are_ticked_and_written_as_one(importer: Importer, world: World) -> None:
    address, html = importer.preview(HEAD + "1,1,1,101,80,张三,13800000001\n1,1,2,201,80,张三,13900000001\n")
    assert "有 1 组同名业主没有勾选" in html
    assert "13800000001" not in html
    ticks = {"seen": hidden(html, "seen"), "shown": ["0"], "same": ["0:0", "0:1"]}
    assert importer.browser.post(f"{address}/doubles", ticks).status_code == 303
    html = importer.browser.get(f"{address}?part=doubles").text
    assert "没有勾选" not in html
    assert html.count("checked") == 2
    importer.confirm(address, html)
    assert importer.count(world) == (2, 1)


def test_unticking_parts_them_again(importer: Importer, world: World) -> None:
    address, html = importer.preview(HEAD + "1,1,1,101,80,张三,13800000001\n1,1,2,201,80,张三,13900000001\n")
    seen = hidden(html, "seen")
    importer.browser.post(f"{address}/doubles", {"seen": seen, "shown": ["0"], "same": ["0:0", "0:1"]})
    importer.browser.post(f"{address}/doubles", {"seen": seen, "shown": ["0"]})
    importer.confirm(address, html)
    assert importer.count(world) == (2, 2)


def test_a_home_is_removed_only_when_ticked(importer: Importer, world: World) -> None:
    address, html = importer.preview(TWO)
    importer.confirm(address, html)
    address, html = importer.preview(HEAD + "1,1,1,101,80.00,张三,13800000001\n")
    assert "文件里没有 1" in html
    ticks = {"seen": hidden(html, "seen"), "shown": ["1-1-102"], "remove": ["1-1-102"]}
    assert importer.browser.post(f"{address}/removals", ticks).status_code == 303
    importer.confirm(address, html)
    assert importer.count(world) == (1, 1)


def test_a_register_that_moved_is_shown_again(importer: Importer, world: World) -> None:
    first, first_page = importer.preview(TWO)
    second, second_page = importer.preview(HEAD + "1,1,1,101,90.00,张三,13800000001\n")
    importer.confirm(first, first_page)
    answer = importer.confirm(second, second_page)
    assert answer.headers["location"] == f"{second}?again=yes"
    html = importer.browser.get(answer.headers["location"]).text
    assert "请再看一遍" in html
    assert "80.00 → 90.00" in html
    assert importer.count(world) == (2, 2)


def test_every_page_of_a_long_preview_can_be_turned(importer: Importer) -> None:
    rows = "".join(f"{n // 60 + 1},1,1,{n % 60 + 101},80,业主{n},\n" for n in range(250))
    address, _ = importer.preview(HEAD + rows)
    third = importer.browser.get(f"{address}?part=added&page=3").text
    assert "第 3 页，共 3 页" in third
    assert third.count("<tr") == 51
    for odd in ("0", "99", "x", "-1", "9" * 30):
        assert importer.browser.get(f"{address}?part=nothing&page={odd}").status_code == 200


def test_a_discarded_import_writes_nothing(importer: Importer, world: World) -> None:
    address, html = importer.preview(TWO)
    importer.browser.post(f"{address}/discard")
    assert importer.confirm(address, html).status_code == 409
    assert importer.count(world) == (0, 0)
    assert "已经取消" in importer.browser.get(address).text


def _zip(**entries: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "名册.xlsx"),
        (b"%PDF-1.7", "名册.pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "名册.xls"),
        (b"PK\x03\x04 not a zip", "名册.xlsx"),
        (_zip(bomb=b"\0" * 60_000_000), "名册.xlsx"),
        (_zip(inner=_zip(inner=b"x")), "名册.xlsx"),
        (b"hello", "名册.xlsm"),
    ],
)
def test_bombs_and_wrong_files_get_a_clear_page(importer: Importer, content: bytes, name: str) -> None:
    answer = importer.send(content, name)
    if answer.status_code == 303:
        registers.tick(importer.database, now=importer.clock())
        html = importer.browser.get(answer.headers["location"]).text
        assert "这个文件读不了，名册没有改动" in html
    else:
        assert answer.status_code in {413, 422}
        assert 'href="#f-file"' in answer.text


def test_no_file_at_all_is_a_sentence_beside_the_field(importer: Importer) -> None:
    answer = importer.browser.post(ROOT)
    assert answer.status_code == 422
    assert "请先选择一个" in answer.text
    assert importer.browser.post(ROOT, {"file": ""}).status_code == 422


def test_pressing_upload_twice_is_one_upload(importer: Importer) -> None:
    new_id = hidden(importer.browser.get(ROOT).text, "id")
    for _ in range(2):
        answer = importer.browser.post(ROOT, {"id": new_id}, files={"file": ("名册.csv", TWO.encode())})
        assert answer.headers["location"] == f"{ROOT}/{new_id}"
    assert importer.browser.get(ROOT).text.count("名册.csv") == 1


def test_the_template_is_a_workbook_to_download(importer: Importer) -> None:
    answer = importer.browser.get("/desk/nanyuan/register/template.xlsx")
    assert answer.content.startswith(b"PK")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_another_estates_import_is_not_found(importer: Importer, web: Web, world: World) -> None:
    address, _ = importer.preview(TWO)
    tail = address.removeprefix("/desk/nanyuan")
    for browser, status in ((web(world.chen_jie), 404), (importer.browser, 404)):
        assert browser.get(f"/desk/xingfuli{tail}").status_code == status
        for verb in ("apply", "discard", "doubles", "removals"):
            assert browser.post(f"/desk/xingfuli{tail}/{verb}", {"seen": "x"}).status_code == status
