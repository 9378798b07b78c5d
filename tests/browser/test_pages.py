"""Every page in every dress: axe finds nothing grave, targets suit a thumb, and nothing scrolls sideways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import Watch, choose
from tests.browser.furnished import Facts, furnish
from tests.browser.site import Site
from tests.browser.stop import Stop
from tests.browser.stops_accounts import door_pages, factor_pages, paper_pages
from tests.browser.stops_people import (
    credit_pages,
    guide_pages,
    mediation_pages,
    meeting_pages,
    office_pages,
    survey_pages,
)

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 390)
# MIIT's rules for the elderly: 44 dp for what is pressed, 60 dp in an elderly version.
TARGETS = {"standard": 44, "large": 60, "huge": 60}
NO_CONTRAST = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
ONLY_CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}

DRESS = "([size, theme]) => Object.assign(document.documentElement.dataset, { size, theme })"
OPEN_ALL = "for (const box of document.querySelectorAll('details')) box.open = true"
AXE = """options => axe.run(document, options).then(found => found.violations
  .filter(fault => ["serious", "critical"].includes(fault.impact))
  .map(fault => `${fault.id}: ${fault.nodes.map(node => node.html.slice(0, 160)).join(" | ")}`))"""
MEASURE = """([width, sizes]) => {
  const said = node => (node.innerText ?? node.textContent).trim();  // a drawing has no innerText
  const faults = [], pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const [size, least] of Object.entries(sizes)) {
    Object.assign(document.documentElement.dataset, { size, theme: "light" });
    const page = document.scrollingElement.scrollWidth;
    if (page > width) faults.push(`${size} at ${width}: ${page} wide`);
    for (const element of document.querySelectorAll(pressed)) {
      const target = element.closest("label") || element, box = target.getBoundingClientRect();
      if (box.height >= least - .5 && box.width >= least - .5) continue;
      if (!target.checkVisibility() || box.bottom < 0) continue;
      // A link inside a sentence is as tall as its line; what stands alone is not.
      const inline = element.matches("a") && getComputedStyle(element).display === "inline";
      if (inline && said(element.parentElement) !== said(element)) continue;
      const name = target.innerText || target.name || target.outerHTML.slice(0, 80);
      faults.push(`${size} at ${width}: ${Math.round(box.width)} x ${Math.round(box.height)}: ${name}`);
    }
  }
  return faults;
}"""


def choose_and_go_on(page: Page) -> None:
    page.locator("[name=choice]").first.check()
    page.locator("[name=has_read]").check()
    send(page)
    page.locator(".big-choice").wait_for()


def send(page: Page) -> None:
    page.locator("main form .button").first.click()


def send_empty(page: Page) -> None:
    send(page)
    page.locator(".summary").wait_for()


def ask_for_code(page: Page) -> None:
    # Its own page says when the next code may be asked for; an hour of tests must not run into that.
    if page.url.endswith("/sign-in"):
        page.locator("[name=phone]").fill("13800031502")
        send(page)


def compose_outcome(page: Page) -> None:
    page.locator("[name=statement]").fill("感谢各位邻居参加，居委会将逐户听取意见。")
    send(page)
    page.locator(".posted").wait_for()


def vote_pages() -> list[Stop]:
    show = "/e/xingfuli/votes/{open}"
    owner, other = "李秀英", "王建国"
    return [
        Stop("votes", owner, "/e/xingfuli/votes"),
        Stop("vote-open", owner, show),
        Stop("vote-noticed", owner, "/e/xingfuli/votes/{noticed}"),
        Stop("vote-final", owner, "/e/xingfuli/votes/{final}"),
        Stop("ballot", owner, show + "/ballot"),
        Stop("ballot-of-two-homes", other, show + "/ballot?unit={301}"),
        Stop("ballot-with-errors", owner, show + "/ballot", send_empty),
        Stop("confirm", owner, show + "/ballot", choose_and_go_on),
        Stop("receipt", other, show + "/ballot/receipt?unit={301}"),
        Stop("refused", owner, "/e/xingfuli/votes/{noticed}/ballot", status=409),
        Stop("progress", owner, show + "/progress"),
        Stop("roll", owner, "/e/xingfuli/votes/{noticed}/roll"),
        Stop("result-preliminary", owner, "/e/xingfuli/votes/{preliminary}/result"),
        Stop("result-final", owner, "/e/xingfuli/votes/{final}/result"),
        Stop("result-print", owner, "/e/xingfuli/votes/{final}/result/print"),
        Stop("vote-rules", owner, "/e/xingfuli/votes/rules"),
        Stop("objections", owner, "/e/xingfuli/votes/{preliminary}/objections"),
        Stop("certificate", owner, "/e/xingfuli/votes/{final}/certificate"),
        Stop("evidence", owner, "/e/xingfuli/votes/{final}/evidence"),
        Stop("verify", "", show + "/verify"),
        Stop("mandates", owner, show + "/mandates"),
        Stop("letter", "", "/e/xingfuli/letters"),
    ]


def other_pages() -> list[Stop]:
    return [
        Stop("front-door", "", "/"),
        Stop("demo", "", "/demo"),
        Stop("outbox", "", "/demo/outbox"),
        Stop("sign-in", "", "/sign-in"),
        Stop("sign-in-code", "", "/sign-in", ask_for_code),
        Stop("sign-in-desk", "", "/sign-in/desk"),
        Stop("not-found", "", "/nowhere", status=404),
        Stop("not-allowed", "李秀英", "/desk/xingfuli", status=403),
        Stop("home", "李秀英", "/e/xingfuli"),
        Stop("me", "李秀英", "/me"),
        Stop("devices", "李秀英", "/me/devices"),
        Stop("messages", "李秀英", "/me/messages"),
        Stop("name", "李秀英", "/me/name"),
        Stop("deliberations", "李秀英", "/e/xingfuli/deliberations"),
        Stop("maintenance", "李秀英", "/e/xingfuli/maintenance"),
        Stop("join", "吴新", "/e/xingfuli/join"),
        Stop("join-form", "吴新", "/e/xingfuli/join?building=3&entrance=1"),
        Stop("board", "", "/e/xingfuli/outcomes"),
        Stop("posting", "", "/e/xingfuli/outcomes/{posting-final}"),
        Stop("poster-a4", "", "/e/xingfuli/outcomes/{posting-final}/poster"),
        Stop("poster-a3", "", "/e/xingfuli/outcomes/{posting-noticed}/poster?paper=a3"),
    ]


def desk_pages() -> list[Stop]:
    root = "/desk/xingfuli"
    draft = root + "/votes/{draft}"
    places = {
        "desk": root,
        "desk-votes": root + "/votes",
        "desk-vote-open": root + "/votes/{open}",
        "desk-vote-noticed": root + "/votes/{noticed}",
        "desk-vote-preliminary": root + "/votes/{preliminary}",
        "desk-paper": root + "/votes/{open}/paper",
        "desk-deliveries": root + "/votes/{open}/paper/deliveries",
        "desk-mandates": root + "/votes/{open}/mandates",
        "desk-assist": root + "/votes/{open}/assist",
        "desk-witness": root + "/votes/{open}/assist/witness",
        "desk-codes": root + "/votes/{open}/codes",
        "desk-postings": root + "/votes/{open}/postings",
        "desk-rules": root + "/rules",
        "wizard-new": root + "/votes/new",
        "wizard-questions": draft + "/questions",
        "wizard-scope": draft + "/scope",
        "wizard-attachments": draft + "/attachments",
        "wizard-cost": draft + "/cost",
        "wizard-terms": draft + "/terms",
        "wizard-election": draft + "/questions/1?kind=election",
        "wizard-preview": draft + "/preview",
        "register": root + "/register",
        "register-home": root + "/register/{402}",
        "register-owner": root + "/register/{402}/owners/{owner}",
        "import": root + "/register/import",
        "import-preview": root + "/register/import/{import}",
        "import-removed": root + "/register/import/{import}?part=removed",
        "import-doubles": root + "/register/import/{import}?part=doubles",
        "claims": root + "/claims",
        "claim": root + "/claims/{claim}",
        "trail": root + "/trail",
    }
    stops = [Stop(name, "陈洁", path) for name, path in places.items()]
    outcome = root + "/votes/{preliminary}/outcome/preliminary"
    return [
        *stops,
        Stop("outcome", "陈洁", outcome),
        Stop("outcome-preview", "陈洁", outcome, compose_outcome),
    ]


def talk_pages() -> list[Stop]:
    root, desk = "/e/xingfuli", "/desk/xingfuli"
    thread, proposal = root + "/deliberations/{thread}", root + "/proposals/{gathering}"
    places = {
        "proposals": root + "/proposals",
        "proposals-found": root + "/proposals?q=长椅",
        "proposal": proposal,
        "proposal-history": proposal + "/history",
        "proposal-report": proposal + "/report",
        "proposal-draft": root + "/proposals/new",
        "talk-found": root + "/deliberations?q=电费",
        "thread": thread,
        "thread-print": thread + "/print",
        "thread-reply": thread + "/posts/1/reply",
        "thread-report": thread + "/posts/1/report",
        "statements": thread + "/statements",
        "projects": root + "/projects",
        "party": root + "/party",
        "moderation-log": root + "/moderation",
        "moderation-act": root + "/moderation/1",
    }
    desks = {
        "desk-proposals": desk + "/proposals",
        "desk-proposal": desk + "/proposals/{owed}",
        "desk-split": desk + "/proposals/{owed}/split",
        "desk-settings": desk + "/consultation",
        "desk-catalogue": desk + "/consultation/catalogue",
        "desk-threads": desk + "/deliberations",
        "desk-thread": desk + "/deliberations/{thread}",
        "desk-statements": desk + "/deliberations/{thread}/statements",
        "desk-queue": desk + "/moderation",
        "desk-post": desk + "/moderation/posts/2?thread={thread}",
        "desk-mode": desk + "/moderation/threads/{thread}",
        "desk-mutes": desk + "/moderation/mutes",
        "desk-appeals": desk + "/moderation/appeals",
        "desk-appeal": desk + "/moderation/appeals/1",
        "desk-minutes": desk + "/deliberations/{agreed}/minutes",
        "desk-minutes-preview": desk + "/deliberations/{agreed}/minutes/preview",
    }
    return [
        *(Stop(name, "李秀英", path) for name, path in places.items()),
        *(Stop(name, "陈洁", path) for name, path in desks.items()),
        Stop("duties", "孙立平", desk + "/duties"),
        Stop("thread-muted", "李永福", thread),
        Stop("statements-muted", "李永福", thread + "/statements"),
        Stop("appeal", "李永福", root + "/moderation/3/appeal"),
        Stop("party-member-judges", "赵敏", desk + "/moderation/posts/9?thread={thread}"),
    ]


def repair_pages() -> list[Stop]:
    root, owner = "/e/xingfuli/maintenance", "李秀英"
    places = {
        "report-what": root + "/new",
        "report-places": root + "/new/places?in=3",
        "report-details": root + "/new/details?place={sticker}&category=lighting",
        "repairs-mine": root + "/mine",
        "order-of-mine": root + "/{order-taken}",
        "order-declined": root + "/{order-declined}",
        "rates": root + "/rates",
        "chains": root + "/chains",
        "contractors": root + "/contractors",
        "repair-poster": root + "/poster",
        "upkeep": root + "/upkeep",
        "upkeep-plan": root + "/upkeep/{plan}",
        "fees": root + "/fees",
    }
    return [
        *(Stop(name, owner, path) for name, path in places.items()),
        Stop("order-to-confirm", "王建国", root + "/{order-repaired}"),
        Stop("order-of-others", "", root + "/{order-reworked}"),
        Stop("sticker", "", "/q/{sticker}"),
        Stop("fees-of-others", "", root + "/fees"),
    ]


def repair_desk_pages() -> list[Stop]:
    desk = "/desk/xingfuli"
    fees, orders = desk + "/fees", desk + "/orders"
    places = {
        "orders": orders,
        "order-desk": orders + "/{order-reworked}",
        "order-hand": orders + "/{order-new}/hand",
        "order-bulk": orders + "/bulk?n=14&n=16",
        "order-words": orders + "/templates",
        "held": desk + "/reports/held",
        "held-report": desk + "/reports/held/{order-held}",
        "order-appeals": orders + "/appeals",
        "order-appeal": orders + "/appeals/{order-appeal}",
        "hotline": orders + "/hotline",
        "parties": desk + "/parties",
        "party-of-repairs": desk + "/parties/{manager}",
        "party-duties": desk + "/parties/duties",
        "clocks": desk + "/clocks",
        "calendar": desk + "/clocks/calendar",
        "facilities": desk + "/facilities",
        "facility": desk + "/facilities/{lift}",
        "stickers": desk + "/stickers",
        "upkeep-desk": desk + "/upkeep",
        "upkeep-new": desk + "/upkeep/new",
        "upkeep-round": desk + "/upkeep/rounds/{round-open}",
        "fees-desk": fees,
        "fee-price": fees + "/services/{service}/price",
        "fee-homes": fees + "/homes?building=3&entrance=1",
        "fee-home": fees + "/homes/{402}",
        "hardships": fees + "/hardship",
        "open311": desk + "/open311",
    }
    return [
        *(Stop(name, "陈洁", path) for name, path in places.items()),
        Stop("work", "马超", orders),
        Stop("order-of-party", "马超", orders + "/{order-taken}"),
        Stop("order-finish", "马超", orders + "/{order-taken}/repaired"),
        Stop("fee-deeds", "马超", fees + "/services/{service}/deeds"),
    ]


STOPS = [
    *vote_pages(),
    *other_pages(),
    *desk_pages(),
    *talk_pages(),
    *repair_pages(),
    *repair_desk_pages(),
    *guide_pages(),
    *survey_pages(),
    *meeting_pages(),
    *mediation_pages(),
    *credit_pages(),
    *office_pages(),
    *factor_pages(),
    *paper_pages(),
    *door_pages(),
]


@pytest.fixture(scope="module")
def copy(copy: Path) -> Path:
    (copy / "facts.json").write_text(json.dumps(furnish(copy)))
    return copy


@pytest.fixture(scope="module")
def facts(copy: Path) -> Facts:
    return json.loads((copy / "facts.json").read_text())


@pytest.fixture
def visit(readers, new_context, site: Site, facts: Facts) -> Iterator[Callable[[Stop, str], Page]]:
    """Open a stop's page in a language, as its visitor, with every disclosure open."""
    visitors: list[tuple[Page, Watch | None]] = []

    def open_stop(stop: Stop, language: str) -> Page:
        if not visitors:
            # A stranger leaves traces in his browser, such as a code asked for; so each has one of his own.
            visitors.append(readers(stop.who) if stop.who else (new_context().new_page(), None))
        page = visitors[0][0]
        page.set_viewport_size({"width": 390, "height": 844})
        choose(page.context, site, {"language": language})
        path = stop.path
        for name, value in facts.items():
            path = path.replace("{" + name + "}", value)
        answer = page.goto(path)
        assert answer
        assert answer.status == stop.status
        if stop.act:
            stop.act(page)
        assert page.locator("h1").count() == 1, page.url
        page.evaluate(OPEN_ALL)
        return page

    yield open_stop
    for _, watch in visitors:
        if watch:
            faults, watch.faults = watch.faults, []
            assert faults == []


def sizes_of(page: Page) -> dict[str, int]:
    """A sheet of paper has one size, and the help above it one."""
    return {"standard": 44} if page.locator(".sheet").count() else TARGETS


def misfits(page: Page, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """Whatever is too wide or too small, in every size at each width."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        found += page.evaluate(MEASURE, [width, sizes_of(page)])
    return found


def grave_faults(page: Page) -> list[str]:
    """Contrast hangs on the colours and is strictest in the smallest letters; the rest hangs on the size, up to the largest."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for size, theme, options in (
        ("standard", "light", {"resultTypes": ["violations"]}),
        ("standard", "dark", ONLY_CONTRAST),
        ("huge", "dark", NO_CONTRAST),
    ):
        page.evaluate(DRESS, [size, theme])
        found += [f"{size}, {theme}: {fault}" for fault in page.evaluate(AXE, options)]
    return found


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_a_page_fits_its_reader(stop: Stop, visit) -> None:
    page = visit(stop, "zh")
    faults = grave_faults(page) + [f"zh {fault}" for fault in misfits(page)]
    # What has room for English words at the narrowest has it at the others.
    faults += [f"en {fault}" for fault in misfits(visit(stop, "en"), WIDTHS[:1])]
    assert not faults, "\n".join(faults)
