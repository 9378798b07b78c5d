"""The pages that print a code for who is no owner: whose they are, and what the paper opens."""

from __future__ import annotations

import re

import pytest
from sqlmodel import select

from app.models.accounts import Grant, SignInCode
from app.models.base import NO_ID
from app.rules.accounts import Role
from tests.fixtures.second_factor import set_up
from tests.fixtures.world import make_person

REASON = "本人持身份证到场"


@pytest.fixture
def operator(database, world, now):
    with database.transaction() as session:
        person = make_person(session, "he_ping", "+8613900001900", now)
        session.add(Grant(account_id=person.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=now))
    return person


@pytest.fixture
def resident(world):
    """The page of qian_er, the tenant of 501."""
    return f"/desk/{world.slug}/register/{world.homes['501'].unit_id}/residents/{world.qian_er.account_id}"


@pytest.fixture
def role_of(database, world):
    def page(somebody):
        with database.session(writing=False) as session:
            query = select(Grant.id).where(Grant.account_id == somebody.account_id)
            return f"/desk/{world.slug}/roles/{session.exec(query).one()}"

    return page


@pytest.fixture
def auditor(database, world, now, secret):
    """sun_li with an authenticator; she is signed in nowhere any more."""
    with database.transaction() as session:
        phone, _ = set_up(session, world.sun_li, now=now, secret=secret)
    return phone


def code_of(answer):
    assert answer.status_code == 200, answer.text
    code = "".join(re.findall(r"<span>([0-9]{2,4})</span>", answer.text))
    assert len(code) == 10
    return code


def count(database, model):
    with database.session(writing=False) as session:
        return len(session.exec(select(model)).all())


def test_a_tenants_code_is_shown_once_and_signs_him_in_once(web, database, world, resident):
    desk = web(world.chen_jie)
    home = resident.split("/residents/")[0]
    assert resident in desk.get(home).text
    assert "打印登录码" in desk.get(resident).text
    code = code_of(desk.post(f"{resident}/code", {"reason": REASON}))
    assert code not in desk.get(resident).text
    guest = web()
    assert guest.post("/sign-in/desk", {"code": code}).status_code == 303
    assert "3号楼1单元501室" in guest.get(f"/e/{world.slug}").text
    assert web().post("/sign-in/desk", {"code": code}).status_code == 422
    assert "打印了一个登录码" in web(world.qian_er).get("/me/messages").text


def test_without_a_reason_the_form_comes_back_and_nothing_is_printed(web, database, world, resident):
    answer = web(world.chen_jie).post(f"{resident}/code", {"reason": "看"})
    assert answer.status_code == 422
    assert 'id="f-code-reason"' in answer.text
    assert 'value="看"' in answer.text
    assert count(database, SignInCode) == 0


def test_nobody_but_the_committee_of_this_estate_prints_for_a_resident(
    web, database, world, operator, resident
):
    people = {name: person for name, person in world.people.items() if name != "chen_jie"}
    for name, somebody in {**people, "operator": operator, "nobody": None}.items():
        browser = web(somebody)
        answers = (browser.get(resident), browser.post(f"{resident}/code", {"reason": REASON}))
        expected = {303, 401} if somebody is None else {404} if name in {"stranger", "zhou_tao"} else {403}
        assert (name, {answer.status_code for answer in answers}) == (name, expected)
    own = resident.replace(world.slug, world.other_slug)
    assert web(world.zhou_tao).get(own).status_code == 404
    assert web(world.zhou_tao).post(f"{own}/code", {"reason": REASON}).status_code == 404
    assert count(database, SignInCode) == 0


def test_nobody_but_the_operator_prints_for_staff(web, database, world, operator, auditor, role_of):
    path = f"{role_of(world.sun_li)}/code"
    for name, somebody in {**world.people, "nobody": None}.items():
        answer = web(somebody).post(path, {"reason": REASON})
        # Her own session is that of before she set a factor up: its key was changed.
        expected = (
            {303, 401}
            if name in {"nobody", "sun_li"}
            else {404}
            if name in {"stranger", "zhou_tao"}
            else {403}
        )
        assert answer.status_code in expected, name
    elsewhere = path.replace(world.slug, world.other_slug)
    assert web(operator).post(elsewhere, {"reason": REASON}).status_code == 404
    assert count(database, SignInCode) == 0


def test_a_clerk_who_lives_there_gets_no_code_at_a_colleagues_desk(web, database, world, resident, now):
    with database.transaction() as session:
        grant = Grant(
            account_id=world.qian_er.account_id,
            estate_id=world.estate_id,
            role=Role.COMMITTEE,
            granted_at=now,
        )
        session.add(grant)
    answer = web(world.chen_jie).post(f"{resident}/code", {"reason": REASON})
    assert answer.status_code == 403
    assert "系统管理员" in answer.text
    assert count(database, SignInCode) == 0


def test_the_paper_of_staff_opens_nothing_before_the_second_factor(
    web, database, world, operator, auditor, role_of, clock, now
):
    clock.forward(minutes=2)
    keeper = web(operator)
    page = role_of(world.sun_li)
    assert "打印登录码" in keeper.get(page).text
    code = code_of(keeper.post(f"{page}/code", {"reason": REASON}))
    guest, trail = web(), f"/desk/{world.slug}/trail"
    assert guest.post("/sign-in/desk", {"code": code}).headers["location"].startswith("/sign-in/second")
    assert guest.get(trail).headers["location"].startswith("/sign-in/second")
    assert guest.post("/sign-in/second", {"code": "000000", "next": trail}).status_code == 422
    right = guest.post("/sign-in/second", {"code": auditor.at(clock()), "next": trail})
    assert right.headers["location"] == trail
    assert guest.get(trail).status_code == 200


def test_who_has_set_up_no_factor_or_holds_other_roles_has_no_button_and_no_code(
    web, database, world, operator, role_of
):
    browser = web(operator)
    for somebody, words in ((world.chen_jie, "还没有设置动态口令"), (world.zhao_min, "在服务器上用命令打印")):
        page = role_of(somebody)
        shown = browser.get(page).text
        assert words in shown
        assert f'{page}/code"' not in shown
        assert browser.post(f"{page}/code", {"reason": REASON}).status_code in {403, 409}
    assert count(database, SignInCode) == 0
