"""Signing in: what the pages answer, what the cookies are, and what a stranger learns."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.models.accounts import Account, LoginSession
from app.models.outbox import Message
from app.services.accounts.desk import print_desk_code
from app.services.trail import Actor

PHONE = "138 0013 8000"


def read(database, query):
    with database.session(writing=False) as session:
        return session.exec(query).all()


def last_code(database):
    codes = select(Message).where(Message.template == "sign_in_code").order_by(col(Message.created_at).desc())
    return read(database, codes)[0].values["code"]


def another_code(database):
    return "000000" if last_code(database) != "000000" else "111111"


def ask_code(browser, phone=PHONE, onward=""):
    answer = browser.post("/sign-in", {"phone": phone, "next": onward})
    assert answer.status_code == 303, answer.text
    return answer


def sign_in(browser, database, **asked):
    ask_code(browser, **asked)
    return browser.post("/sign-in/code", {"code": last_code(database)})


def test_a_phone_and_its_code_open_a_session(web, database):
    browser = web()
    assert "用手机号登录" in browser.get("/sign-in").text
    answer = sign_in(browser, database)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/me").status_code == 200


def test_the_phone_is_never_in_an_address(web):
    answer = ask_code(web())
    assert answer.headers["location"] == "/sign-in/code"


def test_a_wrong_code_is_answered_and_counted(web, database):
    browser = web()
    ask_code(browser)
    wrong = another_code(database)
    for _ in range(5):
        answer = browser.post("/sign-in/code", {"code": wrong})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert browser.post("/sign-in/code", {"code": last_code(database)}).status_code == 422


def test_ten_wrong_codes_close_the_phone_for_an_hour(web, database, clock):
    browser = web()
    for _ in range(2):
        ask_code(browser)
        for _ in range(5):
            browser.post("/sign-in/code", {"code": another_code(database)})
        clock.forward(minutes=2)
        ask_code(browser)
    answer = browser.post("/sign-in/code", {"code": last_code(database)})
    assert answer.status_code == 429
    assert "分钟再试" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 3600


def test_another_browser_cannot_use_the_code(web, database):
    ask_code(web())
    thief = web()
    thief.visitor = thief.cookies["visitor"] = "visitor-of-a-thief-0123456789"
    ask_code(thief, phone="13900139000")
    code = read(database, select(Message).where(Message.phone == "+8613800138000"))[0].values["code"]
    assert thief.post("/sign-in/code", {"code": code}).status_code == 422


def test_a_forged_pending_cookie_leads_back_to_the_first_page(web):
    browser = web()
    ask_code(browser)
    browser.cookies["pending"] = browser.cookies["pending"][:-1] + "x"
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in"
    assert browser.post("/sign-in/code", {"code": "123456"}).headers["location"] == "/sign-in"


def test_known_and_unknown_phones_get_the_same_answer(web, world, database):
    known, unknown = web(), web()
    first, second = ask_code(known, phone=world.li_na.phone), ask_code(unknown, phone="+8613800138000")
    assert first.text == second.text
    pages = [re.sub(r"\+86[0-9]{11}", "", browser.get("/sign-in/code").text) for browser in (known, unknown)]
    assert pages[0] == pages[1]
    assert read(database, select(Account).where(Account.phone == "+8613800138000")) == []


@pytest.mark.parametrize("phone", ["", "110", "400 800 8000", "+1 202 555 0100", "12345678901", "x" * 500])
def test_what_is_no_mobile_number_is_refused_and_kept_in_the_field(web, phone):
    answer = web().post("/sign-in", {"phone": phone})
    assert answer.status_code == 422
    assert f'value="{phone[:40]}"' in answer.text
    assert 'href="#f-phone"' in answer.text


def test_sending_again_too_soon_says_when(web, clock):
    browser = web()
    ask_code(browser)
    clock.forward(seconds=20)
    answer = browser.post("/sign-in/code", {"resend": "yes"})
    assert answer.status_code == 429
    assert "请过 40 秒再试" in answer.text
    clock.forward(seconds=40)
    assert browser.post("/sign-in/code", {"resend": "yes"}).headers["location"] == "/sign-in/code"


def test_going_back_and_sending_again_leads_to_the_code_that_is_on_its_way(web, database, clock):
    browser = web()
    ask_code(browser)
    clock.forward(seconds=5)
    assert ask_code(browser).headers["location"] == "/sign-in/code"
    assert browser.post("/sign-in/code", {"code": last_code(database)}).headers["location"] == "/"


def test_a_limit_says_when_to_come_back(web, clock):
    ask_code(web())
    clock.forward(seconds=10)
    answer = web().post("/sign-in", {"phone": PHONE})
    assert answer.status_code == 429
    assert "请过 50 秒再试" in answer.text
    assert answer.headers["retry-after"] == "50"


@pytest.mark.parametrize(
    ("onward", "lands"),
    [
        ("/e/xingfuli/votes", "/e/xingfuli/votes"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example", "/"),
        ("evil", "/"),
    ],
)
def test_a_person_is_sent_on_within_this_site_only(web, database, onward, lands):
    browser = web()
    kept = onward if lands == onward else ""
    assert f'name="next" value="{kept}"' in browser.get("/sign-in", params={"next": onward}).text
    assert sign_in(browser, database, onward=onward).headers["location"] == lands


def test_an_owner_of_one_estate_lands_at_its_home(web, world, database):
    assert sign_in(web(), database, phone=world.li_na.phone).headers["location"] == f"/e/{world.slug}"


def test_signing_in_gives_a_new_session_and_ends_the_old_one(web, world, database):
    browser = web(world.li_na)
    planted, visitor = browser.cookies["session"], browser.cookies["visitor"]
    sign_in(browser, database)
    assert browser.cookies["session"] != planted
    assert browser.cookies["visitor"] != visitor
    browser.cookies["session"] = planted
    assert browser.get("/me").headers["location"] == "/sign-in?next=/me"


def test_only_the_hash_of_the_session_is_stored(web, database):
    browser = web()
    sign_in(browser, database)
    assert browser.cookies["session"] not in read(database, select(LoginSession.token_hash))


def test_who_is_signed_in_is_not_asked_again(web, world):
    browser = web(world.li_na)
    assert browser.get("/sign-in").headers["location"] == f"/e/{world.slug}"
    assert browser.get("/sign-in?next=/me/devices").headers["location"] == "/me/devices"


def test_signing_out_ends_the_session_on_the_server(web, world):
    browser = web(world.li_na)
    token = browser.cookies["session"]
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    browser.cookies = {"visitor": browser.visitor, "session": token}
    assert browser.get("/me").status_code == 303


def test_a_desk_code_signs_in_once(web, world, database, app, now):
    with database.transaction() as session:
        code = print_desk_code(
            session,
            account_id=world.li_na.account_id,
            actor=Actor(world.chen_jie.account_id, "陈洁"),
            estate_id=world.estate_id,
            now=now,
            secret=app.state.secret,
        )
    assert web().post("/sign-in/desk", {"code": code, "next": "/me"}).headers["location"] == "/me"
    again = web().post("/sign-in/desk", {"code": code})
    assert again.status_code == 422
    assert "重新打印" in again.text


def test_a_megabyte_in_a_text_field_is_refused_with_a_sentence(web):
    browser = web()
    for path, field in (("/sign-in", "phone"), ("/sign-in/desk", "code")):
        answer = browser.post(path, {field: "9" * 1_000_000})
        assert answer.status_code == 422
        assert len(answer.text) < 20_000
    huge = browser.post("/sign-in", {"phone": "9" * 1_100_000})
    assert huge.status_code in {400, 413}
    assert "太长" in huge.text or "大小" in huge.text


def test_a_code_page_that_lay_too_long_takes_no_code(web, database, clock):
    browser = web()
    ask_code(browser)
    clock.forward(minutes=5, seconds=1)
    assert browser.post("/sign-in/code", {"code": last_code(database)}).status_code == 422


def test_a_session_idle_for_a_month_ends(web, database, clock):
    browser = web()
    sign_in(browser, database)
    clock.instant += timedelta(days=30, minutes=6)
    assert browser.get("/me").status_code == 303
