"""Turnout changes under the eyes of the one who looks, without a reload and without a choice in it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import TITLE, vote

pytestmark = pytest.mark.browser


def test_a_ballot_shows_on_a_neighbours_progress_page_without_a_reload(signed_in, site) -> None:
    address = f"{site.home()}/votes/{site.vote(TITLE).id}"
    neighbour, voter = signed_in("王建国"), signed_in("李秀英")
    neighbour.clock.install()
    neighbour.goto(f"{address}/progress")
    neighbour.evaluate("document.body.dataset.first = 'yes'")
    cast = neighbour.locator("dd").filter(has_text=re.compile(r"/ 12 套"))
    expect(cast).to_have_text("6 / 12 套")
    voter.goto(f"{address}/ballot")
    vote(voter, "反对")
    neighbour.clock.fast_forward(21_000)
    expect(cast).to_have_text("7 / 12 套")
    assert neighbour.evaluate("document.body.dataset.first") == "yes"
    expect(neighbour.locator("[data-live]")).not_to_contain_text("反对")


def test_the_desks_drawing_of_the_building_follows_too(signed_in, site) -> None:
    vote_id = site.vote(TITLE).id
    desk, voter = signed_in("陈洁"), signed_in("王建国")
    desk.clock.install()
    desk.goto(f"{site.desk()}/votes/{vote_id}")
    home = desk.locator(".elevation td", has_text="301")
    expect(home).to_contain_text("未投票")
    voter.goto(f"{site.home()}/votes/{vote_id}")
    voter.locator(".card", has_text="301室").get_by_role("link", name="去投票").click()
    vote(voter, "同意")
    desk.clock.fast_forward(21_000)
    expect(home).to_contain_text("已投票")
