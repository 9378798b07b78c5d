"""A budget of people's records for each account: what it lets pass, what it says when it is spent, and who hears of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.trail import TrailRow
from app.routers.records import LIST, WHOLE, Records
from tests.fixtures.databases import Databases
from tests.routers.test_flood import settings


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The line of the trail is written while the page's own turn is given up, which is another thing on each."""
    made: Databases = request.getfixturevalue(f"{request.param}_databases")
    return made


class Watch:
    """A steady clock that a test sets, in milliseconds."""

    now = 0

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def watch(app) -> Watch:
    """The app with four looks an hour for each account, and its steady clock."""
    watch = Watch()
    app.state.records = Records(settings(records_per_account=4), watch)
    return watch


def told(database, world) -> list[TrailRow]:
    with database.session(writing=False) as session:
        rows = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:records:spent")).all()
    assert all(row.estate_id == world.estate_id for row in rows)
    return list(rows)


def home(world, room: str = "301") -> str:
    return f"/desk/{world.slug}/register/{world.homes[room].unit_id}"


def test_three_hundred_homes_are_shown_in_an_hour_and_no_more(world, app) -> None:
    assert app.state.records.most == 300
    records, someone = Records(settings(), Watch()), world.chen_jie.account_id
    assert sum(records.take(someone, 1) == 0 for _ in range(500)) == 300


def test_above_the_budget_nothing_is_shown_but_when_to_come_back(web, world, watch) -> None:
    browser = web(world.chen_jie)
    assert [browser.get(home(world)).status_code for _ in range(4)] == [200] * 4
    answer = browser.get(home(world))
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    assert "请过 15 分钟再打开" in answer.text
    assert "系统管理员" in answer.text
    assert world.li_na.name not in answer.text
    assert world.li_na.phone.removeprefix("+86") not in answer.text
    assert browser.get(f"/desk/{world.slug}/claims").status_code == 429
    assert browser.get(f"/desk/{world.slug}/votes").status_code == 200


def test_what_is_spent_comes_back_with_time(web, world, watch) -> None:
    browser = web(world.chen_jie)
    assert [browser.get(home(world)).status_code for _ in range(5)] == [200] * 4 + [429]
    watch.now = 899_000
    assert browser.get(home(world)).status_code == 429
    watch.now = 900_000
    assert [browser.get(home(world)).status_code for _ in range(2)] == [200, 429]


def test_the_trail_says_once_an_hour_who_spent_them(web, world, database, watch) -> None:
    browser = web(world.chen_jie)
    for _ in range(8):
        browser.get(home(world))
    (row,) = told(database, world)
    assert (row.actor_id, row.subject_id, row.new) == (
        world.chen_jie.account_id,
        world.chen_jie.account_id,
        {"looks": 4},
    )
    assert "查看住户资料太多" in web(world.sun_li).get(f"/desk/{world.slug}/trail").text
    watch.now = 3_600_000
    for _ in range(8):
        browser.get(home(world))
    assert len(told(database, world)) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/e/{slug}/votes/{id}/evidence/full/{id}",
        "/desk/{slug}/orders/{id}/contact",
        "/desk/{slug}/surveys/{id}/export.xlsx",
    ],
)
def test_a_form_that_opens_records_is_refused_and_told_in_the_same_way(
    web, world, database, watch, path
) -> None:
    """Its turn at the database is a writer's already."""
    browser = web(world.chen_jie)
    for _ in range(2):
        browser.get(f"/desk/{world.slug}/register")
    assert browser.post(path.format(slug=world.slug, id=uuid4())).status_code == 429
    assert len(told(database, world)) == 1


def test_it_is_told_anew_when_it_could_not_be_told(web, world, database, watch, monkeypatch) -> None:
    browser = web(world.chen_jie)
    for _ in range(4):
        browser.get(home(world))
    with monkeypatch.context() as broken:
        broken.setattr("app.routers.records.trail.record", None)
        with pytest.raises(TypeError):
            browser.get(home(world))
    assert browser.get(home(world)).status_code == 429
    assert len(told(database, world)) == 1


def test_each_account_has_its_own_and_who_is_not_let_in_spends_nothing(
    web, world, app, watch, monkeypatch
) -> None:
    for _ in range(5):
        web(world.chen_jie).get(home(world))
    assert web(world.sun_li).get(f"/desk/{world.slug}/trail").status_code == 200
    for somebody in (world.li_na, world.stranger, None):
        statuses = {web(somebody).get(home(world)).status_code for _ in range(8)}
        assert len(statuses) == 1
        assert statuses < {303, 403, 404}


def test_a_list_costs_more_than_a_home_and_a_file_of_all_more_than_a_list(web, world, watch) -> None:
    assert 1 < LIST < WHOLE
    statuses = [web(world.chen_jie).get(f"/desk/{world.slug}/register").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_what_costs_more_than_all_takes_all(world) -> None:
    records, someone = Records(settings(records_per_account=4), Watch()), world.chen_jie.account_id
    assert records.take(someone, WHOLE) == 0
    assert records.take(someone, 1) == 900


def test_nothing_is_no_limit(world) -> None:
    records, someone = Records(settings(records_per_account=0), Watch()), world.chen_jie.account_id
    assert not any(records.take(someone, WHOLE) for _ in range(1_000))


def test_the_refusals_are_counted_for_the_watcher(web, world, app, watch) -> None:
    for _ in range(7):
        web(world.chen_jie).get(home(world))
    registry = app.state.meter.registry
    assert registry.get_sample_value("haoshangliang_records_refused_total") == 3
