"""The pages of credits: joining by consent, spending with a code, the desk's acts, and the honour roll."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from sqlmodel import select

from app.models.credits import CreditEntry, CreditHonour, CreditLook, CreditRedemption
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role
from app.rules.credits.reasons import Reason
from app.services.credits import ledger
from app.templating import render_message
from tests.fixtures.moderation import add_person

WORK = {"on_day": "2026-11-23", "hours": "3", "note": "帮独居老人买菜送药"}


def test_a_resident_joins_earns_exchanges_shows_the_code_and_leaves(web, database, world, clock) -> None:
    home, desk = f"/e/{world.slug}/credits", f"/desk/{world.slug}/credits"
    li_na, clerk = web(world.li_na), web(world.chen_jie)
    refused = li_na.post(home, {"act": "join"})
    assert refused.status_code == 422
    assert "我同意" in refused.text
    assert "加入积分" in refused.text
    assert clerk.post(home, {"act": "join", "agree": "yes"}).status_code == 403  # does not live here
    assert li_na.post(home, {"act": "join", "agree": "yes"}).status_code == 303
    assert "还没有积分" in li_na.get(home).text

    person, work_id = f"{desk}/people/{world.li_na.account_id}", str(uuid4())
    assert clerk.get(f"{desk}/people?q=li_na").text.count(str(world.li_na.account_id)) == 1
    assert clerk.post(f"{person}/work", {**WORK, "id": work_id, "hours": "9"}).status_code == 422
    for _ in range(2):
        assert clerk.post(f"{person}/work", {**WORK, "id": work_id}).status_code == 303
    limit = clerk.post(f"{person}/work", {**WORK, "id": str(uuid4())})
    assert limit.status_code == 409
    assert "上限" in limit.text
    assert WORK["note"] in limit.text
    page = li_na.get(home).text
    assert "您有 30 分" in page
    assert WORK["note"] in page

    new = {"title": "一提纸巾", "points": "20", "stock": "1", "how": "工作日到居委会", "id": str(uuid4())}
    wrong = clerk.post(f"{desk}/rewards", {**new, "points": "很多"})
    assert wrong.status_code == 422
    assert "一提纸巾" in wrong.text
    assert clerk.post(f"{desk}/rewards", new).status_code == 303
    shop = li_na.get(f"{home}/rewards").text
    assert f"{home}/rewards/{new['id']}" in shop
    asked = str(uuid4())
    for _ in range(2):
        assert li_na.post(f"{home}/rewards/{new['id']}", {"id": asked}).status_code == 303
    with database.session(writing=False) as session:
        code = session.get_one(CreditRedemption, UUID(asked)).code
    assert code in li_na.get(f"{home}/rewards").text
    sold_out = li_na.post(f"{home}/rewards/{new['id']}", {"id": str(uuid4())})
    assert sold_out.status_code == 409
    assert "已经换完" in sold_out.text
    assert code in clerk.get(f"{desk}/redemptions?code={code}").text
    assert "请核对数字" in clerk.get(f"{desk}/redemptions?code=1").text
    silent = clerk.post(f"{desk}/redemptions/{asked}", {"act": "refuse"})
    assert silent.status_code == 422
    assert clerk.post(f"{desk}/redemptions/{asked}", {"act": "hand_over"}).status_code == 303
    late = li_na.post(f"{home}/redemptions/{asked}")
    assert late.status_code == 409
    assert "处理过" in late.text

    assert li_na.post(home, {"act": "erase"}).status_code == 409
    assert li_na.post(home, {"act": "leave"}).status_code == 303
    assert "清零我的积分" in li_na.get(home).text
    assert li_na.post(home, {"act": "erase"}).status_code == 303
    with database.session(writing=False) as session:
        last = session.exec(select(CreditEntry).order_by(CreditEntry.seq.desc())).first()
        assert (last.reason, last.amount, last.balance) == (Reason.ERASED, -10, 0)
        tags = [row.tag for row in session.exec(select(TrailRow).order_by(TrailRow.seq))]
        assert tags == ["credits:work:enter", "credits:reward:add", "credits:redemption:hand_over"]


def test_staff_see_a_ledger_only_with_a_reason_that_its_owner_reads(web, database, world, clock, now) -> None:
    home, desk = f"/e/{world.slug}/credits", f"/desk/{world.slug}/credits"
    li_na, clerk = web(world.li_na), web(world.chen_jie)
    li_na.post(home, {"act": "join", "agree": "yes"})
    person, look = f"{desk}/people/{world.li_na.account_id}", str(uuid4())
    clerk.post(f"{person}/work", {**WORK, "id": str(uuid4())})
    assert "帮独居老人" not in clerk.get(person).text
    assert clerk.get(f"{desk}/looks/{look}").status_code == 404
    assert clerk.post(f"{person}/look", {"id": look, "reason": "看看"}).status_code == 422
    opened = clerk.post(f"{person}/look", {"id": look, "reason": "登记错了人，要更正"})
    assert opened.headers["location"] == f"{desk}/looks/{look}"
    assert "帮独居老人" in clerk.get(f"{desk}/looks/{look}").text
    mine = li_na.get(home).text
    assert "登记错了人，要更正" in mine
    with database.transaction() as session:
        entry = str(session.exec(select(CreditEntry.id)).one())
        wu_hao = add_person(session, world, "wu_hao", Role.COMMITTEE, Duty.NONE, now)
    assert wu_hao.account_id != world.chen_jie.account_id
    short = clerk.post(f"{desk}/looks/{look}", {"entry": entry, "reason": "错"})
    assert short.status_code == 422
    for _ in range(2):
        done = clerk.post(f"{desk}/looks/{look}", {"entry": entry, "reason": "登记错了人，不是她"})
        assert done.status_code == 303
    assert "您有 0 分" in li_na.get(home).text
    with database.session(writing=False) as session:
        assert len(session.exec(select(CreditEntry)).all()) == 2
        assert len(session.exec(select(CreditLook)).all()) == 1
        message = session.exec(select(Message)).one()
        for language in ("zh", "en"):
            assert len(render_message(message.template, message.values, language=language)) <= 200
    clock.forward(minutes=31)
    assert web(world.chen_jie).get(f"{desk}/looks/{look}").status_code == 404


def test_the_honour_roll_names_only_those_who_consent_and_only_while_they_do(
    web, database, world, clock, now
) -> None:
    home, desk, roll = f"/e/{world.slug}/credits", f"/desk/{world.slug}/credits", f"/e/{world.slug}/honours"
    for who in (world.li_na, world.wang_wei):
        web(who).post(home, {"act": "join", "agree": "yes"})
    web(world.li_na).post(home, {"act": "show"})
    with database.transaction() as session:
        for who in (world.li_na, world.wang_wei):
            member = ledger.lock_joined(session, estate_id=world.estate_id, account_id=who.account_id)
            for number in range(4):
                ledger.write_entry(
                    session,
                    member,
                    reason=Reason.MEETING,
                    subject=f"meeting:{number}",
                    amount=8,
                    now=now,
                    on_day=ledger.day_of(now),
                )
    both = [f"talk:{who.account_id}" for who in (world.li_na, world.wang_wei)]
    early = web(world.chen_jie).post(f"{desk}/honours", {"quarter": "2026Q4", "chosen": both})
    assert early.status_code == 409
    assert "还没有结束" in early.text
    clock.forward(days=60)
    clerk = web(world.chen_jie)
    offered = clerk.get(f"{desk}/honours?quarter=2026Q4").text
    assert all(value in offered for value in both)
    assert "32" not in re.sub(r"[0-9a-f-]{36}|[0-9a-f]{8,}", "", offered).replace("3号楼", "")
    stranger = {"quarter": "2026Q4", "chosen": [f"talk:{world.qian_er.account_id}"]}
    assert clerk.post(f"{desk}/honours", stranger).status_code == 422
    for _ in range(2):
        assert clerk.post(f"{desk}/honours", {"quarter": "2026Q4", "chosen": both}).status_code == 303
    for address in (roll, f"{roll}/print?quarter=2026Q4"):
        shown = web(world.qian_er).get(address).text
        assert "li_na" in shown
        assert "wang_wei" not in shown
        assert "没有公布姓名" in shown
    assert "议事之星" in web(world.wang_wei).get(home).text
    web(world.li_na).post(home, {"act": "hide"})
    assert "li_na" not in web(world.qian_er).get(roll).text
    with database.session(writing=False) as session:
        told = session.exec(select(Message)).all()
        assert {letter.values["shown"] for letter in told} == {True, False}
        for letter in told:
            for language in ("zh", "en"):
                assert len(render_message(letter.template, letter.values, language=language)) <= 200
        honour = session.exec(select(CreditHonour.id)).first()
    gone = {"quarter": "2026Q4", "reason": "登记有误，不该评上"}
    assert clerk.post(f"{desk}/honours/{honour}", {**gone, "reason": "误"}).status_code == 422
    assert clerk.post(f"{desk}/honours/{honour}", gone).status_code == 303
    again = clerk.post(f"{desk}/honours", {"quarter": "2026Q4", "chosen": both})
    assert again.status_code == 303
    with database.session(writing=False) as session:
        assert len(session.exec(select(CreditHonour).where(CreditHonour.ended_at.is_(None))).all()) == 1


def test_the_rates_change_from_tomorrow_on_and_everybody_reads_it_before(web, world, clock) -> None:
    home, rates = f"/e/{world.slug}/credits", f"/desk/{world.slug}/credits/rates"
    clerk = web(world.chen_jie)
    new = {"id": str(uuid4()), "reason": "post", "points": "7", "per_day": "1", "per_quarter": "9"}
    today = clerk.post(rates, {**new, "valid_from": "2026-11-23"})
    assert today.status_code == 422
    assert "从明天开始" in today.text
    assert clerk.post(rates, {**new, "reason": "redemption", "valid_from": "2026-12-01"}).status_code == 422
    for _ in range(2):
        assert clerk.post(rates, {**new, "valid_from": "2026-12-01"}).status_code == 303
    assert "2026 年 12 月 1 日 起改为 7 分" in web(world.li_na).get(home).text
    clock.forward(**{"days": 9})
    assert "起改为" not in web(world.li_na).get(home).text
    sums = web(world.chen_jie).get(f"/desk/{world.slug}/credits").text
    assert "这个季度还没有人得积分" in sums


def test_nobody_reaches_what_is_not_his(web, database, world) -> None:
    home, desk = f"/e/{world.slug}/credits", f"/desk/{world.slug}/credits"
    some, form = uuid4(), {"id": str(uuid4()), "act": "join", "agree": "yes", "reason": "想看看"}
    pages = [home, f"{home}/rewards", f"/e/{world.slug}/honours", f"/e/{world.slug}/honours/print"]
    desks = [desk, *(f"{desk}/{tail}" for tail in ("rates", "rewards", "redemptions", "people", "honours"))]
    posts = [
        f"{desk}/rates",
        f"{desk}/rewards",
        f"{desk}/rewards/{some}",
        f"{desk}/redemptions/{some}",
        f"{desk}/people/{some}/work",
        f"{desk}/people/{some}/look",
        f"{desk}/honours",
        f"{desk}/honours/{some}",
    ]
    for address in pages + desks:
        assert web().get(address).status_code in {303, 401}
        assert web(world.zhou_tao).get(address).status_code == 404
        assert web(world.chen_jie).get(address).status_code == 200
    for address in pages:
        assert web(world.qian_er).get(address).status_code == 200
    for address in desks:
        assert web(world.li_na).get(address).status_code == 403
        assert web(world.sun_li).get(address).status_code == 403
    for address in posts:
        assert web(world.li_na).post(address, form).status_code == 403
        assert web(world.zhou_tao).post(address, form).status_code == 404
    clerk = web(world.chen_jie)
    assert clerk.get(f"{desk}/people/{world.li_na.account_id}").status_code == 404  # never joined
    assert clerk.get(f"{desk}?quarter=1999Q1").status_code == 404
    assert web(world.li_na).post(f"{home}/redemptions/{some}").status_code == 404
    web(world.li_na).post(home, {"act": "join", "agree": "yes"})
    assert web(world.li_na).post(f"{home}/rewards/{some}", {"id": str(uuid4())}).status_code == 404
    huge = clerk.post(f"{desk}/rewards", {**form, "title": "纸" * 400_000, "points": "5", "how": "来"})
    assert huge.status_code in {400, 413}
    long = clerk.post(f"{desk}/rewards", {**form, "title": "纸" * 3000, "points": "5", "how": "来"})
    assert long.status_code == 422
    assert "文字太长" in long.text
