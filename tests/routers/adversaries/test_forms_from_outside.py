"""No form that names a row of another estate changes anything: every address, sent by whoever keeps or owns in his own."""

from __future__ import annotations

import re

from tests.routers.adversaries.addresses import INSIDE, Address, fill
from tests.routers.adversaries.conftest import Site
from tests.routers.adversaries.estates import OWN_SLUG, SLUG, dump
from tests.routers.adversaries.forms import Forms
from tests.routers.adversaries.test_other_estate import names_a_row, places_of, touched

# The committee at its own desk and pages, an owner at his; and each of them where they are strangers.
WALKS = (
    ("committee", OWN_SLUG, ("/desk/", "/e/")),
    ("committee", SLUG, ("/desk/",)),
    ("owner", OWN_SLUG, ("/e/",)),
    ("owner", SLUG, ("/e/",)),
)
# What comes of a form about a row that is not there: not allowed, not found, no longer so, not filled in rightly.
REFUSED = {403, 404, 409, 413, 422}
# The role and the duty are looked at first there, and nothing of the other estate's is behind them.
SHUT = {"duties", "roles"}
# A stranger may try the code of a paper letter; that he guessed wrongly is what the estate's trail is to keep.
GUESSED = re.compile("^trail_row took in .*'votes:code:wrong'|^trail_head ")


def room_of(address: Address) -> str:
    return address.pattern.split("{slug}/")[1].split("/")[0]


def test_no_form_sent_from_outside_changes_anything_of_the_estate(site: Site) -> None:
    places, found, faults = places_of(site), set[str](), []
    sent = [one for one in INSIDE if one.method == "POST"]
    with site.database.engine.connect() as connection:
        forms, before = Forms(connection), dump(connection)
    for name, slug, sides in WALKS:
        browser = site.browser(site.two.people[name])
        for address in (one for one in sent if one.pattern.startswith(sides)):
            path = fill(address.pattern, {"slug": slug, **places[address.pattern]})
            status = browser.post(path, **forms.filled(address)).status_code
            named = slug == OWN_SLUG and names_a_row(address)
            found |= {room_of(address)} if named and status == 404 else set()
            if status not in REFUSED and (named or status != 303):
                faults.append((name, slug, address.pattern, status))
    with site.database.engine.connect() as connection:
        after = dump(connection)
    assert faults == []
    assert [one for one in touched(before, after, site) if not GUESSED.match(one)] == []
    # Were the forms refused for their shape, their token or their number, the walk would show nothing.
    assert {room_of(one) for one in sent if names_a_row(one)} - found == SHUT
