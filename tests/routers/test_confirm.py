"""A number that changed hands, through the door: who is asked, what he sees before he has answered, and what then."""

import re

import pytest
from sqlmodel import col, select

from app.models.accounts import Account, Grant, SignInCode
from app.models.base import NO_ID
from app.models.estates import Owner
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Role
from app.services.accounts.desk import print_desk_code
from app.services.trail import Actor
from tests.fixtures.world import make_person

RIGHT = {"home": "3-1-301", "name": "li_na"}


def read(database, query):
    with database.session(writing=False) as session:
        return session.exec(query).all()


def sign_in(browser, database, phone, onward=""):
    assert browser.post("/sign-in", {"phone": phone, "next": onward}).status_code == 303
    codes = select(Message).where(Message.template == "sign_in_code").order_by(col(Message.created_at).desc())
    code = read(database, codes)[0].values["code"]
    return browser.post("/sign-in/code", {"code": code})


def in_as(browser):
    """Whose pages the browser opens; nobody's when it is sent to the door."""
    found = re.search(r"(\d{3}\*{4}\d{4})", browser.get("/me").text)
    return found.group(1) if found else ""


@pytest.fixture
def asked(web, world, database, clock):
    """A browser nobody has seen before, sixty-one days later, with the right code typed."""
    clock.forward(days=61)
    browser = web()
    answer = sign_in(browser, database, world.li_na.phone, onward=f"/e/{world.slug}/votes")
    assert answer.headers["location"] == "/sign-in/confirm"
    return browser


def desk_code(database, world, app, clock):
    with database.transaction() as session:
        return print_desk_code(
            session,
            account_id=world.li_na.account_id,
            actor=Actor(world.chen_jie.account_id, "陈洁"),
            estate_id=world.estate_id,
            now=clock(),
            secret=app.state.secret,
        )


def test_after_sixty_days_a_new_browser_sees_nothing_of_the_account(web, world, database, clock, asked):
    shown = asked.get("/sign-in/confirm").text + asked.get("/sign-in/confirm/new").text
    for told in ("li_na", "301室", "3号楼", "幸福里", "139****1000", world.li_na.phone, world.slug):
        assert told not in shown.replace(f"next=%2Fe%2F{world.slug}%2Fvotes", "")
    assert in_as(asked) == ""
    assert asked.get(f"/e/{world.slug}/votes").headers["location"].startswith("/sign-in")


def test_home_and_name_let_the_old_holder_go_on_where_he_was_going(world, asked):
    answer = asked.post("/sign-in/confirm", RIGHT)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/e/{world.slug}/votes")
    assert in_as(asked) == "139****1000"


def test_a_wrong_answer_is_said_kept_and_counted(world, asked, clock):
    for _ in range(5):
        answer = asked.post("/sign-in/confirm", {**RIGHT, "name": "somebody"})
        assert answer.status_code == 422
        assert 'value="somebody"' in answer.text
        assert 'aria-invalid="true"' in answer.text
    limited = asked.post("/sign-in/confirm", RIGHT)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3600")
    assert in_as(asked) == ""


def test_a_code_of_the_desk_lets_him_in_and_proves_the_phone(world, database, app, clock, asked):
    answer = asked.post("/sign-in/desk", {"code": desk_code(database, world, app, clock)})
    assert answer.status_code == 303
    assert in_as(asked) == "139****1000"
    assert read(database, select(Account.proved_at).where(Account.phone == world.li_na.phone)) == [clock()]


def test_a_code_of_the_desk_alone_proves_no_phone(web, world, database, app, clock):
    clock.forward(days=61)
    at_the_desk = web()
    at_the_desk.post("/sign-in/desk", {"code": desk_code(database, world, app, clock)})
    assert in_as(at_the_desk) == "139****1000"
    assert sign_in(web(), database, world.li_na.phone).headers["location"] == "/sign-in/confirm"


def test_the_new_holder_begins_anew_and_the_old_one_keeps_his_home(world, database, app, clock, asked):
    answer = asked.post("/sign-in/confirm/new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert in_as(asked) == "139****1000"
    assert "301室" not in asked.get("/me").text
    assert asked.get(f"/e/{world.slug}/votes").status_code == 404
    fresh = read(database, select(Account.id).where(Account.phone == world.li_na.phone))
    assert fresh != [world.li_na.account_id]
    told = read(database, select(Message.account_id).where(Message.template == "phone_changed_hands"))
    assert told == [world.chen_jie.account_id]


def test_after_it_the_desk_still_lets_the_old_holder_in(web, world, database, app, clock, asked):
    asked.post("/sign-in/confirm/new")
    old = web()
    old.post("/sign-in/desk", {"code": desk_code(database, world, app, clock)})
    assert "301室" in old.get("/me").text


@pytest.mark.parametrize("path", ["/sign-in/confirm", "/sign-in/confirm/new"])
def test_a_cookie_sent_again_does_nothing_more(web, world, database, asked, path):
    replayed = web()
    replayed.cookies |= {"proven": asked.cookies["proven"]}
    asked.post("/sign-in/confirm", RIGHT)
    accounts = read(database, select(Account.id))
    assert replayed.post(path, RIGHT).headers["location"] == "/sign-in"
    assert replayed.get(path).headers["location"] == "/sign-in"
    assert read(database, select(Account.id)) == accounts
    assert in_as(replayed) == ""


@pytest.mark.parametrize("path", ["/sign-in/confirm", "/sign-in/confirm/new"])
def test_a_cookie_that_lay_too_long_or_is_not_ours_opens_nothing(web, clock, asked, path):
    asked.cookies["proven"] = asked.cookies["proven"][:-1] + "x"
    assert asked.get(path).headers["location"] == "/sign-in"
    assert web().post(path, RIGHT).headers["location"] == "/sign-in"


def test_a_cookie_ends_after_a_quarter_of_an_hour(clock, asked):
    clock.forward(minutes=14, seconds=59)
    assert asked.get("/sign-in/confirm").status_code == 200
    clock.forward(seconds=1)
    assert asked.get("/sign-in/confirm").headers["location"] == "/sign-in"
    assert asked.post("/sign-in/confirm", RIGHT).headers["location"] == "/sign-in"


@pytest.mark.parametrize(("days", "lands"), [(60, "/e/xingfuli"), (61, "/sign-in/confirm")])
def test_sixty_days_are_enough_and_sixty_one_are_not(web, world, database, clock, days, lands):
    clock.forward(days=days)
    assert sign_in(web(), database, world.li_na.phone).headers["location"] == lands


def test_a_known_browser_is_not_asked(web, world, database, clock):
    browser = web()
    sign_in(browser, database, world.li_na.phone)
    browser.post("/sign-out")
    clock.forward(days=300)
    assert sign_in(browser, database, world.li_na.phone).headers["location"] == f"/e/{world.slug}"


def test_a_browser_is_known_to_five_accounts_and_to_none_after_signing_out_everywhere(
    web, world, database, clock
):
    browser = web()
    for name in ("li_na", "wang_wei", "zhao_min", "qian_er"):
        clock.forward(hours=2)
        sign_in(browser, database, world.people[name].phone)
    browser.post("/me/devices/end-all")
    clock.forward(days=61)
    assert sign_in(browser, database, world.qian_er.phone).headers["location"] == "/sign-in/confirm"
    clock.forward(minutes=1)
    assert sign_in(browser, database, world.li_na.phone).headers["location"] == f"/e/{world.slug}"
    for number in range(5):
        clock.forward(hours=2)
        sign_in(browser, database, f"138001380{number:02d}")
    clock.forward(days=61)
    assert sign_in(browser, database, world.wang_wei.phone).headers["location"] == "/sign-in/confirm"


def test_a_cookie_of_known_browsers_is_signed_and_out_of_scripts_reach(web, world, database, clock):
    browser = web()
    answer = sign_in(browser, database, world.li_na.phone)
    (set_cookie,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith("known=")]
    assert "HttpOnly" in set_cookie
    assert "samesite=lax" in set_cookie.lower()
    clock.forward(days=61)
    forged = web()
    body = browser.cookies["known"].partition(".")[0]
    forged.cookies["known"] = f"{body}.{'0' * 64}"
    assert sign_in(forged, database, world.li_na.phone).headers["location"] == "/sign-in/confirm"


def test_before_the_right_code_every_number_gets_the_same_answers(web, world, database, clock):
    clock.forward(days=61)
    answers = set()
    for phone in (world.li_na.phone, "13800138000"):
        browser = web()
        asking = browser.post("/sign-in", {"phone": phone})
        wrong = browser.post("/sign-in/code", {"code": "00000000"})
        text = re.sub(r'value="[^"]*"', "", wrong.text).replace(phone, "")
        answers.add((asking.status_code, asking.headers["location"], wrong.status_code, text))
    assert len(answers) == 1


def test_an_account_with_nothing_to_lose_is_never_asked(web, world, database, clock):
    clock.forward(days=400)
    assert sign_in(web(), database, world.stranger.phone).headers["location"] == "/"


def test_who_works_here_without_a_home_is_vouched_for_by_the_operator(web, world, database, clock):
    clock.forward(days=61)
    with database.transaction() as session:
        operator = make_person(session, "he_ping", "+8613900001900", clock())
        session.add(
            Grant(account_id=operator.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=clock())
        )
    browser = web()
    assert sign_in(browser, database, world.ma_chao.phone).headers["location"] == "/sign-in/confirm"
    (grant_id,) = read(database, select(Grant.id).where(Grant.account_id == world.ma_chao.account_id))
    path = f"/desk/{world.slug}/roles/{grant_id}"
    office = web(operator)
    assert "确认号码仍属本人" in office.get(path).text
    short = office.post(f"{path}/confirm-number", {"reason": "对"})
    assert short.status_code == 422
    assert 'id="f-confirm-reason-error"' in short.text
    assert office.post(f"{path}/confirm-number", {"reason": "打座机核对过"}).status_code == 303
    rows = read(database, select(TrailRow.reason).where(TrailRow.tag == "accounts:phone:confirm"))
    assert rows == ["打座机核对过"]
    clock.forward(minutes=2)
    assert sign_in(web(), database, world.ma_chao.phone).headers["location"] == f"/e/{world.slug}"


def test_nobody_but_an_operator_vouches(web, world, database):
    (grant_id,) = read(database, select(Grant.id).where(Grant.account_id == world.ma_chao.account_id))
    answer = web(world.chen_jie).post(
        f"/desk/{world.slug}/roles/{grant_id}/confirm-number", {"reason": "打座机核对过"}
    )
    assert answer.status_code in {403, 404}
    assert read(database, select(Account.proved_at).where(Account.phone == world.ma_chao.phone)) == [None]


def test_one_code_serves_one_proof(database, asked):
    assert len(read(database, select(SignInCode.used_at))) == 1
    assert read(database, select(SignInCode.used_at)) != [None]


def test_an_old_entry_of_the_register_is_not_shown_to_who_came_later(web, world, database, clock):
    with database.transaction() as session:
        row = session.get_one(Owner, world.homes["401"].owner_id)
        row.name, row.phone, row.entered_at = "周平", "+8613900001777", clock()
    clock.forward(days=61)
    browser = web()
    sign_in(browser, database, "+8613900001777")
    shown = browser.get(f"/e/{world.slug}/join").text
    assert "周平" not in shown
    assert "401" not in shown
    assert f"/e/{world.slug}/join/prove" in shown
    tap = {"owner_id": str(world.homes["401"].owner_id)}
    assert browser.post(f"/e/{world.slug}/join/confirm", tap).status_code == 404
    wrong = browser.post(f"/e/{world.slug}/join/prove", {"home": "3-1-401", "said_name": "猜的"})
    assert (wrong.status_code, 'value="猜的"' in wrong.text, 'aria-invalid="true"' in wrong.text) == (
        422,
        True,
        True,
    )
    right = browser.post(f"/e/{world.slug}/join/prove", {"home": "3-1-401", "said_name": "周平"})
    assert (right.status_code, right.headers["location"]) == (303, f"/e/{world.slug}")
