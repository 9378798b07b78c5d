"""Whatever people write stays text: every page with hostile texts in it has the elements it has with harmless ones."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.time import Clock
from tests.routers.adversaries.addresses import ADDRESSES, fill, parameters
from tests.routers.adversaries.conftest import Site, open_site
from tests.routers.adversaries.estates import SLUG, Two
from tests.routers.adversaries.texts import VECTORS, WORKED_OUT, harmless, hostile, overwrite

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
# Who reads what; "" is somebody who has not signed in.
READERS = (("陈洁", "/desk/"), ("王建国", "/e/"), ("", "/e/"))
ALL_READERS = (*READERS, ("陈洁", "/e/"), ("冯玉清", "/e/"), ("孙立平", "/e/"), ("赵敏", "/"))
# Which text stands where is not the test's business: a page that shows one of them counts.
MARKS = {harmless(place) for place in range(len(VECTORS))}
# Their one row in the furnished database is no real one: a rule for a category that is none, a project that never began.
UNREAL = {"/desk/{slug}/clocks", "/desk/{slug}/projects/{project_id}", "/e/{slug}/projects/{project_id}"}
READ = [
    one for one in ADDRESSES if one.method == "GET" and "{slug}" in one.pattern and one.pattern not in UNREAL
]


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and every value of those that lead somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(name for name, _ in attrs)] += 1
        self.targets += [value or "" for name, value in attrs]


def elements_of(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    elements.close()
    return elements


def leads_to_script(value: str) -> bool:
    return "".join(value.split()).lower().startswith(("javascript:", "data:text", "vbscript:"))


@contextmanager
def overwritten(source: Path, folder: Path, two: Two, clock: Clock, text_of: Any) -> Iterator[Site]:
    copy = Path(shutil.copytree(source, folder / text_of.__name__))
    for site in open_site(copy, two, Clock(clock())):
        with site.database.engine.begin() as connection:
            for name in connection.scalars(
                sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')  # the copy is ours to write anew
            assert overwrite(connection, text_of) > 1000
        yield site


@pytest.fixture(scope="module")
def both(
    furnished: tuple[Path, Two, Clock], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Site]]:
    source, two, clock = furnished
    folder = tmp_path_factory.mktemp("texts")
    with ExitStack() as open_sites:
        yield [
            open_sites.enter_context(overwritten(source, folder, two, clock, text))
            for text in (hostile, harmless)
        ]


@pytest.mark.parametrize(("name", "under"), ALL_READERS if CAMPAIGN else READERS)
def test_no_text_that_somebody_wrote_becomes_a_part_of_a_page(
    both: list[Site], name: str, under: str
) -> None:
    bad, harm = (site.browser(site.two.insiders.get(name)) for site in both)
    with both[0].database.engine.connect() as connection:
        paths = [
            fill(one.pattern, {"slug": SLUG, **parameters(connection, one.pattern, both[0].two.estate_id)})
            for one in READ
            if one.pattern.startswith(under)
        ]
    wrong, shown = [], 0
    for path in paths:
        answer, twin = bad.get(path), harm.get(path)
        if answer.status_code == 500 or answer.status_code != twin.status_code:
            wrong.append((path, answer.status_code, twin.status_code))
        if not answer.headers.get("content-type", "").startswith(("text/html", "application/atom+xml")):
            continue
        shown += answer.status_code == 200 and any(mark in twin.text for mark in MARKS)
        wrong += [(path, *fault) for fault in faults_of(answer.text, twin.text)]
    assert wrong == []
    assert shown > (60 if name else 15)


def faults_of(page: str, twin: str) -> list[tuple[str, Any]]:
    elements, other = elements_of(page), elements_of(twin)
    faults: list[tuple[str, Any]] = []
    if elements.found != other.found:
        faults.append(("elements", (elements.found - other.found, other.found - elements.found)))
    faults += [("worked out", word) for word in WORKED_OUT if word in page and word not in twin]
    return faults + [("script", value) for value in elements.targets if leads_to_script(value)]


def test_the_texts_are_many_and_the_harmless_ones_hold_no_mark() -> None:
    assert len(VECTORS) >= 40
    marks = [harmless(place) for place in range(len(VECTORS))]
    assert not any(set("<>\"'&{}%") & set(text) for text in marks)
    assert [len(text) for text in marks] == [len(text) for text in VECTORS]
