"""Every form that the pages show, filled in and sent: once to a site, once with fields too many to its twin, then again."""

from __future__ import annotations

import os
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.routers.adversaries.addresses import ADDRESSES, shape_of
from tests.routers.adversaries.conftest import Site
from tests.routers.adversaries.filled_forms import Form, forms_of

Fields = dict[str, list[str]]
Files = dict[str, tuple[str, bytes, str]]
Fill = Callable[[str, Form], Iterable[tuple[Fields, Files]]]
TAKEN = {200, 303}
# How many pages of a kind one person visits.
OF_A_KIND = 4
# How many pages behind a form are read for further forms.
DEEP = 4
# Fields no form has, and the words that would be found again.
EXTRAS = {
    **dict.fromkeys(
        ("state", "role", "duty", "badge", "result", "actor_name", "head_hash", "tally"), "EXTRA-WORD"
    ),
    **dict.fromkeys(("area", "total_area", "revision", "amount", "points"), "918273645"),
    **dict.fromkeys(
        ("closes_at", "noticed_at", "received_at", "created_at", "revoked_at"), "2031-03-03 03:03"
    ),
    "is_staff": "yes",
    "handed_in_at": "2031-03-03T03:03",
}
TOLD = ("EXTRA-WORD", "918273645", "2031-03-03")


_POSTS = {one.pattern: (shape_of(one.pattern), set(one.fields)) for one in ADDRESSES if one.method == "POST"}


def pattern_of(action: str) -> str:
    """The pattern a form's address fits, one with words before one with parameters; "" for none."""
    path = re.split("[?#]", action)[0]
    fitting = [pattern for pattern, (shape, _) in _POSTS.items() if shape.fullmatch(path)]
    return min(fitting, key=lambda one: one.count("{"), default="")


class Kept:
    """A database as it was, to be had back after every deed."""

    def __init__(self, site: Site) -> None:
        self.path = sa.make_url(site.database.url).database or ""
        self.kept = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(self.path) as source:
            source.backup(self.kept)
        source.close()

    def restore(self) -> None:
        target = sqlite3.connect(self.path)
        target.execute("PRAGMA synchronous = OFF")
        self.kept.backup(target)
        target.close()


class Writes:
    """The tables of which an app's committed statements have touched a row, since it was last asked."""

    def __init__(self, site: Site) -> None:
        self.pending: set[str] = set()
        self.tables: set[str] = set()
        engine = site.app.state.database.engine
        event.listen(engine, "after_cursor_execute", self._executed)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", self._undone)

    def _executed(self, _connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found = re.match(r'\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) "?(\w+)', statement)
        if found and cursor.rowcount != 0:
            self.pending.add(found[1])

    def _committed(self, _connection: Any) -> None:
        self.tables |= self.pending
        self.pending = set()

    def _undone(self, _connection: Any) -> None:
        self.pending = set()

    def asked(self) -> set[str]:
        found, self.tables = self.tables, set()
        return found


class Lots:
    """What is drawn by lot, ids and codes and salts, falls alike wherever the same number was put down before."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.source = random.Random(0)
        patch.setattr(os, "urandom", self._bytes)
        patch.setattr(random, "_urandom", self._bytes)

    def _bytes(self, count: int) -> bytes:
        return self.source.randbytes(count)

    def begin(self, number: int) -> None:
        self.source.seed(number)


@dataclass
class Outcome:
    """What became of the forms of one pattern: who was refused what, and of the one that was taken what it left."""

    tried: list[tuple[str, str, Fields, int, str]] = field(default_factory=list)
    statuses: tuple[int, ...] = ()
    wrote: set[str] = field(default_factory=set)
    again: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Walk:
    """Two sites in step: every form goes to both, to the twin with fields too many, and to the first once more."""

    sites: tuple[Site, Site]
    fill: Fill
    lots: Lots
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seen: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    number: int = 0
    dirty: bool = False

    def __post_init__(self) -> None:
        self.kept = [Kept(one) for one in self.sites]
        self.writes = [Writes(one) for one in self.sites]

    def come(self, who: str, path: str, deep: int) -> None:
        """Visit a page and what it links to in its room, so many links deep, some pages of each kind."""
        room, met, kinds = path, [path], Counter[str]()
        for depth in range(deep + 1):
            links = [link for one in met for link in self.visit(who, one) if link.startswith(room)]
            met = []
            for link in dict.fromkeys(links if depth < deep else []):
                kinds[kind := _kind_of(link)] += (who, link) not in self.seen
                met += [link] if kinds[kind] <= OF_A_KIND else []

    def visit(self, who: str, path: str) -> list[str]:
        """Send each form of a page that was not taken before, and those of the pages behind it; the page's links."""
        if (who, path) in self.seen:
            return self.seen[who, path]
        answer = self._browser(0, who).get(path)
        if answer.status_code == 303:
            answer = self._browser(0, who).get(answer.headers["location"])
        links = self.seen[who, path] = re.findall(r'href="(/[^"#]+)', answer.text) if _is_page(answer) else []
        for form in forms_of(answer.text) if _is_page(answer) else []:
            if self._is_wanted(pattern_of(form.action)):
                self._send(who, form, 0, path)
                self._restore()
        return [unescape(link) for link in links]

    def _restore(self) -> None:
        if not self.dirty:
            return
        for kept, writes in zip(self.kept, self.writes, strict=True):
            kept.restore()
            writes.asked()
        self.dirty = False

    def _is_wanted(self, pattern: str) -> bool:
        return bool(pattern) and not (pattern in self.outcomes and self.outcomes[pattern].statuses)

    def _browser(self, place: int, who: str) -> Any:
        site = self.sites[place]
        return site.browser(site.two.insiders.get(who))

    def _post(self, place: int, who: str, form: Form, fields: Fields, files: Files) -> Any:
        return self._browser(place, who).post(form.action, fields, **({"files": files} if files else {}))

    def _send(self, who: str, form: Form, depth: int, path: str) -> None:
        pattern = pattern_of(form.action)
        outcome = self.outcomes.setdefault(pattern, Outcome())
        for fields, files in self.fill(pattern, form):
            extras = {name: [value] for name, value in EXTRAS.items() if name not in _POSTS[pattern][1]}
            answers, wrote = [], list[set[str]]()
            self.number += 1
            for place, sent in ((0, fields), (1, {**extras, **fields})):
                self.lots.begin(self.number)
                answers.append(self._post(place, who, form, sent, files))
                wrote.append(self.writes[place].asked())
            self.dirty = self.dirty or any(wrote)
            outcome.tried.append((who, path, fields, answers[0].status_code, complaint(answers[0])))
            if answers[0].status_code in TAKEN:
                again = self._post(0, who, form, fields, files)
                self.dirty = True
                outcome.statuses = (*(one.status_code for one in answers), again.status_code)
                self._compare(outcome, *wrote)
                if outcome.again:  # in step again
                    self._post(1, who, form, {**extras, **fields}, files)
                if depth < DEEP:
                    self._follow(who, form.action, answers[0], depth)
                return

    def _compare(self, outcome: Outcome, wrote: set[str], wrote_more: set[str]) -> None:
        outcome.wrote, touched = wrote, self.writes[0].asked()
        for table in sorted(wrote | wrote_more | touched):
            here, there = (_rows(one, table) for one in self.sites)
            found = sorted(set(here) ^ set(there))
            if len(here) != len(there) or found:
                (outcome.again if table in touched else outcome.extra)[table] = found or ["as many rows not"]
            told = [row for row in there if any(word in row for word in TOLD)]
            if told:
                outcome.extra[table] = told

    def _follow(self, who: str, path: str, answer: Any, depth: int) -> None:
        if answer.status_code == 303:
            path = answer.headers["location"].removeprefix("http://testserver")
            answer = self._browser(0, who).get(path)
        for form in forms_of(answer.text) if _is_page(answer) else []:
            if self._is_wanted(pattern_of(form.action)):
                self._send(who, form, depth + 1, path)


def _kind_of(link: str) -> str:
    """Pages that differ by a row only."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "·", re.sub("[?].*", "", link))


def _is_page(answer: Any) -> bool:
    return answer.status_code == 200 and answer.headers.get("content-type", "").startswith("text/html")


def _rows(site: Site, table: str) -> list[str]:
    with site.database.engine.connect() as connection:
        return [repr(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')]


def complaint(answer: Any) -> str:
    """What a page says is wrong with what was sent."""
    if answer.status_code in TAKEN:
        return ""
    found = re.findall(r'<p class="error"[^>]*>(.*?)</p>', answer.text, re.DOTALL) or [
        answer.text.split("<main")[-1]
    ]
    return " ".join(" ".join(re.sub("<[^>]+>", " ", one).split())[:100] for one in found)
