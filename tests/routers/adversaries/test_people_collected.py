"""Collecting people: staff read no name or number without spending of their budget, and a resident reads nobody's at all."""

from __future__ import annotations

import html
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import sqlalchemy as sa

from app.rules.votes.verification.bundle import unpack
from tests.routers.adversaries.addresses import INSIDE, fill, parameters, shape_of
from tests.routers.adversaries.conftest import Site
from tests.routers.adversaries.estates import SLUG

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
COMMITTEE, MEDIATOR, RESIDENT = "陈洁", "冯玉清", "陈文军"
STAFF = (COMMITTEE, *((MEDIATOR, "赵敏", "周丽", "马超", "孙立平", "韩松") if CAMPAIGN else ()))
# Many addresses differ in their query alone; so many of one kind are opened.
OF_A_KIND = 6 if CAMPAIGN else 1
# Names that are read without a look, and why.
FREE = {
    "/e/{slug}/honours": "whoever is on the roll of honour said that he may be named",
    "/e/{slug}/honours/print": "the same to hang up",
    "/desk/{slug}/meetings/{meeting_id}/room/queue": "a part of the room, which was paid for; fetched every six seconds",
    "/desk/{slug}/votes/{vote_id}/extension": "who on the staff asked for it",
    "/desk/{slug}/votes/{vote_id}/postings": "who on the staff hung it up",
    "/e/{slug}/mediation/{case_id:uuid}/files/{file_id:uuid}": "of a case whose room was paid for",
    "/e/{slug}/mediation/{case_id:uuid}/files/{file_id:uuid}/small": "the same, small",
}


@dataclass(frozen=True)
class People:
    """Everybody by his name and his number; those in office; those whom a notice names to all, as candidates."""

    names: frozenset[str]
    phones: frozenset[str]
    in_office: frozenset[str]
    public: frozenset[str]


@pytest.fixture(scope="module")
def people(site: Site) -> People:
    with site.database.engine.connect() as connection:

        def read(query: str) -> frozenset[str]:
            return frozenset(connection.execute(sa.text(query)).scalars())

        names = read("SELECT name FROM owner UNION SELECT name FROM account WHERE length(name) > 1")
        phones = read("SELECT phone FROM owner UNION SELECT phone FROM account")
        office = read("SELECT a.name FROM account a JOIN role_grant g ON g.account_id = a.id")
    board = site.browser().get(f"/feeds/{SLUG}.atom").text
    return People(
        names,
        frozenset(phone.removeprefix("+86") for phone in phones if phone),
        office,
        frozenset(name for name in names if name in board),
    )


@dataclass(frozen=True)
class Page:
    pattern: str
    path: str
    text: str
    spent: int


SHAPES = {one.pattern: shape_of(one.pattern) for one in INSIDE if one.method == "GET"}


def pattern_of(address: str) -> str:
    """The pattern an address of this estate fits, words before parameters; "" for none."""
    path = urlsplit(address).path
    fitting = [pattern for pattern, shape in SHAPES.items() if shape.fullmatch(path)] if SLUG in path else []
    return min(fitting, key=lambda one: (one.count("{"), one), default="")


def links_of(path: str, text: str) -> Iterator[str]:
    for address in re.findall(r'href="([^"#]+)', text):
        yield urljoin(path, html.unescape(address))


def starts(site: Site) -> list[str]:
    """Every address once, and those that show a home only when they are asked for one."""
    with site.database.engine.connect() as connection:
        rows = {
            pattern: {"slug": SLUG, **parameters(connection, pattern, site.two.estate_id)}
            for pattern in SHAPES
        }
    paths = [fill(pattern, row) for pattern, row in rows.items()]
    desk, home = f"/desk/{SLUG}", rows["/desk/{slug}/votes/{vote_id}/paper/deliveries/{unit_id:uuid}"]
    vote = f"{desk}/votes/{home['vote_id']}"
    asked = [f"{vote}/{room}?unit={home['unit_id']}" for room in ("assist", "assist/witness", "mandates")]
    return [*paths, *asked, f"{desk}/credits/people?q=李", f"{desk}/register?q=301"]


def walk(site: Site, name: str) -> Iterator[Page]:
    """What this person is shown at every address, and at those that its pages lead to."""
    browser, records = site.browser(site.two.insiders[name]), site.app.state.records
    spent: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "take", lambda _account, looks: spent.update(looks=looks) or 0)
        kinds, todo = Counter[tuple[str, ...]](), dict.fromkeys(starts(site))
        done: set[str] = set()
        while todo:
            path = next(iter(todo))
            del todo[path]
            pattern = pattern_of(path)
            kind = (pattern, *(key for key, _ in parse_qsl(urlsplit(path).query)))
            if path in done or not pattern or kinds[kind] == OF_A_KIND:
                continue
            kinds[kind] += 1
            done.add(path)
            before = spent["looks"]
            answer = browser.get(path)
            assert answer.status_code != 429, path
            if answer.status_code == 200:
                text = words(answer.content)
                todo |= dict.fromkeys(links_of(path, text))
                yield Page(pattern, path, text, spent["looks"] - before)


def words(content: bytes) -> str:
    if content.startswith(b"PK"):
        content = b"\n".join(unpack(content).values())
    return content.decode(errors="ignore")


def seen(page: Page, people: People, but: set[str]) -> set[str]:
    """Whose full names and numbers stand on a page, the reader's own and those of everybody's knowledge left out."""
    known = people.in_office | people.public | but
    return {name for name in people.names - known if name in page.text} | {
        phone for phone in people.phones - but if re.search(rf"(?<!\d){phone}(?!\d)", page.text)
    }


@pytest.mark.parametrize("name", STAFF)
def test_no_page_shows_staff_a_name_or_a_number_that_was_not_paid_for(
    site: Site, people: People, name: str
) -> None:
    me = site.two.insiders[name]
    own = {name, me.phone.removeprefix("+86")}
    pages = list(walk(site, name))
    showing = {page.pattern: page for page in pages if seen(page, people, own)}
    assert len(showing) > (20 if name == COMMITTEE else 2)
    unpaid = {page.pattern: page.path for page in pages if not page.spent and seen(page, people, own)}
    assert {pattern: path for pattern, path in unpaid.items() if pattern not in FREE} == {}


def household_of(site: Site, name: str) -> set[str]:
    """Everybody who owns or lives in one of his homes, with their numbers."""
    query = """
        WITH mine AS (
            SELECT unit_id FROM ownership JOIN owner ON owner.id = owner_id WHERE owner.account_id = :me
            UNION SELECT unit_id FROM residence WHERE account_id = :me)
        SELECT name, phone FROM owner JOIN ownership ON owner_id = owner.id WHERE unit_id IN mine
        UNION SELECT name, phone FROM account JOIN residence ON account_id = account.id WHERE unit_id IN mine
        UNION SELECT name, phone FROM account WHERE id = :me
    """
    me = site.two.insiders[name].account_id.hex
    with site.database.engine.connect() as connection:
        rows = connection.execute(sa.text(query), {"me": me}).all()
    return {value.removeprefix("+86") for row in rows for value in row if value}


@pytest.mark.parametrize("name", [RESIDENT, *(("李秀英", "钱小雨", "徐丽华") if CAMPAIGN else ())])
def test_all_that_a_resident_can_open_names_his_own_household_and_nobody_elses(
    site: Site, people: People, name: str
) -> None:
    pages = list(walk(site, name))
    assert len(pages) > 100
    own = household_of(site, name)
    assert name in own
    honoured = {"/e/{slug}/honours", "/e/{slug}/honours/print"}
    found = {page.path: seen(page, people, own) for page in pages if page.pattern not in honoured}
    assert {path: names for path, names in found.items() if names} == {}
    # Were nobody's name found at all, the walk would not be reading.
    assert any(who in page.text for page in pages for who in people.in_office)
