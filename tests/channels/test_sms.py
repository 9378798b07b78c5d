"""The HTTP gateway for text messages."""

import json
import logging
from urllib.parse import parse_qs

import httpx
import pytest

from app.channels.sms import DeliveryFailed, send
from app.config import Settings

PHONE = "+8613812345678"
TEXT = '【好商量】验证码 123456，"5" 分钟\n内有效 & {phone} 50%'
FORM = {"sms_body": "mobile={phone_local}&text={text}&sign={signature}&uid={id}"}


def settings(**given) -> Settings:
    return Settings(
        _env_file=None, **{"sms_gateway": "http", "sms_url": "https://sms.example.cn/send"} | given
    )


def exchange(answer: httpx.Response | Exception, **given) -> httpx.Request:
    """Send one message against a fake provider; the request it got."""
    seen: list[httpx.Request] = []

    def provider(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with httpx.Client(transport=httpx.MockTransport(provider)) as client:
        send(settings(**given), phone=PHONE, text=TEXT, message_id="m-1", client=client)
    (request,) = seen
    return request


def refusal(answer: httpx.Response | Exception, **given) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as refused:
        exchange(answer, **given)
    return refused.value


def test_a_json_body_carries_quotes_braces_and_line_breaks_unharmed():
    request = exchange(httpx.Response(200), sms_body='{"to": ["{phone}"], "text": "{text}", "id": "{id}"}')
    assert json.loads(request.content) == {"to": [PHONE], "text": TEXT, "id": "m-1"}
    assert request.headers["content-type"].startswith("application/json")


def test_a_form_body_carries_ampersands_and_percents_unharmed():
    request = exchange(httpx.Response(200), **FORM)
    assert parse_qs(request.content.decode(), strict_parsing=True) == {
        "mobile": ["13812345678"],
        "text": [TEXT],
        "sign": ["好商量"],
        "uid": ["m-1"],
    }
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_a_get_puts_all_into_the_address_and_sends_no_body():
    request = exchange(
        httpx.Response(200, text="0"),
        sms_method="GET",
        sms_url="https://sms.example.cn/sms?u=me&m={phone_local}&c={text}",
        sms_ok="text:0",
    )
    assert (request.method, request.content) == ("GET", b"")
    assert dict(request.url.params) == {"u": "me", "m": "13812345678", "c": TEXT}


def test_headers_are_sent_and_decide_how_the_body_is_escaped():
    given = {"sms_headers": '{"Authorization": "Bearer t", "Content-Type": "application/json"}'}
    request = exchange(httpx.Response(200), sms_body='"{text}"', **given)
    assert request.headers["authorization"] == "Bearer t"
    assert json.loads(request.content) == TEXT


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (301, True),
        (408, False),
        (425, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_a_status_says_whether_trying_again_helps(status, permanent):
    failure = refusal(httpx.Response(status))
    assert (failure.permanent, failure.reason) == (permanent, f"HTTP {status}")


def test_a_redirect_is_not_followed():
    failure = refusal(httpx.Response(302, headers={"location": "http://127.0.0.1/"}))
    assert failure.permanent


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("odd")]
)
def test_a_broken_line_is_worth_another_try(error):
    assert not refusal(error).permanent


@pytest.mark.parametrize(
    ("given"),
    [
        {"sms_url": ""},
        {"sms_url": "ftp://sms.example.cn"},
        {"sms_url": "https://sms.example.cn:port/"},
        {"sms_headers": "not json"},
        {"sms_headers": '{"a": 1}'},
    ],
)
def test_settings_that_cannot_work_are_a_permanent_failure_and_no_crash(given):
    with pytest.raises(DeliveryFailed) as refused:
        send(settings(**given), phone=PHONE, text=TEXT, message_id="m-1")
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"code": 0}', "json:code=0"),
        ('{"code": "0"}', "json:code=0"),
        ('{"data": [{"ok": true}]}', "json:data.0.ok=true"),
        (" 0\n", "text:0"),
        ("result: OK", "OK"),
        ("anything", ""),
    ],
)
def test_the_providers_yes_is_recognised(body, expected):
    exchange(httpx.Response(200, text=body), sms_ok=expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"code": 10}', "json:code=0"),
        ('{"data": {"code": 0}}', "json:code=0"),
        ("[0]", "json:code=0"),
        ("{", "json:code=0"),
        ("[" * 100_000, "json:code=0"),
        ("40", "text:0"),
        ("result: no", "OK"),
        (" " * 70_000 + "OK", "OK"),
    ],
)
def test_a_providers_no_is_permanent_so_that_nobody_gets_six_texts(body, expected):
    assert refusal(httpx.Response(200, text=body), sms_ok=expected).permanent


def test_without_a_gateway_the_demo_is_content_and_production_is_not():
    send(settings(sms_gateway="none", demo=True), phone=PHONE, text=TEXT, message_id="m-1")
    with pytest.raises(DeliveryFailed):
        send(settings(sms_gateway="none"), phone=PHONE, text=TEXT, message_id="m-1")


@pytest.mark.parametrize(
    "answer", [httpx.Response(200), httpx.Response(400, text=PHONE), httpx.ConnectError(PHONE)]
)
def test_neither_phone_nor_text_reaches_a_log_or_a_reason(answer, caplog):
    given = {
        "sms_method": "GET",
        "sms_url": "https://sms.example.cn/?m={phone_local}&c={text}",
        "sms_ok": "no such",
    }
    with caplog.at_level(logging.DEBUG):
        failure = refusal(answer, **given)
    for text in (caplog.text, failure.reason, repr(failure)):
        assert "13812345678" not in text
        assert "123456" not in text
