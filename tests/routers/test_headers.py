"""What every answer carries, whichever page it is, and what every form must bring."""

import re
from uuid import uuid4

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from app.config import Settings
from app.main import create_app
from app.routers.form_guard import form_token
from app.services.accounts import sessions
from app.templating import static

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex",
}
EXPIRED = "这个页面放得太久了"


def unsafe_routes(app):
    found = []
    for route in iter_route_contexts(app.routes):
        methods = getattr(route, "methods", None) or set()
        found += [(method, route.path) for method in methods - {"GET", "HEAD", "OPTIONS"}]
    return sorted(found)


def filled(path, world):
    path = path.replace("{slug}", world.slug)
    path = re.sub(r"\{[^}]+:int\}", "1", path)
    return re.sub(r"\{[^}]+\}", lambda _: str(uuid4()), path)


def assert_headers(answer):
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sign-in", 200),
        ("/sign-in/code", 303),
        ("/me", 303),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/no-such-page", 404),
        ("/demo", 404),
        ("/sign-out", 405),
        ("/e/no-such-estate", 404),
        ("/static/no-such-file.css", 404),
    ],
)
def test_every_answer_carries_the_headers_and_is_not_kept(web, path, status):
    answer = web().get(path)
    assert answer.status_code == status
    assert_headers(answer)
    if not path.startswith("/static/"):
        assert answer.headers["cache-control"] == "no-store"


def without_date(answer):
    return {name: value for name, value in answer.headers.items() if name not in {"date", "set-cookie"}}


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/healthz",
        "/e/xingfuli",
        "/e/xingfuli/votes",
        "/desk/xingfuli",
        "/desk/xingfuli/register/template.xlsx",
        "/e/no-such-estate",
        "/sign-out",
        "/static/app.css",
        "/static/no-such-file.css",
        "/open311/v2/discovery.json",
        "/open311/v2/requests/1.xml",
        "/open311/v2/nothing",
    ],
)
def test_head_is_answered_like_get_at_every_kind_of_address_and_brings_no_body(web, world, path):
    for somebody in (None, world.li_na, world.chen_jie):
        browser = web(somebody)
        got = browser.get(path)
        asked = browser.client.head(path, headers=browser._headers(), follow_redirects=False)
        assert asked.status_code == got.status_code
        # A workbook is packed with the time of day in it, and its length may differ by a byte.
        if not path.endswith(".xlsx"):
            assert without_date(asked) == without_date(got)
        assert set(asked.headers) == set(got.headers)
        assert asked.content == b""
        assert_headers(asked)


@pytest.mark.parametrize("name", ["app.css", "app.js", "icon.svg", "manifest.webmanifest"])
def test_static_files_carry_them_too_and_may_be_kept(web, name):
    answer = web().get(static(name))
    assert answer.status_code == 200
    assert_headers(answer)
    assert "immutable" in answer.headers["cache-control"]


def test_a_refused_form_carries_them(web, world):
    answer = web(world.li_na).client.post("/sign-in", data={"phone": "x"})
    assert answer.status_code == 403
    assert_headers(answer)


def test_a_body_over_the_limit_carries_them(web):
    answer = web().client.post("/sign-in", content=b"", headers={"content-length": str(1 << 30)})
    assert answer.status_code == 413
    assert "内容太大" in answer.text
    assert_headers(answer)


def test_a_fault_shows_a_page_without_details_and_carries_them(app, monkeypatch, world):
    def fail(*_, **__):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("app.dependencies.find_person", fail)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/me", headers={"cookie": "session=" + "x" * 40})
    assert answer.status_code == 500
    assert "这次没有成功" in answer.text
    assert "secret detail" not in answer.text
    assert_headers(answer)


def test_there_is_at_least_one_form_in_every_room(app):
    paths = {path for _, path in unsafe_routes(app)}
    assert {"/sign-in", "/me/name", "/settings/display"} <= paths


def test_no_unsafe_route_takes_a_form_without_its_token(app, web, world):
    browser = web(world.chen_jie)
    wrong = {"", "x" * 40, "错", form_token(app.state.secret, "somebody else", world.chen_jie.token)}
    for method, path in unsafe_routes(app):
        for data in ({}, *({"csrf": token} for token in wrong)):
            answer = browser.client.request(
                method, filled(path, world), data=data, headers=browser._headers(), follow_redirects=False
            )
            assert (path, answer.status_code) == (path, 403)
            assert EXPIRED in answer.text


def test_no_unsafe_route_takes_a_body_that_is_no_form(app, web, world):
    browser = web(world.chen_jie)
    for method, path in unsafe_routes(app):
        answer = browser.client.request(
            method, filled(path, world), json={"csrf": "x"}, headers=browser._headers()
        )
        assert (path, answer.status_code) == (path, 403)


@pytest.mark.parametrize(
    "origin",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
def test_no_unsafe_route_takes_a_form_from_another_site(app, web, world, origin):
    browser = web(world.chen_jie)
    token = form_token(app.state.secret, browser.visitor, world.chen_jie.token)
    for method, path in unsafe_routes(app):
        answer = browser.client.request(
            method, filled(path, world), data={"csrf": token}, headers={**browser._headers(), **origin}
        )
        assert (path, answer.status_code) == (path, 403)


@pytest.mark.parametrize("origin", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}, {}])
def test_a_form_of_our_own_passes(app, web, origin):
    browser = web()
    token = form_token(app.state.secret, browser.visitor, "")
    answer = browser.client.post(
        "/settings/display",
        data={"csrf": token},
        headers={**browser._headers(), **origin},
        follow_redirects=False,
    )
    assert answer.status_code == 303


def test_a_token_of_before_signing_in_is_worth_nothing_after(app, web, world):
    browser = web(world.li_na)
    token = form_token(app.state.secret, browser.visitor, "")
    answer = browser.client.post("/me/name", data={"csrf": token, "name": "王五"}, headers=browser._headers())
    assert answer.status_code == 403


def cookies_of(answer):
    return {line.split("=", 1)[0]: line for line in answer.headers.get_list("set-cookie")}


def test_cookies_cannot_be_read_by_script_nor_sent_by_other_sites(web):
    browser = web()
    asked = browser.post("/sign-in", {"phone": "13800138000"})
    chosen = browser.post("/settings/display", {"size": "large", "theme": "dark", "language": "en"})
    browser.cookies.clear()
    seen = browser.get("/sign-in")
    found = cookies_of(asked) | cookies_of(chosen) | cookies_of(seen)
    assert set(found) == {"pending", "size", "theme", "language", "visitor"}
    for line in found.values():
        assert "HttpOnly" in line
        assert "SameSite=lax" in line
        assert "Domain" not in line


def test_behind_tls_every_cookie_is_secure_and_the_session_is_tied_to_the_host(
    database, clock, world, tmp_path
):
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=database.url,
        worker="separate",
        secure_cookies=True,
        secret_key="a secret for tests only, forty bytes long",
    )
    app = create_app(settings, clock=clock)
    with database.transaction() as session:
        token = sessions.start_session(
            session, account_id=world.li_na.account_id, device="", now=clock(), previous_token=None
        )
    with TestClient(app, base_url="https://testserver") as client:
        visitor = cookies_of(client.get("/sign-in"))["visitor"]
        mine = {"cookie": f"__Host-session={token}; visitor=visitor-of-tests-0123456789"}
        assert client.get("/me", headers=mine).status_code == 200
        csrf = form_token(app.state.secret, "visitor-of-tests-0123456789", token)
        left = cookies_of(client.post("/sign-out", data={"csrf": csrf}, headers=mine, follow_redirects=False))
    assert set(left) == {"__Host-session", "visitor"}
    for line in (visitor, *left.values()):
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "Path=/" in line
        assert "Domain" not in line
