"""Who votes for a co-owned home, through the web: from proposal to corrected roll, the desk's paper, and who may not."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.estates import Unit
from app.models.files import StoredFile
from app.models.votes import RollCorrection
from tests.fixtures.household import picture

ASKED = "301室 的共有人请您答复"


@pytest.fixture
def page(household) -> str:
    return f"/e/xingfuli/homes/{household.unit_id}/representative"


def propose(browser, page, owner, naming=None):
    return browser.post(page, {"id": str(naming or uuid4()), "owner": str(owner)})


def answer_of(browser, page) -> str:
    """The address under which an open naming is answered."""
    return re.search(rf'action="({page}/[0-9a-f-]+)/(agree|withdraw)"', browser.get(page).text)[1]


def representative(database, household):
    with database.session(writing=False) as session:
        return session.get_one(Unit, household.unit_id).representative_id


def test_co_owners_settle_who_votes_and_staff_correct_the_announced_roll_with_one_tap(
    web, database, world, household, vote, page
) -> None:
    his, hers = web(world.li_na), web(world.wang_wei)
    for place in ("/me", "/e/xingfuli"):
        assert page in his.get(place).text
    assert propose(his, page, household.owners["wang_wei"]).status_code == 303
    assert "正在等各位答复" in his.get(page).text
    assert ASKED not in his.get("/e/xingfuli").text
    assert ASKED in hers.get("/e/xingfuli").text
    assert hers.post(f"{answer_of(hers, page)}/agree").status_code == 303
    assert ASKED not in hers.get("/e/xingfuli").text
    assert representative(database, household) == household.owners["wang_wei"]
    assert "更正名册的申请已经交到居委会" in his.get(page).text
    desk, address = web(world.chen_jie), f"/desk/xingfuli/votes/{vote.id}"
    assert "可以投票的人。</textarea>" in desk.get(address).text
    with database.session(writing=False) as session:
        request = session.exec(select(RollCorrection)).one()
    form = {"act": "uphold", "reason": "共有业主一致商定"}
    assert desk.post(f"{address}/corrections/{request.id}", form).status_code == 303
    assert "可以投票的：wang_wei。" in his.get(page).text
    assert his.get(f"/e/xingfuli/votes/{vote.id}").text.count("您家：") == 0


def test_a_refusal_needs_a_reason_which_the_proposer_reads(web, database, world, household, page) -> None:
    his, hers = web(world.li_na), web(world.wang_wei)
    assert propose(his, page, "nonsense").status_code == 422
    assert propose(his, page, household.owners["li_na"]).status_code == 303
    address = answer_of(hers, page)
    refused = hers.post(f"{address}/refuse", {"reason": "不行"})
    assert refused.status_code == 422
    assert "不行</textarea>" in refused.text
    assert hers.post(f"{address}/refuse", {"reason": "写" * 1_000_000}).status_code in {400, 413}
    assert hers.post(f"{address}/refuse", {"reason": "我自己来投更方便"}).status_code == 303
    assert "我自己来投更方便" in his.get(page).text
    late = his.post(f"{address}/withdraw")
    assert late.status_code == 409
    assert "已经结束" in late.text
    assert representative(database, household) is None


def test_the_proposer_withdraws_and_sending_a_form_twice_is_one_deed(web, world, household, page) -> None:
    his, naming = web(world.li_na), uuid4()
    for _ in range(2):
        assert propose(his, page, household.owners["li_na"], naming).status_code == 303
    other = propose(web(world.wang_wei), page, household.owners["wang_wei"])
    assert other.status_code == 409
    assert "已经有一个推举" in other.text
    for _ in range(2):
        assert his.post(f"{page}/{naming}/withdraw").status_code == 303
    assert "提议的人已撤回" in his.get(page).text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("nobody", 303),
        ("stranger", 404),
        ("zhou_tao", 404),
        ("qian_er", 403),
        ("chen_jie", 403),
        ("zhao_min", 403),
        ("ma_chao", 403),
        ("other_owner", 403),
    ],
)
def test_nobody_but_a_co_owner_sees_or_touches_it(
    web, database, world, household, page, name, status
) -> None:
    with database.transaction() as session:
        naming = household.propose(session, "li_na")
        household.other_home(session, "sun_li")
    person = {"nobody": None, "other_owner": world.sun_li}.get(name, world.people.get(name))
    browser = web(person)
    assert browser.get(page).status_code == status
    sent = {status, 401} if name == "nobody" else {status}
    assert propose(browser, page, household.owners["li_na"]).status_code in sent
    for act in ("agree", "refuse", "withdraw"):
        assert browser.post(f"{page}/{naming}/{act}", {"reason": "不关他的事"}).status_code in sent
    assert representative(database, household) is None


def test_a_home_of_another_estate_and_anothers_naming_are_not_found(
    web, database, world, household, page
) -> None:
    his = web(world.wang_wei)
    assert his.get(page.replace("xingfuli", "nanyuan")).status_code == 404
    with database.transaction() as session:
        naming = household.propose(session, "li_na")
    elsewhere = page.replace(str(household.unit_id), str(world.homes["302"].unit_id))
    assert his.post(f"{elsewhere}/{naming}/agree").status_code == 404
    assert "只登记了一位业主" in his.get(elsewhere).text
    assert his.post(f"{page}/{uuid4()}/agree").status_code == 404


def test_the_desk_confirms_what_was_signed_and_keeps_the_paper_private(
    web, database, world, household, page
) -> None:
    with database.transaction() as session:
        household.add_silent(session)
        naming = household.propose(session, "li_na")
    desk, address = web(world.chen_jie), f"/desk/xingfuli/namings/{household.unit_id}/{naming}"
    home = desk.get("/desk/xingfuli").text
    assert 'href="/desk/xingfuli/namings"' in home
    assert "亲笔签字：wang_wei、老太太" in desk.get("/desk/xingfuli/namings").text
    empty = desk.post(address, {"reason": "已核对推举书签字"})
    assert empty.status_code == 422
    assert 'value="已核对推举书签字"' in empty.text
    scan = {"scan": ("推举书.jpg", picture(), "image/jpeg")}
    for outsider in (world.li_na, world.sun_li, world.zhou_tao):
        refused = web(outsider).post(address, {"reason": "已核对推举书签字"}, files=scan)
        assert refused.status_code in {403, 404}
    for _ in range(2):
        assert desk.post(address, {"reason": "已核对推举书签字"}, files=scan).status_code == 303
    assert representative(database, household) == household.owners["li_na"]
    with database.session(writing=False) as session:
        paper = session.exec(select(StoredFile.id)).one()
    assert f"/e/xingfuli/files/{paper}" in desk.get("/desk/xingfuli/namings").text
    assert web(world.wang_wei).get(f"/e/xingfuli/files/{paper}").status_code == 403
