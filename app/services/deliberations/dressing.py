"""Deliberations: turn rows of posts into what a person reads: names as neighbours may see them, files, quotes, stubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import ModerationAct, Post, PostFile, PostLike, PostState
from app.models.files import StoredFile
from app.rules.accounts import Duty, mask_name
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stances import Stance
from app.rules.estates.labels import building_label, entrance_label
from app.services.deliberations.staffing import homes_in

MOST_QUOTED = 80
_POST, _ACCOUNT, _LIKE, _FILE, _STORED, _ACT = (
    table_of(model) for model in (Post, Account, PostLike, PostFile, StoredFile, ModerationAct)
)


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The beginning of a quoted post; empty when it cannot be read any more."""

    seq: int
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A photo or a document by its address in the estate."""

    id: UUID
    title: str
    is_photo: bool


@dataclass(frozen=True, slots=True)
class StubView:
    """Why a post cannot be read: the reason, who decided, and what he is."""

    reason: str
    by: str
    badge: str
    interest: bool


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as one person reads it. `state` is a `PostState`; a hidden one has no text for anybody but its author.

    `at` is to the minute; `author` is masked for residents; `place` is his building and entrance; `badge` is "", "committee" or a duty.
    """

    id: UUID
    seq: int
    parent_seq: int
    author: str
    place: str
    badge: str
    mine: bool
    stance: Stance | None
    text: str
    state: PostState
    at: datetime
    likes: int
    liked: bool
    quote: QuoteView | None
    photos: tuple[FileView, ...]
    documents: tuple[FileView, ...]
    stub: StubView | None
    answer_seq: int
    answer_source: str
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dress:
    """What belongs to the posts of one page, fetched in a few statements for all of them."""

    places: Mapping[UUID, str] = field(default_factory=dict)
    liked: frozenset[UUID] = frozenset()
    files: Mapping[UUID, list[FileView]] = field(default_factory=dict)
    stubs: Mapping[UUID, StubView] = field(default_factory=dict)
    quotes: Mapping[int, QuoteView] = field(default_factory=dict)


_IDS: sa.BindParameter[list[UUID]] = sa.bindparam("ids", expanding=True)
_LIKED = sa.select(_LIKE.c.post_id).where(_LIKE.c.account_id == sa.bindparam("me"), _LIKE.c.post_id.in_(_IDS))
_FILES = (
    sa.select(_FILE.c.post_id, _FILE.c.file_id, _FILE.c.title, _STORED.c.media_type)
    .select_from(_FILE.join(_STORED))
    .where(_FILE.c.post_id.in_(_IDS))
    .order_by(_FILE.c.post_id, _FILE.c.position)
)
# By the author's index: acts are not indexed by what they are about.
_STUBS = (
    sa.select(_ACT.c.subject_id, _ACT.c.reason, _ACT.c.moderator_name, _ACT.c.duty, _ACT.c.interest)
    .where(
        _ACT.c.author_id.in_(sa.bindparam("authors", expanding=True)),
        _ACT.c.subject_id.in_(_IDS),
        _ACT.c.act.in_([Act.HIDE, Act.REFUSE]),
    )
    .order_by(_ACT.c.number)
)
_QUOTES = (
    sa.select(
        _POST.c.seq,
        _POST.c.badge,
        _POST.c.state,
        sa.func.substr(_POST.c.text, 1, MOST_QUOTED + 1).label("text"),
        _ACCOUNT.c.name,
    )
    .select_from(_POST.join(_ACCOUNT, _ACCOUNT.c.id == _POST.c.author_id))
    .where(
        _POST.c.thread_id == sa.bindparam("thread_id"),
        _POST.c.seq.in_(sa.bindparam("seqs", expanding=True)),
    )
)


def dress(session: Session, *, estate_id: UUID, me: UUID, rows: Sequence[Any], likes: bool = True) -> Dress:
    """Everything these posts need to be shown to `me`."""
    if not rows:
        return Dress()
    ids = [row.id for row in rows]
    ask = session.connection().execute
    residents = list({row.author_id for row in rows if not row.badge})
    places = _places(session, estate_id, residents)
    liked = frozenset(ask(_LIKED, {"me": me, "ids": ids}).scalars()) if likes else frozenset()
    files: dict[UUID, list[FileView]] = {}
    for row in ask(_FILES, {"ids": ids}):
        view = FileView(row.file_id, row.title, row.media_type.startswith("image/"))
        files.setdefault(row.post_id, []).append(view)
    return Dress(places, liked, files, _stubs(session, rows), _quotes(session, rows))


def view_of(row: Any, me: UUID, clothes: Dress) -> PostView:
    """The row as this person reads it: a hidden post's words and files are for its author alone."""
    mine = row.author_id == me
    readable = row.state is not PostState.HIDDEN or mine
    files = clothes.files.get(row.id, []) if readable else []
    return PostView(
        id=row.id,
        seq=row.seq,
        parent_seq=row.parent_seq,
        author=name_shown(row.author_name, row.badge, mine=mine),
        place="" if mine else clothes.places.get(row.author_id, ""),
        badge=row.badge,
        mine=mine,
        stance=row.stance,
        text=row.text if readable else "",
        state=row.state,
        at=row.created_at.replace(second=0, microsecond=0),
        likes=row.likes,
        liked=row.id in clothes.liked,
        quote=clothes.quotes.get(row.quote_seq) if row.quote_seq and readable else None,
        photos=tuple(file for file in files if file.is_photo),
        documents=tuple(file for file in files if not file.is_photo),
        stub=clothes.stubs.get(row.id),
        answer_seq=row.answer_seq,
        answer_source=row.answer_source,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
    )


def name_shown(name: str, badge: str, *, mine: bool) -> str:
    """In full for oneself and for whoever speaks in an office; a neighbour's is masked."""
    return name if mine or badge else mask_name(name)


def _places(session: Session, estate_id: UUID, people: Sequence[UUID]) -> dict[UUID, str]:
    if not people:
        return {}
    homes = homes_in(session, estate_id=estate_id, account_ids=people)
    return {
        person: f"{building_label(places[0].building)}{entrance_label(places[0].entrance)}"
        for person, places in homes.items()
    }


def _stubs(session: Session, rows: Sequence[Any]) -> dict[UUID, StubView]:
    gone = [row for row in rows if row.state in {PostState.HIDDEN, PostState.REFUSED}]
    if not gone:
        return {}
    where = {"ids": [row.id for row in gone], "authors": list({row.author_id for row in gone})}
    return {
        act.subject_id: StubView(
            act.reason,
            act.moderator_name,
            "committee" if act.duty is Duty.NONE else act.duty.value,
            act.interest,
        )
        for act in session.connection().execute(_STUBS, where)
    }


def _quotes(session: Session, rows: Sequence[Any]) -> dict[int, QuoteView]:
    seqs = list({row.quote_seq for row in rows if row.quote_seq})
    if not seqs:
        return {}
    found = session.connection().execute(_QUOTES, {"thread_id": rows[0].thread_id, "seqs": seqs})
    return {row.seq: _quote(row) for row in found}


def _quote(row: Any) -> QuoteView:
    if row.state is not PostState.VISIBLE:
        return QuoteView(row.seq, "", "")
    line = " ".join(row.text.split())
    text = line if len(line) <= MOST_QUOTED else line[:MOST_QUOTED] + "…"
    return QuoteView(row.seq, name_shown(row.name, row.badge, mine=False), text)
