"""The picture on the sign-in page: there in the time of an alarm and never else."""

import re

import pytest
from sqlmodel import select

from app.models.outbox import Message
from app.services.accounts import limits, pictures
from app.services.accounts.alarm import FAILURES_SITE

PHONE = "138 0013 8000"


@pytest.fixture
def attacked(database, clock):
    with database.transaction() as session:
        for _ in range(200):
            limits.add(session, key=FAILURES_SITE, now=clock())


def token_in(answer):
    found = re.search(r'name="picture" value="([^"]+)"', answer.text)
    return found.group(1) if found else ""


def digits_of(app, token):
    return pictures._digits(token.rpartition(".")[0], app.state.secret)


def codes(database):
    with database.session(writing=False) as session:
        return session.exec(select(Message.values).where(Message.template == "sign_in_code")).all()


def test_on_a_quiet_day_there_is_no_picture(web, database):
    browser = web()
    assert token_in(browser.get("/sign-in")) == ""
    assert browser.post("/sign-in", {"phone": PHONE}).status_code == 303


def test_under_attack_a_code_goes_out_for_the_right_digits_only(web, database, app, attacked):
    browser = web()
    first = browser.get("/sign-in")
    token = token_in(first)
    drawn = browser.get(f"/sign-in/picture?t={token}")
    assert (drawn.headers["content-type"], drawn.headers["cache-control"]) == ("image/png", "no-store")
    assert "看不见图里的数字" in first.text
    digits = digits_of(app, token)
    wrong = "".join(str(9 - int(digit)) for digit in digits)
    refused = browser.post("/sign-in", {"phone": PHONE, "picture": token, "digits": wrong})
    assert refused.status_code == 422
    assert f'value="{PHONE}"' in refused.text
    assert token_in(refused) not in ("", token)
    assert browser.post("/sign-in", {"phone": PHONE, "picture": token, "digits": digits}).status_code == 422
    assert codes(database) == []
    token = token_in(refused)
    sent = browser.post("/sign-in", {"phone": PHONE, "picture": token, "digits": digits_of(app, token)})
    assert sent.headers["location"] == "/sign-in/code"
    assert [len(values["code"]) for values in codes(database)] == [8]


def test_a_form_without_the_picture_sends_nothing(web, database, attacked):
    answer = web().post("/sign-in", {"phone": PHONE})
    assert (answer.status_code, codes(database)) == (422, [])
    assert 'id="f-digits-error"' in answer.text


def test_another_picture_keeps_the_number_and_sends_nothing(web, database, attacked):
    browser = web()
    token = token_in(browser.get("/sign-in"))
    answer = browser.post("/sign-in", {"phone": PHONE, "picture": token, "another": "yes"})
    assert (answer.status_code, codes(database)) == (200, [])
    assert f'value="{PHONE}"' in answer.text
    assert token_in(answer) not in ("", token)


def test_a_code_is_not_sent_again_without_a_picture(web, database, clock):
    browser = web()
    browser.post("/sign-in", {"phone": PHONE})
    clock.forward(minutes=2)
    with database.transaction() as session:
        for _ in range(200):
            limits.add(session, key=FAILURES_SITE, now=clock())
    answer = browser.post("/sign-in/code", {"resend": "yes"})
    assert (answer.status_code, len(codes(database))) == (422, 1)
    assert token_in(answer)
    assert f'value="{PHONE}"' in answer.text


def test_a_picture_read_is_not_wasted_on_a_number_that_cannot_be_one(web, database, app, attacked):
    browser = web()
    token = token_in(browser.get("/sign-in"))
    answer = browser.post("/sign-in", {"phone": "12", "picture": token, "digits": digits_of(app, token)})
    assert 'id="f-phone-error"' in answer.text
    token = token_in(answer)
    again = {"phone": PHONE, "picture": token, "digits": digits_of(app, token)}
    assert browser.post("/sign-in", again).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "a.1.b"])
def test_a_token_that_is_not_ours_draws_nothing(web, token):
    assert web().get(f"/sign-in/picture?t={token}").status_code == 404
