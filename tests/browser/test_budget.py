"""What the ballot page costs a cheap telephone on a slow net: bytes, requests, and the time to the first words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.test_main_job import TITLE

pytestmark = pytest.mark.browser

MAX_BYTES, MAX_REQUESTS, MAX_FIRST_PAINT = 60_000, 4, 2.5
SLOW_NET = {"offline": False, "latency": 562, "downloadThroughput": 1.47e6 / 8, "uploadThroughput": 0.7e6 / 8}
PAINT = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)"


@pytest.fixture
def ballot(signed_in, site) -> Page:
    page = signed_in("李秀英")
    page.goto("about:blank")
    page.ballot = f"{site.home()}/votes/{site.vote(TITLE).id}/ballot"
    return page


def test_the_ballot_page_is_small_and_asks_for_little(ballot: Page) -> None:
    sent = []
    ballot.on(
        "requestfinished", lambda request: sent.append((request.url, request.sizes()["responseBodySize"]))
    )
    ballot.goto(ballot.ballot, wait_until="networkidle")
    assert len(sent) <= MAX_REQUESTS, sent
    assert sum(size for _, size in sent) <= MAX_BYTES, sent


def test_the_first_words_stand_within_the_budget_on_a_slow_net(ballot: Page) -> None:
    remote = ballot.context.new_cdp_session(ballot)
    remote.send("Network.enable")
    remote.send("Network.emulateNetworkConditions", SLOW_NET)
    remote.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    times = []
    # A busy machine only ever adds to a measurement, so the least of a few is the page's own.
    for _ in range(4):
        remote.send("Network.clearBrowserCache")
        ballot.goto(ballot.ballot, wait_until="load")
        ballot.wait_for_function(f"{PAINT}.length > 0")
        times.append(ballot.evaluate(PAINT)[0] / 1000)
        if times[-1] <= MAX_FIRST_PAINT:
            break
    assert min(times) <= MAX_FIRST_PAINT, times
