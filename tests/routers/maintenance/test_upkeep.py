"""Planned upkeep as pages: open to everybody, planned by the committee, written down by the people of the plan's party."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.upkeep import Inspection, InspectionPlan

NOBODY = ("li_na", "zhao_min", "sun_li", "qian_er")


def plan_form(upkeep, **changes: str) -> dict[str, str]:
    form = {
        "id": str(uuid4()),
        "place": str(upkeep.entrance),
        "party": str(upkeep.manager),
        "category": "lift",
        "title": "电梯维护保养",
        "every": "DAILY",
        "interval": "15",
        "counted_from": "planned",
        "lines": "平层准确\n应急照明有效",
        "starts_on": "2026-11-20",
        "source": "",
    }
    return {**form, **changes}


@pytest.fixture
def planned(web, world, upkeep, database):
    """The id of a planned round, due three days ago."""
    answer = web(world.chen_jie).post(f"/desk/{world.slug}/upkeep/new", plan_form(upkeep))
    assert answer.status_code == 303, answer.text
    with database.session(writing=False) as session:
        return session.exec(select(Inspection.id)).one()


DONE = {"result-0": "fine", "result-1": "failed", "note-1": "灯管坏了", "inspector": "王师傅", "note": ""}


def test_rounds_and_warranties_are_open_to_everybody(web, world, upkeep, planned, database) -> None:
    path = f"/e/{world.slug}/maintenance/upkeep"
    for browser in (web(), web(world.li_na), web(world.stranger)):
        text = browser.get(path).text
        assert "电梯维护保养" in text
        assert "应在 2026 年 11 月 20 日 做，还没做" in text
    with database.session(writing=False) as session:
        plan_id = session.exec(select(InspectionPlan.id)).one()
    assert "安居物业" in web().get(f"{path}/{plan_id}").text
    assert web().get(f"{path}/{uuid4()}").status_code == 404
    assert web().get(f"/e/{world.other_slug}/maintenance/upkeep/{plan_id}").status_code == 404


def test_only_the_committee_plans(web, world, upkeep, planned, database) -> None:
    root = f"/desk/{world.slug}/upkeep"
    with database.session(writing=False) as session:
        plan_id = session.exec(select(InspectionPlan.id)).one()
    for name in (*NOBODY, "ma_chao"):
        browser = web(world.people[name])
        assert browser.get(f"{root}/new").status_code == 403, name
        assert browser.post(f"{root}/new", plan_form(upkeep)).status_code == 403, name
        assert browser.post(f"{root}/plans/{plan_id}/end").status_code == 403, name
    assert web(world.zhou_tao).post(f"{root}/plans/{plan_id}/end").status_code == 404
    with database.session(writing=False) as session:
        assert session.exec(select(InspectionPlan)).one().ended_at is None


def test_a_round_is_for_the_people_of_its_party(web, world, upkeep, planned) -> None:
    root = f"/desk/{world.slug}/upkeep"
    for name in NOBODY:
        assert web(world.people[name]).get(root).status_code == 403, name
        assert web(world.people[name]).post(f"{root}/rounds/{planned}", DONE).status_code == 403, name
    assert web().get(root).headers["location"].startswith("/sign-in")
    assert web(world.zhou_tao).get(f"{root}/rounds/{planned}").status_code == 404
    text = web(world.ma_chao).get(root).text
    assert "电梯维护保养" in text
    assert "工作台菜单" not in text
    page = web(world.ma_chao).get(f"{root}/rounds/{planned}").text
    assert "应急照明有效" in page
    assert "已经过了应做的日期" in page


def test_a_round_of_another_party_is_refused(web, world, upkeep, database) -> None:
    root = f"/desk/{world.slug}/upkeep"
    web(world.chen_jie).post(f"{root}/new", plan_form(upkeep, party=str(upkeep.builder)))
    with database.session(writing=False) as session:
        round_id = session.exec(select(Inspection.id)).one()
    browser = web(world.ma_chao)
    assert "电梯维护保养" not in browser.get(root).text
    answer = browser.post(f"{root}/rounds/{round_id}", DONE)
    assert answer.status_code == 403
    assert "由另一家单位负责" in answer.text
    with database.session(writing=False) as session:
        assert session.get_one(Inspection, round_id).done_at is None
        assert session.exec(select(WorkOrder.id)).all() == []


def test_a_done_round_is_shown_with_the_order_it_made_and_not_done_again(
    web, world, upkeep, planned, database
) -> None:
    path = f"/desk/{world.slug}/upkeep/rounds/{planned}"
    browser = web(world.ma_chao)
    assert browser.post(path, DONE).headers["location"] == path
    with database.session(writing=False) as session:
        order_id = session.exec(select(WorkOrder.id)).one()
        plan_id = session.exec(select(InspectionPlan.id)).one()
    shown = f"/e/{world.slug}/maintenance/{order_id}"
    for text in (browser.get(path).text, web().get(f"/e/{world.slug}/maintenance/upkeep/{plan_id}").text):
        assert shown in text
        assert "王师傅" in text
    assert browser.post(path, DONE).status_code == 409
    assert web().get(shown).status_code == 200


def test_what_was_typed_stays_when_a_round_is_refused(web, world, upkeep, planned) -> None:
    path = f"/desk/{world.slug}/upkeep/rounds/{planned}"
    answer = web(world.ma_chao).post(path, {**DONE, "note-1": "", "note": "下周再来"})
    assert answer.status_code == 422
    assert "下周再来" in answer.text
    assert re.search(r'id="f-note-1"', answer.text)
    assert web(world.ma_chao).post(path, {**DONE, "result-1": "perhaps"}).status_code == 422
    assert web(world.ma_chao).post(path, {**DONE, "note": "长" * 100_000}).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": "0"},
        {"interval": "²"},
        {"every": "SECONDLY"},
        {"starts_on": "2026-02-30"},
        {"place": "nowhere"},
        {"party": ""},
        {"lines": " "},
        {"counted_from": ""},
        {"category": "castle"},
        {"id": ""},
        {"title": "长" * 90},
    ],
)
def test_a_plan_that_cannot_be_used_comes_back_as_typed(web, world, upkeep, database, changes) -> None:
    answer = web(world.chen_jie).post(
        f"/desk/{world.slug}/upkeep/new", plan_form(upkeep, source="合同第五条", **changes)
    )
    assert answer.status_code == 422
    assert "合同第五条" in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(InspectionPlan.id)).all() == []


def test_a_preset_fills_the_form(web, world, upkeep) -> None:
    text = web(world.chen_jie).get(f"/desk/{world.slug}/upkeep/new?preset=lift").text
    assert "平层准确" in text
    assert 'value="15"' in text


def test_the_committee_ends_a_plan(web, world, upkeep, planned, database) -> None:
    with database.session(writing=False) as session:
        plan_id = session.exec(select(InspectionPlan.id)).one()
    browser, root = web(world.chen_jie), f"/desk/{world.slug}/upkeep"
    assert browser.post(f"{root}/plans/{plan_id}/end").status_code == 303
    assert "电梯维护保养" not in browser.get(root).text
    assert browser.post(f"{root}/plans/{plan_id}/end").status_code == 409
    assert browser.get(f"{root}/rounds/{planned}").status_code == 404
    assert "已停止" in web().get(f"/e/{world.slug}/maintenance/upkeep/{plan_id}").text
