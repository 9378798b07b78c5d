"""Statements, minutes and the hand-over through the web: what each person sees, may do, and is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark
from tests.fixtures.consensus import Consensus, move_in


@pytest.fixture
def written(talk, database, clock, world):
    """Two statements with marks of some neighbours, and the clock in the stage of consensus."""
    clock.instant = talk.begins[Stage.CONSENSUS] + timedelta(hours=2)
    with database.transaction() as session:
        consensus = Consensus(talk, session, clock.instant - timedelta(hours=2))
        consensus.state("电梯装在单元北侧，平层入户")
        consensus.state("一楼不出钱，另给采光补偿")
        for room, mark in (("601", Mark.AGREE), ("101", Mark.DISAGREE)):
            for person in move_in(session, world, 4, room, clock.instant):
                consensus.mark(person, mark, number=2)
                consensus.mark(person, number=1)
    return talk


@pytest.fixture
def published(written, database, clock):
    with database.transaction() as session:
        Consensus(written, session, clock.instant).publish()
    return written


@pytest.fixture
def paths(world, talk):
    thread = f"deliberations/{talk.id}"
    public, desk = f"/e/{world.slug}/{thread}", f"/desk/{world.slug}/{thread}"
    return {
        "statements": f"{public}/statements",
        "minutes": f"{public}/minutes",
        "statements_desk": f"{desk}/statements",
        "minutes_desk": f"{desk}/minutes",
    }


def test_a_resident_marks_and_sees_his_own_mark_and_the_houses_picture(web, world, written, paths) -> None:
    li_na = web(world.li_na)
    page = li_na.get(paths["statements"]).text
    assert "不同楼层意见相反" in page
    assert "普遍同意" in page
    assert '<rect class="disagree" x="0.0" y="0" width="100.0"' in page
    answer = li_na.post(f"{paths['statements']}/2/mark", {"mark": "unsure"})
    assert answer.status_code == 303
    page = li_na.get(paths["statements"]).text
    assert "您选了：说不清" in page
    assert page.count("8 人表态") == 2
    assert "您选了：" not in web(world.wang_wei).get(paths["statements"]).text


def test_who_has_no_home_in_the_scope_looks_on(web, world, written, paths) -> None:
    chen_jie = web(world.chen_jie)
    page = chen_jie.get(paths["statements"]).text
    assert "您可以看，不能表态" in page
    assert "/mark" not in page
    assert chen_jie.post(f"{paths['statements']}/1/mark", {"mark": "agree"}).status_code == 403


@pytest.mark.parametrize(("number", "mark", "status"), [(1, "yes", 422), (9, "agree", 404)])
def test_a_mark_that_is_none_and_a_statement_that_is_none(
    web, world, written, paths, number, mark, status
) -> None:
    assert web(world.li_na).post(f"{paths['statements']}/{number}/mark", {"mark": mark}).status_code == status


def test_after_the_close_nothing_can_be_marked(web, world, written, paths, clock) -> None:
    clock.instant = written.begins[Stage.CLOSED]
    li_na = web(world.li_na)
    assert "/mark" not in li_na.get(paths["statements"]).text
    assert li_na.post(f"{paths['statements']}/1/mark", {"mark": "agree"}).status_code == 409


def test_strangers_and_the_other_estate_find_nothing(web, world, published, paths) -> None:
    for path in paths.values():
        assert web(world.stranger).get(path).status_code == 404
        assert web(world.zhou_tao).get(path).status_code == 404
        other = path.replace(world.slug, world.other_slug)
        assert web(world.zhou_tao).get(other).status_code == 404
    print_page = paths["minutes"].replace(world.slug, world.other_slug) + "/print"
    assert web(world.zhou_tao).get(print_page).status_code == 404


def test_the_desk_is_for_moderators(web, world, talk, paths, clock) -> None:
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=1)
    assert web(world.li_na).get(paths["statements_desk"]).status_code == 403
    zhao_min = web(world.zhao_min)
    page = zhao_min.get(paths["statements_desk"]).text
    form = re.search(r'name="id" value="([^"]+)"', page).group(1)
    answer = zhao_min.post(paths["statements_desk"], {"id": form, "text": "电梯装在北侧"})
    assert answer.status_code == 303
    assert "监督员" in web(world.li_na).get(paths["statements"]).text


def test_a_refused_statement_comes_back_as_it_was_typed(web, world, talk, paths, clock) -> None:
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=1)
    long = "电梯" * 101
    answer = web(world.chen_jie).post(
        paths["statements_desk"], {"id": str(uuid4()), "text": long, "from_seq": "7"}
    )
    assert answer.status_code == 422
    assert long in answer.text
    assert 'value="7"' in answer.text


def test_a_statement_begins_with_the_words_of_its_post(web, world, talk, paths, clock, database) -> None:
    with database.transaction() as session:
        seq = talk.post(session, world.li_na, "装在<b>北侧</b>最好").seq
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=2)
    page = web(world.chen_jie).get(f"{paths['statements_desk']}?from={seq}").text
    assert "装在&lt;b&gt;北侧&lt;/b&gt;最好" in page


def test_a_withdrawal_without_a_reason_comes_back_and_with_one_is_read_by_all(
    web, world, talk, paths, clock, database
) -> None:
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=1)
    with database.transaction() as session:
        Consensus(talk, session, clock.instant).state()
    chen_jie = web(world.chen_jie)
    path = f"{paths['statements_desk']}/1/withdraw"
    assert chen_jie.post(path, {"reason": "短"}).status_code == 422
    assert chen_jie.post(path, {"reason": "和第二条的意思重复了，合并"}).status_code == 303
    assert "和第二条的意思重复了，合并" in web(world.li_na).get(paths["statements"]).text


def points(*rows):
    names = ("kind", "text", "who", "by", "statement")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def test_minutes_are_begun_saved_published_and_read(web, world, written, paths, clock) -> None:
    chen_jie, li_na = web(world.chen_jie), web(world.li_na)
    assert "纪要还没有公布" in li_na.get(paths["minutes"]).text
    assert li_na.get(paths["minutes_desk"]).status_code == 403
    assert chen_jie.post(f"{paths['minutes_desk']}/start", {"id": str(uuid4())}).status_code == 303
    draft = chen_jie.get(paths["minutes_desk"]).text
    assert "电梯装在单元北侧，平层入户" in draft
    assert re.search(r'value="open" selected', draft)
    rows = points(
        ("agreed", "电梯装在单元北侧", "", "", "1"),
        ("open", "一楼采光怎么补偿", "", "", "2"),
        ("task", "请设计院出图", "", "", "0"),
        ("agreed", "", "", "", "0"),
    )
    given = {"held_on": "2026-12-04", "present": "12", **rows}
    refused = chen_jie.post(paths["minutes_desk"], {**given, "act": "preview"})
    assert refused.status_code == 422
    assert "第 3 条没有写由谁办" in refused.text
    assert 'href="#f-who-3"' in refused.text
    assert 'id="f-who-3"' in refused.text
    assert "请设计院出图" in chen_jie.get(paths["minutes_desk"]).text
    given["who"][2], given["by"][2] = "居委会", "2027-01-15"
    preview = f"{paths['minutes_desk']}/preview"
    assert chen_jie.get(preview).headers["location"] == paths["minutes_desk"]
    assert chen_jie.post(paths["minutes_desk"], {**given, "act": "preview"}).headers["location"] == preview
    seen = seen_in(chen_jie.get(preview).text)
    assert "纪要还没有公布" in li_na.get(paths["minutes"]).text
    assert chen_jie.post(f"{paths['minutes_desk']}/publish", {"seen": seen}).status_code == 303
    page = li_na.get(paths["minutes"]).text
    assert "一楼采光怎么补偿" in page
    assert "还没有商量出结果" in page
    assert "承办：居委会；期限：2027 年 1 月 15 日" in page
    assert "本纪要不代替业主依法作出的共同决定" in li_na.get(f"{paths['minutes']}/print").text
    assert chen_jie.post(paths["minutes_desk"], given).status_code == 409


def seen_in(page: str) -> str:
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page).group(1)


def cards(page: str) -> list[str]:
    """The cards of a page of minutes above its digest, without the day on which it was published."""
    above = re.sub(r"<dt>公布</dt>\s*<dd>.*?</dd>", "", page[: page.index("校验码")], flags=re.DOTALL)
    return re.findall(r'<section class="card".*?</section>', above, re.DOTALL)


@pytest.fixture
def drafted(written, database, clock):
    with database.transaction() as session:
        Consensus(written, session, clock.instant).draft()
    return written


def test_the_preview_is_the_page_that_is_published(web, world, drafted, paths) -> None:
    chen_jie, desk = web(world.chen_jie), paths["minutes_desk"]
    before = chen_jie.get(f"{desk}/preview").text
    assert "还没有公布" in before
    assert chen_jie.post(f"{desk}/publish", {"seen": seen_in(before)}).headers["location"] == desk
    after = web(world.li_na).get(paths["minutes"]).text
    assert len(cards(before)) == 4
    assert cards(before) == cards(after)
    assert f"校验码：{seen_in(before)}" in after
    assert chen_jie.get(f"{desk}/preview").headers["location"] == desk


def test_a_draft_that_changed_after_the_preview_is_shown_again_and_not_published(
    web, world, drafted, paths
) -> None:
    chen_jie, desk = web(world.chen_jie), paths["minutes_desk"]
    seen = seen_in(chen_jie.get(f"{desk}/preview").text)
    rows = points(("agreed", "电梯装在单元南侧", "", "", "0"))
    chen_jie.post(desk, {"held_on": "2026-12-04", "present": "12", **rows})
    for given in (seen, ""):
        refused = chen_jie.post(f"{desk}/publish", {"seen": given})
        assert refused.status_code == 409
        assert "预览以后纪要又改过了" in refused.text
        assert "电梯装在单元南侧" in refused.text
    assert "纪要还没有公布" in web(world.li_na).get(paths["minutes"]).text
    assert chen_jie.post(f"{desk}/publish", {"seen": seen_in(refused.text)}).status_code == 303
    assert "电梯装在单元南侧" in web(world.li_na).get(paths["minutes"]).text


def test_only_who_may_write_the_minutes_sees_their_preview(web, world, drafted, paths) -> None:
    desk = paths["minutes_desk"]
    for person, status in ((world.li_na, 403), (world.zhao_min, 403), (world.zhou_tao, 404)):
        assert web(person).get(f"{desk}/preview").status_code == status
        assert web(person).post(f"{desk}/publish", {"seen": ""}).status_code == status


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [("held_on", "昨天", "held_on"), ("present", "十二", "present"), ("by", ["2027-13-01"], "by-1")],
)
def test_a_day_or_a_number_that_is_none_comes_back_at_its_field(
    web, world, written, paths, field, value, at
) -> None:
    chen_jie = web(world.chen_jie)
    chen_jie.post(f"{paths['minutes_desk']}/start", {"id": str(uuid4())})
    rows = points(("task", "请设计院出图<script>", "居委会", "2027-01-15", "0"))
    given = {"held_on": "2026-12-04", "present": "12", **rows, field: value}
    answer = chen_jie.post(paths["minutes_desk"], given)
    assert answer.status_code == 422
    assert f'href="#f-{at}"' in answer.text
    assert "请设计院出图&lt;script&gt;" in answer.text


def test_one_tap_makes_a_vote_whose_text_is_fixed_and_which_links_back(
    web, world, published, paths, database, clock
) -> None:
    chen_jie, form = web(world.chen_jie), {"id": str(uuid4())}
    first = chen_jie.post(f"{paths['minutes_desk']}/vote", form)
    assert first.status_code == 303
    assert (
        chen_jie.post(f"{paths['minutes_desk']}/vote", form).headers["location"] == first.headers["location"]
    )
    question = f"/desk/{world.slug}/votes/{form['id']}/question"
    page = chen_jie.get(question).text
    assert "readonly" in page
    assert "内容来自协商纪要" in page
    text = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL).group(1)
    changed = {"matter": "7", "title": "三号楼加装电梯", "text": text + "另收管理费"}
    refused = chen_jie.post(question, changed)
    assert refused.status_code == 409
    assert "一个字也不能改" in refused.text
    with database.transaction() as session:
        Consensus(published, session, clock.instant).notice(UUID(form["id"]), b"s" * 40)
    for address in (f"/e/{world.slug}/votes/{form['id']}", f"/desk/{world.slug}/votes/{form['id']}"):
        assert f"/deliberations/{published.id}/minutes" in chen_jie.get(address).text
    assert form["id"] in web(world.li_na).get(paths["minutes"]).text


def test_a_draft_of_a_vote_is_shown_to_the_committee_alone(web, world, published, paths) -> None:
    form = {"id": str(uuid4())}
    web(world.chen_jie).post(f"{paths['minutes_desk']}/vote", form)
    assert form["id"] in web(world.chen_jie).get(paths["minutes_desk"]).text
    assert form["id"] not in web(world.li_na).get(paths["minutes"]).text


def test_only_the_committee_hands_over(web, world, published, paths) -> None:
    for person in (world.li_na, world.zhao_min):
        for step in ("vote", "project"):
            assert (
                web(person).post(f"{paths['minutes_desk']}/{step}", {"id": str(uuid4())}).status_code == 403
            )


def test_the_second_tap_with_another_form_is_refused_in_words(web, world, published, paths) -> None:
    chen_jie = web(world.chen_jie)
    chen_jie.post(f"{paths['minutes_desk']}/vote", {"id": str(uuid4())})
    again = chen_jie.post(f"{paths['minutes_desk']}/vote", {"id": str(uuid4())})
    assert again.status_code == 409
    assert "还没有结束" in again.text
