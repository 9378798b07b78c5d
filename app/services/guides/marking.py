"""Guides: readers say that a card was useful or hard to follow, once each; what was hard goes to the explainers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.base import table_of
from app.models.guides import Guide, GuideMark, GuideRevision
from app.rules.guides.cards import MOST_NOTE, GuideState, Mark
from app.rules.text import clean_line
from app.services.guides.cards import lock_card

SHOWN = 50

_MARK, _GUIDE, _REVISION = (table_of(model) for model in (GuideMark, Guide, GuideRevision))


@dataclass(frozen=True, slots=True)
class Marks:
    """How many found a card useful, and what the reader himself said of it."""

    useful: int = 0
    mine: Mark | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A card that some could not follow: how many, and the sentences they left, without names and the newest first."""

    guide_id: UUID
    title: str
    readers: int
    texts: tuple[str, ...]


def mark_card(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    account_id: UUID,
    mark: str,
    text: str,
    now: datetime,
) -> None:
    """One mark per person and card; a later one takes its place. A sentence is kept with 看不懂 only."""
    if mark not in set(Mark):
        raise Invalid(N_("请选择有用，或者看不懂"), field="mark")
    guide = lock_card(session, estate_id=estate_id, guide_id=guide_id)
    if guide.state is not GuideState.PUBLISHED:
        raise Conflict(N_("这张政策卡现在没有发布"), code="not_published")
    text = clean_line(text, most=MOST_NOTE, field="text") if mark == Mark.UNCLEAR else ""
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"guide_id": guide_id, "account_id": account_id, "mark": Mark(mark), "text": text, "at": now}
    statement = insert(_MARK).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["guide_id", "account_id"], set_={"mark": Mark(mark), "text": text, "at": now}
        )
    )


def marks_of(session: Session, *, guide_id: UUID, account_id: UUID | None) -> Marks:
    connection = session.connection()
    useful = connection.execute(
        sa.select(sa.func.count()).where(_MARK.c.guide_id == guide_id, _MARK.c.mark == Mark.USEFUL)
    ).scalar_one()
    if account_id is None:
        return Marks(useful)
    mine = connection.execute(
        sa.select(_MARK.c.mark, _MARK.c.text).where(
            _MARK.c.guide_id == guide_id, _MARK.c.account_id == account_id
        )
    ).one_or_none()
    return Marks(useful, mine.mark, mine.text) if mine else Marks(useful)


def unclear_cards(session: Session, *, estate_id: UUID) -> Sequence[Unclear]:
    """Published cards that readers could not follow, the most first; only what was said since its text went out last."""
    query = (
        sa.select(_MARK.c.guide_id, _REVISION.c.title, _MARK.c.text)
        .select_from(
            _MARK.join(_GUIDE, _GUIDE.c.id == _MARK.c.guide_id).join(
                _REVISION,
                sa.and_(
                    _REVISION.c.guide_id == _GUIDE.c.id,
                    _REVISION.c.revision == _GUIDE.c.published_revision,
                ),
            )
        )
        .where(
            _GUIDE.c.estate_id == estate_id,
            _GUIDE.c.state == GuideState.PUBLISHED,
            _MARK.c.mark == Mark.UNCLEAR,
            _MARK.c.at >= _REVISION.c.at,
        )
        .order_by(_MARK.c.at.desc(), _MARK.c.account_id)
    )
    found: dict[UUID, tuple[str, list[str]]] = {}
    for guide_id, title, text in session.connection().execute(query):
        found.setdefault(guide_id, (title, []))[1].append(text)
    cards = [
        Unclear(guide_id, title, len(texts), tuple(filter(None, texts)))
        for guide_id, (title, texts) in found.items()
    ]
    return sorted(cards, key=lambda card: -card.readers)[:SHOWN]
