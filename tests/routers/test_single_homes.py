"""The desk's forms to add one home and to remove one that was a mistake."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.estates import Unit

WHY = "漏登的房屋，凭不动产权证"


def form(**changed: str) -> dict[str, str]:
    typed = {
        "building": "5栋",
        "entrance": "2",
        "room": "202",
        "floor": "",
        "area": "62.35",
        "kind": "dwelling",
    }
    more = {"status": "normal", "owner": "张三、李四", "phone": "13900000001", "remark": "", "reason": WHY}
    return {"id": str(uuid4()), **typed, **more, **changed}


@pytest.fixture
def root(world) -> str:
    return f"/desk/{world.slug}/register"


def count_units(database) -> int:
    with database.session(writing=False) as session:
        return len(session.exec(select(Unit)).all())


def test_only_the_committee_of_this_estate_adds_and_removes(web, database, world, root) -> None:
    removal, expected = f"{root}/{world.homes['401'].unit_id}/remove", {"stranger": 404, "zhou_tao": 404}
    for name, somebody in world.people.items():
        if name == "chen_jie":
            continue
        browser = web(somebody)
        answers = [browser.get(f"{root}/new"), browser.get(removal)]
        answers += [browser.post(f"{root}/new", form()), browser.post(removal, {"reason": WHY})]
        assert (name, {answer.status_code for answer in answers}) == (name, {expected.get(name, 403)})
    other = web(world.zhou_tao)
    assert other.get(removal.replace(world.slug, world.other_slug)).status_code == 404
    assert other.post(removal.replace(world.slug, world.other_slug), {"reason": WHY}).status_code == 404
    assert count_units(database) == 12


def test_a_home_is_added_by_one_tap_or_two_and_removed_again(web, database, world, root) -> None:
    browser, typed = web(world.chen_jie), form()
    assert f'href="{root}/new"' in browser.get(root).text
    assert browser.get(f"{root}/new").status_code == 200
    for _ in range(2):
        answer = browser.post(f"{root}/new", typed)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root}/{typed['id']}")
    sheet = browser.get(f"{root}/{typed['id']}").text
    for words in ("5号楼2单元202室", "62.35", "张三", "李四"):
        assert words in sheet
    assert f'href="{root}/{typed["id"]}/remove"' in sheet
    assert "在名册里添加房屋" in browser.get(f"/desk/{world.slug}/trail").text
    short = browser.post(f"{root}/{typed['id']}/remove", {"reason": "错"})
    assert short.status_code == 422
    assert 'value="错"' in short.text
    for _ in range(2):
        answer = browser.post(f"{root}/{typed['id']}/remove", {"reason": "录错了楼栋，没有这套"})
        assert (answer.status_code, answer.headers["location"]) == (303, root)
    assert browser.get(f"{root}/{typed['id']}").status_code == 404
    assert count_units(database) == 12


def test_a_home_that_is_there_leads_to_itself_and_what_was_typed_stays(web, database, world, root) -> None:
    typed = form(building="3", entrance="1", room="301")
    answer = web(world.chen_jie).post(f"{root}/new", typed)
    assert answer.status_code == 409
    assert "3号楼1单元301室 已经在名册里：80.00 平方米，业主 li_na" in answer.text
    assert f'href="{root}/{world.homes["301"].unit_id}"' in answer.text
    for value in (typed["id"], "62.35", "张三、李四", "13900000001", WHY):
        assert f'value="{value}"' in answer.text


def test_a_slip_stands_at_its_field_and_a_flood_is_not_sent_back(web, database, world, root) -> None:
    browser = web(world.chen_jie)
    answer = browser.post(f"{root}/new", form(area="六十"))
    assert answer.status_code == 422
    assert 'id="f-area-error"' in answer.text
    assert 'value="六十"' in answer.text
    huge = browser.post(f"{root}/new", form(owner="张" * 30_000))
    assert huge.status_code == 422
    assert len(huge.text) < 20_000
    assert count_units(database) == 12


def test_a_home_in_use_says_why_it_stays_and_offers_no_button(web, database, world, root) -> None:
    browser, path = web(world.chen_jie), f"{root}/{world.homes['501'].unit_id}/remove"
    shown = browser.get(path).text
    assert "3号楼1单元501室 有核实过的住户，不能删除" in shown
    assert f'action="{path}"' not in shown
    answer = browser.post(path, {"reason": "录错了楼栋，没有这套"})
    assert answer.status_code == 409
    assert "有核实过的住户" in answer.text
    assert count_units(database) == 12
