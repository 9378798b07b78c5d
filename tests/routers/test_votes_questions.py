"""The desk's list of questions: adding, changing, moving and taking off, with what was typed kept; and the survey switch."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.trail import TrailRow
from app.models.votes import Vote
from app.rules.votes.states import LegalMode

TEXT = "在三号楼一单元北侧加装一部电梯，平层入户，由区里招标的单位施工。"
TERMS = {
    "legal_mode": "electronic",
    "legal_basis": "业主大会议事规则第八条",
    "change": "until_close",
    "notice_days": "15",
    "objection_days": "10",
    "opens_at": "2026-12-10T09:00",
    "closes_at": "2026-12-24T21:00",
}
ELECTION = {
    "kind": "election",
    "title": "选举第三届业主委员会",
    "labels": "王芳\n李强\n张敏",
    "most": "2",
    "seats": "2",
}
MENU = {
    "kind": "options",
    "title": "小广场添置哪些设施",
    "matter": "9",
    "labels": "座椅\n棋桌\n路灯",
    "most": "2",
}


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


def start(desk, world, **more) -> str:
    vote_id = str(uuid4())
    form = {"id": vote_id, "title": "3号楼1单元加装电梯", "matter": "7", "text": TEXT, **more}
    answer = desk.post(f"/desk/{world.slug}/votes/new", form)
    assert answer.status_code == 303
    return f"/desk/{world.slug}/votes/{vote_id}"


@pytest.fixture
def draft(desk, world) -> str:
    return start(desk, world)


def stamp_of(desk, address: str) -> str:
    return re.search(r'name="stamp" value="(\w+)"', desk.get(address).text)[1]


def add(desk, draft: str, form: dict, place: int = 1):
    address = f"{draft}/questions/{place}"
    return desk.post(address, {"stamp": stamp_of(desk, address), "adds": "yes", **form})


def row_of(database) -> Vote:
    with database.session(writing=False) as session:
        return session.exec(select(Vote)).one()


def test_the_first_form_leads_on_to_more_questions_when_asked(desk, world) -> None:
    vote_id = str(uuid4())
    form = {"id": vote_id, "title": "3号楼1单元加装电梯", "matter": "7", "text": TEXT, "act": "more"}
    answer = desk.post(f"/desk/{world.slug}/votes/new", form)
    assert answer.headers["location"] == f"/desk/{world.slug}/votes/{vote_id}/questions"
    page = desk.get(answer.headers["location"]).text
    assert "第 1 项，共 1 项：3号楼1单元加装电梯" in page
    assert "questions/1?kind=election" in page


def test_an_election_and_a_menu_are_added_and_an_election_is_of_matter_three(desk, draft, database) -> None:
    assert "属于第 3 项" not in desk.get(f"{draft}/questions/1?kind=options").text
    assert 'name="matter"' not in desk.get(f"{draft}/questions/1?kind=election").text
    assert add(desk, draft, {**ELECTION, "matter": "7"}).status_code == 303
    assert add(desk, draft, MENU, 2).status_code == 303
    row = row_of(database)
    assert [(one["kind"], one["matter"]) for one in row.questions] == [
        ("decision", 7),
        ("election", 3),
        ("options", 9),
    ]
    page = desk.get(f"{draft}/questions").text
    assert "应选 2 人，每票最多选 2 人。王芳、李强、张敏" in page
    assert "选举第三届业主委员会" in desk.get(f"{draft}/question").text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "选"}, "title"),
        ({"labels": "王芳"}, "labels"),
        ({"labels": "王芳\n王芳"}, "labels"),
        ({"most": "9"}, "most"),
        ({"seats": "三"}, "seats"),
        ({"seats": "4", "most": "3"}, "seats"),
    ],
)
def test_a_bad_question_comes_back_whole_with_the_sentence_at_its_field(
    desk, draft, database, change, field
) -> None:
    typed = {**ELECTION, **change, "text": "任期五年"}
    answer = add(desk, draft, typed)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    for name in ("title", "seats", "most"):
        assert f'value="{typed[name]}"' in answer.text
    assert typed["labels"] in answer.text
    assert "任期五年" in answer.text
    assert row_of(database).questions == []


def test_the_first_question_can_become_an_election_of_its_own(desk, draft, database) -> None:
    page = desk.get(f"{draft}/questions/0?kind=election").text
    assert 'value="3号楼1单元加装电梯"' in page
    address = f"{draft}/questions/0"
    assert desk.post(address, {**ELECTION, "stamp": stamp_of(desk, address)}).status_code == 303
    row = row_of(database)
    assert (len(row.questions), row.matter, row.title) == (1, 3, "3号楼1单元加装电梯")


def test_questions_move_and_go_and_the_title_form_keeps_its_hands_off_the_matter(
    desk, draft, database
) -> None:
    add(desk, draft, ELECTION)
    stamp = stamp_of(desk, f"{draft}/questions")
    assert desk.post(f"{draft}/questions/1/move", {"stamp": stamp, "up": "yes"}).status_code == 303
    assert row_of(database).matter == 3
    form = {"title": "业主大会表决", "matter": "7", "text": TEXT}
    assert desk.post(f"{draft}/question", form).status_code == 303
    assert (row_of(database).matter, row_of(database).title) == (3, "业主大会表决")
    old = desk.post(f"{draft}/questions/0/remove", {"stamp": stamp})
    assert old.status_code == 409
    assert "刚刚有人改过" in old.text
    stamp = stamp_of(desk, f"{draft}/questions")
    assert desk.post(f"{draft}/questions/0/remove", {"stamp": stamp}).status_code == 303
    assert (row_of(database).questions, row_of(database).matter) == ([], 7)


def test_two_who_add_at_once_both_keep_what_they_typed(desk, draft, database) -> None:
    stamp = stamp_of(desk, f"{draft}/questions/1")
    first = desk.post(f"{draft}/questions/1", {**ELECTION, "stamp": stamp, "adds": "yes"})
    second = desk.post(f"{draft}/questions/1", {**MENU, "stamp": stamp, "adds": "yes"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert f'action="{draft}/questions/2"' in second.text
    assert MENU["labels"] in second.text
    again = re.search(r'name="stamp" value="(\w+)"', second.text)[1]
    assert desk.post(f"{draft}/questions/2", {**MENU, "stamp": again, "adds": "yes"}).status_code == 303
    assert [one["kind"] for one in row_of(database).questions] == ["decision", "election", "options"]


def test_a_survey_is_ticked_kept_and_overrules_the_terms(desk, world, database) -> None:
    draft = start(desk, world, survey="yes")
    assert re.search(r'name="survey"[^>]*checked', desk.get(f"{draft}/question").text)
    assert desk.post(f"{draft}/scope", {"scope": "entrance:3:1"}).status_code == 303
    assert desk.post(f"{draft}/terms", TERMS).status_code == 303
    row = row_of(database)
    assert (row.survey, row.legal_mode, row.legal_basis) == (True, LegalMode.CONSULTATION, "")
    preview = desk.get(f"{draft}/preview").text
    assert "业主意向调查公告" in preview
    assert "通过条件" not in preview
    form = {"title": "3号楼1单元加装电梯", "matter": "7", "text": TEXT}
    assert desk.post(f"{draft}/question", form).status_code == 303
    assert not row_of(database).survey


def test_the_preview_shows_every_question_with_its_test_and_posts_just_that(desk, draft, database) -> None:
    add(desk, draft, ELECTION)
    desk.post(f"{draft}/scope", {"scope": "entrance:3:1"})
    desk.post(f"{draft}/terms", TERMS)
    preview = desk.get(f"{draft}/preview").text
    assert "第 2 项：参与表决的业主中，同意的面积和人数都超过半数的候选人可以当选" in preview
    assert "候选人：王芳、李强、张敏" in preview
    seen = re.search(r'name="seen"\s+value="([0-9a-f]+)"', preview)[1]
    add(desk, draft, MENU, 2)
    late = desk.post(f"{draft}/notice", {"seen": seen, "checked": "yes"})
    assert late.status_code == 409
    seen = re.search(r'name="seen"\s+value="([0-9a-f]+)"', late.text)[1]
    assert desk.post(f"{draft}/notice", {"seen": seen, "checked": "yes"}).status_code == 303
    assert desk.get(f"{draft}/questions").status_code == 409
    with database.session(writing=False) as session:
        assert "votes:notice:give" in session.exec(select(TrailRow.tag)).all()


@pytest.mark.parametrize(
    "name", ["li_na", "qian_er", "zhao_min", "sun_li", "ma_chao", "zhou_tao", "stranger"]
)
def test_nobody_but_the_committee_reads_or_changes_the_questions(web, world, draft, database, name) -> None:
    browser = web(world.people[name])
    tries = [
        browser.get(f"{draft}/questions"),
        browser.get(f"{draft}/questions/1?kind=election"),
        browser.post(f"{draft}/questions/1", {**ELECTION, "stamp": "x", "adds": "yes"}),
        browser.post(f"{draft}/questions/0/remove", {"stamp": "x"}),
        browser.post(f"{draft}/questions/0/move", {"stamp": "x"}),
    ]
    assert {answer.status_code for answer in tries} <= {403, 404}
    assert row_of(database).questions == []


def test_another_estates_committee_and_a_place_that_is_none_find_nothing(desk, web, world, draft) -> None:
    assert desk.get(f"{draft}/questions/7").status_code == 404
    other = draft.replace(world.slug, world.other_slug)
    assert web(world.zhou_tao).get(f"{other}/questions").status_code == 404
