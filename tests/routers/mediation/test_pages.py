"""The pages of a case: what was typed stays, what comes too early, too late or from the wrong seat is told why."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from tests.fixtures.mediation import MARK, Quarrel, picture

APPLICATION = {
    "kind": "noise",
    "text": "电梯运行的声音很大，夜里睡不好。",
    "other": "3 号楼 1 单元 302",
    "distance": "320",
    "between": "从卧室窗户到电梯井",
}


@pytest.fixture
def quarrel(database, world, clock, with_mediator):
    """Plays in sessions of its own: `quarrel.play("start")` does a step and commits."""

    class Played(Quarrel):
        def play(self, step: str, *args, **values):
            with database.session(writing=True) as session:
                self.session = session
                done = getattr(self, step)(*args, **values)
                session.commit()
            return done

        def address(self, tail: str = "") -> str:
            return f"/e/{world.slug}/mediation/{self.case_id}{tail}"

    with database.session(writing=True) as session:
        with_mediator(session)
        session.commit()
    return Played(None, world, clock)


def test_an_application_comes_back_with_what_was_typed_and_is_sent_once(web, world) -> None:
    address, browser = f"/e/{world.slug}/mediation/new", web(world.li_na)
    assert "本小区还没有调解员" not in browser.get(address).text  # the committee may be asked
    form = {**APPLICATION, "id": str(uuid4())}
    for changes, words in (
        ({"distance": "三米"}, "只写数字"),
        ({"kind": ""}, "请选择是哪方面的事"),
        ({"text": "短"}, "至少 10 个字"),
        ({"text": "长" * 5000}, "最多 4000 个字"),
        ({"mediator": ""}, "请在名单里选一位"),
        ({"mediator": str(world.li_na.account_id)}, "请从名单里选一位"),
    ):
        answer = browser.post(address, form | changes)
        assert (answer.status_code, words in answer.text) == (422, True), changes
        assert "302" in answer.text
    huge = browser.post(address, form | {"text": "长" * 1_000_000})
    assert (huge.status_code, "提交的文字太长" in huge.text) == (400, True)
    form["mediator"] = str(world.chen_jie.account_id)
    first, again = (
        browser.post(address, form, files=[("photos", ("x.jpg", picture(), "image/jpeg"))]) for _ in range(2)
    )
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    room = browser.get(first.headers["location"])
    assert "正在等调解员接手" in room.text
    assert "3.20 米" in room.text
    # The form's id with another sender is another case: nobody finds out that it was used.
    other = web(world.wang_wei).post(address, form)
    assert other.status_code == 303
    assert other.headers["location"] != first.headers["location"]
    # Somebody who works here but does not live here has no form that would work.
    assert web(world.ma_chao).post(address, {**form, "id": str(uuid4())}).status_code == 403
    assert browser.get(f"{address}?objection={uuid4()}").status_code == 404
    assert browser.get(f"{address}?objection=x").status_code == 404


def test_the_mediators_way_from_the_pool_to_the_question(web, world, quarrel) -> None:
    quarrel.play("open")
    mediator = web(world.zhao_min)
    assert "有 1 件事在等调解员" in mediator.get(f"/e/{world.slug}/mediation").text
    pool = f"/e/{world.slug}/mediation/waiting"
    taken = mediator.post(f"{pool}/{quarrel.case_id}", {"act": "take"})
    prepare = quarrel.address("/prepare")
    assert taken.headers["location"] == prepare
    early = mediator.post(f"{prepare}/ask")
    assert (early.status_code, "请先写好案情概要" in early.text) == (422, True)
    assert mediator.post(f"{prepare}/summary", {"summary": "短"}).status_code == 422
    assert mediator.post(f"{prepare}/summary", {"summary": "商量采光和隔音的事情"}).status_code == 303
    unit = str(world.homes["302"].unit_id)
    shown = mediator.get(f"{prepare}?unit={unit}").text
    # The register is not read by name: only whom he adds has one.
    assert "w**（业主）" in shown
    assert "wang_wei" not in shown
    assert "还没有账号" in mediator.get(f"{prepare}?unit={world.homes['101'].unit_id}").text
    stranger = {"unit": unit, "person": str(world.qian_er.account_id), "side": "b"}
    refused = mediator.post(f"{prepare}/parties", stranger)
    assert (refused.status_code, "没有这个人" in refused.text) == (422, True)
    right = {**stranger, "person": str(world.wang_wei.account_id)}
    assert mediator.post(f"{prepare}/parties", {**right, "side": ""}).status_code == 422
    for _ in range(2):
        assert mediator.post(f"{prepare}/parties", right).status_code == 303
    assert mediator.post(f"{prepare}/parties", {**right, "side": "a"}).status_code == 409
    # The one who was named learns of it only when he is asked.
    assert web(world.wang_wei).get(quarrel.address()).status_code == 404
    assert mediator.post(f"{prepare}/ask").status_code == 303
    assert mediator.get(prepare).status_code == 409
    assert "您愿意由这位调解员来调解吗" in web(world.wang_wei).get(quarrel.address()).text
    assert web(world.wang_wei).post(quarrel.address("/answer"), {}).status_code == 422
    assert web(world.wang_wei).get(f"/e/{world.slug}/matters").status_code == 303


def test_each_deed_belongs_to_its_seat_and_its_time(web, world, quarrel) -> None:
    quarrel.play("start")
    applicant, mediator = web(world.li_na), web(world.zhao_min)
    note = {"id": str(uuid4()), "note": f"{MARK} 一方愿意让步"}
    assert mediator.post(quarrel.address("/notes"), note).status_code == 303
    assert "一方愿意让步" in mediator.get(quarrel.address()).text
    assert "一方愿意让步" not in applicant.get(quarrel.address()).text
    for tail, form in (
        ("/notes", {**note, "id": str(uuid4())}),
        ("/fail", {"conclusion": "谈不下去了"}),
        ("/agreement", {"id": str(uuid4()), "text": "协" * 30}),
        ("/agreement/reopen", {}),
        ("/agreement/paper", {"signed_on": "2026-11-23"}),
        ("/prepare/ask", {}),
    ):
        assert applicant.post(quarrel.address(tail), form).status_code == 403, tail
    offer = {"id": str(uuid4()), "kind": "one_off", "amount": "5000", "last_day": "2026-12-01"}
    assert mediator.post(quarrel.address("/offers"), offer).status_code == 403
    assert applicant.post(quarrel.address("/offers"), offer | {"amount": "五千"}).status_code == 422
    assert applicant.post(quarrel.address("/offers"), offer | {"kind": "glass"}).status_code == 422
    assert applicant.post(quarrel.address("/offers"), offer | {"last_day": "昨天"}).status_code == 422
    for _ in range(2):
        assert applicant.post(quarrel.address("/offers"), offer).status_code == 303
    assert applicant.get(quarrel.address("/offers")).text.count("<b>5,000 元</b>") == 1
    assert applicant.get(quarrel.address("/performing")).status_code == 409
    assert applicant.get(quarrel.address("/agreement.pdf")).status_code == 404
    said = {"id": str(uuid4()), "text": "字" * 5000}
    assert applicant.post(quarrel.address("/say"), said).status_code == 422
    assert applicant.post(quarrel.address("/stop"), {}).status_code == 422
    assert applicant.post(quarrel.address("/stop"), {"sure": "yes"}).status_code == 303
    ended = web(world.wang_wei).get(quarrel.address())
    assert "停止不是谁的错" in ended.text
    assert "向人民法院起诉" in ended.text
    late = web(world.wang_wei).post(quarrel.address("/say"), {"id": str(uuid4()), "text": "等一下"})
    assert (late.status_code, "等一下" in late.text, "已经停止" in late.text) == (409, True, True)


def test_accepting_and_taking_back_at_once_has_one_winner(web, world, quarrel) -> None:
    quarrel.play("start")
    offer = quarrel.play("offer", world.wang_wei)
    path = quarrel.address(f"/offers/{offer}")
    assert web(world.li_na).post(path, {"act": "accept"}).status_code == 303
    late = web(world.wang_wei).post(path, {"act": "withdraw"})
    assert (late.status_code, "已经接受了" in late.text) == (409, True)
    assert web(world.li_na).post(path, {"act": "sell"}).status_code == 422
    # What was accepted is where the text begins.
    draft = web(world.zhao_min).get(quarrel.address("/agreement")).text
    assert "1. 另一方提出、申请方接受：一次性补偿人民币 5000.00 元" in draft


def test_a_reopened_text_is_shown_as_void_and_has_no_form_to_confirm(web, world, quarrel) -> None:
    quarrel.play("start")
    quarrel.play("confirm", world.li_na, quarrel.play("draft"))
    address = quarrel.address("/agreement")
    assert "/agreement/confirm" in web(world.wang_wei).get(address).text
    assert web(world.zhao_min).post(f"{address}/reopen").status_code == 303
    page = web(world.wang_wei).get(address).text
    assert "原来的确认已经作废" in page
    assert "/agreement/confirm" not in page


def test_an_agreement_in_force_has_its_clock_and_its_paper(web, world, quarrel, clock) -> None:
    quarrel.play("start")
    digest = quarrel.play("draft")
    party = web(world.li_na)
    page = party.get(quarrel.address("/agreement")).text
    assert "不算可靠的电子签名" in page
    for form, words in (
        ({"digest": digest, "name": "li_na"}, "请先勾选"),
        ({"digest": digest, "name": "别人", "agrees": "yes"}, "一字不差"),
        ({"digest": "0" * 64, "name": "li_na", "agrees": "yes"}, "刚刚改过"),
    ):
        answer = party.post(quarrel.address("/agreement/confirm"), form)
        assert answer.status_code in {409, 422}
        assert words in answer.text
    for name in ("li_na", "wang_wei", "zhao_min"):
        form = {"digest": digest, "name": name, "agrees": "yes"}
        assert web(world.people[name]).post(quarrel.address("/agreement/confirm"), form).status_code == 303
    mediator, paper = web(world.zhao_min), quarrel.address("/agreement/paper")
    assert mediator.post(paper, {"signed_on": "2026-11-23"}).status_code == 422
    scan = [("scan", ("协议.jpg", picture("grey"), "image/jpeg"))]
    assert mediator.post(paper, {"signed_on": "2026-11-24"}, files=scan).status_code == 422
    assert mediator.post(paper, {"signed_on": "2026-11-23"}, files=scan).status_code == 303
    performing = quarrel.address("/performing")
    page = party.get(performing).text
    assert "还剩 31 天" in page
    shown = party.get(quarrel.address("/agreement")).text
    scan_path = re.search(r"/files/[0-9a-f-]{36}", shown)[0]
    assert web(world.wang_wei).get(quarrel.address(scan_path)).status_code == 200
    assert web(world.wang_wei).get(quarrel.address(f"{scan_path}/small")).status_code == 200
    clock.forward(days=1)
    assert party.post(f"{performing}/court", {"mark": "applied", "on": "2030-01-01"}).status_code == 422
    assert party.post(f"{performing}/court", {"mark": "applied", "on": "2026-11-24"}).status_code == 303
    check = {"id": str(uuid4()), "due_on": "2026-12-01", "what": "看隔音窗装好没有"}
    assert mediator.post(f"{performing}/checks", {**check, "due_on": "2020-01-01"}).status_code == 422
    assert mediator.post(f"{performing}/checks", check).status_code == 303
    settle = f"{performing}/checks/{check['id']}"
    assert mediator.post(settle, {"found": ""}).status_code == 422
    remark = {"id": str(uuid4()), "text": "已经装好了"}
    assert party.post(f"{settle}/remarks", {**remark, "text": " "}).status_code == 422
    assert party.post(f"{settle}/remarks", remark).status_code == 303
    assert mediator.post(settle, {"found": "performed"}).status_code == 303
    page = web(world.wang_wei).get(performing).text
    assert "做到了" in page
    assert "已经装好了" in page


def test_an_objector_is_led_here_and_his_objection_goes_on(web, world, vote, clock, session) -> None:
    from app.services.votes.objections import ObjectionKind, raise_objection

    objection = raise_objection(
        session,
        estate_id=world.estate_id,
        vote_id=vote.id,
        objection_id=uuid4(),
        account_id=world.li_na.account_id,
        text="通知没有送到我家，我不知道要投票。",
        kind=ObjectionKind.CONDUCT,
        now=clock(),
    )
    session.commit()
    link = f"/e/{world.slug}/mediation/new?objection={objection}"
    assert link in web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}/objections").text
    assert link not in web(world.wang_wei).get(f"/e/{world.slug}/votes/{vote.id}/objections").text
    form = web(world.li_na).get(link)
    assert "通知没有送到我家" in form.text
    assert web(world.wang_wei).get(link).status_code == 404
    sent = {
        **APPLICATION,
        "id": str(uuid4()),
        "objection": str(objection),
        "mediator": str(world.chen_jie.account_id),
    }
    assert web(world.wang_wei).post(link.split("?", maxsplit=1)[0], sent).status_code == 404
    assert web(world.li_na).post(link.split("?", maxsplit=1)[0], sent).status_code == 303
    again = web(world.li_na).post(link.split("?", maxsplit=1)[0], {**sent, "id": str(uuid4())})
    assert (again.status_code, "已经为这条异议申请过" in again.text) == (409, True)
