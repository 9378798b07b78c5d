"""Delivering messages: at least once, never in a transaction, and no code kept afterwards."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx
import pytest
from sqlmodel import select

from app.config import Settings
from app.database import Database
from app.jobs import deliver
from app.models.accounts import Account
from app.models.outbox import Message
from app.rules.accounts import CODE_LIFE
from app.services import outbox
from app.services.accounts.codes import BLANK, send_sms_code
from app.services.accounts.guesses import CodeLimits
from app.services.accounts.people import ensure_account
from app.services.outbox import LEASE
from app.templating import render_message

Provider = Callable[[httpx.Request], httpx.Response]


def settings(**given) -> Settings:
    defaults = {"sms_gateway": "http", "sms_url": "https://sms.example.cn/", "sms_body": "{phone} {text}"}
    return Settings(
        _env_file=None, **defaults | {"sms_headers": '{"Content-Type": "application/json"}'} | given
    )


def render(template: str, values: Mapping[str, object]) -> str:
    return f"{template}:{values.get('what', values.get('code'))}"


def run(
    database: Database, now: datetime, answer: Provider | int = 200, with_render=render, **given
) -> list[str]:
    """One tick against a fake provider; what it was asked to send."""
    sent: list[str] = []

    def provider(request: httpx.Request) -> httpx.Response:
        sent.append(request.content.decode())
        return httpx.Response(answer) if isinstance(answer, int) else answer(request)

    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        deliver.tick(database, settings(**given), now=now, render=with_render, client=client)
    return sent


def post(database: Database, now: datetime, key: str = "k", **given) -> None:
    with database.transaction() as session:
        values = {"phone": "+8613800000001", "values": {"what": "hello"}, "template": "notice"} | given
        outbox.post(session, outbox.Draft(key=key, now=now, **values))


def ask_for_code(database: Database, now: datetime) -> str:
    with database.transaction() as session:
        send_sms_code(
            session,
            phone_text="13800000001",
            address="192.0.2.1",
            request_token="browser",
            now=now,
            secret=b"secret",
            limits=CodeLimits.of(settings()),
        )
        return session.exec(select(Message)).one().values["code"]


def message(database: Database) -> Message:
    with database.session(writing=False) as session:
        return session.exec(select(Message)).one()


def test_a_message_is_sent_once_with_signature_and_link(database: Database, now):
    post(database, now, link="/v/abc")
    assert run(database, now, public_url="https://example.cn/") == [
        "+8613800000001 【好商量】notice:hello https://example.cn/v/abc"
    ]
    assert run(database, now + timedelta(hours=1)) == []
    assert message(database).sent_at == now


def test_a_message_to_an_account_goes_to_its_phone(database: Database, now):
    with database.transaction() as session:
        account = ensure_account(session, phone="13900000009", name="", now=now)
    post(database, now, phone=None, account_id=account)
    assert run(database, now)[0].startswith("+8613900000009 ")


def test_a_message_to_an_account_without_a_phone_is_settled_unsent(database: Database, now):
    with database.transaction() as session:
        elder = Account(name="赵奶奶", created_at=now)
        session.add(elder)
        session.flush()
    post(database, now, phone=None, account_id=elder.id)
    assert run(database, now) == []
    assert message(database).sent_at == now


def test_nothing_due_is_nothing_done(database: Database, now):
    assert deliver.tick(database, settings(), now=now, render=render) == 0


def test_a_passing_failure_is_tried_again_later_and_then_given_up(database: Database, now):
    post(database, now)
    moment, tries = now, 0
    while message(database).failed_at is None:
        tries += len(run(database, moment, 503))
        assert run(database, moment, 503) == []
        moment += timedelta(minutes=20)
    assert (tries, message(database).error, message(database).sent_at) == (
        outbox.MAX_ATTEMPTS,
        "HTTP 503",
        None,
    )
    assert run(database, moment) == []


def test_a_permanent_failure_is_not_tried_again(database: Database, now):
    post(database, now)
    run(database, now, 400)
    assert run(database, now + timedelta(days=1)) == []
    assert message(database).failed_at == now


def test_no_transaction_is_open_while_the_gateway_is_asked(database: Database, now):
    post(database, now)

    def provider(_request: httpx.Request) -> httpx.Response:
        with database.transaction() as session:  # would wait for a writer for ever
            outbox.post(
                session, outbox.Draft(key="meanwhile", template="notice", now=now, phone="+8613800000002")
            )
        return httpx.Response(200)

    assert len(run(database, now, provider)) == 1


def test_two_workers_do_not_send_the_same_message(database: Database, now):
    post(database, now)
    during: list[str] = []

    def provider(_request: httpx.Request) -> httpx.Response:
        during.extend(run(database, now))
        return httpx.Response(200)

    assert len(run(database, now, provider)) == 1
    assert during == []


def test_a_worker_that_dies_after_sending_leaves_the_message_to_another_with_the_same_id(
    database: Database, now
):
    post(database, now)
    seen: list[str] = []

    def dies(request: httpx.Request) -> httpx.Response:
        seen.append(request.content.decode())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(database, now, dies, sms_body="{id}")
    assert run(database, now + LEASE, sms_body="{id}") == []
    assert run(database, now + LEASE + timedelta(seconds=1), sms_body="{id}") == seen


def test_a_broken_template_fails_alone_and_holds_nobody_up(database: Database, now):
    post(database, now, key="bad", template="broken")
    post(database, now, key="good")

    def broken(template: str, values: Mapping[str, object]) -> str:
        if template == "broken":
            raise KeyError("phone 13800000001")
        return render(template, values)

    assert len(run(database, now, with_render=broken)) == 1
    with database.session(writing=False) as session:
        errors = {row.key: row.error for row in session.exec(select(Message))}
    assert errors == {"bad": "template: KeyError", "good": ""}


def test_a_slow_gateway_gets_no_more_messages_than_fit_into_the_lease(database: Database, now):
    for number in range(7):
        post(database, now, key=str(number))
    assert len(run(database, now)) == 5
    assert len(run(database, now)) == 2


def test_a_sent_code_is_no_longer_in_the_database(database: Database, now):
    code = ask_for_code(database, now)
    assert code in run(database, now)[0]
    assert message(database).values == {"code": BLANK}


def test_a_code_that_will_be_tried_again_is_kept_and_then_blanked(database: Database, now):
    code = ask_for_code(database, now)
    run(database, now, 503)
    assert message(database).values == {"code": code}
    run(database, now + timedelta(minutes=1), 400)
    assert message(database).values == {"code": BLANK}


def test_a_late_code_is_not_sent(database: Database, now):
    ask_for_code(database, now)
    assert run(database, now + CODE_LIFE) == []
    assert (message(database).values, message(database).sent_at) == ({"code": BLANK}, None)
    assert message(database).failed_at


def test_the_demo_keeps_a_code_on_screen_until_it_expires(database: Database, now):
    code = ask_for_code(database, now)
    demo = {"sms_gateway": "none", "demo": True}
    assert run(database, now, **demo) == []
    assert (message(database).values, message(database).sent_at) == ({"code": code}, now)
    run(database, now + CODE_LIFE, **demo)
    assert message(database).values == {"code": BLANK}


def test_without_a_gateway_production_says_so_and_keeps_no_code(database: Database, now):
    ask_for_code(database, now)
    run(database, now, sms_gateway="none")
    assert (message(database).error, message(database).values) == ("no gateway is set", {"code": BLANK})


def test_the_text_of_a_code_is_one_line_without_a_link(database: Database, now):
    code = ask_for_code(database, now)
    expected = f"+8613800000001 【好商量】验证码 {code}，5 分钟内有效。不要告诉任何人。"
    assert run(database, now, with_render=render_message) == [expected]


def test_the_text_about_a_printed_code_is_one_line_without_the_code():
    text = render_message("desk_code_printed", {})
    assert text.startswith("居委会柜台刚刚为您打印了一个登录码")


def test_a_number_nobody_proved_for_long_is_told_that_there_is_news_and_nothing_else(database, now):
    for number, days in enumerate((60, 61)):
        with database.transaction() as session:
            made = now - timedelta(days=days)
            account_id = ensure_account(session, phone=f"1380000010{number}", name="", now=made)
        post(database, now, f"k{number}", account_id=account_id, phone=None, link="/e/xingfuli/votes/1")
    told = run(database, now, public_url="https://a.example.cn")
    assert ["hello" in text for text in told] == [True, False]
    assert told[1].endswith("news:None https://a.example.cn/me/messages")
