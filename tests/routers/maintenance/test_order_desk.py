"""What staff do on their own pages of an order: photos for the public, hiding, call-backs; and who may not."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlmodel import select

from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.rules.maintenance.states import Cause, OrderState
from app.services.deliberations.attaching import Upload


def picture() -> Upload:
    written = io.BytesIO()
    Image.new("RGB", (120, 120), "white").save(written, "PNG")
    return Upload("墙.png", written.getvalue())


@pytest.fixture
def order_id(database, upkeep, now):
    with database.transaction() as session:
        return upkeep.report(session, now, photos=[picture()])


@pytest.fixture
def photo(database, order_id):
    def read() -> OrderPhoto:
        with database.session(writing=False) as session:
            return session.exec(select(OrderPhoto)).one()

    return read


@pytest.fixture
def desk(world, order_id) -> str:
    return f"/desk/{world.slug}/orders/{order_id}"


def test_cells_ticked_on_the_page_are_black_for_everybody(web, world, order_id, photo, desk) -> None:
    clerk, public = web(world.chen_jie), f"/e/{world.slug}/maintenance/{order_id}/photos/{photo().id}"
    assert web().get(public).status_code == 404
    shown = clerk.get(f"{desk}/photos").text
    assert len(re.findall('name="cells"', shown)) == 144
    form = {"cells": ["0-0", "11-11"]}
    done = clerk.post(f"{desk}/photos/{photo().id}/publish", form)
    assert done.headers["location"] == f"{desk}/photos#p-{photo().id}"
    sent = web().get(public)
    assert (sent.status_code, sent.headers["content-type"]) == (200, "image/jpeg")
    assert (sent.headers["cache-control"], sent.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert Image.open(io.BytesIO(sent.content)).convert("L").getpixel((2, 2)) < 40
    assert len(re.findall(r'value="(?:0-0|11-11)"[^>]*checked', clerk.get(f"{desk}/photos").text)) == 2
    assert public in web().get(f"/e/{world.slug}/maintenance/{order_id}").text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("", 404),
        ("wang_wei", 404),
        ("sun_li", 404),
        ("zhou_tao", 404),
        ("li_na", 200),
        ("ma_chao", 200),
        ("chen_jie", 200),
    ],
)
def test_the_original_is_for_the_reporter_and_the_staff(web, world, order_id, photo, name, status) -> None:
    path = f"/e/{world.slug}/maintenance/{order_id}/photos/{photo().id}?original=1"
    assert web(world.people[name] if name else None).get(path).status_code == status


def test_withheld_and_taken_back(web, world, order_id, photo, desk) -> None:
    clerk, one = web(world.chen_jie), f"{desk}/photos/{photo().id}"
    assert clerk.post(f"{one}/withhold", {"reason": ""}).status_code == 422
    assert clerk.post(f"{one}/publish", {"cells": ["99-0"]}).status_code == 422
    clerk.post(f"{one}/withhold", {"reason": "拍到了人脸"})
    assert "拍到了人脸" in web().get(f"/e/{world.slug}/maintenance/{order_id}").text
    clerk.post(f"{one}/take-back")
    assert photo().withheld == ""


@pytest.mark.parametrize(
    ("name", "look", "deed"),
    [
        ("", 303, 401),
        ("li_na", 403, 403),
        ("sun_li", 403, 403),
        ("zhou_tao", 404, 404),
        ("ma_chao", 200, 403),
    ],
)
def test_who_does_not_decide_about_the_reporters_photo(web, world, photo, desk, name, look, deed) -> None:
    browser = web(world.people[name] if name else None)
    assert browser.get(f"{desk}/photos").status_code == look
    for act in ("publish", "withhold", "take-back"):
        answer = browser.post(f"{desk}/photos/{photo().id}/{act}", {"reason": "不公开"})
        assert answer.status_code == deed, act
    assert (photo().public_file_id, photo().withheld) == (None, "")


def test_another_partys_people_have_no_such_desk(web, world, database, upkeep, order_id, desk, now) -> None:
    with database.transaction() as session:
        session.get_one(WorkOrder, order_id).party_id = upkeep.utility
    # ma_chao's own was asked first and keeps the order until another accepts; after that it is none of his.
    assert web(world.ma_chao).get(f"{desk}/photos").status_code == 200
    with database.transaction() as session:
        from app.services.maintenance.handing import handings_of

        handing = handings_of(session, order_id)[0]
        handing.party_id = upkeep.utility
        session.add(handing)
    assert web(world.ma_chao).get(f"{desk}/photos").status_code == 404


@pytest.mark.parametrize("page", ["hide", "call-back"])
@pytest.mark.parametrize(("name", "status"), [("", 401), ("li_na", 403), ("ma_chao", 403), ("zhou_tao", 404)])
def test_hiding_and_calling_back_are_the_committees(web, world, desk, database, page, name, status) -> None:
    browser = web(world.people[name] if name else None)
    assert browser.post(f"{desk}/{page}", {"reason": "写了姓名", "result": "satisfied"}).status_code == status
    other = desk.replace(world.slug, world.other_slug)
    assert web(world.zhou_tao).post(f"{other}/{page}", {"reason": "写了姓名"}).status_code == 404
    with database.session(writing=False) as session:
        order = session.exec(select(WorkOrder)).one()
        assert (order.hidden_at, order.call_back) == (None, None)


def test_hide_and_show_again(web, world, order_id, desk) -> None:
    clerk, path = web(world.chen_jie), f"/e/{world.slug}/maintenance/{order_id}"
    assert "隐藏第 1 号工单" in clerk.get(f"{desk}/hide").text
    kept = clerk.post(f"{desk}/hide", {"reason": ""})
    assert kept.status_code == 422
    assert clerk.post(f"{desk}/hide", {"reason": "写了姓名"}).headers["location"] == path
    assert "二楼楼道灯不亮" not in web().get(path).text
    assert clerk.post(f"{desk}/hide", {"reason": "写了姓名"}).status_code == 409
    assert "恢复显示" in clerk.get(f"{desk}/hide").text
    assert clerk.post(f"{desk}/show", {"reason": "改过了"}).status_code == 303
    assert "二楼楼道灯不亮" in web().get(path).text


def test_a_call_back_is_entered_after_the_end_and_shown_apart(
    web, world, database, upkeep, order_id, desk, now
) -> None:
    clerk = web(world.chen_jie)
    assert "办结以后才能登记回访" in clerk.get(f"{desk}/call-back").text
    assert clerk.post(f"{desk}/call-back", {"result": "satisfied"}).status_code == 409
    with database.transaction() as session:
        for to, by, who, more in (
            (OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, {}),
            (OrderState.REPAIRED, Cause.PARTY, world.ma_chao, {"proof": True}),
            (OrderState.CONFIRMED, Cause.REPORTER, world.li_na, {}),
        ):
            upkeep.take(session, order_id, to, by, who, now, **more)
    refused = clerk.post(f"{desk}/call-back", {"result": "great", "note": "说很好"})
    assert (refused.status_code, "说很好" in refused.text) == (422, True)
    assert clerk.post(f"{desk}/call-back", {"result": "dissatisfied", "note": "说太慢"}).status_code == 303
    shown = web().get(f"/e/{world.slug}/maintenance/{order_id}").text
    assert "回访：不满意" in shown
    assert "说太慢" not in shown
    assert "说太慢" in web(world.li_na).get(f"/e/{world.slug}/maintenance/{order_id}").text
    with database.session(writing=False) as session:
        assert session.exec(select(WorkOrder.rating)).one() is None
