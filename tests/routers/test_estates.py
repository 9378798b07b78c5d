"""The front door, joining an estate and the files: pages as a resident meets them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from app.database import Database
from app.models.estates import Owner, Unit
from app.services import files
from tests.fixtures.votes import ElevatorVote
from tests.fixtures.web import Browser
from tests.fixtures.world import Somebody, World

Web = Callable[..., Browser]
JOIN = "/e/xingfuli/join"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


def photo(size: tuple[int, int] = (30, 20)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "white").save(written, "JPEG")
    return written.getvalue()


def claim(browser: Browser, world: World, content: bytes | None = None, **changes: Any) -> Any:
    page = browser.get(f"{JOIN}?building=3").text
    data = {
        "id": hidden(page, "id"),
        "building": "3",
        "entrance": "1",
        "unit_id": str(world.homes["401"].unit_id),
        "relation": "owner",
        "name": "周强",
        **changes,
    }
    given = {} if content is None else {"files": {"photo": ("证.jpg", content)}}
    return browser.post(f"{JOIN}/claim", data, **given)


def test_ones_own_estates_come_first_and_the_others_lead_to_joining(web: Web, world: World) -> None:
    html = web(world.li_na).get("/").text
    assert html.index("幸福里小区") < html.index("南苑小区")
    assert 'href="/e/xingfuli"' in html
    assert 'href="/e/nanyuan/join"' in html
    assert 'href="/e/xingfuli/join"' in web().get("/").text


def test_the_home_page_shows_ones_homes_contact_and_what_waits(
    web: Web, world: World, vote: ElevatorVote
) -> None:
    html = web(world.li_na).get("/e/xingfuli").text
    for text in (
        "3号楼1单元301室",
        "80.00 平方米",
        "0512-65550101",
        f'href="/e/xingfuli/votes/{vote.id}/roll"',
    ):
        assert text in html
    assert "/desk/xingfuli" not in html
    assert "/desk/xingfuli" in web(world.chen_jie).get("/e/xingfuli").text


def test_a_stranger_is_told_how_to_join_and_a_visitor_signs_in(web: Web, world: World) -> None:
    answer = web(world.stranger).get("/e/xingfuli")
    assert answer.status_code == 404
    assert "认领您的房屋" in answer.text
    for path in ("/e/xingfuli", JOIN):
        assert web().get(path).headers["location"].startswith("/sign-in?next=")
    assert web().post(f"{JOIN}/confirm", {"owner_id": str(uuid4())}).status_code == 401
    assert web(world.stranger).get("/e/nowhere").status_code == 404


def _move_phone(database: Database, world: World, room: str, somebody: Somebody) -> None:
    with database.transaction() as session:
        session.get_one(Owner, world.homes[room].owner_id).phone = somebody.phone


def test_the_registered_phone_confirms_with_one_press(web: Web, world: World, database: Database) -> None:
    _move_phone(database, world, "401", world.stranger)
    browser = web(world.stranger)
    page = browser.get(JOIN).text
    assert "名册里登记了您的手机号" in page
    answer = browser.post(f"{JOIN}/confirm", {"owner_id": hidden(page, "owner_id")})
    assert answer.headers["location"] == "/e/xingfuli"
    assert "3号楼1单元401室" in browser.get("/e/xingfuli").text


def test_a_phone_of_two_owners_asks_which_one(web: Web, world: World, database: Database) -> None:
    for room in ("401", "402"):
        _move_phone(database, world, room, world.stranger)
    browser = web(world.stranger)
    page = browser.get(JOIN).text
    assert "您是哪一位" in page
    assert browser.post(f"{JOIN}/confirm").status_code == 422
    answer = browser.post(f"{JOIN}/confirm", {"owner_id": str(world.homes["402"].owner_id)})
    assert answer.status_code == 303
    assert "402室" in browser.get("/e/xingfuli").text


def test_somebody_elses_owner_cannot_be_confirmed(web: Web, world: World) -> None:
    answer = web(world.stranger).post(f"{JOIN}/confirm", {"owner_id": str(world.homes["401"].owner_id)})
    assert answer.status_code == 404


def test_a_home_is_chosen_step_by_step_without_script(web: Web, world: World) -> None:
    browser = web(world.stranger)
    first = browser.get(JOIN).text
    assert 'name="building"' in first
    assert 'name="photo"' not in first
    second = browser.get(f"{JOIN}?building=3").text
    assert 'name="photo"' in second
    assert str(world.homes["602"].unit_id) in second
    assert "业主602" not in second
    assert 'name="photo"' not in browser.get(f"{JOIN}?building=99").text


def test_a_home_without_an_entrance_can_be_chosen_beside_others(
    web: Web, world: World, database: Database
) -> None:
    with database.transaction() as session:
        shop = session.get_one(Unit, world.homes["101"].unit_id)
        shop.entrance, shop.room = "", "商铺1"
    browser = web(world.stranger)
    asked = browser.get(f"{JOIN}?building=3").text
    values = re.findall(r'<option value="([^"]*)"', asked)
    assert values == ["-", "1"]
    page = browser.get(f"{JOIN}?building=3&entrance=-").text
    assert (">商铺1<" in page, ">602<" in page) == (True, False)
    assert ">602<" in browser.get(f"{JOIN}?building=3&entrance=1").text


def test_a_claim_with_a_photo_waits_and_can_be_taken_back(web: Web, world: World, database: Database) -> None:
    browser = web(world.stranger)
    assert claim(browser, world, photo()).status_code == 303
    page = browser.get(JOIN).text
    assert "等待核实" in page
    address = re.search(r"/e/xingfuli/claims/[0-9a-f-]+/withdraw", page)
    assert address
    assert web(world.wang_wei).post(address[0]).status_code == 404
    assert browser.post(address[0]).status_code == 303
    assert "已撤回" in browser.get(JOIN).text


def _bomb() -> bytes:
    written = io.BytesIO()
    Image.new("1", (8000, 8000)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (None, 422),
        (b"", 422),
        (b"<svg/>", 422),
        (b"%PDF-1.4", 422),
        (_bomb(), 413),
        (photo() + b"\0" * (10 * 1024 * 1024), 413),
    ],
)
def test_a_wrong_photo_keeps_what_was_typed(
    web: Web, world: World, content: bytes | None, status: int
) -> None:
    answer = claim(web(world.stranger), world, content, note="房子是去年买的")
    assert answer.status_code == status
    assert 'href="#f-photo"' in answer.text
    for kept in ("房子是去年买的", 'value="周强"', f'value="{world.homes["401"].unit_id}" selected'):
        assert kept in answer.text


def test_bad_fields_of_a_claim_are_sentences_not_faults(web: Web, world: World) -> None:
    browser = web(world.stranger)
    for changes in ({"unit_id": "x"}, {"relation": "king"}, {"name": ""}, {"id": "x", "unit_id": ""}):
        answer = claim(browser, world, photo(), **changes)
        assert answer.status_code == 422
        assert "请先改正下面的问题" in answer.text


def _stored(database: Database, world: World, now: datetime, *, private: bool) -> str:
    with database.transaction() as session:
        file_id = files.store_image(
            session,
            estate_id=world.estate_id,
            name='加梯"图.png',
            content=photo(),
            uploaded_by=world.stranger.account_id,
            now=now,
            private=private,
        )
    return f"/e/xingfuli/files/{file_id}"


def test_a_public_file_is_for_members_and_a_private_one_for_committee_and_uploader(
    web: Web, world: World, database: Database, now: datetime
) -> None:
    people = (world.li_na, world.chen_jie, world.stranger, world.zhou_tao)
    public, private = (_stored(database, world, now, private=value) for value in (False, True))
    assert [web(who).get(public).status_code for who in people] == [200, 200, 200, 404]
    assert [web(who).get(private).status_code for who in people] == [403, 200, 200, 404]
    assert web().get(private).status_code == 303
    assert web(world.zhou_tao).get(public.replace("xingfuli", "nanyuan")).status_code == 404


def test_a_thumbnail_is_guarded_as_its_picture(
    web: Web, world: World, database: Database, now: datetime
) -> None:
    people = (world.li_na, world.chen_jie, world.stranger, world.zhou_tao)
    public, private = (_stored(database, world, now, private=value) for value in (False, True))
    assert [web(who).get(f"{public}/small").status_code for who in people] == [200, 200, 200, 404]
    assert [web(who).get(f"{private}/small").status_code for who in people] == [403, 200, 200, 404]
    assert web().get(f"{private}/small").status_code == 303


def test_a_file_is_an_attachment_that_is_not_sniffed(
    web: Web, world: World, database: Database, now: datetime
) -> None:
    answer = web(world.li_na).get(_stored(database, world, now, private=False))
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%8A%A0")


def test_a_claim_is_withdrawn_at_no_other_estates_address(web: Web, world: World) -> None:
    browser = web(world.stranger)
    claim(browser, world, photo())
    address = re.search(r"/e/xingfuli(/claims/[0-9a-f-]+/withdraw)", browser.get(JOIN).text)
    assert address
    assert browser.post(f"/e/nanyuan{address[1]}").status_code == 404
