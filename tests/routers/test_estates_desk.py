"""The desk of the register: who may be there, what is shown again when refused, and the printed code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from app.database import Database
from app.models.estates import Owner
from app.services.estates.claims import submit_claim
from app.services.estates.register import get_home
from tests.fixtures.web import Browser
from tests.fixtures.world import World

Web = Callable[..., Browser]
WHY = "凭不动产权证更正"


def home(world: World, room: str = "401") -> str:
    return f"/desk/xingfuli/register/{world.homes[room].unit_id}"


def owner(world: World, room: str = "401") -> str:
    return f"{home(world, room)}/owners/{world.homes[room].owner_id}"


def a_claim(database: Database, world: World, now: Any, relation: str = "tenant") -> UUID:
    with database.transaction() as session:
        return submit_claim(
            session,
            estate_id=world.estate_id,
            claim_id=uuid4(),
            account_id=world.stranger.account_id,
            unit_id=world.homes["401"].unit_id,
            relation=relation,
            name="租客",
            note="",
            photo=b"",
            photo_name="",
            now=now,
        )


@pytest.fixture
def addresses(world: World, database: Database, now: Any) -> dict[str, list[str]]:
    claim = f"/desk/xingfuli/claims/{a_claim(database, world, now)}"
    root = "/desk/xingfuli"
    return {
        "get": [
            root,
            f"{root}/register",
            f"{root}/register/template.xlsx",
            f"{root}/register/import",
            f"{root}/claims",
            claim,
            home(world),
            owner(world),
        ],
        "post": [
            f"{root}/register/import",
            f"{home(world)}/edit",
            f"{home(world)}/owners",
            *(f"{owner(world)}/{verb}" for verb in ("edit", "remove", "unbind", "merge", "code")),
            f"{claim}/approve",
            f"{claim}/refuse",
        ],
    }


def test_the_desk_is_for_its_own_committee(web: Web, world: World, addresses: dict[str, list[str]]) -> None:
    expected = {
        world.zhou_tao: 404,
        world.stranger: 404,
        world.li_na: 403,
        world.qian_er: 403,
        world.sun_li: 403,
    }
    for who, status in expected.items():
        browser = web(who)
        assert {browser.get(path).status_code for path in addresses["get"]} == {status}
        assert {browser.post(path, {"reason": WHY}).status_code for path in addresses["post"]} == {status}
    assert {web().get(path).status_code for path in addresses["get"]} == {303}
    assert {web().post(path).status_code for path in addresses["post"]} == {401}
    assert {web(world.chen_jie).get(path).status_code for path in addresses["get"]} == {200}


def test_another_estates_committee_finds_no_row_at_its_own_desk(
    web: Web, world: World, addresses: dict[str, list[str]]
) -> None:
    browser = web(world.zhou_tao)
    rows = [path for path in addresses["get"] if re.search(r"[0-9a-f]{8}-", path)]
    deeds = [path for path in addresses["post"] if re.search(r"[0-9a-f]{8}-", path)]
    given = {"reason": WHY, "name": "王", "area": "80", "floor": "1", "kind": "dwelling", "status": "normal"}
    given["other_id"] = str(uuid4())
    assert len(rows) == 3
    for path in rows:
        assert browser.get(path.replace("xingfuli", "nanyuan")).status_code == 404
    for path in deeds:
        assert browser.post(path.replace("xingfuli", "nanyuan"), given).status_code == 404


def test_an_address_that_is_no_id_is_not_found(web: Web, world: World) -> None:
    browser = web(world.chen_jie)
    for path in ("register/x", f"register/{uuid4()}", "claims/x", f"register/import/{uuid4()}"):
        assert browser.get(f"/desk/xingfuli/{path}").status_code == 404


def test_the_desk_counts_what_waits(web: Web, world: World, addresses: dict[str, list[str]]) -> None:
    html = web(world.chen_jie).get("/desk/xingfuli").text
    pile = html[html.index("房屋认领等待核实") :]
    assert re.search(r'class="tag warning">1<', pile[:400])
    assert "12 套" in html


def test_the_register_is_listed_by_building_and_searched(web: Web, world: World) -> None:
    browser = web(world.chen_jie)
    html = browser.get("/desk/xingfuli/register?building=3").text
    assert html.count("3号楼1单元") == 12
    assert "li_na ✓" in html
    found = browser.get("/desk/xingfuli/register?q=业主401").text
    assert found.count("3号楼1单元") == 1
    assert "没有找到" in browser.get("/desk/xingfuli/register?q=<b>").text
    assert "<b>“" not in browser.get("/desk/xingfuli/register?q=<b>").text
    assert browser.get("/desk/xingfuli/register?show=ownerless").status_code == 200


def edit(world: World, **changes: str) -> dict[str, str]:
    given = {"area": "80", "floor": "4", "kind": "dwelling", "status": "normal", "remark": "", "reason": WHY}
    return {**given, **changes}


def test_a_home_is_corrected_at_the_desk(web: Web, world: World, database: Database) -> None:
    browser = web(world.chen_jie)
    answer = browser.post(
        f"{home(world)}/edit", edit(world, area="81.25", heirs_proving="yes", status="unsold")
    )
    assert answer.headers["location"] == home(world)
    with database.session(writing=False) as session:
        line = get_home(session, estate_id=world.estate_id, unit_id=world.homes["401"].unit_id).home
    assert (line.area, line.heirs_proving, line.status, line.tenant) == (8125, True, "unsold", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"area": "八十"}, "edit-area"),
        ({"area": "80.123"}, "edit-area"),
        ({"area": "0"}, "edit-area"),
        ({"floor": "x"}, "edit-floor"),
        ({"floor": "²"}, "edit-floor"),
        ({"kind": "castle"}, "edit-kind"),
        ({"status": ""}, "edit-status"),
        ({"reason": "无"}, "edit-reason"),
    ],
)
def test_a_refused_correction_keeps_what_was_typed(
    web: Web, world: World, changes: dict[str, str], field: str
) -> None:
    answer = web(world.chen_jie).post(f"{home(world)}/edit", edit(world, remark="南向两间", **changes))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}-error"' in answer.text
    assert "南向两间" in answer.text


def test_owners_come_and_go_at_the_desk(web: Web, world: World) -> None:
    browser = web(world.chen_jie)
    browser.post(f"{home(world)}/owners", {"name": "新业主", "phone": "13712345678", "reason": WHY})
    assert "13712345678" in browser.get(home(world)).text
    assert browser.post(f"{owner(world)}/remove", {"reason": WHY}).status_code == 303
    assert "业主401" not in browser.get(home(world)).text
    assert browser.get(owner(world)).status_code == 404


@pytest.mark.parametrize(
    ("verb", "data", "field"),
    [
        ("edit", {"name": "", "reason": WHY}, "edit-name"),
        ("edit", {"name": "王", "phone": "12", "reason": WHY}, "edit-phone"),
        ("remove", {}, "remove-reason"),
        ("unbind", {"reason": "错"}, "unbind-reason"),
        ("merge", {"reason": WHY}, "merge-other_id"),
        ("code", {"reason": ""}, "code-reason"),
    ],
)
def test_refused_deeds_on_an_owner_are_shown_beside_the_field(
    web: Web, world: World, verb: str, data: dict[str, str], field: str
) -> None:
    browser = web(world.chen_jie)
    browser.post(f"{home(world, '401')}/owners", {"name": "li_na", "phone": "13712345678", "reason": WHY})
    answer = browser.post(f"{owner(world, '301')}/{verb}", data)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}"' in answer.text


def test_two_rows_of_one_person_are_joined_at_the_desk(web: Web, world: World, database: Database) -> None:
    browser = web(world.chen_jie)
    browser.post(f"{home(world)}/owners", {"name": "li_na", "phone": "13712345678", "reason": WHY})
    page = browser.get(owner(world, "301")).text
    other = re.search(r'name="other_id"\s+value="([0-9a-f-]+)"', page)
    assert other
    answer = browser.post(f"{owner(world, '301')}/merge", {"other_id": other[1], "reason": WHY})
    assert answer.status_code == 303
    with database.session(writing=False) as session:
        assert session.get(Owner, UUID(other[1])) is None


def test_the_printed_code_signs_in_and_is_shown_once(web: Web, world: World) -> None:
    answer = web(world.chen_jie).post(f"{owner(world)}/code", {"reason": "本人持身份证到场"})
    assert answer.status_code == 200
    code = "".join(re.findall(r"<span>([0-9]{2,4})</span>", answer.text))
    assert len(code) == 10
    for path in (home(world), owner(world), "/desk/xingfuli"):
        assert code not in web(world.chen_jie).get(path).text
    guest = web()
    assert guest.post("/sign-in/desk", {"code": code}).status_code == 303
    assert "3号楼1单元401室" in guest.get("/e/xingfuli").text
    assert "已绑定" in web(world.chen_jie).get(home(world)).text


def test_a_claim_is_decided_at_the_desk(web: Web, world: World, database: Database, now: Any) -> None:
    browser = web(world.chen_jie)
    address = f"/desk/xingfuli/claims/{a_claim(database, world, now)}"
    assert "租客" in browser.get("/desk/xingfuli/claims").text
    answer = browser.post(f"{address}/refuse", {"reason": "不"})
    assert answer.status_code == 422
    assert 'href="#f-refuse-reason"' in answer.text
    assert browser.post(f"{address}/approve").status_code == 303
    assert "已通过" in browser.get(address).text
    assert web(world.stranger).get("/e/xingfuli").status_code == 200


def test_the_photo_is_seen_at_the_desk_until_the_decision(web: Web, world: World) -> None:
    written = io.BytesIO()
    Image.new("RGB", (30, 20)).save(written, "JPEG")
    data = {
        "unit_id": str(world.homes["401"].unit_id),
        "relation": "owner",
        "name": "业主401",
        "building": "3",
        "entrance": "1",
    }
    web(world.stranger).post("/e/xingfuli/join/claim", data, files={"photo": ("证.jpg", written.getvalue())})
    browser = web(world.chen_jie)
    address = re.search(r"/desk/xingfuli/claims/[0-9a-f-]{36}", browser.get("/desk/xingfuli/claims").text)
    assert address
    picture = re.search(r'<img src="(/e/xingfuli/files/[^"]+)"', browser.get(address[0]).text)
    assert picture
    assert browser.get(picture[1]).headers["content-type"] == "image/jpeg"
    answer = browser.post(f"{address[0]}/approve")
    assert answer.status_code == 422
    assert 'href="#f-approve-owner_id"' in answer.text
    chosen = {"owner_id": str(world.homes["401"].owner_id)}
    assert browser.post(f"{address[0]}/approve", chosen).status_code == 303
    assert browser.get(picture[1]).status_code == 404
