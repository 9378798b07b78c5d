"""A ballot of several questions through the web: fields, too many picks, confirmation, receipt, result; and a survey."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.rules.votes.questions import Question
from tests.fixtures.papers import ELECTION, MENU

ANSWERED = {"choice": "for", "choice-1": ["0", "2"], "choice-2": ["none"]}


@pytest.fixture
def li_na(web, world, paper_vote, clock):
    clock.instant = paper_vote.opens_at
    return web(world.li_na)


@pytest.fixture
def base(world, paper_vote) -> str:
    return f"/e/{world.slug}/votes/{paper_vote.id}"


def unit(world) -> str:
    return str(world.homes["301"].unit_id)


def send(browser, base, world, answers=ANSWERED):
    return browser.post(f"{base}/ballot", {"unit": unit(world), "key": uuid4().hex, **answers})


def test_each_question_stands_in_its_own_card_with_its_number(li_na, base) -> None:
    page = li_na.get(f"{base}/ballot").text
    for number in (1, 2, 3):
        assert f"第 {number} 项，共 3 项" in page
    assert page.count('name="choice"') == 3
    assert page.count('name="choice-1"') == 4
    assert page.count('name="choice-2"') == 5
    assert "应选 2 人，每票最多选 2 人。" in page
    assert "费用从公共收益里出。" in page


def test_too_many_picks_come_back_ticked_and_the_sentence_stands_at_the_field(li_na, base, world) -> None:
    answers = {"choice": "against", "choice-1": ["0", "1", "2"], "choice-2": ["1"]}
    answer = li_na.post(f"{base}/ballot/confirm", {"unit": unit(world), "has_read": "yes", **answers})
    assert answer.status_code == 422
    assert 'id="f-choice-1-error"' in answer.text
    assert "“选举业主委员会委员”最多选 2 项，请去掉几项" in answer.text
    ticked = re.findall(r'name="(choice[^"]*)"\s+value="([^"]+)"[^>]*checked', answer.text)
    assert ticked == [
        ("choice", "against"),
        ("choice-1", "0"),
        ("choice-1", "1"),
        ("choice-1", "2"),
        ("choice-2", "1"),
    ]


def test_every_question_left_open_is_named(li_na, base, world) -> None:
    answer = li_na.post(f"{base}/ballot/confirm", {"unit": unit(world), "choice-1": ["0"]})
    assert answer.status_code == 422
    assert 'href="#f-choice"' in answer.text
    assert 'href="#f-choice-1"' not in answer.text
    assert 'href="#f-choice-2"' in answer.text
    assert 'href="#f-has_read"' in answer.text


def test_confirmation_and_receipt_repeat_every_answer_in_words(li_na, base, world) -> None:
    form = {"unit": unit(world), "has_read": "yes", **ANSWERED}
    confirm = li_na.post(f"{base}/ballot/confirm", form).text
    for words in (
        "1. 3号楼1单元加装电梯",
        "2. 选举业主委员会委员",
        "甲、丙",
        "3. 小广场添置哪些设施",
        "都不选",
    ):
        assert words in confirm
    hidden = re.findall(r'type="hidden" name="(choice[^"]*)" value="([^"]+)"', confirm)
    assert hidden == [("choice", "for"), ("choice-1", "0"), ("choice-1", "2"), ("choice-2", "none")]
    answer = send(li_na, base, world)
    assert answer.status_code == 303
    receipt = li_na.get(answer.headers["location"]).text
    for words in ("共 3 项", "第 1 项：3号楼1单元加装电梯", "甲、丙", "都不选", "第 1 次投票"):
        assert words in receipt
    assert "甲、丙" in li_na.get(base).text
    assert "已经投过票" in li_na.get(f"{base}/ballot").text


@pytest.mark.parametrize(
    "answers",
    [
        {"choice": "for"},
        {"choice": "for", "choice-1": ["0", "1", "2"], "choice-2": ["0"]},
        {"choice": "for", "choice-1": ["9"], "choice-2": ["0"]},
        {"choice": "spoiled", "choice-1": ["0"], "choice-2": ["0"]},
        {},
    ],
)
def test_a_forged_ballot_is_refused_and_nothing_is_written(li_na, base, world, answers) -> None:
    assert send(li_na, base, world, answers).status_code == 422
    assert li_na.get(f"{base}/ballot/receipt?unit={unit(world)}").status_code == 303


def test_the_result_shows_every_question_with_both_tests(li_na, web, world, base, paper_vote, clock) -> None:
    send(li_na, base, world)
    clock.instant = paper_vote.closes_at + timedelta(seconds=60)
    page = web(world.wang_wei).get(f"{base}/result").text
    assert page.count("一、参与（占全部）") == 3
    assert page.count("还差 7 人") == 3
    assert "同意：1 人（已超过一半），80.00 平方米（已超过一半）" in page
    assert "同意：0 人（还差 1 人），0.00 平方米（还差 40.01 平方米）" in page
    assert page.index("1. 甲") < page.index("2. 丙") < page.index("3. 乙")


def statements(database, deed) -> int:
    seen = []
    listen = lambda *told: seen.append(told[2])  # noqa: E731
    sa.event.listen(database.engine, "before_cursor_execute", listen)
    try:
        deed()
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", listen)
    return len(seen)


def test_a_single_election_and_a_single_menu_are_papers_too(
    web, world, database, make_paper_vote, clock
) -> None:
    vote = make_paper_vote(ELECTION, alone=True)
    clock.instant = vote.opens_at
    base, li_na = f"/e/{world.slug}/votes/{vote.id}", web(world.li_na)
    assert "第 1 项，共" not in li_na.get(f"{base}/ballot").text
    confirm = li_na.post(
        f"{base}/ballot/confirm", {"unit": unit(world), "has_read": "yes", "choice": ["0", "1"]}
    )
    assert "甲、乙" in confirm.text
    assert send(li_na, base, world, {"choice": ["0", "1"]}).status_code == 303
    with database.transaction() as session:
        vote.advance(session, vote.closes_at + timedelta(seconds=60))
    clock.instant = vote.closes_at + timedelta(seconds=60)
    assert "应选 2 人，选出 0 人" in web(world.li_na).get(f"/e/{world.slug}/votes").text
    assert "未通过：参加投票的不够" in web(world.li_na).get(f"{base}/result").text


def test_a_survey_is_marked_on_every_page_and_nothing_of_it_passes(
    web, world, database, make_paper_vote, clock
) -> None:
    vote = make_paper_vote(MENU, survey=True)
    clock.instant = vote.opens_at
    base, li_na = f"/e/{world.slug}/votes/{vote.id}", web(world.li_na)
    pages = [li_na.get(path).text for path in (base, f"{base}/ballot")]
    assert send(li_na, base, world, {"choice": "for", "choice-1": ["0"]}).status_code == 303
    with database.transaction() as session:
        vote.advance(session, vote.closes_at + timedelta(seconds=60))
    clock.instant = vote.closes_at + timedelta(seconds=60)
    li_na = web(world.li_na)
    pages += [li_na.get(path).text for path in (f"{base}/result", f"{base}/result/print")]
    for page in pages:
        assert "意向调查，不是表决，没有法律约束力" in page
        assert "未通过" not in page
        assert "还差" not in page
        assert not re.search(r"(?<!怎样算)(?<!设)通过(?!的比例)", page)
    assert "选了的：1 人，80.00 平方米" in pages[2]
    listed = li_na.get(f"/e/{world.slug}/votes").text
    assert "意向调查" in listed
    assert "通过" not in listed


def test_in_a_small_scope_no_question_says_how_the_others_said_no(
    web, world, make_paper_vote, clock, monkeypatch
) -> None:
    second = Question(title="更换单元门", matter=9)
    vote = make_paper_vote(second, ELECTION)
    monkeypatch.setattr("app.rules.votes.privacy.SMALL_SCOPE", 20)
    clock.instant = vote.opens_at
    base, li_na = f"/e/{world.slug}/votes/{vote.id}", web(world.li_na)
    answers = {"choice": "against", "choice-1": "abstain", "choice-2": ["0"]}
    assert send(li_na, base, world, answers).status_code == 303
    clock.instant = vote.closes_at + timedelta(seconds=60)
    page = web(world.li_na).get(f"{base}/result").text
    assert page.count("反对、弃权和其他") == 2
    assert "<th>反对</th>" not in page
    assert ">反对<" not in page.replace(" ", "").replace("\n", "")


def test_the_ballot_of_three_questions_takes_no_more_statements_than_that_of_one(
    web, world, database, app, vote, make_paper_vote, clock
) -> None:
    three = make_paper_vote(ELECTION, MENU)
    clock.instant = vote.opens_at
    li_na = web(world.li_na)
    own = app.state.database

    def asked(one, answers) -> tuple[int, int]:
        base = f"/e/{world.slug}/votes/{one.id}"
        send(li_na, base, world, answers)
        li_na.get(f"{base}/ballot")
        return (
            statements(own, lambda: li_na.get(f"{base}/ballot")),
            statements(own, lambda: send(li_na, base, world, answers)),
        )

    page, post = asked(vote, {"choice": "for"})
    page_of_three, post_of_three = asked(three, ANSWERED)
    assert page_of_three == page
    # Which fields the form has may have to be read from the vote, once.
    assert post_of_three <= post + 1
