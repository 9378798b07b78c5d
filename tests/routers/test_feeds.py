"""The Atom feed of a notice board: well-formed whatever titles hold, stable ids, and nothing that the board does not show."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from app.models.outcomes import PublicationKind
from app.routers.feeds import MOST, write_feed
from app.services.estates.standing import EstateView
from app.services.outcomes import Posting
from app.services.trail import Actor
from tests.routers.api.conftest import Board

FEED = "/feeds/xingfuli.atom"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ESTATE = EstateView(UUID(int=1), "xingfuli", "幸福里小区", "", "", "", "", "")
POSTING = Posting(
    id=UUID(int=2),
    vote_id=UUID(int=3),
    kind=PublicationKind.NOTICE,
    title="加装电梯",
    text="一、表决事项\n　　加装电梯\n",
    text_hash="0" * 64,
    intact=True,
    posted_at=AT,
    posted_until=AT + timedelta(days=1),
    annulled_at=None,
    annul_reason="",
    changed_at=AT,
)


@pytest.fixture
def board(database, vote, world, clock) -> Board:
    made = Board(database, vote, Actor(world.chen_jie.account_id, "陈洁"), clock)
    made.notice()
    return made


def entries_of(content: bytes) -> list:
    return fromstring(content).findall("a:entry", ATOM)


def text_of(element, name: str) -> str:
    return element.findtext(f"a:{name}", namespaces=ATOM)


def test_the_board_is_a_feed_with_its_texts_and_the_way_back(web, board) -> None:
    answer = web().get(FEED)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = fromstring(answer.content)
    (entry,) = entries_of(answer.content)
    assert text_of(feed, "id").startswith("urn:uuid:")
    assert text_of(feed, "title") == "幸福里小区公示栏"
    assert text_of(feed.find("a:author", ATOM), "name") == "幸福里居委会"
    assert text_of(entry, "id") == f"urn:uuid:{board.sheets['notice']}"
    assert text_of(entry, "title") == "表决公告：3号楼1单元加装电梯"
    assert (text_of(entry, "published"), text_of(entry, "updated")) == ("2026-11-23T02:00:00Z",) * 2
    links = {link.get("rel"): link.get("href") for link in entry.findall("a:link", ATOM)}
    for rel in ("alternate", "related"):
        assert web().get(links[rel].removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert text_of(entry, "content") == web().get(f"/e/xingfuli/outcomes/{board.sheets['notice']}/text").text


def test_what_is_said_later_moves_the_entry_and_keeps_its_id(web, board) -> None:
    before = entries_of(web().get(FEED).content)[0]
    board.bring_to("preliminary")
    board.annul()
    outcome, notice = entries_of(web().get(FEED).content)
    assert text_of(notice, "id") == text_of(before, "id")
    assert text_of(notice, "published") == text_of(before, "published")
    assert text_of(notice, "updated") == board.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert text_of(outcome, "title") == "初步结果（已作废）：3号楼1单元加装电梯"
    assert "公告的面积算错了" in text_of(outcome, "content")
    assert text_of(fromstring(web().get(FEED).content), "updated") == text_of(notice, "updated")


def test_before_an_outcome_is_posted_the_feed_knows_no_count(web, board) -> None:
    before = web().get(FEED).content
    board.bring_to("sealed")
    assert web().get(FEED).content == before


def test_a_feed_is_asked_for_again_by_its_tag(web, board, world) -> None:
    client = web().client
    first = client.get(FEED)
    again = client.get(FEED, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert "set-cookie" not in first.headers
    assert client.head(FEED).headers["etag"] == first.headers["etag"]
    assert web(world.chen_jie).get(FEED).content == first.content


def test_an_estate_without_postings_has_a_feed_and_an_unknown_one_has_none(web, world) -> None:
    assert entries_of(web().get("/feeds/nanyuan.atom").content) == []
    for name in ("nowhere", "%00", "NANYUAN"):
        assert web().get(f"/feeds/{name}.atom").status_code == 404


def test_the_board_tells_readers_where_its_feed_is(web, board) -> None:
    page = web().get("/e/xingfuli/outcomes").text
    link = re.search(r'<link rel="alternate"\s+type="application/atom\+xml"\s+href="([^"]+)"', page)
    assert link
    assert link[1] == FEED


def test_no_owner_is_named(web, board, world) -> None:
    board.bring_to("final")
    told = web().get(FEED).text
    assert not [word for word in ("301", "li_na", "业主101", "13900001") if word in told]


def test_at_most_fifty_sheets_are_asked_for(web, board, monkeypatch) -> None:
    board.bring_to("final")
    monkeypatch.setattr("app.routers.feeds.MOST", 2)
    kinds = [entry.find("a:category", ATOM).get("term") for entry in entries_of(web().get(FEED).content)]
    assert (kinds, MOST) == (["final", "preliminary"], 50)


@given(st.text(), st.text())
def test_whatever_a_title_holds_the_feed_is_xml(title: str, text: str) -> None:
    content = write_feed(ESTATE, [replace(POSTING, title=title, text=text)], root="http://x")
    (entry,) = entries_of(content)
    plain = [sign for sign in title if sign not in "\r"]
    told = text_of(entry, "title").removeprefix("表决公告：")
    assert len(told.replace("\r", "").replace("\n", "")) <= len(title)
    assert "\x00" not in told
    assert all(sign in told or not sign.isprintable() for sign in plain)


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_sign_that_xml_cannot_write_is_replaced(sign: str) -> None:
    (entry,) = entries_of(write_feed(ESTATE, [replace(POSTING, title=f"a{sign}b<&>")], root="http://x"))
    assert text_of(entry, "title") == "表决公告：a\ufffdb<&>"
