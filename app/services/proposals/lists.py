"""Proposals: the list of an estate, narrowed, sorted and searched, page by page; and a person's own drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.paging import FIRST, Leaf, Turn, read_leaf
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.deadlines import Level
from app.rules.proposals.states import PUBLIC, ProposalState
from app.rules.proposals.support import Scope, Support
from app.rules.search import query_terms, snippet
from app.services import search
from app.services.proposals.catalogue import item_titles
from app.services.proposals.people import Writer, show_people
from app.services.proposals.places import place_of
from app.services.proposals.reading import level_of

PAGE = 20
MOST_DRAFTS = 20
_ALL = 2**31 - 1
# Nobody looks for these unless he asks for them.
_GONE = (ProposalState.MERGED, ProposalState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. `place` is a value of the drawing: a building holds its entrances too."""

    place: str = ""
    kind: ItemKind | None = None
    state: ProposalState | None = None
    warmest: bool = False
    query: str = ""


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One proposal of a list; a hidden one is a stub without title, author or text.

    `place` is empty for the whole estate; `found` are pieces of the text, True where a searched word stands.
    """

    id: UUID
    number: int
    state: ProposalState
    title: str
    kind: ItemKind
    item: str
    place: str
    author: Writer | None
    published_at: datetime
    supporters: int
    needed: int
    short: int
    level: Level | None
    hidden: bool
    found: tuple[tuple[bool, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DraftLine:
    id: UUID
    title: str
    changed_at: datetime


def list_proposals(
    session: Session,
    *,
    estate_id: UUID,
    filters: Filters,
    turn: Turn = FIRST,
    viewer_id: UUID,
    now: datetime,
    limit: int = PAGE,
) -> Leaf[ProposalLine]:
    """A page of published proposals; a mark of the other order gives the first page."""
    query, ordered = _narrowed(session, estate_id, filters), _warmest if filters.warmest else _newest

    def fetch(turn: Turn) -> Sequence[Proposal]:
        rows: Sequence[Proposal] = session.exec(ordered(query, turn).limit(limit + 1)).all()
        return rows

    leaf = read_leaf(fetch, turn, size=limit, mark_of=_warm_mark if filters.warmest else _mark)
    lines = _lines(session, leaf.rows, estate_id, filters.query, viewer_id, now)
    return Leaf(tuple(lines), leaf.older, leaf.newer)


def _mark(row: Proposal) -> object:
    return row.number


def _warm_mark(row: Proposal) -> object:
    return f"{row.warmth}-{row.number}"


def _narrowed(session: Session, estate_id: UUID, filters: Filters) -> Any:
    query = select(Proposal).where(Proposal.estate_id == estate_id)
    if filters.state in PUBLIC:
        query = query.where(Proposal.state == filters.state)
    else:
        query = query.where(col(Proposal.state).not_in(_GONE))
    if filters.kind:
        query = query.where(Proposal.item_kind == filters.kind)
    query = _at_place(query, filters.place)
    if filters.query:
        found = search.find(session, estate_id=estate_id, query=filters.query, kind=SubjectKind.PROPOSAL)
        query = query.where(col(Proposal.id).in_([one.subject_id for one in found]))
        # Its words would tell what was hidden.
        query = query.where(col(Proposal.hidden_at).is_(None))
    return query


def _at_place(query: Any, place: str) -> Any:
    kind, _, rest = place.partition(":")
    if kind == Scope.ESTATE:
        return query.where(Proposal.scope_building == "")
    if kind == Scope.BUILDING:
        return query.where(Proposal.scope_building == rest)
    if kind == Scope.ENTRANCE:
        building, _, entrance = rest.rpartition(":")
        return query.where(Proposal.scope_building == building, Proposal.scope_entrance == entrance)
    return query


def _newest(query: Any, turn: Turn) -> Any:
    """Drafts have no number, and so are never among them."""
    number, at = col(Proposal.number), turn.numbers[0] if len(turn.numbers) == 1 else _ALL
    if turn.back:
        return query.where(number > at).order_by(number)
    return query.where(number < at).order_by(number.desc())


def _warmest(query: Any, turn: Turn) -> Any:
    warmth, number = col(Proposal.warmth), col(Proposal.number)
    at = turn.numbers if len(turn.numbers) == 2 else (_ALL, _ALL)
    columns, mark = sa.tuple_(warmth, number), sa.tuple_(*(sa.literal(part) for part in at))
    if turn.back:
        return query.where(columns > mark, number > 0).order_by(warmth, number)
    return query.where(columns < mark, number > 0).order_by(warmth.desc(), number.desc())


def _lines(
    session: Session, rows: Sequence[Proposal], estate_id: UUID, query: str, viewer_id: UUID, now: datetime
) -> list[ProposalLine]:
    authors = {row.author_id for row in rows}
    people = show_people(session, estate_id=estate_id, account_ids=authors, viewer_id=viewer_id)
    titles = item_titles(session, estate_id=estate_id, keys=[row.item_key for row in rows])
    wanted = query_terms(query)
    return [_line(row, people[row.author_id], titles.get(row.item_key, ""), wanted, now) for row in rows]


def _line(row: Proposal, author: Writer, item: str, wanted: Sequence[str], now: datetime) -> ProposalLine:
    hidden = row.hidden_at is not None
    support = Support(row.supporters, row.needed)
    return ProposalLine(
        id=row.id,
        number=row.number or 0,
        state=row.state,
        title="" if hidden else row.title,
        kind=row.item_kind,
        item=item,
        place=place_of(row).label,
        author=None if hidden else author,
        published_at=row.published_at or row.created_at,
        supporters=support.homes,
        needed=support.needed,
        short=0 if row.reached_at else support.short,
        level=level_of(row, now),
        hidden=hidden,
        found=tuple(snippet(row.text, wanted)) if wanted and not hidden else (),
    )


def list_drafts(session: Session, *, estate_id: UUID, account_id: UUID) -> list[DraftLine]:
    """The person's own drafts, the one written on last first."""
    query = (
        select(Proposal.id, Proposal.title, Proposal.changed_at)
        .where(
            Proposal.author_id == account_id,
            Proposal.estate_id == estate_id,
            Proposal.state == ProposalState.DRAFT,
        )
        .order_by(col(Proposal.changed_at).desc())
        .limit(MOST_DRAFTS)
    )
    return [DraftLine(*row) for row in session.exec(query)]
