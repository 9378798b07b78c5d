"""The desk's pages of proposals: the board, the answer, merging, splitting, the settings; and who may not open them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.models.accounts import Grant
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.proposals.states import ProposalState
from tests.fixtures.proposals import LAMP

GATHERING = {"seen": "gathering"}
ANSWER = {**GATHERING, "outcome": "accept", "answer": "好的，今年就装。"}


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


def at(world, proposal_id="", tail="") -> str:
    return f"/desk/{world.slug}/proposals" + (f"/{proposal_id}" if proposal_id else "") + tail


def read(database, proposal_id) -> Proposal:
    with database.session(writing=False) as session:
        return session.get_one(Proposal, proposal_id)


def test_the_board_shows_what_waits_and_the_desk_home_counts_it(desk, web, world, published, clock) -> None:
    published()
    published(replace(LAMP, title="修一修3号楼的雨棚"), rooms=("401", "402", "501"))
    board = desk.get(at(world)).text
    assert board.index("等待答复（1）") < board.index("征集附议（1）")
    assert "答复期限" in board
    home = desk.get(f"/desk/{world.slug}").text
    assert "议题等待答复" in home
    assert f'href="{at(world)}?column=owed"' in home
    clock.instant += timedelta(days=40)
    assert "超期未答复" in web(world.chen_jie).get(at(world)).text


def test_a_long_column_goes_on_over_pages(desk, world, database, published) -> None:
    first = published()
    with database.transaction() as session:
        row = session.get_one(Proposal, first)
        copied = row.model_dump(exclude={"id", "number"})
        session.add_all(Proposal(id=uuid4(), number=n, **copied) for n in range(2, 42))
    page = desk.get(f"{at(world)}?column=gathering")
    more = re.search(r'href="(/desk/[^"]+after=[^"]+)"', page.text)[1].replace("&amp;", "&")
    numbers = [int(n) for text in (page.text, desk.get(more).text) for n in re.findall(r"第 (\d+) 号", text)]
    assert numbers == list(range(41, 0, -1))
    assert "看全部“征集附议”" in desk.get(at(world)).text


def test_the_desk_page_tells_all_and_offers_what_is_open(desk, world, published) -> None:
    proposal_id = published(rooms=("401", "402", "501"))
    page = desk.get(at(world, proposal_id)).text
    for words in (LAMP.text, "3号楼1单元", "附议已经够了", "公布答复", "合并到另一个议题", "拆成两个议题"):
        assert words in page
    assert "开始协商" not in page


def test_the_desk_reads_that_the_street_office_could_not_be_told(
    web, world, published, database, clock
) -> None:
    proposal_id = published(rooms=("401", "402", "501"))

    def shown() -> str:
        return web(world.chen_jie).get(at(world, proposal_id)).text

    assert "短信没有发出" not in shown()
    clock.instant += timedelta(days=40)
    page = shown()
    assert "短信没有发出" in page
    assert "已报街道" not in page
    with database.transaction() as session:
        row = session.get_one(Proposal, proposal_id)
        row.street_told_at = clock.instant
        session.add(row)
    told = shown()
    assert "短信没有发出" not in told
    assert "超期未答复，已报街道" in told


def test_an_answer_is_published_and_stands_on_the_residents_page(
    desk, web, world, database, published
) -> None:
    proposal_id = published()
    answer = desk.post(at(world, proposal_id, "/answer"), ANSWER)
    assert (answer.status_code, answer.headers["location"]) == (303, at(world, proposal_id))
    assert read(database, proposal_id).state is ProposalState.ACCEPTED
    page = desk.get(at(world, proposal_id)).text
    assert f'href="/desk/{world.slug}/deliberations/new?proposal={proposal_id}"' in page
    assert "好的，今年就装。" in web(world.wang_wei).get(f"/e/{world.slug}/proposals/{proposal_id}").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"answer": ""}, 422),
        ({"outcome": ""}, 422),
        ({"outcome": "delete"}, 422),
        ({"answer": "长" * 3000}, 422),
        ({"seen": "accepted"}, 409),
        ({"seen": "nonsense"}, 409),
    ],
)
def test_a_refused_answer_comes_back_with_what_was_typed(
    desk, world, database, published, changes, status
) -> None:
    proposal_id = published()
    form = {**ANSWER, "answer": "好的，今年就装<b>。", **changes}
    page = desk.post(at(world, proposal_id, "/answer"), form)
    assert page.status_code == status
    assert form["answer"].replace("<b>", "&lt;b&gt;") in page.text
    assert read(database, proposal_id).state is ProposalState.GATHERING


def test_an_answer_that_came_second_is_shown_to_who_wrote_it(desk, world, published) -> None:
    proposal_id = published()
    desk.post(at(world, proposal_id, "/answer"), ANSWER)
    form = {**GATHERING, "outcome": "decline", "answer": "这里归市政管，我们办不了。"}
    page = desk.post(at(world, proposal_id, "/answer"), form)
    assert page.status_code == 409
    assert "议题刚才有了变化，现在是“已采纳”" in page.text
    assert "这里归市政管" in page.text


def test_merging_through_the_page(desk, web, world, database, published) -> None:
    old = published(rooms=("401",))
    into = published(replace(LAMP, title="3号楼门口装路灯"), by=world.wang_wei)
    page = desk.get(at(world, old)).text
    assert "3号楼门口装路灯" in page
    form = {**GATHERING, "into": "2", "reason": "说的是同一盏灯"}
    assert desk.post(at(world, old, "/merge"), form).status_code == 303
    assert read(database, old).merged_into == into
    assert read(database, into).supporters == 2
    assert "已并入第 2 号" in desk.get(at(world, old)).text
    assert "其中 2 户原来附议的是第 1 号" in desk.get(at(world, into)).text
    shown = web(world.li_na).get(f"/e/{world.slug}/proposals/{old}").text
    assert "3号楼门口装路灯" in shown


def test_a_refused_merge_keeps_what_was_typed(desk, world, database, published) -> None:
    old = published()
    for into, status in (("99", 422), ("1", 422), ("", 422)):
        page = desk.post(at(world, old, "/merge"), {**GATHERING, "into": into, "reason": "说的是同一盏灯"})
        assert page.status_code == status
        assert "说的是同一盏灯" in page.text
    assert read(database, old).state is ProposalState.GATHERING


def test_splitting_through_the_page_and_twice_is_once(desk, world, database, published) -> None:
    old = published(rooms=("401",))
    page = desk.get(at(world, old, "/split")).text
    form = {
        "id": re.search(r'name="id" value="([^"]+)"', page)[1],
        "seen": re.search(r'name="seen" value="([^"]+)"', page)[1],
        "title": "3号楼楼道换窗户",
        "item": "stairs",
        "text": "楼道的窗户关不严，冬天漏风，希望换成新的窗户。",
        "scope": re.search(r'name="scope"\s+value="([^"]+)"[^>]*checked', page)[1],
        "reason": "一个议题说了两件事",
    }
    assert form["scope"] == "entrance:3:1"
    refused = desk.post(at(world, old, "/split"), {**form, "title": ""})
    assert (refused.status_code, form["text"] in refused.text, form["id"] in refused.text) == (
        422,
        True,
        True,
    )
    for _ in range(2):
        answer = desk.post(at(world, old, "/split"), form)
        assert answer.headers["location"] == at(world, form["id"])
    new = read(database, UUID(form["id"]))
    assert (new.split_from, new.supporters, new.scope_entrance) == (old, 1, "1")
    assert "第 1 号拆分" in desk.get(at(world, new.id)).text
    assert desk.post(at(world, old, "/split"), {**form, "id": "x"}).status_code == 422


def test_what_cannot_be_split_has_no_form(desk, world, published) -> None:
    proposal_id = published()
    desk.post(at(world, proposal_id, "/answer"), {**ANSWER, "outcome": "decline"})
    assert desk.get(at(world, proposal_id, "/split")).status_code == 409


@pytest.mark.parametrize("name", ["li_na", "zhao_min", "sun_li", "ma_chao"])
def test_members_without_the_committees_role_are_refused(web, world, database, published, name) -> None:
    proposal_id, browser = published(), web(world.people[name])
    for path in (at(world), at(world, proposal_id), at(world, proposal_id, "/split")):
        assert browser.get(path).status_code == 403
    for tail, form in (("/answer", ANSWER), ("/merge", {"into": "1"}), ("/split", {"id": str(uuid4())})):
        assert browser.post(at(world, proposal_id, tail), form).status_code == 403
    for path in ("consultation", "consultation/catalogue", "consultation/catalogue/lift"):
        assert browser.get(f"/desk/{world.slug}/{path}").status_code == 403
        form = {"id": str(uuid4())}
        assert browser.post(f"/desk/{world.slug}/{path}", form).status_code == 403
    assert read(database, proposal_id).state is ProposalState.GATHERING


def test_another_estates_committee_finds_nothing(web, world, database, published) -> None:
    proposal_id, zhou_tao = published(), web(world.zhou_tao)
    assert zhou_tao.get(at(world, proposal_id)).status_code == 404
    mine = f"/desk/{world.other_slug}/proposals/{proposal_id}"
    assert zhou_tao.get(mine).status_code == 404
    for tail, form in (("/answer", ANSWER), ("/merge", {"into": "1"}), ("/split", {"id": str(uuid4())})):
        assert zhou_tao.post(mine + tail, form).status_code in {404, 422}
    assert read(database, proposal_id).state is ProposalState.GATHERING


def test_a_draft_is_nobody_elses(desk, world, database, now) -> None:
    from tests.fixtures.proposals import Pen

    with database.transaction() as session:
        draft = Pen(session, world, now).save()
    assert desk.get(at(world, draft.id)).status_code == 404
    assert desk.post(at(world, draft.id, "/answer"), ANSWER).status_code == 404


def test_an_initiator_sponsors_through_the_page_and_others_may_not(
    web, world, database, published, now
) -> None:
    proposal_id = published()
    path = f"/e/{world.slug}/proposals/{proposal_id}/sponsor"
    assert web(world.zhao_min).post(path).status_code == 403
    with database.transaction() as session:
        session.add(
            Grant(
                account_id=world.zhao_min.account_id,
                estate_id=world.estate_id,
                role=Role.PARTY_MEMBER,
                duty=Duty.INITIATOR,
                granted_at=now,
            )
        )
    assert web(world.zhao_min).post(path).status_code == 303
    assert read(database, proposal_id).sponsor_id == world.zhao_min.account_id


def form_of(page: str) -> dict[str, str]:
    """Every text field of the page as it stands there."""
    inputs = re.findall(r'<input type="(?:text|tel)"\s+value="([^"]*)"[^>]*?name="([^"]+)"', page)
    return {name: value for value, name in inputs}


def test_settings_are_saved_and_shown_again(desk, world) -> None:
    path = f"/desk/{world.slug}/consultation"
    form = form_of(desk.get(path).text)
    assert form["estate.parts"] == "5"
    form |= {"estate.parts": "8", "street_phone": "13800001111", "words": "骗子\n傻子"}
    answer = desk.post(path, form)
    assert answer.status_code == 303
    page = desk.get(answer.headers["location"]).text
    assert "已经保存" in page
    assert form_of(page)["estate.parts"] == "8"
    assert "骗子\n傻子" in page


def test_refused_settings_keep_everything_typed(desk, world) -> None:
    path = f"/desk/{world.slug}/consultation"
    form = form_of(desk.get(path).text) | {"estate.parts": "50", "street_name": "<和平>", "words": "骗子"}
    page = desk.post(path, form)
    assert page.status_code == 422
    assert "全小区的“每百户里几户”请填整数" in page.text
    assert 'href="#f-estate.parts"' in page.text
    assert form_of(page.text)["estate.parts"] == "50"
    assert "&lt;和平&gt;" in page.text
    assert "骗子" in page.text
    assert form_of(desk.get(path).text)["estate.parts"] == "5"


def test_an_item_with_markup_and_percent_is_shown_as_it_was_typed(desk, web, world) -> None:
    """What staff type is not a word of ours: no hole for a number, and no markup."""
    path = f"/desk/{world.slug}/consultation/catalogue"
    form = {"id": str(uuid4()), "title": "绿化率50%<b>", "kind": "improving", "label": "extending"}
    assert desk.post(path, form).status_code == 303
    assert "绿化率50%&lt;b&gt;" in desk.get(path).text
    assert "绿化率50%&lt;b&gt;" in desk.get(f"{path}/own-{UUID(form['id']).hex}").text
    li_na = web(world.li_na)
    page = li_na.get(li_na.get(f"/e/{world.slug}/proposals/new").headers["location"]).text
    assert ("绿化率50%&lt;b&gt;" in page, "绿化率50%<b>" in page) == (True, False)


def test_an_item_is_renamed_and_put_away(desk, world) -> None:
    path = f"/desk/{world.slug}/consultation/catalogue"
    form = {"title": "装电梯", "kind": "improving", "label": "foundational", "hidden": "yes"}
    assert desk.post(f"{path}/lift", form).status_code == 303
    page = desk.get(path).text
    assert ("装电梯" in page, "已停用" in page) == (True, True)
    refused = desk.post(f"{path}/lift", {**form, "title": ""})
    assert refused.status_code == 422
    assert desk.get(f"{path}/gold").status_code == 404
    refused = desk.post(path, {"id": str(uuid4()), "title": "水景", "kind": "gold", "label": "extending"})
    assert (refused.status_code, 'value="水景"' in refused.text) == (422, True)
