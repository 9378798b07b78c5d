"""The desk's first page leads to what waits in the room of repairs, and each person to his own list; and what came back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from app.database import Database
from app.models.accounts import Grant
from app.rules.accounts import Duty, Role
from app.services.maintenance.calendar_loading import settle_year
from app.services.maintenance.rates import renew
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.web import Browser
from tests.services.maintenance.test_chains import mended
from tests.services.maintenance.test_rounds import planned

Web = Callable[..., Browser]
DESK = "/desk/xingfuli"
WORK = f"{DESK}/orders/work"


def pile(html: str, title: str) -> tuple[str, str]:
    """The address and the height of a pile."""
    found = re.search(
        rf'<a class="row" href="([^"]+)"(?:(?!</a>).)*?{title}(?:(?!</a>).)*?class="tag[^"]*">([^<]+)<',
        html,
        re.S,
    )
    assert found, title
    return found[1], found[2].strip()


def test_late_rounds_and_reports_to_look_at_are_piles_of_the_desk(
    web: Web, database: Database, upkeep: Upkeep, now: datetime
) -> None:
    browser = web(upkeep.world.chen_jie)
    assert pile(browser.get(DESK).text, "巡检过期没做") == (f"{DESK}/upkeep", "0")
    with database.transaction() as session:
        for _ in range(2):
            planned(session, upkeep, now, starts_on=date(2026, 11, 22))
        planned(session, upkeep, now, starts_on=date(2026, 11, 23))
        upkeep.report(session, now, held=True, reporter_id=None)
    html = browser.get(DESK).text
    assert pile(html, "巡检过期没做") == (f"{DESK}/upkeep", "2")
    address, height = pile(html, "没有账号的报修等待核对")
    assert (address, height) == (f"{DESK}/reports/held", "1")
    assert "二楼楼道灯不亮" in browser.get(address).text


def test_the_desk_says_what_to_do_while_next_years_working_days_are_missing(
    web: Web, database: Database, upkeep: Upkeep, now: datetime
) -> None:
    browser = web(upkeep.world.chen_jie)
    html = browser.get(DESK).text
    assert "2027 年的放假通知还没有录入" in html
    assert "python -m app migrate" in html
    link = re.search(rf'href="({DESK}/clocks/calendar[^"]*)"', html)
    assert link
    assert browser.get(link[1]).status_code == 200
    with database.transaction() as session:
        actor = actor_of(upkeep.world.chen_jie)
        settle_year(session, year=2027, source="国办发明电〔2026〕7号", actor=actor, now=now)
    assert "放假通知还没有录入" not in browser.get(DESK).text


def test_who_works_for_a_party_comes_to_his_own_list_from_the_home_and_from_the_desk(
    web: Web, database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        upkeep.report(session, now)
    browser = web(upkeep.world.ma_chao)
    assert f'href="{WORK}"' in browser.get("/e/xingfuli").text
    assert browser.get(DESK).headers["location"] == WORK
    assert "第 1 号" in browser.get(WORK).text
    for path in re.findall(rf'href="({DESK}/[^"]+)"', browser.get("/e/xingfuli").text):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("name", ["li_na", "zhao_min", "sun_li", "qian_er"])
def test_others_are_led_to_no_work_list(web: Web, upkeep: Upkeep, name: str) -> None:
    browser = web(upkeep.world.people[name])
    assert WORK not in browser.get("/e/xingfuli").text
    assert browser.get(DESK).status_code == browser.get(WORK).status_code == 403


def test_a_clerk_who_also_works_for_a_party_finds_both_lists_and_one_of_them_is_the_current(
    web: Web, database: Database, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    place = {"account_id": world.ma_chao.account_id, "estate_id": world.estate_id, "granted_at": now}
    with database.transaction() as session:
        session.add(Grant(role=Role.COMMITTEE, duty=Duty.NONE, **place))
    browser = web(world.ma_chao)
    assert browser.get(DESK).status_code == 200
    for path in (f"{DESK}/orders", WORK):
        html = browser.get(path).text
        menu = html[html.index('class="side-desktop"') :]
        assert f'href="{WORK}"' in menu
        current = re.findall(r'href="([^"]+)"\s+aria-current="page"', menu[: menu.index("</nav>")])
        assert current == [path]


def test_what_came_back_has_a_page_for_everybody_and_the_order_leads_to_it(
    web: Web, database: Database, upkeep: Upkeep, now: datetime
) -> None:
    home = "/e/xingfuli/maintenance"
    visitor = web()
    assert "还没有可以统计的报修" in visitor.get(f"{home}/chains").text
    with database.transaction() as session:
        order_id = mended(session, upkeep, now)
        renew(session, estate_id=upkeep.world.estate_id, now=now)
    assert "没有反复出现的问题" in visitor.get(f"{home}/chains").text
    with database.transaction() as session:
        mended(session, upkeep, now + timedelta(days=1))
        renew(session, estate_id=upkeep.world.estate_id, now=now + timedelta(days=2))
    html = visitor.get(f"{home}/chains").text
    assert "3号楼1单元" in html
    assert "2 次" in html
    assert "li_na" not in html
    assert f'href="{home}/{order_id}"' in html
    for path in (home, f"{home}/rates", f"{home}/{order_id}"):
        assert f'href="{home}/chains"' in visitor.get(path).text, path
