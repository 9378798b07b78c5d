"""The page of one order: who sees what of it, one tap to answer, and that looking changes nothing."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlmodel import select

from app.models.maintenance.orders import CostLine, Joiner, OrderAppeal, OrderNote, RepairAnswer, WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.models.trail import TrailRow
from app.rules.maintenance.clocks import Pause
from app.rules.maintenance.costs import CostStage, MoneySource
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.hiding import hide_order
from tests.fixtures.maintenance import actor_of

EVERYONE = (
    "",
    "stranger",
    "zhou_tao",
    "wang_wei",
    "qian_er",
    "zhao_min",
    "sun_li",
    "ma_chao",
    "chen_jie",
    "li_na",
)


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def filed(database, upkeep, clock):
    def file(**changes):
        with database.transaction() as session:
            return upkeep.report(session, clock.instant, **changes)

    return file


@pytest.fixture
def take(database, upkeep, clock):
    def step(order_id, to, by, who, **brought):
        with database.transaction() as session:
            upkeep.take(session, order_id, to, by, who, clock.instant, **brought)

    return step


@pytest.fixture
def repaired(filed, take, world):
    order_id = filed()
    take(order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao)
    take(order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, proof=True, note="换了灯泡")
    return order_id


@pytest.fixture
def read(database):
    def all_of(model):
        with database.session(writing=False) as session:
            return session.exec(select(model)).all()

    return all_of


def page_of(world, order_id, rest: str = "", slug: str = "") -> str:
    return f"/e/{slug or world.slug}/maintenance/{order_id}{rest}"


def person(world, name: str):
    return world.people[name] if name else None


def statuses(web, world, path: str) -> dict[str, int]:
    return {name: web(person(world, name)).get(path).status_code for name in EVERYONE}


def test_a_listed_order_is_open_to_passers_by_and_tells_them_no_name(web, world, filed) -> None:
    path = page_of(world, filed())
    assert set(statuses(web, world, path).values()) == {200}
    shown = web().get(path).text
    assert "二楼楼道灯不亮" in shown
    assert "3号楼 1单元" in shown
    assert "安居物业" in shown
    assert "li_na" not in shown
    assert "l**" not in shown
    assert "l**" in web(world.wang_wei).get(path).text
    assert "li_na（我）" in web(world.li_na).get(path).text
    assert "ma_chao" not in web(world.li_na).get(path).text


@pytest.mark.parametrize("how", ["flat", "held"])
def test_what_is_not_listed_is_for_those_concerned_and_404_for_the_rest(web, world, filed, how) -> None:
    order_id = filed(unit_id=world.homes["301"].unit_id) if how == "flat" else filed(held=True)
    found = {name for name, status in statuses(web, world, page_of(world, order_id)).items() if status == 200}
    # A held report has no party yet.
    assert found == {"li_na", "chen_jie"} | ({"ma_chao"} if how == "flat" else set())


def test_a_hidden_order_is_a_stub_with_its_reason(web, world, database, upkeep, filed, clock) -> None:
    order_id = filed()
    with database.transaction() as session:
        hide_order(
            session,
            estate_id=world.estate_id,
            order_id=order_id,
            reason="写了邻居的电话",
            actor=actor_of(world.chen_jie),
            now=clock.instant,
        )
    for name in EVERYONE:
        shown = web(person(world, name)).get(page_of(world, order_id)).text
        assert "写了邻居的电话" in shown
        assert ("二楼楼道灯不亮" in shown) == (name in {"li_na", "chen_jie", "ma_chao"}), name
    assert web(world.wang_wei).post(page_of(world, order_id, "/join")).status_code == 404


def test_another_estates_address_leads_to_no_order(web, world, filed) -> None:
    order_id = filed()
    for name in ("", "zhou_tao", "li_na"):
        assert (
            web(person(world, name)).get(page_of(world, order_id, slug=world.other_slug)).status_code == 404
        )
    answer = web(world.zhou_tao).post(
        page_of(world, order_id, "/answer", world.other_slug), {"answer": "fixed"}
    )
    assert answer.status_code == 404


def test_two_big_buttons_on_top_and_looking_changes_nothing(web, world, repaired, read) -> None:
    browser, path = web(world.li_na), page_of(world, repaired)
    before = [row.model_dump() for row in read(WorkOrder)], len(read(TrailRow))
    shown = browser.get(path).text
    browser.get(path + "?answer=fixed")
    assert shown.index("修好了没有？") < shown.index("报修内容")
    assert re.search(r'name="answer"\s+value="fixed"', shown)
    assert re.search(r'name="answer"\s+value="not_fixed"', shown)
    assert ([row.model_dump() for row in read(WorkOrder)], len(read(TrailRow))) == before
    for name in ("", "wang_wei", "ma_chao", "chen_jie"):
        assert "修好了没有？" not in web(person(world, name)).get(path).text, name


def test_one_tap_confirms_and_another_rates(web, world, repaired, read) -> None:
    browser, path = web(world.li_na), page_of(world, repaired)
    assert (
        browser.post(f"{path}/answer", {"answer": "fixed", "round": "0"}).headers["location"]
        == f"{path}#rate"
    )
    assert read(WorkOrder)[0].state is OrderState.CONFIRMED
    assert "您对这次维修满意吗？" in browser.get(path).text
    assert browser.post(f"{path}/rate", {"rating": "satisfied", "text": "很快"}).status_code == 303
    assert read(WorkOrder)[0].rating == "satisfied"
    assert "您的评价：满意" in browser.get(path).text
    assert "很快" in web(world.wang_wei).get(path).text


@pytest.mark.parametrize(
    ("name", "status"),
    [("", 401), ("stranger", 404), ("zhou_tao", 404), ("wang_wei", 403), ("ma_chao", 403), ("chen_jie", 403)],
)
def test_nobody_else_answers(web, world, repaired, read, name, status) -> None:
    for deed in ("answer", "rate"):
        form = {"answer": "fixed", "round": "0", "rating": "satisfied"}
        answer = web(person(world, name)).post(page_of(world, repaired, f"/{deed}"), form)
        assert answer.status_code == status, deed
    assert read(RepairAnswer) == []


def test_a_refused_answer_keeps_what_was_typed(web, world, repaired, read) -> None:
    browser, path = web(world.li_na), page_of(world, repaired)
    for form in (
        {"answer": "", "text": "还是暗"},
        {"answer": "fixed", "text": "还是暗", "round": "7"},
        {"answer": "not_fixed", "text": "还是暗" * 300, "round": "0"},
    ):
        answer = browser.post(f"{path}/answer", form)
        assert answer.status_code in {409, 422}
        assert "还是暗" in answer.text
    assert read(RepairAnswer) == []


def test_not_fixed_sends_it_back_with_the_words(web, world, repaired, read) -> None:
    browser, path = web(world.li_na), page_of(world, repaired)
    browser.post(f"{path}/answer", {"answer": "not_fixed", "round": "0", "text": "一闪一闪"})
    assert read(WorkOrder)[0].state is OrderState.REOPENED
    shown = web().get(path).text
    assert "一闪一闪" in shown
    assert "返工 1 次" in shown


def test_joining_leaving_and_who_may_not(web, world, filed, read) -> None:
    path = page_of(world, filed())
    neighbour = web(world.wang_wei)
    for _ in range(2):
        assert neighbour.post(f"{path}/join", {"text": "三楼也不亮"}).headers["location"] == f"{path}#joined"
    assert [row.account_id for row in read(Joiner)] == [world.wang_wei.account_id]
    assert "三楼也不亮" in web().get(path).text
    assert "w**" not in web().get(path).text
    assert "您已加入" in neighbour.get(path).text
    neighbour.post(f"{path}/leave")
    assert read(Joiner) == []
    for name, status in (("", 401), ("stranger", 404), ("zhou_tao", 404), ("sun_li", 403), ("ma_chao", 403)):
        assert web(person(world, name)).post(f"{path}/join").status_code == status, name
    assert web(world.qian_er).post(f"{path}/join", {"text": "长" * 501}).status_code == 422


def test_a_question_is_answered_with_words_and_a_photo(web, world, filed, take, clock, read) -> None:
    order_id = filed()
    path, until = page_of(world, order_id), clock.instant + timedelta(days=7)
    take(
        order_id,
        OrderState.NEED_INFO,
        Cause.PARTY,
        world.ma_chao,
        note="是哪一层？",
        reason=PauseReason.INFORMATION,
        pause=Pause(clock.instant, until),
    )
    browser = web(world.li_na)
    assert "是哪一层？" in browser.get(path).text
    refused = browser.post(f"{path}/inform", {"text": ""})
    assert refused.status_code == 422
    bad = browser.post(
        f"{path}/inform", {"text": "二楼"}, files={"photos": ("a.jpg", b"%PDF-1.4", "image/jpeg")}
    )
    assert (bad.status_code, "二楼" in bad.text, read(OrderPhoto)) == (422, True, [])
    sent = browser.post(
        f"{path}/inform", {"text": "二楼"}, files={"photos": ("a.png", picture(), "image/png")}
    )
    assert sent.status_code == 303
    assert read(WorkOrder)[0].state is OrderState.ASSIGNED
    assert len(read(OrderPhoto)) == 1


def test_the_end_is_appealed_decided_by_another_and_shown(web, world, filed, take, read, database) -> None:
    order_id = filed()
    take(order_id, OrderState.DECLINED, Cause.COMMITTEE, world.chen_jie, note="不在小区里")
    path, browser = page_of(world, order_id), web(world.li_na)
    key = re.search(r'name="id" value="([^"]+)"', browser.get(path).text)
    assert key
    assert browser.post(f"{path}/appeal", {"id": key[1], "text": ""}).status_code == 422
    for _ in range(2):
        sent = browser.post(f"{path}/appeal", {"id": key[1], "text": "就在我们楼道"})
        assert sent.headers["location"] == f"{path}#appeal"
    (row,) = read(OrderAppeal)
    assert "居委会正在处理" in browser.get(path).text
    assert "就在我们楼道" not in web(world.wang_wei).get(path).text
    desk = f"/desk/{world.slug}/orders/appeals"
    for name, status in (("", 303), ("li_na", 403), ("ma_chao", 403), ("zhou_tao", 404), ("chen_jie", 200)):
        assert web(person(world, name)).get(desk).status_code == status, name
    clerk = web(world.chen_jie)
    assert "要由别人决定" in clerk.get(desk).text
    assert "另一位工作人员" in clerk.get(f"{desk}/{row.id}").text
    form = {"decision": "grant", "reason": "看过了"}
    assert clerk.post(f"{desk}/{row.id}", form).status_code == 403
    assert web(world.zhou_tao).get(f"/desk/{world.other_slug}/orders/appeals/{row.id}").status_code == 404
    assert (
        web(world.zhou_tao).post(f"/desk/{world.other_slug}/orders/appeals/{row.id}", form).status_code == 404
    )
    assert read(WorkOrder)[0].state is OrderState.DECLINED


def test_reopening_withdrawing_and_their_forms(web, world, filed, repaired, take, read, clock) -> None:
    browser, path = web(world.li_na), page_of(world, repaired)
    browser.post(f"{path}/answer", {"answer": "fixed", "round": "0"})
    assert "要求返工" in browser.get(path).text
    assert browser.post(f"{path}/reopen", {"note": ""}).status_code == 422
    assert web(world.wang_wei).post(f"{path}/reopen", {"note": "又灭了"}).status_code == 403
    assert browser.post(f"{path}/reopen", {"note": "又灭了"}).status_code == 303
    assert browser.post(f"{path}/reopen", {"note": "又灭了"}).status_code == 409
    other = page_of(world, filed())
    assert web(world.wang_wei).post(f"{other}/withdraw").status_code == 403
    assert browser.post(f"{other}/withdraw", {"note": "自己亮了"}).status_code == 303
    assert "已撤回" in browser.get(other).text


def test_the_page_tells_the_warranty_the_money_the_notes_and_what_came_before(
    web, world, upkeep, database, filed, take, clock
) -> None:
    roof = {"category": "roof_leak", "text": "602 天花板渗水", "answers": {"when": ["rain"]}}
    first = filed(**roof)
    for to, by, who, more in (
        (OrderState.ASSIGNED, Cause.COMMITTEE, world.chen_jie, {"party_id": upkeep.manager}),
        (OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, {}),
        (OrderState.REPAIRED, Cause.PARTY, world.ma_chao, {"proof": True, "private_note": "屋面要整块翻新"}),
        (OrderState.CONFIRMED, Cause.REPORTER, world.li_na, {}),
    ):
        take(first, to, by, who, **more)
    clock.forward(days=3)
    again = filed(**roof)
    with database.transaction() as session:
        about = {"order_id": again, "at": clock.instant}
        for amount in (80000, 120050):
            session.add(
                CostLine(
                    estate_id=world.estate_id,
                    stage=CostStage.ESTIMATE,
                    source=MoneySource.MAINTENANCE_FUND,
                    amount=amount,
                    by=world.chen_jie.account_id,
                    **{**about, "at": clock.instant + timedelta(seconds=amount)},
                )
            )
        session.add(OrderNote(author="建安公司", text="明天上门看", **about))
        session.add(OrderNote(author="居委会", text="业主脾气急", private=True, **about))
        order = session.get_one(WorkOrder, again)
        order.worker_name, order.worker_number, order.plan = "老王", "A07", "补防水层"
    shown = web().get(page_of(world, again)).text
    for words in (
        "2029 年 5 月 10 日",
        "3栋屋面防水",
        "建安公司",
        "一标段",
        "正诚监理",
        "下雨时",
        "A07",
        "补防水层",
    ):
        assert words in shown, words
    for words in ("1,200.50", "动用维修资金要先由业主表决", "明天上门看", "以前 · 第 1 号"):
        assert words in shown, words
    assert "800.00" not in shown
    assert "老王" not in shown
    assert "老王" in web(world.wang_wei).get(page_of(world, again)).text
    assert "业主脾气急" not in shown
    assert "业主脾气急" in web(world.chen_jie).get(page_of(world, again)).text
    earlier = web().get(page_of(world, first)).text
    assert "以后 · 第 2 号" in earlier
    assert "屋面要整块翻新" not in earlier
    assert "屋面要整块翻新" in web(world.ma_chao).get(page_of(world, first)).text


def test_a_pause_is_shown_with_its_reason_and_end_and_lateness_with_its_level(
    web, world, filed, take, clock
) -> None:
    order_id = filed()
    take(order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao)
    take(
        order_id,
        OrderState.WAITING,
        Cause.PARTY,
        world.ma_chao,
        reason=PauseReason.PARTS,
        pause=Pause(clock.instant, clock.instant + timedelta(days=2)),
    )
    shown = web().get(page_of(world, order_id)).text
    assert "时限暂停：等待配件、材料" in shown
    clock.forward(days=20)
    assert "超期一倍" in web().get(page_of(world, order_id)).text


def test_a_due_time_over_a_year_without_its_notice_is_said_to_be_about(
    web, world, filed, take, clock
) -> None:
    clock.instant = clock.instant.replace(year=2027, month=1, day=4)
    shown = web().get(page_of(world, filed())).text
    assert "约 2027 年 1 月" in shown


def test_my_reports_ask_first_what_waits_for_me(web, world, repaired, filed) -> None:
    home = f"/e/{world.slug}/maintenance/mine"
    shown = web(world.li_na).get(home).text
    assert shown.index("等您回答") < shown.index("我报的")
    assert "请您回答" in shown
    neighbour = web(world.wang_wei)
    assert "这里还没有报修" in neighbour.get(home).text
    other = page_of(world, filed())
    neighbour.post(f"{other}/join")
    assert other in neighbour.get(f"{home}?share=joined").text
    assert other not in neighbour.get(f"{home}?share=filed").text
    assert web().get(home).status_code == 303
    assert web(world.zhou_tao).get(home).status_code == 404
    for junk in ("?share=x", "?before=x", "?before=00000000-0000-0000-0000-000000000000"):
        assert web(world.li_na).get(home + junk).status_code == 200


def test_who_wrote_it_down_for_another_sees_it_and_is_not_called_its_reporter(web, world, filed) -> None:
    flat = world.homes["301"].unit_id
    path = page_of(world, filed(unit_id=flat, filed_by=world.wang_wei.account_id))
    shown = web(world.wang_wei).get(path).text
    assert "别人代为上报" in shown
    assert "（我）" not in shown
    assert web(world.wang_wei).post(f"{path}/withdraw").status_code == 403
    assert web(world.qian_er).get(path).status_code == 404


def test_who_has_no_home_here_joins_by_no_address(web, world, filed, read) -> None:
    order_id = filed()
    answer = web(world.ma_chao).post(f"/e/{world.slug}/maintenance/new/join", {"order": str(order_id)})
    assert answer.status_code == 403
    assert read(Joiner) == []


def test_arriving_from_a_report_or_from_joining_says_so(web, world, filed) -> None:
    path = page_of(world, filed())
    assert "报修已收到，编号是第 1 号" in web(world.li_na).get(f"{path}?filed=1").text
    assert "您已加入" in web(world.wang_wei).get(f"{path}?joined=1").text
    assert "报修已收到" not in web(world.li_na).get(path).text
