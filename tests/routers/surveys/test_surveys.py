"""Surveys in the browser: written at the desk, answered at home and at the door, and who may see what."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.models.surveys import AnswerSheet, Survey, SurveyEdition
from app.rules.surveys.answer_files import FORMAT
from app.rules.surveys.kinds import Per
from app.rules.surveys.states import DOOR_GRACE, SETTLING

QUESTION = {"kind": "single", "title": "想不想装电梯", "options": "想\n不想", "required": "yes"}


def page_of(answer) -> str:
    return html.unescape(answer.text)


def new_key(page: str) -> str:
    found = re.search(r"/questions/([0-9a-f]{10})\"", page)
    assert found
    return found[1]


def test_the_desk_writes_opens_changes_and_ends_a_survey_without_any_script(
    web, world, database, clock
) -> None:
    desk, root, survey_id = web(world.chen_jie), f"/desk/{world.slug}/surveys", uuid4()
    form = {"id": str(survey_id), "title": "电梯意向", "per": "home", "reach": "entrance:3:1", "shows": "yes"}
    assert desk.post(root, {**form, "title": " "}).status_code == 422
    assert desk.post(root, {**form, "reach": "building:9"}).status_code == 422
    for _ in range(2):
        assert desk.post(root, form).headers["location"] == f"{root}/{survey_id}"
    at = f"{root}/{survey_id}"
    assert desk.post(f"{at}/open", {"closes_at": "2030-01-01T09:00"}).status_code == 422
    first = new_key(desk.get(f"{at}/questions/new?kind=single").text)
    bad = desk.post(f"{at}/questions/{first}", {**QUESTION, "options": "想"})
    assert bad.status_code == 422
    assert "想不想装电梯" in bad.text
    for _ in range(2):
        assert desk.post(f"{at}/questions/{first}", QUESTION).status_code == 303
    second = new_key(desk.get(f"{at}/questions/new?kind=text").text)
    why = {"kind": "text", "title": "为什么不想", "when": first}
    asked = desk.post(f"{at}/questions/{second}", why)
    assert asked.status_code == 422
    options = dict(re.findall(r'name="chosen"\s+value="(\w+)".*?<b>(.*?)</b>', asked.text, re.DOTALL))
    no = next(key for key, text in options.items() if text == "不想")
    assert desk.post(f"{at}/questions/{second}", {**why, "chosen": no}).status_code == 303
    assert "第 1 题选了“不想”才问" in page_of(desk.get(at))
    assert desk.post(f"{at}/questions/{second}/move", {"act": "up", "place": "2"}).status_code == 422
    assert desk.post(f"{at}/questions/{first}/remove").status_code == 409
    assert "如果第 1 题选了“不想”" in page_of(desk.get(f"{at}/preview"))
    assert web(world.li_na).get(f"/e/{world.slug}/surveys/{survey_id}").status_code == 404
    end = (clock.instant + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert desk.post(f"{at}/open", {"closes_at": "soon"}).status_code == 422
    for _ in range(2):
        assert desk.post(f"{at}/open", {"closes_at": end}).status_code == 303
    assert "电梯意向" in web(world.li_na).get(f"/e/{world.slug}/surveys").text
    assert "不是表决" in web(world.li_na).get(f"/e/{world.slug}/surveys/{survey_id}").text
    assert desk.post(f"{at}/edition").status_code == 409
    assert (
        desk.post(f"{at}/questions/{second}", {**why, "chosen": no, "title": "说说原因"}).status_code == 303
    )
    assert "换上第 2 版问卷" in desk.get(at).text
    assert desk.post(f"{at}/edition").status_code == 303
    assert desk.post(f"{at}/remind").status_code == 303
    assert desk.post(f"{at}/remind").status_code == 409
    copy = desk.post(f"{at}/copy", {"id": str(uuid4())}).headers["location"]
    assert "说说原因" in desk.get(copy).text
    assert desk.post(f"{copy}/drop").status_code == 303
    assert desk.get(copy).status_code == 404
    assert desk.post(f"{at}/end", {"closes_at": "2020-01-01T00:00"}).status_code == 422
    clock.instant += timedelta(hours=1)
    desk = web(world.chen_jie)
    assert desk.post(f"{at}/end", {"act": "now"}).status_code == 303
    assert desk.post(f"{at}/end", {"act": "now"}).status_code == 409
    with database.session(writing=False) as session:
        assert [edition.number for edition in session.exec(select(SurveyEdition))] == [1, 2]


@pytest.mark.parametrize("source", ["needs", "lift"])
def test_a_survey_begins_from_a_template_and_can_be_opened_at_once(web, world, clock, source) -> None:
    desk, root, survey_id = web(world.chen_jie), f"/desk/{world.slug}/surveys", uuid4()
    form = {"id": str(survey_id), "title": "需求", "per": "home", "reach": "estate", "source": source}
    assert desk.post(root, form).status_code == 303
    end = (clock.instant + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert desk.post(f"{root}/{survey_id}/open", {"closes_at": end}).status_code == 303
    page = page_of(web(world.li_na).get(f"/e/{world.slug}/surveys/{survey_id}"))
    assert all(words in page for words in ("加装电梯", "不是表决"))
    if source == "needs":
        assert all(words in page for words in ("架空线规整（入地）", "公共照明", "托育服务设施"))


ANSWERS = {"q-want": "no", "q-why": "怕吵", "q-parts": ["roof", "lamp"], "q-mark": "3", "age": "60-69"}


def test_a_resident_answers_sees_it_corrects_it_and_reads_the_results_when_all_are_in(
    web, world, opened, clock, database
) -> None:
    survey_id = opened(days=7)
    li_na, at = web(world.li_na), f"/e/{world.slug}/surveys/{survey_id}"
    sheet = {"id": str(uuid4()), "edition": "1", "corrects": "0", **ANSWERS}
    page = li_na.get(at)
    assert page.status_code == 200
    assert "如果第 1 题选了“不想”，才需要回答下面这题" in page_of(page)
    for change, words in (
        ({"q-want": ""}, "第 1 题要回答才能交"),
        ({"q-parts": ["roof", "lamp", "pipe"]}, "最多选 2 项"),
        ({"q-order-roof": "1", "q-order-pipe": "1", "q-order-lamp": "2"}, "排一个名次"),
        ({"age": ""}, "请选择年龄段"),
    ):
        refused = li_na.post(at, {**sheet, **change})
        assert refused.status_code == 422
        assert words in page_of(refused)
        assert "怕吵" in refused.text
    for _ in range(2):
        sent = li_na.post(at, sheet)
        assert sent.headers["location"] == f"{at}/sheets/{sheet['id']}"
    thanks = page_of(li_na.get(f"{at}/sheets/{sheet['id']}"))
    assert all(words in thanks for words in ("怕吵", "屋面、路灯", "更正或补答"))
    assert web(world.wang_wei).get(f"{at}/sheets/{sheet['id']}").status_code == 404
    again = page_of(li_na.get(at))
    assert "截止以前可以改" in again
    corrected = {**sheet, "id": str(uuid4()), "corrects": "1", "q-want": "yes"}
    assert li_na.post(at, corrected).status_code == 303
    assert li_na.post(at, {**corrected, "id": str(uuid4())}).status_code == 409
    # While it is open, and until the last sheet from a door can be here: who took part, and no figure.
    assert "12 户里已有 1 户回答" in page_of(web(world.qian_er).get(f"{at}/results"))
    assert "份回答了这一题" not in page_of(li_na.get(f"{at}/results"))
    clock.instant += timedelta(days=7)
    li_na = web(world.li_na)
    assert li_na.post(at, {**corrected, "id": str(uuid4()), "corrects": "2"}).status_code == 409
    assert li_na.get(f"{at}/results.csv").status_code == 409
    desk, office = web(world.chen_jie), f"/desk/{world.slug}/surveys/{survey_id}"
    assert "收齐以前谁都看不到" in page_of(desk.get(f"{office}/results"))
    assert "份回答了这一题" not in page_of(desk.get(f"{office}/results"))
    assert desk.post(f"{office}/export.xlsx").status_code == 409
    kept = {
        "id": str(uuid4()),
        "edition": 1,
        "unit": str(world.homes["302"].unit_id),
        "age": "70+",
        "consented": True,
        "answered_at": (clock.instant - timedelta(hours=1)).isoformat(),
        "corrects": 0,
        "answers": {"want": "yes"},
    }
    told = web(world.zhao_min).post(f"{office}/door/sheets", {"sheet": json.dumps(kept)}).json()
    assert told["state"] == "sent"
    clock.instant += DOOR_GRACE
    assert web(world.li_na).get(f"{at}/results.csv").status_code == 409
    clock.instant += SETTLING
    li_na = web(world.li_na)
    page = page_of(li_na.get(f"{at}/results"))
    assert "截止后送到的上门答卷 1 份" in page
    assert "不到 10 份" in page
    # Neither in words how many wrote, nor that nobody answered.
    assert "份写了话" not in page
    assert "没有人回答" not in page
    assert "想不想装电梯" in li_na.get(f"{at}/results.csv").text
    desk = web(world.chen_jie)
    told = page_of(desk.get(f"{office}/results"))
    assert all(words in told for words in ("2 份回答了这一题", "没有人回答", "截止后送到的上门答卷 1 份"))
    book = desk.post(f"{office}/export.xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")


def test_a_page_of_the_old_edition_is_taken_and_says_what_does_not_count(
    web, world, opened, database
) -> None:
    survey_id = opened()
    desk, at = web(world.chen_jie), f"/desk/{world.slug}/surveys/{survey_id}"
    assert desk.post(f"{at}/questions/mark/remove").status_code == 303
    assert desk.post(f"{at}/edition").status_code == 303
    li_na, mine = web(world.li_na), f"/e/{world.slug}/surveys/{survey_id}"
    sent = li_na.post(mine, {"id": str(uuid4()), "edition": "1", **ANSWERS})
    assert sent.status_code == 303
    thanks = page_of(li_na.get(sent.headers["location"]))
    assert "您答的是第 1 版问卷，现在是第 2 版" in thanks
    assert "不计入结果：满意吗" in thanks
    assert "不再计入结果：满意吗" in page_of(li_na.get(mine))


def test_at_the_door_staff_fill_in_for_a_home_plainly_and_from_what_a_telephone_kept(
    web, world, opened, database
) -> None:
    survey_id = opened()
    zhao_min, at = web(world.zhao_min), f"/desk/{world.slug}/surveys/{survey_id}/door"
    page = page_of(zhao_min.get(at))
    assert "3号楼1单元 3 层 301" in page
    assert world.li_na.phone not in page
    unit = str(world.homes["301"].unit_id)
    sheet = {"id": str(uuid4()), "edition": "1", "unit": unit, **ANSWERS}
    refused = zhao_min.post(at, sheet)
    assert refused.status_code == 422
    assert "征得同意" in refused.text
    assert zhao_min.post(at, {**sheet, "consented": "yes"}).status_code == 303
    page = page_of(zhao_min.get(f"{at}?sent={unit}"))
    assert "3号楼1单元301室 的答卷已经收到" in page
    assert "3 层 301" not in page
    assert "更正：3号楼1单元301室" in page_of(zhao_min.get(f"{at}?home={unit}"))
    assert "工作人员" in page_of(web(world.li_na).get(f"/e/{world.slug}/surveys/{survey_id}"))
    kept = {
        "id": str(uuid4()),
        "edition": 1,
        "unit": str(world.homes["302"].unit_id),
        "age": "70+",
        "consented": True,
        "answered_at": "2026-11-01T09:00:00.000Z",
        "corrects": 0,
        "answers": {"want": "yes"},
    }
    for _ in range(2):
        told = zhao_min.post(f"{at}/sheets", {"sheet": json.dumps(kept)}).json()
        assert told == {"state": "sent", "lost": [], "old": False}
    for text, code in (
        (json.dumps({**kept, "id": str(uuid4())}), "answered_by_you"),
        (json.dumps({**kept, "id": str(uuid4()), "edition": 7}), "no_edition"),
        ("nonsense", "broken_sheet"),
        (json.dumps({**kept, "age": "x" * 70_000}), "toolarge"),
    ):
        told = zhao_min.post(f"{at}/sheets", {"sheet": text}).json()
        assert (told["state"], told["code"]) == ("refused", code)
        assert told["told"]
    assert zhao_min.get(f"{at}/token").json()["who"] == str(world.zhao_min.account_id)
    file = {"format": FORMAT, "survey": str(survey_id), "sheets": [kept, {**kept, "id": str(uuid4())}]}
    upload = at.replace("/door", "/answers")
    answer = web(world.chen_jie).post(upload, files={"file": ("a.json", json.dumps(file).encode())})
    assert "收下 1 份，没有收下 1 份" in page_of(answer)
    assert web(world.chen_jie).post(upload).status_code == 422
    big = web(world.chen_jie).post(upload, files={"file": ("a.json", b"x" * 2_100_000)})
    assert big.status_code == 413
    with database.session(writing=False) as session:
        assert len(session.exec(select(AnswerSheet)).all()) == 2


def test_others_see_only_what_is_theirs(web, world, opened) -> None:
    survey_id, nobody = opened(), web()
    public, desk = f"/e/{world.slug}/surveys", f"/desk/{world.slug}/surveys"
    pages = ["", f"/{survey_id}", f"/{survey_id}/results", f"/{survey_id}/results.csv"]
    staff = [
        "",
        f"/{survey_id}",
        f"/{survey_id}/preview",
        f"/{survey_id}/results",
        f"/{survey_id}/questions/new",
    ]
    assert "改造需求调查" in web(world.zhao_min).get(f"{desk}/rounds").text
    doors = ["/rounds", f"/{survey_id}/door", f"/{survey_id}/door/token", f"/{survey_id}/answers"]
    for path in [public + page for page in pages] + [desk + page for page in staff + doors]:
        assert nobody.get(path).status_code == 303, path
        assert web(world.zhou_tao).get(path).status_code == 404, path
    for page in staff + doors:
        assert web(world.li_na).get(desk + page).status_code == 403, page
    for page in staff:
        assert web(world.zhao_min).get(desk + page).status_code == 403, page
    for page in doors:
        assert web(world.zhao_min).get(desk + page).status_code == 200, page
    posts = ["", "/open", "/end", "/edition", "/remind", "/drop", "/export.xlsx", "/questions/want/remove"]
    for page in posts:
        assert web(world.zhao_min).post(f"{desk}/{survey_id}{page}", {"id": str(uuid4())}).status_code == 403
    other = f"/desk/{world.other_slug}/surveys/{survey_id}"
    for page in [*posts, "/door/sheets", "/answers"]:
        assert web(world.zhou_tao).post(other + page, {"id": str(uuid4())}).status_code in {404, 422}, page
    copied = web(world.zhou_tao).post(
        f"/desk/{world.other_slug}/surveys",
        {"id": str(uuid4()), "title": "抄", "per": "home", "reach": "estate", "source": str(survey_id)},
    )
    assert copied.status_code in {404, 422}
    # Works here but has no home here.
    assert "没有登记房屋" in web(world.sun_li).get(f"{public}/{survey_id}").text
    sent = web(world.sun_li).post(f"{public}/{survey_id}", {"id": str(uuid4()), "edition": "1", **ANSWERS})
    assert sent.status_code == 403


def test_each_person_answers_for_himself_where_the_survey_says_so(web, world, opened, database) -> None:
    survey_id = opened(per=Per.PERSON)
    at = f"/e/{world.slug}/surveys/{survey_id}"
    for person in (world.li_na, world.qian_er):
        sent = web(person).post(at, {"id": str(uuid4()), "edition": "1", **ANSWERS})
        assert sent.status_code == 303
    assert "要本人登录填写" in web(world.zhao_min).get(f"/desk/{world.slug}/surveys/{survey_id}/door").text
    with database.session(writing=False) as session:
        kept = {sheet.subject_id for sheet in session.exec(select(AnswerSheet))}
        assert kept == {world.li_na.account_id, world.qian_er.account_id}
        assert session.get(Survey, UUID(str(survey_id))) is not None
