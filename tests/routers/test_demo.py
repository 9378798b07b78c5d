"""The demo: everything when it is on, nothing at all when it is off."""

import json
from uuid import uuid4

import pytest

from app.services import outbox


@pytest.fixture
def demo(app, world, tmp_path):
    """Demo mode with one demo person, Li Na."""
    app.state.settings.demo = True
    people = [{"account_id": str(world.li_na.account_id), "name": "李娜", "caption": "3 号楼 301 业主"}]
    (tmp_path / "demo-people.json").write_text(json.dumps(people), encoding="utf-8")


def test_without_demo_mode_nothing_of_it_exists(web, world, tmp_path):
    people = [{"account_id": str(world.li_na.account_id), "name": "李娜", "caption": ""}]
    (tmp_path / "demo-people.json").write_text(json.dumps(people), encoding="utf-8")
    for person in (None, world.li_na, world.chen_jie):
        browser = web(person)
        assert browser.get("/demo").status_code == 404
        assert browser.get("/demo/outbox").status_code == 404
        answer = browser.post("/demo/sign-in", {"account_id": str(world.li_na.account_id)})
        assert answer.status_code == 404
        assert "session" not in answer.cookies
    assert "/demo" not in web().get("/sign-in").text


@pytest.mark.usefixtures("demo")
def test_one_press_signs_in_as_a_demo_person(web, world):
    browser = web()
    text = browser.get("/demo").text
    assert "李娜" in text
    assert "3 号楼 301 业主" in text
    answer = browser.post("/demo/sign-in", {"account_id": str(world.li_na.account_id)})
    assert answer.headers["location"] == f"/e/{world.slug}"
    assert "3号楼1单元301室" in browser.get("/me").text


@pytest.mark.usefixtures("demo")
def test_only_demo_people_can_be_played(web, world):
    for account_id in (world.chen_jie.account_id, uuid4(), "", "x" * 100_000):
        answer = web().post("/demo/sign-in", {"account_id": str(account_id)})
        assert answer.status_code == 404
        assert "session" not in answer.cookies


@pytest.mark.usefixtures("demo")
def test_every_message_is_on_screen_with_its_code(web, database, now):
    with database.transaction() as session:
        outbox.post(
            session,
            outbox.Draft(
                key="k", template="sign_in_code", now=now, values={"code": "482913"}, phone="+8613800138000"
            ),
        )
    text = web().get("/demo/outbox").text
    assert "482913" in text
    assert "+8613800138000" in text


@pytest.mark.usefixtures("demo")
def test_every_page_says_that_it_is_a_demo(web):
    assert "演示环境" in web().get("/sign-in").text


def test_a_demo_without_data_says_what_to_do(web, app):
    app.state.settings.demo = True
    assert "python -m app demo" in web().get("/demo").text
