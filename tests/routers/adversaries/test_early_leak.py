"""While a vote is open, nothing that anybody can open, that is sent or logged, depends on what was chosen."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.models.outbox import Message
from app.rules.votes.verification.bundle import unpack
from tests.fixtures.time import Clock
from tests.routers.adversaries.addresses import ADDRESSES, fill, parameters
from tests.routers.adversaries.conftest import Site, open_site
from tests.routers.adversaries.estates import SLUG, Two
from tests.routers.test_permission_matrix import READ_BY_PROGRAMS, without_randomness

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
OWNER = "陈文军"
# The committee, an owner on the roll, his neighbour, the auditor, a stranger, the party's member.
LOOKERS = ("陈洁", OWNER, "李秀英", "周丽", "", "赵敏")
MORE = ("马超", "冯玉清", "孙立平", "韩松", "钱小雨") if CAMPAIGN else ()
# Drawn letter by letter out of the text of its page, which is read; so the hashes in it decide its very fonts.
DRAWN = "certificate.pdf"
# Their one row in the furnished database is no real one: a rule for a category that is none, a project that never began.
UNREAL = ("/desk/{slug}/clocks", "/projects/{project_id}")
HOTLINE = [
    f"/open311/v2/{name}.json?jurisdiction_id={SLUG}" for name in ("discovery", "services", "requests")
]
TOKEN = "a token for whoever reads the figures"
# How long something took, and what this process uses: no two runs agree.
UNEVEN = re.compile(r"^(# .*|process_.*|python_.*|\w*seconds\w*[ {].*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def copies(
    furnished: tuple[Path, Two, Clock], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Site]]:
    """One database twice, with the same clock and secrets."""
    source, two, clock = furnished
    with ExitStack() as running:
        sites = []
        for name in ("for", "against"):
            folder = Path(shutil.copytree(source, tmp_path_factory.mktemp("early") / name))
            sites.append(running.enter_context(contextmanager(open_site)(folder, two, Clock(clock()))))
        yield sites


@pytest.fixture(scope="module")
def told(copies: list[Site]) -> list[list[str]]:
    """What was answered, sent and logged, and the figures of the process, while the homes cast: FOR, then AGAINST."""
    return [cast_all(site, choice) for site, choice in zip(copies, ("for", "against"), strict=True)]


class Kept(logging.Handler):
    """Every line that is logged, of any weight."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.exc_text or ''}")


def cast_all(site: Site, choice: str) -> list[str]:
    """The same homes, at the same instant, with the same keys: only what they say is another thing."""
    root, kept = logging.getLogger(), Kept()
    weight = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        homes = _homes(site)
        answers = [_cast(site, name, unit, vote, choice) for name, unit, vote in homes]
    finally:
        root.removeHandler(kept)
        root.setLevel(weight)
    assert OWNER in {name for name, _, _ in homes}
    assert all(answer.startswith("303") and "/receipt" in answer for answer in answers)
    with site.database.session(writing=False) as session:
        messages = sorted(str((one.template, one.values)) for one in session.exec(select(Message)))
    assert messages
    assert kept.lines
    site.app.state.settings.metrics_token = TOKEN
    figures = site.client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert figures.status_code == 200
    return [
        without_randomness(text.encode())
        for text in (*answers, *messages, *kept.lines, *UNEVEN.sub("", figures.text).splitlines())
    ]


def _homes(site: Site) -> list[tuple[str, str, str]]:
    query = """
        SELECT min(a.name), v.unit_id, v.vote_id FROM roll_voter v JOIN vote ON vote.id = v.vote_id
        JOIN owner o ON o.id = v.owner_id JOIN account a ON a.id = o.account_id
        WHERE vote.state = 'open' GROUP BY v.unit_id, v.vote_id ORDER BY v.unit_id
    """
    with site.database.engine.connect() as connection:
        return [(name, unit, vote) for name, unit, vote in connection.execute(sa.text(query))]


def _cast(site: Site, name: str, unit: str, vote: str, choice: str) -> str:
    # Whoever reads below is shown his own ballot again: it is the others' that differ.
    said = "for" if name in LOOKERS else choice
    form = {"unit": unit, "choice": said, "key": f"key-of-{unit}"}
    answer = site.browser(site.two.insiders[name]).post(f"/e/{SLUG}/votes/{vote}/ballot", form)
    return f"{answer.status_code} {answer.headers.get('location')} {answer.text}"


def paths_of(site: Site) -> list[str]:
    """Every address there is to read, at the open vote wherever an address names a vote."""
    patterns = [
        *(
            one.pattern
            for one in ADDRESSES
            if one.method == "GET" and not one.pattern.endswith((DRAWN, *UNREAL))
        ),
        *READ_BY_PROGRAMS,
    ]
    with site.database.engine.connect() as connection:
        values = {
            pattern: {"slug": SLUG, **parameters(connection, pattern, site.two.estate_id)}
            for pattern in patterns
        }
    return [*(fill(pattern, row) for pattern, row in values.items() if pattern != "/metrics"), *HOTLINE]


def read(site: Site, name: str, path: str) -> list[str]:
    """What one address says to this person, in words; a packed file says what its files say."""
    answer = site.browser(site.two.insiders[name] if name else None).get(path)
    # Were the visits too many, the walk would compare refusals.
    assert answer.status_code in {200, 303, 400, 403, 404, 409, 422}, (name, path, answer.status_code)
    content = answer.content
    if content.startswith(b"PK"):
        content = b"\n".join(name.encode() + b" " + text for name, text in sorted(unpack(content).items()))
    words = without_randomness(content)
    return [str(answer.status_code), answer.headers.get("location", ""), *re.split(r"(\W)", words)]


def betrays(copies: list[Site], name: str, path: str) -> bool:
    """Whether the two copies differ in a word that stays the same when one of them is read again."""
    first, other = (read(site, name, path) for site in copies)
    if first == other:
        return False
    again = read(copies[0], name, path)
    if not len(first) == len(other) == len(again):
        return True
    return any(a != b and a == c for a, b, c in zip(first, other, again, strict=True))


def test_nothing_answered_sent_logged_or_measured_while_casting_tells_what_was_chosen(
    told: list[list[str]],
) -> None:
    assert Counter(told[0]) == Counter(told[1])


@pytest.mark.parametrize("name", [*LOOKERS, *MORE])
def test_no_page_file_or_feed_tells_anybody_how_an_open_vote_stands(
    copies: list[Site], told: list[list[str]], name: str
) -> None:
    assert [path for path in paths_of(copies[0]) if betrays(copies, name, path)] == []
