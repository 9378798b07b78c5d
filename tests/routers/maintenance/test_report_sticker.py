"""The code of a sticker: members to their form, strangers to a report that waits, and the desk that looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app.database import Database
from app.models.maintenance.orders import FaultCount, ReportSource, WorkOrder
from app.models.maintenance.places import Place
from app.models.trail import TrailRow
from app.rules.maintenance.states import OrderState
from tests.fixtures.maintenance import Upkeep
from tests.fixtures.web import Browser

Web = Callable[..., Browser]
HELD = "/desk/xingfuli/reports/held"


def code_of(database: Database, place_id: UUID) -> str:
    with database.session(writing=False) as session:
        return session.get_one(Place, place_id).code


def open_form(browser: Browser, code: str, category: str = "lighting") -> dict[str, str]:
    """The hidden fields of the form as it was drawn."""
    told = browser.get(f"/q/{code}/report?category={category}").text
    return {
        name: re.search(rf'name="{name}" value="([^"]+)"', told)[1] for name in ("id", "token", "category")
    }


def send(browser: Browser, code: str, **changes: str) -> tuple[dict[str, str], object]:
    fields = {**open_form(browser, code), "text": "三楼灯不亮", **changes}
    return fields, browser.post(f"/q/{code}/report", fields)


def the_order(database: Database) -> WorkOrder:
    with database.session(writing=False) as session:
        return session.exec(select(WorkOrder)).one()


def test_a_member_is_led_to_the_form_and_a_stranger_may_sign_in(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    code = code_of(database, upkeep.entrance)
    answer = web(upkeep.world.li_na).get(f"/q/{code.lower()}")
    assert answer.headers["location"] == f"/e/xingfuli/maintenance/new?place={code}"
    told = web().get(f"/q/{code}").text
    assert f"/sign-in?next=/q/{code}" in told
    assert "3号楼 1单元" in told
    assert web(upkeep.world.stranger).get(f"/q/{code}").status_code == 200
    assert web().get("/q/ZZZZZZZZ").status_code == 404
    assert web().get(f"/q/{code}/report").status_code == 422


def test_a_report_without_an_account_waits_unseen_and_its_link_shows_it(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    code, stranger = code_of(database, upkeep.entrance), web()
    fields, answer = send(stranger, code, contact_phone="13900009999")
    assert answer.headers["location"] == f"/r/{fields['token']}?filed=1"
    order = the_order(database)
    assert (order.source, order.held, order.listed, order.party_id) == (
        ReportSource.STICKER,
        True,
        False,
        None,
    )
    assert fields["token"] not in str(vars(order))
    told = web().get(answer.headers["location"]).text
    assert "正在等居委会核对" in told
    assert f"/r/{fields['token']}" in told
    assert "13900009999" not in told
    assert web().get(f"/r/{fields['token'][:-1]}").status_code == 404
    again = stranger.post(f"/q/{code}/report", {**fields, "text": "三楼灯不亮"})
    assert again.headers["location"] == answer.headers["location"]
    assert the_order(database).id == order.id


def test_a_form_without_its_token_or_with_a_bad_telephone_comes_back(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    code = code_of(database, upkeep.entrance)
    assert send(web(), code, token="short")[1].status_code == 422
    _, answer = send(web(), code, contact_phone="12")
    assert answer.status_code == 422
    assert "三楼灯不亮" in answer.text
    assert send(web(), code, category="none")[1].status_code == 422


def test_a_strangers_danger_is_a_telephone_call(web: Web, upkeep: Upkeep, database: Database) -> None:
    code = code_of(database, upkeep.entrance)
    _, answer = send(web(), code, category="lift", **{"answer-trapped": "yes"})
    assert answer.status_code == 422
    assert "现在就打电话" in answer.text


def test_an_address_and_a_place_take_only_so_many(web: Web, upkeep: Upkeep, database: Database) -> None:
    code = code_of(database, upkeep.entrance)
    for _ in range(6):
        assert send(web(), code)[1].status_code == 303
    answer = send(web(), code)[1]
    assert answer.status_code == 429
    assert "三楼灯不亮" in answer.text
    assert "Retry-After" in answer.headers


def test_one_place_takes_twenty_a_day_from_wherever(
    session: Session, upkeep: Upkeep, now: datetime, secret: bytes
) -> None:
    import pytest

    from app.errors import TooMany
    from app.services.maintenance.reporting import Told, report_by_sticker

    code = session.get_one(Place, upkeep.entrance).code

    def report(place: int) -> None:
        told = Told(id=uuid4(), place=code, category="lighting", text="灯不亮")
        at = now + timedelta(minutes=place)
        where = f"10.0.{place}.1"
        report_by_sticker(session, told=told, token=f"{place:043}", address=where, secret=secret, now=at)

    for place in range(20):
        report(place)
    with pytest.raises(TooMany):
        report(20)


def test_only_the_committee_sees_what_waits(web: Web, upkeep: Upkeep, database: Database) -> None:
    send(web(), code_of(database, upkeep.entrance))
    order_id = the_order(database).id
    for path in (HELD, f"{HELD}/{order_id}"):
        assert web(upkeep.world.li_na).get(path).status_code == 403
        assert web(upkeep.world.ma_chao).get(path).status_code == 403
        assert web(upkeep.world.stranger).get(path).status_code == 404
    assert web(upkeep.world.zhou_tao).get(f"/desk/nanyuan/reports/held/{order_id}").status_code == 404
    elsewhere = f"/desk/nanyuan/reports/held/{order_id}"
    assert web(upkeep.world.zhou_tao).post(f"{elsewhere}/release").status_code == 404
    assert (
        web(upkeep.world.zhou_tao).post(f"{elsewhere}/decline", {"reason": "不归这里管"}).status_code == 404
    )
    desk = web(upkeep.world.chen_jie)
    assert "三楼灯不亮" in desk.get(HELD).text
    assert "放行" in desk.get(f"{HELD}/{order_id}").text


def test_released_it_is_public_and_goes_to_who_answers(web: Web, upkeep: Upkeep, database: Database) -> None:
    fields, _ = send(web(), code_of(database, upkeep.entrance))
    desk, order_id = web(upkeep.world.chen_jie), the_order(database).id
    for _ in range(2):
        assert desk.post(f"{HELD}/{order_id}/release").headers["location"] == HELD
    order = the_order(database)
    assert (order.held, order.listed, order.party_id) == (False, True, upkeep.manager)
    assert desk.get(f"{HELD}/{order_id}").status_code == 404
    assert "安居物业" in web().get(f"/r/{fields['token']}").text


def test_declined_with_a_reason_it_is_public_and_counts_nowhere(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    fields, _ = send(web(), code_of(database, upkeep.entrance))
    desk, order_id = web(upkeep.world.chen_jie), the_order(database).id
    short = desk.post(f"{HELD}/{order_id}/decline", {"reason": "否", "act": "decline"})
    assert short.status_code == 422
    assert "decline-reason" in short.text
    desk.post(f"{HELD}/{order_id}/decline", {"reason": "这盏灯是私人的", "act": "decline"})
    order = the_order(database)
    assert (order.state, order.listed, order.is_open) == (OrderState.DECLINED, True, False)
    with database.session(writing=False) as session:
        assert session.get(FaultCount, (upkeep.world.estate_id, "3")) is None
    assert "这盏灯是私人的" in web().get(f"/r/{fields['token']}").text
    again = desk.post(f"{HELD}/{order_id}/decline", {"reason": "再来一次看看", "act": "hide"})
    assert again.status_code == 409


def test_hidden_only_its_sender_reads_why(web: Web, upkeep: Upkeep, database: Database) -> None:
    fields, _ = send(web(), code_of(database, upkeep.entrance))
    order_id = the_order(database).id
    web(upkeep.world.chen_jie).post(f"{HELD}/{order_id}/decline", {"reason": "写了邻居的隐私", "act": "hide"})
    order = the_order(database)
    assert (order.listed, order.held, order.hidden_reason) == (False, False, "写了邻居的隐私")
    told = web().get(f"/r/{fields['token']}").text
    assert "居委会没有公开这条报修：写了邻居的隐私" in told
    assert f"/maintenance/{order_id}" not in told
    with database.session(writing=False) as session:
        tags = session.exec(select(TrailRow.tag).where(TrailRow.subject_id == order_id)).all()
    assert "maintenance:order:hide" in tags


def test_places_grow_from_the_register_once_and_their_sheet_is_a_pdf(
    web: Web, upkeep: Upkeep, database: Database
) -> None:
    desk = web(upkeep.world.chen_jie)
    assert desk.post("/desk/xingfuli/stickers/grow").headers["location"].endswith("grown=0")
    code = code_of(database, upkeep.entrance)
    assert code in desk.get("/desk/xingfuli/stickers").text
    sheet = desk.get(f"/desk/xingfuli/stickers/sheet.pdf?place={code}")
    assert sheet.headers["content-type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF-")
    assert len(desk.get("/desk/xingfuli/stickers/sheet.pdf?all=yes").content) > len(sheet.content)
    assert desk.get("/desk/xingfuli/stickers/sheet.pdf").status_code == 422
    assert web(upkeep.world.li_na).get("/desk/xingfuli/stickers").status_code == 403
    assert web(upkeep.world.li_na).post("/desk/xingfuli/stickers/grow").status_code == 403
    # Another estate's code is on no sheet of this desk.
    other = web(upkeep.world.zhou_tao)
    assert other.get(f"/desk/nanyuan/stickers/sheet.pdf?place={code}").status_code == 422
