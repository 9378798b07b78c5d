"""The pages of policy cards: written at the desk, read by anybody, asked about by members, and reached from a ballot."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.models.guides import Guide, GuideQuestion
from app.services.guides import writing
from app.services.votes import drafting

FORM = {
    "kind": "law",
    "title": "加装电梯，要多少业主同意",
    "body": "三分之二参与。\n\n<b>四分之三</b>同意。",
    "source": "中华人民共和国民法典",
    "reference": "第二百七十八条",
    "address": "",
    "source_date": "2021-01-01",
    "checked_on": "2026-11-20",
    "review_after": "2027-11-20",
}
WHY = "业主在公告以后问到这一条"


def count(database, model) -> int:
    with database.session(writing=False) as session:
        return session.connection().execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_a_card_goes_the_whole_way_from_a_starting_text_to_a_neighbours_question(
    web, database, world, guide_desk
) -> None:
    he_ping, li_na = web(guide_desk.he_ping), web(world.li_na)
    desk, public = f"/desk/{world.slug}/guides", f"/e/{world.slug}/guides"
    assert "第二百七十八条" in he_ping.get(f"{desk}/write?starter=elevator_vote").text
    guide = str(uuid4())
    wrong = he_ping.post(f"{desk}/write", {**FORM, "id": guide, "checked_on": "昨天"})
    assert (wrong.status_code, "四分之三" in wrong.text, 'id="f-checked_on-error"' in wrong.text) == (
        422,
        True,
        True,
    )
    long = he_ping.post(f"{desk}/write", {**FORM, "id": guide, "body": "字" * 20_000})
    assert (long.status_code, "文字太长，最多 4000 个字" in long.text) == (422, True)
    assert he_ping.post(f"{desk}/write", {**FORM, "id": guide, "body": "字" * 400_000}).status_code == 400
    assert count(database, Guide) == 0
    for _twice in range(2):
        assert he_ping.post(f"{desk}/write", {**FORM, "id": guide}).status_code == 303
    assert count(database, Guide) == 1
    assert li_na.get(f"{public}/{guide}").status_code == 404
    assert "发布，署我的姓名" in he_ping.get(f"{desk}/{guide}").text
    for _twice in range(2):
        assert he_ping.post(f"{desk}/{guide}/publish", {"revision": "1"}).status_code == 303
    page = li_na.get(f"{public}/{guide}").text
    assert "&lt;b&gt;四分之三&lt;/b&gt;同意。" in page
    assert "he_ping" in page
    assert FORM["title"] in li_na.get(f"{public}?q=二百七十八&kind=law").text
    assert FORM["title"] not in li_na.get(f"{public}?kind=subsidy").text

    question = str(uuid4())
    asked = {"id": question, "guide": guide, "text": "租客能不能投票？"}
    assert "请把问题写清楚" in li_na.post(f"{public}/questions", {**asked, "text": "？"}).text
    assert li_na.post(f"{public}/questions", asked).headers["location"] == f"{public}/{guide}#q-{question}"
    assert "租客能不能投票" in li_na.get(f"{public}/{guide}").text
    assert "租客能不能投票" not in web(world.wang_wei).get(f"{public}/{guide}").text
    at = f"{desk}/questions/{question}"
    assert "租客能不能投票" in he_ping.get(f"{desk}/questions").text
    empty = he_ping.post(at, {"act": "answer", "answer": "没有投票权。", "source": ""})
    assert (empty.status_code, "没有投票权。" in empty.text) == (422, True)
    answered = {"act": "answer", "answer": "没有投票权。", "source": "司法解释第十六条"}
    assert he_ping.post(at, answered).status_code == 303
    assert web(world.chen_jie).post(at, {"act": "refuse", "reason": "不想解答了"}).status_code == 409
    assert "li_na" not in (seen := web(world.wang_wei).get(f"{public}/{guide}").text)
    assert "l**" in seen
    assert "没有投票权。" in seen
    passer_by = web().get(f"{public}/{guide}")
    assert (passer_by.status_code, "没有投票权。" in passer_by.text, "l**" in passer_by.text) == (
        200,
        True,
        False,
    )
    assert web().get(f"{public}/{guide}/print").status_code == 200
    assert "有了解答" in li_na.get("/me/messages").text

    marked = {"mark": "unclear", "note": "什么叫专有部分"}
    assert li_na.post(f"{public}/{guide}/mark", marked).status_code == 303
    assert "什么叫专有部分" in he_ping.get(desk).text
    assert "什么叫专有部分" not in web(world.wang_wei).get(f"{public}/{guide}").text


def test_who_may_not(web, database, world, guide_desk) -> None:
    with database.transaction() as session:
        guide, draft = guide_desk.card(session), guide_desk.draft(session)
        question = guide_desk.question(session, world.li_na)
    desk, public = f"/desk/{world.slug}/guides", f"/e/{world.slug}/guides"
    deeds = {
        f"{desk}/write": {**FORM, "id": str(uuid4())},
        f"{desk}/{guide}/edit": {**FORM, "revision": "1"},
        f"{desk}/{draft}/publish": {"revision": "1"},
        f"{desk}/{guide}/withdraw": {"reason": "文件已经废止"},
        f"{desk}/{guide}/check": {"revision": "1", "review_after": "2028-01-01"},
        f"{desk}/questions/{question}": {"act": "answer", "answer": "不能。", "source": "司法解释"},
        f"{desk}/attach": {"id": str(uuid4()), "kind": "vote", "subject": str(uuid4()), "guide": str(guide)},
    }
    for person, status in (
        (None, 401),
        (world.li_na, 403),
        (world.sun_li, 403),
        (world.zhao_min, 403),  # a party member in another duty
        (world.zhou_tao, 404),
    ):
        browser = web(person)
        for path, form in deeds.items():
            assert browser.post(path, form).status_code == status, (person, path)
        for path in (desk, f"{desk}/new", f"{desk}/{guide}", f"{desk}/questions", f"{desk}/{guide}/edit"):
            assert browser.get(path).status_code == (status if person else 303), (person, path)
    for person in (None, world.stranger, world.zhou_tao):
        browser, refused = web(person), 401 if person is None else 404
        asked = browser.post(f"{public}/questions", {"id": str(uuid4()), "text": "我能问吗？"})
        marked = browser.post(f"{public}/{guide}/mark", {"mark": "useful"})
        assert (asked.status_code, marked.status_code) == (refused, refused)
        assert browser.get(f"{public}/{guide}").status_code == 200
    # Anybody of the staff may say that a card is outdated, a resident may not.
    flag = f"{desk}/{guide}/flag"
    assert web(world.li_na).post(flag, {"reason": "我觉得过时了"}).status_code == 403
    assert web(world.zhao_min).post(flag, {"reason": "旧"}).status_code == 422
    assert web(world.zhao_min).post(flag, {"reason": "补贴文件换了新的"}).status_code == 303
    assert "补贴文件换了新的" in web(world.li_na).get(f"{public}/{guide}").text
    assert "可能已过时" in web(world.li_na).get(public).text
    # What was never previewed is not published, and what is not there is not answered.
    assert web(guide_desk.he_ping).post(f"{desk}/{guide}/publish", {"revision": "9"}).status_code == 409
    assert web(guide_desk.he_ping).post(f"{desk}/questions/{uuid4()}", {"act": "answer"}).status_code == 404
    # The desk of the other estate reaches no card, question or list of this one.
    other = f"/desk/{world.other_slug}/guides"
    for path in (f"{other}/{guide}", f"{other}/{guide}/edit", f"{other}/questions/{question}"):
        assert web(world.zhou_tao).get(path).status_code == 404
    assert web(world.zhou_tao).get(f"/e/{world.other_slug}/guides/{guide}").status_code == 404


def test_what_waits_for_the_explainer_stands_on_his_duty_page(
    web, database, world, guide_desk, clock
) -> None:
    with database.transaction() as session:
        guide_desk.card(session, title="快过时的卡", review_after=(clock() + timedelta(days=2)).date())
        guide_desk.question(session, world.li_na, "补贴什么时候发？")
    duties = f"/desk/{world.slug}/duties/explainer"
    page = web(guide_desk.he_ping).get(duties).text
    assert "补贴什么时候发？" in page
    assert "快过时的卡" not in page
    clock.forward(days=3)
    assert "快过时的卡" in web(guide_desk.he_ping).get(duties).text


def attach(browser, world, guide, kind, subject, **more: str):
    form = {"id": str(uuid4()), "kind": kind, "subject": str(subject), "guide": str(guide), **more}
    return browser.post(f"/desk/{world.slug}/guides/attach", form)


def test_cards_stand_beside_a_proposal_and_its_thread(web, database, world, guide_desk, talk) -> None:
    with database.transaction() as session:
        guide = guide_desk.card(session)
    he_ping, li_na = web(guide_desk.he_ping), web(world.li_na)
    pages = {
        "proposal": (talk.proposal_id, f"/e/{world.slug}/proposals/{talk.proposal_id}"),
        "thread": (talk.id, f"/e/{world.slug}/deliberations/{talk.id}"),
    }
    for kind, (subject, page) in pages.items():
        assert attach(he_ping, world, uuid4(), kind, subject).status_code == 404
        assert attach(he_ping, world, guide, kind, uuid4()).status_code == 404
        assert attach(he_ping, world, "none", kind, subject).status_code == 422
        assert "加装电梯，要多少业主同意" not in li_na.get(page).text
        for _twice in range(2):
            assert attach(he_ping, world, guide, kind, subject).status_code == 303
        assert "加装电梯，要多少业主同意" in li_na.get(page).text
        assert "挂政策卡" not in li_na.get(page).text
        assert "挂政策卡" in he_ping.get(page).text
    assert attach(he_ping, world, guide, "poem", uuid4()).status_code == 404
    assert attach(he_ping, world, guide, "thread", talk.id, act="detach").status_code == 303
    assert "加装电梯，要多少业主同意" not in li_na.get(pages["thread"][1]).text


@pytest.fixture
def announced(make_vote, web, database, world, guide_desk, clock):
    """A vote that was announced with a card beside it, put there while it was a draft."""
    vote = make_vote(notice=False)
    with database.transaction() as session:
        guide = guide_desk.card(session)
    # A draft is the committee's alone: the explainer does not even learn that it is there.
    assert attach(web(guide_desk.he_ping), world, guide, "vote", vote.id).status_code == 404
    assert attach(web(world.chen_jie), world, guide, "vote", vote.id).status_code == 303
    assert str(vote.id) not in web(guide_desk.he_ping).get(f"/desk/{world.slug}/guides/{guide}").text
    clock.forward(hours=1)
    with database.transaction() as session:
        drafting.give_notice(
            session,
            estate_id=world.estate_id,
            vote_id=vote.id,
            actor=guide_desk.committee.actor,
            now=clock(),
        )
    clock.forward(hours=1)
    return vote, guide


def test_a_card_beside_an_announced_vote_does_not_change_unseen(
    web, database, world, guide_desk, clock, announced
) -> None:
    vote, guide = announced
    he_ping, li_na = web(guide_desk.he_ping), web(world.li_na)
    page = f"/e/{world.slug}/votes/{vote.id}"
    assert "公告以后" not in li_na.get(page).text
    assert "加装电梯，要多少业主同意" in li_na.get(page).text
    edited = {**FORM, "body": "公告以后写的文字。", "revision": "1"}
    assert he_ping.post(f"/desk/{world.slug}/guides/{guide}/edit", edited).status_code == 303
    publish = f"/desk/{world.slug}/guides/{guide}/publish"
    silent = he_ping.post(publish, {"revision": "2", "reason": ""})
    assert (silent.status_code, 'id="f-publish-reason-error"' in silent.text) == (422, True)
    assert he_ping.post(publish, {"revision": "2", "reason": "原文引错了条款"}).status_code == 303
    told = li_na.get(page).text
    assert "公告以后改过" in told
    assert "原文引错了条款" in told
    assert f"/guides/{guide}?revision=1" in told
    old = li_na.get(f"/e/{world.slug}/guides/{guide}?revision=1").text
    assert "公告以后写的文字" not in old
    assert "旧文字" in old

    with database.transaction() as session:
        other = guide_desk.card(session, title="后来才写的卡")
    assert attach(he_ping, world, other, "vote", vote.id).status_code == 422
    assert attach(he_ping, world, other, "vote", vote.id, reason=WHY).status_code == 303
    assert "公告以后才挂上" in li_na.get(page).text
    with database.transaction() as session:
        guide_desk.change(session, other, read_at=1, title="后来才写的卡", body="挂上以后又改。")
        later = clock() - guide_desk.now + timedelta(minutes=1)
        guide_desk.publish(session, other, revision=2, reason="挂上以后发现写漏", after=later)
    both = li_na.get(page).text
    assert all(words in both for words in ("公告以后才挂上", WHY, "挂上以后发现写漏", "看刚挂上时的文字"))
    assert attach(he_ping, world, other, "vote", vote.id, act="detach").status_code == 409
    with database.transaction() as session:
        writing.withdraw_card(
            session,
            estate_id=world.estate_id,
            guide_id=other,
            reason="整张都写错了",
            explainer=guide_desk.explainer,
            now=clock(),
        )
    assert "整张都写错了" in li_na.get(page).text
    clock.instant = vote.closes_at + timedelta(minutes=5)
    with database.transaction() as session:
        late = guide_desk.card(
            session, title="截止以后的卡", review_after=(clock() + timedelta(days=90)).date()
        )
    assert attach(web(world.chen_jie), world, late, "vote", vote.id, reason=WHY).status_code == 409
    assert count(database, GuideQuestion) == 0


def test_the_ballot_leads_to_the_cards_of_its_vote_and_asks_nothing_more_for_it(
    web, database, world, clock, announced
) -> None:
    vote, _guide = announced
    clock.instant = vote.opens_at
    li_na = web(world.li_na)
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        ballot = li_na.get(f"/e/{world.slug}/votes/{vote.id}/ballot")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert ballot.status_code == 200
    assert asked
    assert not [statement for statement in asked if re.search(r"\bguide", statement)]
    (link,) = re.findall(r'href="(/e/[^"]+/guides\?vote=[^"]+)"', ballot.text)
    page = li_na.get(link).text
    assert "和这次表决有关的政策" in page
    assert "加装电梯，要多少业主同意" in page
    # A passer-by learns of no vote, and nobody of a draft or of another's.
    assert "和这次表决有关的政策" not in web().get(link).text
    assert li_na.get(f"/e/{world.slug}/guides?vote={uuid4()}").status_code == 404
