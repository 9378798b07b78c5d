"""The form of a policy card as it is typed, and the card that it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Form

from app.errors import N_, Invalid
from app.rules.guides import cards as rules
from app.rules.guides.cards import CardText, GuideKind
from app.rules.guides.library import Starter

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Sent:
    """A card's fields as typed."""

    kind: str = GuideKind.LAW.value
    title: str = ""
    body: str = ""
    source: str = ""
    reference: str = ""
    address: str = ""
    source_date: str = ""
    checked_on: str = ""
    review_after: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much each field holds."""

    title: int = rules.MOST_TITLE
    body: int = rules.MOST_BODY
    source: int = rules.MOST_SOURCE
    reference: int = rules.MOST_REFERENCE
    address: int = rules.MOST_ADDRESS


async def sent_card(
    kind: Annotated[str, Form(max_length=20)] = "",
    title: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
    address: Annotated[str, Form()] = "",
    source_date: Annotated[str, Form(max_length=40)] = "",
    checked_on: Annotated[str, Form(max_length=40)] = "",
    review_after: Annotated[str, Form(max_length=40)] = "",
) -> Sent:
    return Sent(kind, title, body, source, reference, address, source_date, checked_on, review_after)


def empty_card(today: date) -> Sent:
    return Sent(review_after=str(today + _YEAR))


def from_starter(starter: Starter, today: date) -> Sent:
    """The day of checking stays open: whoever copies a text has yet to compare it with its source."""
    return Sent(
        kind=starter.kind.value,
        title=starter.title,
        body=starter.body,
        source=starter.source,
        reference=starter.reference,
        source_date=str(starter.source_date or ""),
        review_after=str(today + _YEAR),
    )


def from_text(text: CardText) -> Sent:
    return Sent(
        kind=text.kind.value,
        title=text.title,
        body=text.body,
        source=text.source,
        reference=text.reference,
        address=text.address,
        source_date=str(text.source_date),
        checked_on=str(text.checked_on),
        review_after=str(text.review_after),
    )


def read_day(typed: str, field: str) -> date:
    """Raises `Invalid` for what is no day of our time."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = None
    if day is None or not 1949 <= day.year <= 2100:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), field=field)
    return day


def read_card(sent: Sent) -> CardText:
    if sent.kind not in set(GuideKind):
        raise Invalid(N_("请选择是哪一类"), field="kind")
    return CardText(
        kind=GuideKind(sent.kind),
        title=sent.title,
        body=sent.body,
        source=sent.source,
        reference=sent.reference,
        address=sent.address,
        source_date=read_day(sent.source_date, "source_date"),
        checked_on=read_day(sent.checked_on, "checked_on"),
        review_after=read_day(sent.review_after, "review_after"),
    )
