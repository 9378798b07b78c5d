"""Whoever has a role in one estate reaches nothing of another: every address, every kind of row, every role."""

from __future__ import annotations

import os
import re

import pytest

from tests.routers.adversaries.addresses import INSIDE, Address, Unmapped, fill, parameters
from tests.routers.adversaries.conftest import Site
from tests.routers.adversaries.estates import OWN_SLUG, SLUG, dump
from tests.routers.test_permission_matrix import PUBLIC

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
ROLES = ("committee", "party member", "mediator", "auditor", "party staff", "operator", "owner")
# At the other estate's own address all of them are strangers but the operator, who keeps the whole installation.
STRANGERS = tuple(name for name in ROLES if name != "operator") if CAMPAIGN else ("committee", "owner")
# Words and running numbers name no row of any one estate.
NO_IDS = {"slug", "duty", "kind", "deed", "verb", "key", "seq", "number", "place", "position"}
# What hangs on the estate's board, by its id, and what anybody signed in may read of repairs and policies.
PUBLIC_ROWS = {
    "/e/{slug}/files/{file_id:uuid}",
    "/e/{slug}/guides/{guide_id:uuid}",
    "/e/{slug}/guides/{guide_id:uuid}/print",
    "/e/{slug}/maintenance/upkeep/{plan_id:uuid}",
    "/e/{slug}/maintenance/{order_id:uuid}",
    "/e/{slug}/maintenance/{order_id:uuid}/photos/{photo_id:uuid}",
    "/e/{slug}/outcomes/{publication_id}",
    "/e/{slug}/outcomes/{publication_id}/poster",
    "/e/{slug}/outcomes/{publication_id}/text",
    "/e/{slug}/votes/{vote_id}/verify",
}
CLOSED = {303, 403, 404}


def names_a_row(address: Address) -> bool:
    return bool(set(re.findall(r"{(\w+)", address.pattern)) - NO_IDS)


def places_of(site: Site) -> dict[str, dict[str, str]]:
    """The rows of the attacked estate that each address names; an address with an unknown parameter fails here."""
    places, unmapped = {}, []
    with site.database.engine.connect() as connection:
        for address in INSIDE:
            try:
                places[address.pattern] = parameters(connection, address.pattern, site.two.estate_id)
            except Unmapped as fault:
                unmapped.append(str(fault))
    assert unmapped == []
    return places


def test_no_address_of_ones_own_estate_shows_a_row_of_the_other(site: Site) -> None:
    places, opened = places_of(site), []
    reading = [one for one in INSIDE if one.method == "GET" and names_a_row(one)]
    for name in ROLES:
        browser = site.browser(site.two.people[name])
        for address in reading:
            path = fill(address.pattern, {"slug": OWN_SLUG, **places[address.pattern]})
            answer = browser.get(f"{path}?seq=1&unit={site.two.own_id}")
            if answer.status_code not in CLOSED:
                opened.append((name, address.pattern, answer.status_code))
    assert opened == []


@pytest.mark.parametrize("name", STRANGERS)
def test_the_other_estates_own_addresses_are_closed_but_for_what_is_public(site: Site, name: str) -> None:
    places, opened = places_of(site), set()
    browser = site.browser(site.two.people[name])
    for address in (one for one in INSIDE if one.method == "GET"):
        answer = browser.get(fill(address.pattern, {"slug": SLUG, **places[address.pattern]}))
        if answer.status_code not in CLOSED:
            opened.add(address.pattern)
    expected = {pattern for pattern in PUBLIC if pattern.startswith(("/e/", "/desk/"))}
    assert opened - PUBLIC_ROWS == expected


def test_nobody_puts_down_a_look_at_the_other_estates_ballots(site: Site) -> None:
    with site.database.engine.connect() as connection:
        pattern = "/desk/{slug}/votes/{vote_id}"
        path = fill(pattern, {"slug": OWN_SLUG, **parameters(connection, pattern, site.two.estate_id)})
        before = dump(connection)
    browser = site.browser(site.two.people["committee"])
    answer = browser.post(f"{path}/paper/sample/look", {"reason": "核对抽样的表决票"})
    with site.database.engine.connect() as connection:
        after = dump(connection)
    assert answer.status_code == 404
    assert touched(before, after, site) == []


def touched(before: dict[str, list[str]], after: dict[str, list[str]], site: Site) -> list[str]:
    """Rows of the attacked estate that are gone or changed, and new rows that name one of its ids."""
    own = {site.two.own_id.hex, *(person.account_id.hex for person in site.two.people.values())}
    ids = {
        found for rows in before.values() for row in rows for found in re.findall(r"\b[0-9a-f]{32}\b", row)
    }
    found = []
    for table, rows in before.items():
        gone, new = set(rows) - set(after[table]), set(after[table]) - set(rows)
        found += [f"{table} lost {row[:200]}" for row in gone if not any(mine in row for mine in own)]
        for row in new:
            foreign = set(re.findall(r"\b[0-9a-f]{32}\b", row)) & (ids - own - {"0" * 32})
            found += [f"{table} took in {row[:300]}"] if foreign else []
    return found
