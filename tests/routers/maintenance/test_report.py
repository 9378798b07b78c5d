"""The form of a report as members use it: where and what, telephone numbers first, neighbours' reports, and filing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from PIL import Image
from sqlmodel import Session, select

from app.database import Database
from app.models.maintenance.orders import Joiner, ReportSource, WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.models.maintenance.places import LocalPhone, Place
from app.rules.maintenance.states import OrderState
from tests.fixtures.maintenance import Upkeep
from tests.fixtures.web import Browser

Web = Callable[..., Browser]
NEW = "/e/xingfuli/maintenance/new"


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(drawn, "JPEG")
    return drawn.getvalue()


def code_of(database: Database, place_id: UUID) -> str:
    with database.session(writing=False) as session:
        return session.get_one(Place, place_id).code


def orders(database: Database) -> list[WorkOrder]:
    with database.session(writing=False) as session:
        return list(session.exec(select(WorkOrder)))


def form(database: Database, upkeep: Upkeep, **changes: object) -> dict[str, object]:
    typed = {
        "id": str(uuid4()),
        "place": code_of(database, upkeep.entrance),
        "category": "lighting",
        "text": "二楼灯不亮",
        "answer-lamp_number": "L-7",
    }
    return {**typed, **changes}


def test_the_first_page_offers_ones_own_entrance_and_home_and_no_other_home(web: Web, upkeep: Upkeep) -> None:
    told = web(upkeep.world.li_na).get(NEW).text
    assert "我家里（301 室）" in told
    assert "302 室" not in told
    assert "3号楼 1单元" in told
    assert "公共区域" in told


def test_a_stickers_place_is_chosen_and_another_estates_code_is_not(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    code = code_of(database, upkeep.grounds)
    told = web(upkeep.world.li_na).get(f"{NEW}?place={code.lower()}").text
    assert f'value="{code}"' in told
    chosen = told.split(f'value="{code}"')[1].split(">")[0]
    assert "checked" in chosen
    assert "checked" not in told.split('value="home:')[1].split(">")[0]
    elsewhere = web(upkeep.world.zhou_tao).get(f"/e/nanyuan/maintenance/new?place={code}").text
    assert f'value="{code}"' not in elsewhere
    assert "这里还没有地点" in elsewhere


def test_typed_words_bring_their_category_to_the_top(web: Web, upkeep: Upkeep) -> None:
    told = web(upkeep.world.li_na).get(f"{NEW}?words=井盖在响").text
    assert "您说的可能是" in told
    assert told.index('value="manhole"') < told.index('value="roof_leak"')


def test_strangers_and_people_of_another_estate_do_not_get_the_form(web: Web, upkeep: Upkeep) -> None:
    assert web().get(NEW).status_code == 303
    assert web(upkeep.world.zhou_tao).get(NEW).status_code == 404
    assert web(upkeep.world.stranger).get(f"{NEW}/token").status_code == 404
    assert web().post(f"{NEW}/details", {"text": "x"}).status_code == 401


def test_neither_place_nor_category_leads_no_further(web: Web, upkeep: Upkeep, database: Database) -> None:
    li_na = web(upkeep.world.li_na)
    answer = li_na.get(f"{NEW}/details?place=AAAAAAAA&category=lighting")
    assert answer.status_code == 422
    assert "请选择坏在哪里" in answer.text
    answer = li_na.get(f"{NEW}/details?place={code_of(database, upkeep.entrance)}&category=none")
    assert "请选择是什么坏了" in answer.text


def test_the_form_says_who_answers_and_the_warranty_and_writes_nothing(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    told = web(upkeep.world.li_na).get(
        f"{NEW}/details?place={code_of(database, upkeep.entrance)}&category=roof_leak"
    )
    assert "由建安公司负责" in told.text
    assert "2029 年 5 月 10 日" in told.text
    assert orders(database) == []


def test_the_estates_own_number_stands_before_the_national_ones(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    with database.transaction() as session:
        session.add(
            LocalPhone(
                estate_id=upkeep.world.estate_id, danger="lift", name="电梯应急平台", number="0512-96333"
            )
        )
    told = web(upkeep.world.li_na).get(
        f"{NEW}/details?place={code_of(database, upkeep.entrance)}&category=lift"
    )
    assert told.text.index("0512-96333") < told.text.index("tel:119")
    assert told.text.index("tel:119") < told.text.index("<textarea")


def test_a_report_leads_to_its_order_and_twice_is_one(web: Web, upkeep: Upkeep, database: Database) -> None:
    li_na, typed = web(upkeep.world.li_na), form(database, upkeep)
    files = [("photos", (f"{n}.jpg", picture(), "image/jpeg")) for n in range(2)]
    for _ in range(2):
        answer = li_na.post(f"{NEW}/details", typed, files=files)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/e/xingfuli/maintenance/{typed['id']}?filed=1"
    (order,) = orders(database)
    assert (order.source, order.reporter_id) == (ReportSource.RESIDENT, upkeep.world.li_na.account_id)
    assert order.answers == {"lamp_number": ["L-7"]}
    with database.session(writing=False) as session:
        assert len(session.exec(select(OrderPhoto)).all()) == 2


def test_a_fault_at_home_is_for_the_flat_alone_and_nobody_elses_flat_can_be_named(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    homes = upkeep.world.homes
    other = form(database, upkeep, place=f"home:{homes['302'].unit_id}")
    assert web(upkeep.world.li_na).post(f"{NEW}/details", other).status_code == 422
    mine = form(database, upkeep, place=f"home:{homes['301'].unit_id}")
    assert web(upkeep.world.li_na).post(f"{NEW}/details", mine).status_code == 303
    (order,) = orders(database)
    assert (order.private, order.listed, order.unit_id) == (True, False, homes["301"].unit_id)


def test_a_blocking_danger_stops_the_form_with_the_number_and_keeps_the_words(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    typed = form(database, upkeep, category="lift", text="有人在里面", **{"answer-trapped": "yes"})
    answer = web(upkeep.world.li_na).post(f"{NEW}/details", typed)
    assert answer.status_code == 422
    assert "现在就打电话" in answer.text
    assert "有人在里面" in answer.text
    assert str(typed["id"]) in answer.text
    assert orders(database) == []


def test_every_question_left_out_is_named_at_once(web: Web, upkeep: Upkeep, database: Database) -> None:
    typed = form(database, upkeep, category="parking", text="")
    told = web(upkeep.world.li_na).post(f"{NEW}/details", typed).text
    assert "请用一两句话写明" in told
    assert 'href="#f-blocks_fire_lane"' in told


def test_a_refused_photo_names_the_way_out_and_keeps_the_words(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    heic = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64
    for content, sentence in ((heic, "兼容性最佳"), (b"%PDF-1.7\n", "PDF"), (b"nothing", "读不出来")):
        answer = web(upkeep.world.li_na).post(
            f"{NEW}/details", form(database, upkeep), files=[("photos", ("a.jpg", content, "image/jpeg"))]
        )
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "二楼灯不亮" in answer.text
    bomb = io.BytesIO()
    Image.new("1", (8000, 8000)).save(bomb, "PNG")
    answer = web(upkeep.world.li_na).post(
        f"{NEW}/details", form(database, upkeep), files=[("photos", ("a.png", bomb.getvalue(), "image/png"))]
    )
    assert answer.status_code == 413
    assert "二楼灯不亮" in answer.text
    files = [("photos", (f"{n}.jpg", picture(), "image/jpeg")) for n in range(7)]
    assert (
        "最多 6 张"
        in web(upkeep.world.li_na).post(f"{NEW}/details", form(database, upkeep), files=files).text
    )
    assert orders(database) == []


def test_4001_characters_are_refused_and_come_back(web: Web, upkeep: Upkeep, database: Database) -> None:
    answer = web(upkeep.world.li_na).post(f"{NEW}/details", form(database, upkeep, text="漏" * 4001))
    assert answer.status_code == 422
    assert "漏" * 4001 in answer.text


def test_a_place_taken_away_meanwhile_brings_back_the_choice_with_the_words(
    web: Web, upkeep: Upkeep, database: Database, now: datetime
) -> None:
    typed = form(database, upkeep, text="灯" * 300)
    with database.transaction() as session:
        session.get_one(Place, upkeep.entrance).retired_at = now
    answer = web(upkeep.world.li_na).post(f"{NEW}/details", typed)
    assert answer.status_code == 422
    assert "灯" * 300 in answer.text


def test_what_a_neighbour_reported_is_shown_before_writing_and_joined_with_one_tap(
    web: Web, upkeep: Upkeep, database: Database, session: Session, now: datetime
) -> None:
    order_id = upkeep.report(session, now - timedelta(days=2))
    old = upkeep.report(session, now - timedelta(days=31), text="很久以前")
    session.commit()
    wang_wei = web(upkeep.world.wang_wei)
    told = wang_wei.get(f"{NEW}/details?place={code_of(database, upkeep.entrance)}&category=lighting").text
    assert "这里最近有人报过" in told
    assert told.index("二楼楼道灯不亮") < told.index("<textarea")
    assert str(old) not in told
    answer = wang_wei.post(f"{NEW}/join", {"order": str(order_id)})
    assert answer.headers["location"] == f"/e/xingfuli/maintenance/{order_id}?joined=1"
    with database.session(writing=False) as check:
        assert [one.account_id for one in check.exec(select(Joiner))] == [upkeep.world.wang_wei.account_id]
    assert (
        web(upkeep.world.zhou_tao)
        .post("/e/nanyuan/maintenance/new/join", {"order": str(order_id)})
        .status_code
        == 404
    )
    assert wang_wei.post(f"{NEW}/join", {"order": "x"}).status_code == 404


def test_while_one_writes_the_words_count_as_well(
    web: Web, upkeep: Upkeep, database: Database, session: Session, now: datetime
) -> None:
    upkeep.report(session, now - timedelta(days=25), category="entry_cctv", text="楼道灯和对讲都不亮")
    session.commit()
    wang_wei = web(upkeep.world.wang_wei)
    assert "对讲" not in wang_wei.post(f"{NEW}/near", form(database, upkeep, text="")).text
    assert "对讲" in wang_wei.post(f"{NEW}/near", form(database, upkeep, text="楼道灯和对讲都不亮")).text
    assert wang_wei.post(f"{NEW}/near", {"place": "x"}).status_code == 404


def test_a_report_for_a_neighbour_is_marked_and_his_when_he_is_a_member(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    li_na, neighbour = web(upkeep.world.li_na), {"for": "neighbour"}
    unnamed = form(database, upkeep, **neighbour)
    assert "请填写邻居怎么称呼" in li_na.post(f"{NEW}/details", unnamed).text
    wrong = form(database, upkeep, contact_name="王伟", contact_phone="12", **neighbour)
    assert "电话号码不对" in li_na.post(f"{NEW}/details", wrong).text
    known = form(database, upkeep, contact_name="王伟", contact_phone="139 0000 1001", **neighbour)
    assert li_na.post(f"{NEW}/details", known).status_code == 303
    outsider = form(database, upkeep, contact_name="周涛", contact_phone="13900001007", **neighbour)
    assert li_na.post(f"{NEW}/details", outsider).status_code == 303
    first, second = sorted(orders(database), key=lambda order: order.number)
    assert (first.source, first.filed_by) == (ReportSource.PROXY, upkeep.world.li_na.account_id)
    assert first.reporter_id == upkeep.world.wang_wei.account_id
    assert (second.reporter_id, second.contact_name) == (None, "周涛")


def test_nobody_files_without_end_but_the_desk_writes_down_what_is_told(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    li_na = web(upkeep.world.li_na)
    first = form(database, upkeep)
    assert li_na.post(f"{NEW}/details", first).status_code == 303
    for _ in range(19):
        li_na.post(f"{NEW}/details", form(database, upkeep))
    refused = li_na.post(f"{NEW}/details", form(database, upkeep))
    assert refused.status_code == 429
    assert "二楼灯不亮" in refused.text
    # What is sent again was counted already.
    assert li_na.post(f"{NEW}/details", first).status_code == 303
    desk = web(upkeep.world.chen_jie)
    for _ in range(21):
        told = form(database, upkeep, contact_name="王奶奶", **{"for": "neighbour"})
        assert desk.post(f"{NEW}/details", told).status_code == 303


def test_the_places_page_leads_from_a_building_to_what_is_in_it(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    li_na = web(upkeep.world.li_na)
    assert "in=3" in li_na.get(f"{NEW}/places?category=lighting").text
    inside = li_na.get(f"{NEW}/places?category=lighting&in=3").text
    assert f"category=lighting&amp;place={code_of(database, upkeep.entrance)}" in inside or (
        f"place={code_of(database, upkeep.entrance)}" in inside
    )


def test_the_kept_page_names_nobody_and_has_every_question(web: Web, upkeep: Upkeep) -> None:
    told = web(upkeep.world.li_na).get(f"{NEW}/offline").text
    assert "我家里" not in told
    assert "李娜" not in told
    assert "li_na" not in told
    assert told.count("data-category=") >= 15
    assert web().get(f"{NEW}/offline").status_code == 200
    worker = web().get("/offline-worker.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")


def test_a_report_that_waited_gets_a_token_of_now(web: Web, upkeep: Upkeep) -> None:
    li_na = web(upkeep.world.li_na)
    told = li_na.get(f"{NEW}/token").json()
    assert told["who"] == str(upkeep.world.li_na.account_id)
    assert f'value="{told["csrf"]}"' in li_na.get(NEW + "/offline").text


def test_an_order_in_the_flat_is_not_shown_to_neighbours_as_near(
    web: Web, upkeep: Upkeep, database: Database, session: Session, now: datetime
) -> None:
    upkeep.report(session, now, unit_id=upkeep.world.homes["301"].unit_id, text="我家灯坏了")
    done = upkeep.report(session, now, text="撤回的")
    session.commit()
    with database.transaction() as other:
        order = other.get_one(WorkOrder, done)
        order.state, order.is_open = OrderState.WITHDRAWN, False
    told = web(upkeep.world.wang_wei).get(
        f"{NEW}/details?place={code_of(database, upkeep.entrance)}&category=lighting"
    )
    assert "我家灯坏了" not in told.text
    assert "撤回的" not in told.text
