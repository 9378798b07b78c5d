"""Guides: what a policy card is: its kinds and states, when it counts as outdated, and what must be there to publish it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING

MOST_TITLE = 60
MOST_BODY = 4000
MOST_SOURCE = 120
MOST_REFERENCE = 200
MOST_ADDRESS = 300
MOST_REASON = 200
LEAST_REASON = 5
MOST_NOTE = 200
# What a starting card leaves for the explainer to fill in: a card that still says so is not published.
TO_FILL_IN = "【请填写"
# What no official text was found for: it may be published, and the card says so above its text.
UNVERIFIED = "未核实"


class GuideKind(StrEnum):
    """What a card tells about; the order is that of the list."""

    LAW = "law"
    SUBSIDY = "subsidy"
    COST = "cost"
    SAFETY = "safety"
    FAQ = "faq"


class GuideState(StrEnum):
    """Whether residents read a card. From withdrawn no way leads back."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Mark(StrEnum):
    """What a reader says of a card."""

    USEFUL = "useful"
    UNCLEAR = "unclear"


KIND_NAMES = {
    GuideKind.LAW: N_("法律规定"),
    GuideKind.SUBSIDY: N_("补贴政策"),
    GuideKind.COST: N_("费用分摊"),
    GuideKind.SAFETY: N_("安全和保修"),
    GuideKind.FAQ: N_("常见问题"),
}


@dataclass(frozen=True, slots=True)
class CardText:
    """One text of a card with its source. `reference` is a document number or an article, `address` a web address or "".

    `source_date` is the source's own date, `checked_on` when somebody last compared the card with it, and from
    `review_after` on the card counts as outdated.
    """

    kind: GuideKind
    title: str
    body: str
    source: str
    reference: str
    address: str
    source_date: date
    checked_on: date
    review_after: date

    @property
    def words(self) -> tuple[str, ...]:
        """What a resident reads and could be swayed by; the days of checking are not among it."""
        return (self.kind, self.title, self.body, self.source, self.reference, self.address)


def today_of(now: datetime) -> date:
    """The calendar day in Beijing."""
    return now.astimezone(BEIJING).date()


def is_outdated(review_after: date, *, flagged: bool, today: date) -> bool:
    """Somebody of the staff said so, or its day has come."""
    return flagged or today >= review_after


def says_unverified(body: str) -> bool:
    """Whether a text admits that some of it was not checked against an official document."""
    return UNVERIFIED in body


def problems_of(text: CardText, *, today: date) -> list[Invalid]:
    """Why this text cannot be published yet, each with its field; empty when it can."""
    found = [
        Invalid(sentence, field=field)
        for field, value, sentence in (
            ("title", text.title, N_("请写标题，一句话说清讲的是什么")),
            ("body", text.body, N_("请写正文")),
            ("source", text.source, N_("请写依据的文件名称。没有依据的内容不能当政策发布")),
            ("reference", text.reference, N_("请写文号或者第几条，居民好自己去查")),
        )
        if not value
    ]
    for field, value in (("body", text.body), ("source", text.source), ("reference", text.reference)):
        if TO_FILL_IN in value:
            found.append(
                Invalid(N_("还有“【请填写”的地方没有填。填上本地的标准和文件，或者删去"), field=field)
            )
    return [*found, *_address_problems(text.address), *_day_problems(text, today)]


def _address_problems(address: str) -> list[Invalid]:
    if not address:
        return []
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    return [] if good else [Invalid(N_("网址要以 http:// 或 https:// 开头；没有网址就留空"), field="address")]


def _day_problems(text: CardText, today: date) -> list[Invalid]:
    found = []
    if text.source_date > today:
        found.append(Invalid(N_("文件日期不能在今天以后"), field="source_date"))
    if text.checked_on > today:
        found.append(Invalid(N_("核对日期不能在今天以后。请先对照原文核对一遍"), field="checked_on"))
    if text.review_after <= max(text.checked_on, today):
        found.append(Invalid(N_("“到哪天要重新核对”要在今天以后"), field="review_after"))
    return found


def read_reason(reason: str) -> str:
    """A reason that others will read; raises `Invalid` when it says too little."""
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写理由，至少 %(least)s 个字，居民会看到"), field="reason", least=LEAST_REASON)
    return reason
