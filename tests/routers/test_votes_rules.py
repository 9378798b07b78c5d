"""The pages of the rules: the comparison, the estate's own versions, and the terms step with what it shows and refuses."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.models.files import StoredFile
from app.models.votes import Vote
from app.models.votes.paper import Delivery, DeliveryResult, DeliveryWay
from app.models.votes.rulesets import RuleText
from app.rules.votes.localities import LOCALITIES
from tests.fixtures.paper import picture
from tests.routers.test_permission_matrix import keep_signed_in

TERMS = {
    "rule_set": "national/1",
    "shown": "national/1",
    "legal_mode": "paper_with_support",
    "legal_basis": "",
    "change": "until_close",
    "clash": "paper_locks",
    "paper_days": "0",
    "extension_days": "0",
    "proxy_limit": "",
    "spoiled": "not_participating",
    "parking": "exclude",
    "storage": "exclude",
    "notice_days": "15",
    "objection_days": "10",
    "rules_source": "",
    "opens_at": "2026-12-10T09:00",
    "closes_at": "2026-12-24T21:00",
}
OWN = {
    **{name: TERMS[name] for name in ("change", "clash", "paper_days", "extension_days", "proxy_limit")},
    **{name: TERMS[name] for name in ("spoiled", "parking", "storage", "notice_days", "objection_days")},
    "version": "1",
    "base": "national/1",
    "shown": "national/1",
    "title": "幸福里小区业主大会议事规则",
    "adopted_on": "2025-03-01",
    "ballot_mode": "per_unit",
    "articles": "第九条",
    "silent_text": "送达后未投票的，计入多数意见一方",
}
SILENT = {
    "silent": "yes",
    "silent_text": "送达后未投票的，计入多数意见一方",
    "silent_adopted_on": "2025-03-01",
    "silent_sign_off": "某律师事务所张律师 2026-11-01 书面意见",
}


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


@pytest.fixture
def draft(make_vote) -> UUID:
    return make_vote(notice=False).id


@pytest.fixture
def step(world, draft) -> str:
    return f"/desk/{world.slug}/votes/{draft}/terms"


@pytest.fixture
def own(world) -> str:
    return f"/desk/{world.slug}/rules"


def stored(database, draft) -> Vote:
    with database.session(writing=False) as session:
        vote = session.get_one(Vote, draft)
        session.expunge(vote)
        return vote


def checked(page: str, name: str) -> str:
    return re.search(rf'name="{name}"\s+value="([^"]+)"[^>]*checked', page)[1]


def typed(page: str, name: str) -> str:
    field = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)[0]
    return re.search(r'value="([^"]*)"', field)[1]


def test_the_comparison_names_every_place_and_marks_what_nobody_verified(web, world) -> None:
    page = web(world.li_na).get(f"/e/{world.slug}/votes/rules")
    assert page.status_code == 200
    for place in LOCALITIES:
        assert place.place in page.text
        assert place.text in page.text
    told = sum(len(place.to_confirm) for place in LOCALITIES)
    assert told
    assert page.text.count(">未核实<") >= 2 * told
    assert web(world.zhou_tao).get(f"/e/{world.slug}/votes/rules").status_code == 404


def test_a_member_is_not_led_to_the_desk_and_does_not_get_in(web, world, desk, own) -> None:
    address = f"/e/{world.slug}/votes/rules"
    assert f'href="{own}"' in desk.get(address).text
    assert f'href="{own}"' not in web(world.li_na).get(address).text
    for person in (world.li_na, world.zhao_min, world.ma_chao, world.zhou_tao):
        assert web(person).get(own).status_code in {403, 404}
        assert web(person).post(own, OWN).status_code in {403, 404}


def test_own_rules_are_added_listed_compared_and_chosen(desk, database, world, own, step, draft) -> None:
    sent = {"scan": ("议事规则.png", picture(), "image/png")}
    assert desk.post(own, {**OWN, "proxy_limit": "2"}, files=sent).status_code == 303
    page = desk.get(own).text
    assert "第 1 版：幸福里小区业主大会议事规则" in page
    assert "添加第 2 版" in page
    assert (typed(page, "proxy_limit"), typed(page, "version")) == ("2", "2")
    compared = desk.get(f"/e/{world.slug}/votes/rules").text
    assert "《幸福里小区业主大会议事规则》（2025-03-01）第九条" in compared
    picked = desk.post(step, {**TERMS, "rule_set": "own/1", "act": "pick"}).text
    assert typed(picked, "proxy_limit") == "2"
    assert "送达后未投票的，计入多数意见一方" in picked
    form = {**TERMS, "rule_set": "own/1", "shown": "own/1", "proxy_limit": "2"}
    assert desk.post(step, form).status_code == 303
    assert stored(database, draft).rules["code"] == "own"
    with database.session(writing=False) as session:
        row = session.exec(select(RuleText)).one()
        assert session.get_one(StoredFile, row.file_id).media_type == "image/jpeg"


def test_a_form_of_own_rules_sent_twice_adds_one_version(desk, database, own) -> None:
    for _ in range(2):
        assert desk.post(own, OWN).status_code == 303
    with database.session(writing=False) as session:
        assert len(session.exec(select(RuleText)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "规"}, "title"),
        ({"adopted_on": "去年"}, "adopted_on"),
        ({"adopted_on": "2027-01-01"}, "adopted_on"),
        ({"notice_days": "二十"}, "notice_days"),
        ({"paper_days": "99"}, "paper_days"),
        ({"notice_days": "20", "articles": ""}, "articles"),
        ({"ballot_mode": "per_vote"}, "ballot_mode"),
        ({"version": "x"}, ""),
        ({"version": "7"}, ""),
        ({"base": "own/1", "shown": "own/1"}, "base"),
    ],
)
def test_own_rules_that_cannot_be_come_back_as_typed(desk, database, own, changes, field) -> None:
    answer = desk.post(own, {**OWN, **changes})
    assert answer.status_code in {409, 422}
    assert (f'href="#f-{field}"' if field else "请重新打开页面") in answer.text
    assert "送达后未投票的，计入多数意见一方" in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(RuleText)).all() == []


def test_a_scan_that_is_no_picture_is_refused_and_no_version_is_added(desk, database, own) -> None:
    sent = {"scan": ("规则.png", b"MZ not a picture", "image/png")}
    answer = desk.post(own, OWN, files=sent)
    assert answer.status_code == 422
    assert 'href="#f-scan"' in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(RuleText)).all() == []


def test_picking_a_set_shows_its_figures_keeps_what_was_typed_and_stores_nothing(
    desk, database, step, draft
) -> None:
    before = stored(database, draft).rules
    page = desk.post(
        step, {**TERMS, "rule_set": "weifang/1", "closes_at": "2026-12-20T18:00", "act": "pick"}
    ).text
    assert "一个人最多接受几户委托：3 户" in page
    assert 'name="proxy_limit"' not in page
    assert 'value="electronic"' not in page
    assert typed(page, "closes_at") == "2026-12-20T18:00"
    assert stored(database, draft).rules == before
    # Without the button too: another set than the page showed is first shown.
    again = desk.post(step, {**TERMS, "rule_set": "hangzhou/1"})
    assert again.status_code == 200
    assert stored(database, draft).rules == before


def test_what_nobody_verified_is_shown_to_whoever_chooses_and_not_filled_in(desk, step) -> None:
    page = desk.post(step, {**TERMS, "rule_set": "beijing/1", "act": "pick"}).text
    assert "“北京业主”应用" in page
    assert ">未核实<" in page
    assert checked(page, "change") == "until_close"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"legal_mode": ""}, "legal_mode"),
        ({"legal_mode": "electronic"}, "legal_basis"),
        ({"clash": "first"}, "clash"),
        ({"clash": "coin"}, "clash"),
        ({"paper_days": "3"}, "rules_source"),
        ({"paper_days": "三"}, "paper_days"),
        ({"extension_days": "91", "rules_source": "议事规则第九条"}, "extension_days"),
        ({"proxy_limit": "3"}, "rules_source"),
        ({"spoiled": "participating"}, "rules_source"),
        ({"rule_set": "nowhere/1"}, "rule_set"),
        ({**SILENT, "silent_text": ""}, "silent_text"),
        ({**SILENT, "silent_adopted_on": ""}, "silent_adopted_on"),
        ({**SILENT, "silent_sign_off": ""}, "silent_sign_off"),
        ({**SILENT, "legal_mode": "consultation"}, "silent"),
    ],
)
def test_terms_that_cannot_be_come_back_as_typed_and_store_nothing(
    desk, database, step, draft, changes, field
) -> None:
    before = stored(database, draft)
    answer = desk.post(step, {**TERMS, "notice_days": "15", "closes_at": "2026-12-20T18:00", **changes})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}"' in answer.text
    assert "2026-12-20T18:00" in answer.text
    after = stored(database, draft)
    assert (after.rules, after.silent, after.closes_at) == (before.rules, before.silent, before.closes_at)


def test_every_rule_set_in_the_terms_is_read_back_and_stands_in_the_notice(
    desk, database, step, draft
) -> None:
    form = {
        **TERMS,
        "paper_days": "3",
        "extension_days": "7",
        "proxy_limit": "2",
        "spoiled": "participating",
        "parking": "include",
        "rules_source": "议事规则第九条",
    }
    assert desk.post(step, form).status_code == 303
    page = desk.get(step).text
    assert [typed(page, name) for name in ("paper_days", "extension_days", "proxy_limit")] == ["3", "7", "2"]
    assert (checked(page, "spoiled"), checked(page, "parking")) == ("participating", "include")
    assert typed(page, "rules_source") == "议事规则第九条"
    preview = desk.get(step.replace("/terms", "/preview")).text
    for words in (
        "同一套房屋手机和纸质都投了的，算签名的纸质票",
        "废票，算参与，不算同意",
        "一个人最多接受 2 户委托",
        "最迟在截止后 3 日内录完",
        "延长一次，最多 7 日",
        "车位计入面积和人数",
        "以签名的纸质票为准",
    ):
        assert words in preview


def test_the_vote_and_its_ballot_say_the_rules_and_warn_of_silence(
    desk, web, world, database, step, draft, clock
) -> None:
    form = {**TERMS, **SILENT, "proxy_limit": "2", "rules_source": "议事规则第九条"}
    assert desk.post(step, form).status_code == 303
    assert checked(desk.get(step).text, "silent") == "yes"
    preview = desk.get(step.replace("/terms", "/preview")).text
    assert "计入多数一方" in preview
    assert "书面法律意见：某律师事务所张律师" in preview
    seen = re.search(r'name="seen"\s+value="([0-9a-f]+)"', preview)[1]
    notice = step.replace("/terms", "/notice")
    assert desk.post(notice, {"seen": seen, "checked": "yes"}).status_code == 303
    owner, address = web(world.li_na), f"/e/{world.slug}/votes/{draft}"
    page = owner.get(address).text
    for words in ("不投票的后果", "一个人最多接受 2 户委托", "废票（没法认的纸质票）不算参加投票", "第 1 版"):
        assert words in page
    assert "送达后未投票的，计入多数意见一方" in page
    assert f'href="/e/{world.slug}/votes/rules"' in page
    clock.instant = stored(database, draft).opens_at
    ballot = owner.get(f"{address}/ballot?unit={world.homes['301'].unit_id}").text
    assert "不投票的后果" in ballot
    assert "算签名的纸质票" in ballot


def test_a_vote_without_the_rule_warns_of_nothing(web, world, vote) -> None:
    page = web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}").text
    assert "不投票的后果" not in page
    assert "没有投票不算参加" in page


def test_the_result_page_sets_both_counts_side_by_side(
    desk, web, world, database, step, draft, clock
) -> None:
    assert desk.post(step, {**TERMS, **SILENT}).status_code == 303
    preview = desk.get(step.replace("/terms", "/preview")).text
    seen = re.search(r'name="seen"\s+value="([0-9a-f]+)"', preview)[1]
    desk.post(step.replace("/terms", "/notice"), {"seen": seen, "checked": "yes"})
    vote = stored(database, draft)
    with database.transaction() as session:
        for room in ("101", "102"):
            session.add(
                Delivery(
                    vote_id=draft,
                    unit_id=world.homes[room].unit_id,
                    way=DeliveryWay.HAND,
                    result=DeliveryResult.DELIVERED,
                    on_day=date(2026, 12, 9),
                    recorded_by=world.chen_jie.account_id,
                    recorded_at=vote.opens_at,
                )
            )
    clock.instant = vote.opens_at
    keep_signed_in(database, clock)
    unit = str(world.homes["301"].unit_id)
    form = {"unit": unit, "choice": "for", "has_read": "yes", "key": uuid4().hex}
    assert web(world.li_na).post(f"/e/{world.slug}/votes/{draft}/ballot", form).status_code == 303
    clock.instant = vote.closes_at + timedelta(seconds=61)
    keep_signed_in(database, clock)
    page = web(world.li_na).get(f"/e/{world.slug}/votes/{draft}/result").text
    assert "送达了没有投票的 2 人、160.00 平方米算进了多数一方" in page
    table = page[page.index("没有投票的计入和不计入") :]
    rows = re.findall(
        r"<th scope=\"row\">\s*([^<]+?)\s*</th>\s*<td[^>]*>\s*([^<]+?)\s*</td>\s*<td[^>]*>\s*([^<]+?)\s*</td>",
        table,
    )
    assert ("参加的人数", "3", "1") in rows
    assert ("同意的面积（㎡）", "240.00", "80.00") in rows
