"""Every form of a story sent a second time, with the same token and the same keys, changes nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tests.routers.adversaries.conftest import Site
from tests.routers.adversaries.estates import dump
from tests.routers.adversaries.filled_forms import form_to

# Who opens which page, the form on it, and what is typed there.
STORY: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (
        "王建国",
        "/e/xingfuli/votes/{open}/ballot",
        "/ballot/confirm",
        {"has_read": "yes", "choice": "against"},
    ),
    (
        "王建国",
        "/e/xingfuli/maintenance/new/details?place={sticker}&category=lighting",
        "/details",
        {"text": "三楼灯不亮"},
    ),
    ("王建国", "/e/xingfuli/deliberations/{thread}", "/posts", {"text": "我也说一句：先看看现场再定。"}),
    ("陈洁", "/desk/xingfuli/consultation", "/consultation", {"words": "请这样写"}),
)
_NAMES = {
    "open": "SELECT id FROM vote WHERE state = 'open'",
    "sticker": "SELECT code FROM place WHERE code <> '' AND building = '3'",
    "thread": "SELECT id FROM thread WHERE title LIKE '充电棚%'",
}
Sent = tuple[str, str, dict[str, Any]]


def rows_of(site: Site) -> dict[str, list[str]]:
    with site.database.engine.connect() as connection:
        return dump(connection)


def tell(site: Site) -> list[Sent]:
    """The story once; what was sent, in order, and all of it was taken."""
    with site.database.engine.connect() as connection:
        known = {name: connection.scalar(sa.text(query)) for name, query in _NAMES.items()}
    known = {name: str(UUID(value)) if len(value) == 32 else value for name, value in known.items()}
    sent: list[Sent] = []
    refused = []
    for name, address, ending, typed in STORY:
        browser = site.browser(site.two.insiders[name])
        shown = browser.get(address.format(**known))
        form = form_to(shown.text, ending.format(**known))
        answer = browser.post(form.action, fields := form.sent(**typed))
        sent.append((name, form.action, fields))
        if answer.status_code == 200:  # a page to confirm
            form = form_to(answer.text, form.action.removesuffix("/confirm").rsplit("/", 1)[-1])
            answer = browser.post(form.action, fields := form.sent())
            sent.append((name, form.action, fields))
        refused += [] if answer.status_code == 303 else [(form.action, fields, answer.status_code)]
    assert refused == [], refused
    return sent


def test_the_whole_story_sent_again_changes_no_row(site: Site) -> None:
    untouched = rows_of(site)
    sent = tell(site)
    before = rows_of(site)
    changed = {table for table, rows in before.items() if rows != untouched[table]}
    assert changed >= {"ballot_event", "work_order", "post", "consultation_settings"}
    for name, address, fields in sent:
        answer = site.browser(site.two.insiders[name]).post(address, fields)
        assert answer.status_code < 500, address
    after = rows_of(site)
    assert {
        table: sorted(set(rows) ^ set(before[table]))
        for table, rows in after.items()
        if rows != before[table]
    } == {}
