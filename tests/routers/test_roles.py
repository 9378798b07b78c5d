"""The operator gives and ends roles on a page; nobody else does, and an operator's own role is not on it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.errors import NotFound
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role
from app.services.accounts.grants import roles_of
from app.services.estates.roles import find_holder
from tests.fixtures.world import make_person

PHONE, REASON = "13911112222", "换届后由她接任"


@pytest.fixture
def operator(database, world, now):
    with database.transaction() as session:
        person = make_person(session, "he_ping", "+8613900001900", now)
        session.add(Grant(account_id=person.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=now))
    return person


@pytest.fixture
def page(world):
    return f"/desk/{world.slug}/roles"


def form(**changed):
    asked = {"id": str(uuid4()), "phone": PHONE, "name": "周兰", "role": "committee:none", "reason": REASON}
    return asked | changed


def rows_of(database, model, *where):
    with database.session(writing=False) as session:
        return session.exec(select(model).where(*where)).all()


def grant_of(database, somebody, role):
    (grant,) = rows_of(database, Grant, Grant.account_id == somebody.account_id, Grant.role == role)
    return grant


def test_nobody_but_the_operator_sees_gives_or_ends_a_role(web, database, world, operator, page):
    grant = grant_of(database, world.sun_li, Role.AUDITOR)
    before = len(rows_of(database, Grant))
    for name, somebody in {**world.people, "nobody": None}.items():
        browser = web(somebody)
        answers = (
            browser.get(page),
            browser.get(f"{page}/{grant.id}"),
            browser.post(page, form()),
            browser.post(f"{page}/{grant.id}/end", {"reason": REASON}),
        )
        statuses = {answer.status_code for answer in answers}
        expected = {303, 401} if somebody is None else {404} if name in {"stranger", "zhou_tao"} else {403}
        assert (name, statuses) == (name, expected)
    assert len(rows_of(database, Grant)) == before
    assert rows_of(database, Grant, Grant.id == grant.id)[0].ended_at is None
    assert web(operator).get(page).status_code == 200


def test_a_role_is_given_once_by_number_and_the_person_the_trail_and_the_list_know(
    web, database, world, operator, page
):
    asked, browser = form(role="party_member:mediator"), web(operator)
    for _ in range(2):
        answer = browser.post(page, asked)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    (account,) = rows_of(database, Account, Account.phone == f"+86{PHONE}")
    (grant,) = rows_of(database, Grant, Grant.account_id == account.id)
    assert (str(grant.id), grant.estate_id, grant.role, grant.duty) == (
        asked["id"],
        world.estate_id,
        Role.PARTY_MEMBER,
        Duty.MEDIATOR,
    )
    (row,) = rows_of(database, TrailRow, TrailRow.tag == "accounts:grant:give")
    assert (row.actor_id, row.estate_id, row.reason) == (operator.account_id, world.estate_id, REASON)
    (letter,) = rows_of(database, Message, Message.account_id == account.id)
    assert (letter.template, letter.values["duty"]) == ("role_given", "调解员")
    shown = browser.get(page).text
    assert "周兰" in shown
    assert "党员 · 调解员" in shown
    assert "139****2222" in shown
    assert PHONE not in shown


def test_a_role_ends_with_a_reason_once_and_the_right_is_gone(web, database, world, operator, page):
    grant, browser = grant_of(database, world.chen_jie, Role.COMMITTEE), web(operator)
    assert browser.get(f"{page}/{grant.id}").status_code == 200
    short = browser.post(f"{page}/{grant.id}/end", {"reason": "走"})
    assert short.status_code == 422
    assert 'value="走"' in short.text
    for _ in range(2):
        assert browser.post(f"{page}/{grant.id}/end", {"reason": REASON}).status_code == 303
    assert web(world.chen_jie).get(f"/desk/{world.slug}").status_code == 404
    (row,) = rows_of(database, TrailRow, TrailRow.tag == "accounts:grant:end")
    assert (row.subject_id, row.reason) == (world.chen_jie.account_id, REASON)
    (letter,) = rows_of(database, Message, Message.account_id == world.chen_jie.account_id)
    assert (letter.template, letter.values["reason"]) == ("role_ended", REASON)
    assert browser.get(f"{page}/{grant.id}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"role": "operator:none"}, 422, "请在名单里选一种身份"),
        ({"role": "party_staff:none"}, 422, "请在名单里选一种身份"),
        ({"role": "party_member:none"}, 422, "请在名单里选一种身份"),
        ({"role": "king"}, 422, "请在名单里选一种身份"),
        ({"phone": "0512-65550101"}, 422, "这不是一个大陆手机号码"),
        ({"name": " "}, 422, "请填写姓名"),
        ({"reason": "好"}, 422, "请写明理由"),
        ({"reason": "由" * 5000}, 422, "文字太长"),
        ({"phone": "13900001002", "name": "someone else"}, 422, "登记的不是这个姓名"),
        ({"phone": "13900001002", "name": "chen_jie"}, 409, "已经有这个身份"),
        ({"phone": "13900001900", "name": "he_ping"}, 403, "不能给自己授予身份"),
    ],
)
def test_what_cannot_be_given_is_said_and_what_was_typed_stays(
    web, database, operator, page, changed, status, sentence
):
    before = len(rows_of(database, Grant))
    asked = form(**changed)
    answer = web(operator).post(page, asked)
    assert answer.status_code == status
    assert sentence in answer.text
    assert f'value="{asked["id"]}"' in answer.text
    assert f'value="{asked["phone"]}"' in answer.text
    assert len(rows_of(database, Grant)) == before
    assert rows_of(database, Account, Account.phone == f"+86{PHONE}") == []


def test_an_operators_own_role_and_another_estates_are_out_of_reach(web, database, world, operator, page):
    for somebody, role in ((operator, Role.OPERATOR), (world.zhou_tao, Role.COMMITTEE)):
        grant, browser = grant_of(database, somebody, role), web(operator)
        assert browser.get(f"{page}/{grant.id}").status_code == 404
        assert browser.post(f"{page}/{grant.id}/end", {"reason": REASON}).status_code == 404
    with database.session(writing=False) as session:
        ended = session.exec(select(Grant).where(col(Grant.ended_at).is_not(None))).all()
        assert ended == []
        reached = roles_of(session, account_id=operator.account_id, estate_id=world.other_estate_id)
        assert reached == {Role.OPERATOR}


def test_the_operator_finds_every_estate_on_his_page_and_his_menu_at_each(web, world, operator, page):
    mine = web(operator).get("/me").text
    for slug in (world.slug, world.other_slug):
        assert f'href="/desk/{slug}/roles"' in mine
    shown = web(operator).get(page).text
    for tail in ("roles", "clocks/calendar", "trail"):
        assert f'href="/desk/{world.slug}/{tail}"' in shown
        assert web(operator).get(f"/desk/{world.slug}/{tail}").status_code == 200
    assert f"/desk/{world.slug}/register" not in shown
    assert f'href="/desk/{world.slug}"' not in shown
    assert page not in web(world.chen_jie).get(f"/desk/{world.slug}").text


def test_an_operators_own_post_is_said_to_be_handled_on_the_server(session, world, now):
    grant = Grant(account_id=world.stranger.account_id, role=Role.OPERATOR, granted_at=now)
    session.add(grant)
    session.flush()
    with pytest.raises(NotFound, match="服务器"):
        find_holder(session, estate_id=world.estate_id, grant_id=grant.id)
