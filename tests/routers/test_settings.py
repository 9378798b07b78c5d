"""How pages look: three choices in cookies, for everybody, and no way off the site."""

import pytest


@pytest.mark.parametrize(
    ("field", "value", "mark"),
    [
        ("size", "huge", 'data-size="huge"'),
        ("theme", "dark", 'data-theme="dark"'),
        ("language", "en", '<html lang="en"'),
    ],
)
def test_a_choice_is_kept_for_a_year_and_shows_at_once(web, field, value, mark):
    browser = web()
    answer = browser.post("/settings/display", {field: value, "return_to": "/sign-in"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=31536000" in answer.headers["set-cookie"]
    assert mark in browser.get("/sign-in").text


def test_one_choice_leaves_the_others_alone(web):
    browser = web()
    browser.post("/settings/display", {"size": "large"})
    browser.post("/settings/display", {"theme": "dark"})
    text = browser.get("/sign-in").text
    assert 'data-size="large"' in text
    assert 'data-theme="dark"' in text


@pytest.mark.parametrize("value", ["", "giant", 'x" onload="y', "z" * 100_000])
def test_an_unknown_choice_sets_nothing(web, value):
    answer = web().post("/settings/display", {"size": value, "theme": value, "language": value})
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "away",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "", "/" + "x" * 600],
)
def test_it_leads_back_within_the_site_only(web, away):
    assert web().post("/settings/display", {"size": "large", "return_to": away}).headers["location"] == "/"


def test_the_page_one_was_on_is_returned_to_with_its_query(web):
    browser = web()
    assert 'value="/sign-in?next=/me"' in browser.get("/sign-in?next=/me").text
    assert (
        browser.post("/settings/display", {"return_to": "/sign-in?next=/me"}).headers["location"]
        == "/sign-in?next=/me"
    )
