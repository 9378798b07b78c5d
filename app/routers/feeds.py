"""An estate's notice board as an Atom feed (RFC 4287), for whoever follows many estates in one reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import SessionDep, SettingsDep
from app.routers.api.asking import slug_of
from app.routers.conditional import etag_of, is_known
from app.rules.outcomes.words import minute_words, void_words
from app.services import outcomes
from app.services.estates.standing import EstateView, visit_estate
from app.services.outcomes import Posting

router = APIRouter()

MOST = 50
ATOM = "http://www.w3.org/2005/Atom"
# The words of a posted document stay Chinese in every language, and so does the feed that carries them.
_KINDS = {"notice": "表决公告", "preliminary": "初步结果", "final": "最终结果"}
# What XML 1.0 has no way to write, escaped or not.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@router.get("/feeds/{slug}.atom")
def show_feed(request: Request, session: SessionDep, settings: SettingsDep, slug: str) -> Response:
    """Nothing in it depends on who reads; it may be kept for five minutes and asked for again by its tag."""
    estate = visit_estate(session, slug=slug_of(slug))
    postings = outcomes.newest_postings(session, estate_id=estate.id, limit=MOST)
    content = write_feed(estate, postings, root=settings.public_url.rstrip("/"))
    headers = {"ETag": etag_of(content), "Cache-Control": "public, max-age=300"}
    headers["Access-Control-Allow-Origin"] = "*"
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/atom+xml", headers=headers)


def write_feed(estate: EstateView, postings: Sequence[Posting], *, root: str) -> bytes:
    """The feed's bytes; `root` is the installation's address, which readers far away need in full."""
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    _put(feed, "id", estate.id.urn)
    _put(feed, "title", f"{estate.name}公示栏")
    # An estate that has posted nothing yet has never changed, and a feed must say when it did.
    _put(feed, "updated", _instant(max((one.changed_at for one in postings), default=_NEVER)))
    _put(SubElement(feed, "author"), "name", estate.committee_name or estate.name)
    _link(feed, "self", f"{root}/feeds/{estate.slug}.atom", "application/atom+xml")
    _link(feed, "alternate", f"{root}/e/{estate.slug}/outcomes", "text/html")
    for posting in postings:
        _entry(feed, posting, page=f"{root}/e/{estate.slug}/outcomes/{posting.id}")
    content: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _entry(feed: Element, posting: Posting, *, page: str) -> None:
    entry = SubElement(feed, "entry")
    kind = _KINDS[posting.kind.value]
    void = "（已作废）" if posting.annulled_at else ""
    _put(entry, "id", posting.id.urn)
    _put(entry, "title", f"{kind}{void}：{posting.title}")
    _put(entry, "published", _instant(posting.posted_at))
    _put(entry, "updated", _instant(posting.changed_at))
    SubElement(entry, "category", {"term": posting.kind.value, "label": kind})
    _link(entry, "alternate", page, "text/html")
    _link(entry, "related", f"{page}/poster", "text/html", "海报")
    _put(entry, "content", "\n\n".join([*_said_later(posting), posting.text]), type="text")


def _said_later(posting: Posting) -> list[str]:
    """What stands over the fixed text on the board, and is no part of it."""
    said = []
    if posting.annulled_at:
        said.append(void_words(posting.annulled_at, posting.annul_reason))
    if posting.extended_to:
        said.append(f"投票截止时间已按公布的规则延长到 {minute_words(posting.extended_to)}")
    return said


def _put(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _UNWRITABLE.sub("\ufffd", text)


def _link(parent: Element, rel: str, href: str, kind: str, title: str = "") -> None:
    SubElement(
        parent, "link", {"rel": rel, "href": href, "type": kind, **({"title": title} if title else {})}
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
