"""Guides: a card read with one of its texts, and found for whoever is to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.guides import Guide, GuidePublication, GuideRevision
from app.rules.guides.cards import CardText, GuideKind, GuideState, is_outdated, today_of

SHOWN = 200

_GUIDE, _REVISION, _PUBLICATION = (table_of(model) for model in (Guide, GuideRevision, GuidePublication))
_TEXT = tuple(field.name for field in fields(CardText))


@dataclass(frozen=True, slots=True)
class CardView:
    """A card with one text. `explainer` and `badge` are "" for a text that never went out; `flagged_by` where staff said so.

    `revision` is that of the text shown, `newest` that of the newest text and `current` that of the one residents read.
    """

    id: UUID
    state: GuideState
    revision: int
    newest: int
    current: int
    text: CardText
    explainer: str
    badge: str
    published_at: datetime | None
    reason: str
    outdated: bool
    flagged_by: str
    flagged_reason: str
    withdrawn_at: datetime | None
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class Went:
    """One publication of a card: when, by whom, and why where a reason was needed."""

    revision: int
    name: str
    badge: str
    reason: str
    at: datetime


def text_of(row: Any) -> CardText:
    """The text columns of a row."""
    return CardText(**{name: getattr(row, name) for name in _TEXT})


def _cards(revision: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Cards with the text of that revision, and who sent it out if it went out."""
    return sa.select(
        _GUIDE,
        *(_REVISION.c[name] for name in _TEXT),
        _REVISION.c.revision.label("shown"),
        _PUBLICATION.c.name.label("explainer"),
        _PUBLICATION.c.badge,
        _PUBLICATION.c.at.label("published_at"),
        _PUBLICATION.c.reason,
    ).select_from(
        _GUIDE.join(
            _REVISION, sa.and_(_REVISION.c.guide_id == _GUIDE.c.id, _REVISION.c.revision == revision)
        ).outerjoin(
            _PUBLICATION,
            sa.and_(_PUBLICATION.c.guide_id == _GUIDE.c.id, _PUBLICATION.c.revision == _REVISION.c.revision),
        )
    )


_CURRENT = _cards(_GUIDE.c.published_revision)
_NEWEST = _cards(_GUIDE.c.revision)


def _view(row: Any, now: datetime) -> CardView:
    flagged = row.flagged_at is not None
    return CardView(
        id=row.id,
        state=row.state,
        revision=row.shown,
        newest=row.revision,
        current=row.published_revision,
        text=text_of(row),
        explainer=row.explainer or "",
        badge=row.badge or "",
        published_at=row.published_at,
        reason=row.reason or "",
        outdated=is_outdated(row.review_after, flagged=flagged, today=today_of(now)),
        flagged_by=row.flagged_by if flagged else "",
        flagged_reason=row.flagged_reason,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )


def _escaped(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, "\\" + sign)
    return f"%{text}%"


def list_published(
    session: Session, *, estate_id: UUID, now: datetime, kind: GuideKind | None = None, wanted: str = ""
) -> Sequence[CardView]:
    """What residents read, sort by sort and the newest first; `wanted` is looked for in title, text and source."""
    query = _CURRENT.where(_GUIDE.c.estate_id == estate_id, _GUIDE.c.state == GuideState.PUBLISHED)
    if kind is not None:
        query = query.where(_REVISION.c.kind == kind)
    if wanted:
        like = _escaped(wanted)
        parts = (_REVISION.c.title, _REVISION.c.body, _REVISION.c.source, _REVISION.c.reference)
        query = query.where(sa.or_(*(part.ilike(like, escape="\\") for part in parts)))
    rows = session.connection().execute(query.order_by(_PUBLICATION.c.at.desc(), _GUIDE.c.id).limit(SHOWN))
    order = list(GuideKind)
    return sorted((_view(row, now) for row in rows), key=lambda card: order.index(card.text.kind))


def list_all(session: Session, *, estate_id: UUID, now: datetime) -> Sequence[CardView]:
    """The desk's list with the newest text of each: drafts first, then those outdated, withdrawn ones last."""
    query = _NEWEST.where(_GUIDE.c.estate_id == estate_id).order_by(_REVISION.c.at.desc(), _GUIDE.c.id)
    cards = [_view(row, now) for row in session.connection().execute(query.limit(SHOWN))]
    order = list(GuideState)
    return sorted(cards, key=lambda card: (order.index(card.state), not card.outdated))


def outdated_cards(session: Session, *, estate_id: UUID, now: datetime) -> Sequence[CardView]:
    """Published cards that staff flagged or whose day of checking has come, the longest overdue first."""
    query = _CURRENT.where(
        _GUIDE.c.estate_id == estate_id,
        _GUIDE.c.state == GuideState.PUBLISHED,
        sa.or_(_GUIDE.c.flagged_at.is_not(None), _REVISION.c.review_after <= today_of(now)),
    )
    rows = session.connection().execute(query.order_by(_REVISION.c.review_after, _GUIDE.c.id).limit(SHOWN))
    return [_view(row, now) for row in rows]


def read_card(
    session: Session, *, estate_id: UUID, guide_id: UUID, now: datetime, revision: int = 0
) -> CardView:
    """A card that went out, with the text residents read, or an older one by its revision.

    A withdrawn card is found too: a link to it says what became of it. Raises `NotFound` for a draft and for a
    revision that never went out.
    """
    query = _cards(sa.literal(revision)) if revision else _CURRENT
    query = query.where(
        _GUIDE.c.id == guide_id, _GUIDE.c.estate_id == estate_id, _GUIDE.c.published_revision > 0
    )
    row = session.connection().execute(query).one_or_none()
    if row is None or row.explainer is None:
        raise NotFound(N_("没有找到这张政策卡"))
    return _view(row, now)


def read_newest(session: Session, *, estate_id: UUID, guide_id: UUID, now: datetime) -> CardView:
    """A card with its newest text, for whoever writes it."""
    query = _NEWEST.where(_GUIDE.c.id == guide_id, _GUIDE.c.estate_id == estate_id)
    row = session.connection().execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这张政策卡"))
    return _view(row, now)


def publications_of(session: Session, *, guide_id: UUID) -> Sequence[Went]:
    """How often a card went out, the first first."""
    query = (
        select(GuidePublication)
        .where(GuidePublication.guide_id == guide_id)
        .order_by(col(GuidePublication.revision))
    )
    return [Went(one.revision, one.name, one.badge, one.reason, one.at) for one in session.exec(query)]


def lock_card(session: Session, *, estate_id: UUID, guide_id: UUID) -> Guide:
    """The row, locked until the end of the transaction; `NotFound` for another estate's."""
    query = (
        select(Guide)
        .where(Guide.id == guide_id, Guide.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    guide = session.exec(query).one_or_none()
    if guide is None:
        raise NotFound(N_("没有找到这张政策卡"))
    return guide
