"""Deliberations: the posts of a thread as one person may read them, a page at a time, however long it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotFound
from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import Post, PostState, ThreadRead
from app.rules.deliberations.stances import Stance
from app.services.deliberations.dressing import PostView, dress, view_of

PER_PAGE, FIRST_REPLIES, MOST_COUNTED, PER_REPLIES, MOST_NEW = 30, 5, 100, 50, 30
PRINTED = 2000

_POST, _ACCOUNT, _READ = table_of(Post), table_of(Account), table_of(ThreadRead)


class Order(StrEnum):
    """How top posts are sorted."""

    OLDEST = "oldest"
    NEWEST = "newest"
    LIKED = "liked"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: his own waiting posts are shown to him, everybody's to a moderator."""

    account_id: UUID
    moderates: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """Which page is wanted. `after` and `before` are cursors out of an earlier page, empty for the first."""

    order: Order = Order.OLDEST
    stance: Stance | None = None
    unanswered: bool = False
    after: str = ""
    before: str = ""

    @property
    def is_plain(self) -> bool:
        return self.order is Order.OLDEST and self.stance is None and not self.unanswered


@dataclass(frozen=True, slots=True)
class Block:
    """A top post with its first replies, and how many more there are (`MOST_COUNTED` stands for that many or more)."""

    post: PostView
    replies: tuple[PostView, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class PostsPage:
    """A page of posts with the cursors of its neighbours, "" where there is none."""

    blocks: list[Block] = field(default_factory=list)
    older: str = ""
    newer: str = ""


def _columns(table: Any) -> list[Any]:
    return [*table.c, _ACCOUNT.c.name.label("author_name")]


_IN_THREAD = _POST.c.thread_id == sa.bindparam("thread_id")
_READABLE = sa.or_(
    _POST.c.state.in_([PostState.VISIBLE, PostState.HIDDEN]),
    _POST.c.author_id == sa.bindparam("me"),
    sa.bindparam("moderates", type_=sa.Boolean),
)
_SELECT = sa.select(*_columns(_POST)).select_from(_POST.join(_ACCOUNT, _ACCOUNT.c.id == _POST.c.author_id))
_REPLY = _POST.alias("reply")
# A few steps of one index for each top post, so that the page does not depend on how much follows them.
_REPLIES = (
    sa.select(_REPLY.c.seq)
    .where(
        _REPLY.c.thread_id == _POST.c.thread_id,
        _REPLY.c.parent_seq == _POST.c.seq,
        sa.or_(
            _REPLY.c.state.in_([PostState.VISIBLE, PostState.HIDDEN]),
            _REPLY.c.author_id == sa.bindparam("me"),
            sa.bindparam("moderates", type_=sa.Boolean),
        ),
    )
    .order_by(_REPLY.c.seq)
    .limit(FIRST_REPLIES + MOST_COUNTED)
    .correlate(_POST)
    .subquery()
)
_REPLY_SEQS = (
    sa.select(sa.func.aggregate_strings(sa.cast(_REPLIES.c.seq, sa.String), ","))
    .correlate(_POST)
    .scalar_subquery()
    .label("reply_seqs")
)
_TOPS = _SELECT.add_columns(_REPLY_SEQS).where(_IN_THREAD, _POST.c.parent_seq == 0, _READABLE)
_BY_SEQS = _SELECT.where(
    _IN_THREAD, _POST.c.seq.in_(sa.bindparam("seqs", expanding=True)), _READABLE
).order_by(_POST.c.seq)
_REPLIES_AFTER = (
    _SELECT.where(
        _IN_THREAD,
        _POST.c.parent_seq == sa.bindparam("parent"),
        _POST.c.seq > sa.bindparam("after"),
        _READABLE,
    )
    .order_by(_POST.c.seq)
    .limit(PER_REPLIES + 1)
)
_NEW = (
    _SELECT.where(
        _IN_THREAD,
        _POST.c.seq > sa.bindparam("after"),
        _POST.c.state == PostState.VISIBLE,
        _POST.c.author_id != sa.bindparam("me"),
    )
    .order_by(_POST.c.seq)
    .limit(MOST_NEW)
)
_PART = _SELECT.where(
    _IN_THREAD,
    _POST.c.seq.between(sa.bindparam("first"), sa.bindparam("last")),
    _POST.c.state.in_([PostState.VISIBLE, PostState.HIDDEN]),
).order_by(_POST.c.seq)
_PLACE = sa.select(_POST.c.seq, _POST.c.parent_seq).where(
    _IN_THREAD, _POST.c.seq == sa.bindparam("seq"), _READABLE
)
_UP_TO = sa.select(_READ.c.seq).where(
    _READ.c.thread_id == sa.bindparam("thread_id"), _READ.c.account_id == sa.bindparam("me")
)


def _tops() -> dict[tuple[Order, bool, bool], sa.Select[Any]]:
    """One statement for each order, direction, and whether it goes on from a cursor."""
    seq, likes = _POST.c.seq, _POST.c.likes
    at_seq: sa.BindParameter[int] = sa.bindparam("at_seq")
    at_likes: sa.BindParameter[int] = sa.bindparam("at_likes")
    made = {}
    for order in Order:
        for backward in (False, True):
            rising = (order is Order.OLDEST) is not backward
            keys = [seq.asc() if rising else seq.desc()]
            beyond = seq > at_seq if rising else seq < at_seq
            if order is Order.LIKED:
                # The most 同感 first, among equals the newest: one direction, so that the index is read from the mark on.
                keys = [likes.asc(), seq.asc()] if backward else [likes.desc(), seq.desc()]
                here, mark = sa.tuple_(likes, seq), sa.tuple_(at_likes, at_seq)
                beyond = here > mark if backward else here < mark
            query = _TOPS.order_by(*keys).limit(PER_PAGE + 1)
            made[order, backward, False] = query
            made[order, backward, True] = query.where(beyond)
    return made


_PAGES = _tops()
_OF_STANCE = {
    key: query.where(_POST.c.stance == sa.bindparam("stance", type_=_POST.c.stance.type))
    for key, query in _PAGES.items()
}
_UNANSWERED = {
    key: query.where(
        _POST.c.stance == Stance.QUESTION, _POST.c.answer_seq == 0, _POST.c.state == PostState.VISIBLE
    )
    for key, query in _PAGES.items()
}


def read_page(session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, wish: Wish) -> PostsPage:
    """Thirty top posts with their first replies. The thread is this estate's: `read_thread` has seen to that."""
    where = _where(thread_id, reader)
    backward = bool(wish.before)
    cursor = _read_cursor(wish.before or wish.after)
    queries = _UNANSWERED if wish.unanswered else _OF_STANCE if wish.stance else _PAGES
    query = queries[wish.order, backward, cursor is not None]
    if cursor is not None:
        where |= {"at_seq": cursor[0], "at_likes": cursor[1]}
    if wish.stance and not wish.unanswered:
        where |= {"stance": wish.stance}
    rows = session.connection().execute(query, where).all()
    more, tops = len(rows) > PER_PAGE, rows[:PER_PAGE]
    if backward:
        tops = tops[::-1]
    firsts = {top.seq: sorted(int(seq) for seq in (top.reply_seqs or "").split(",") if seq) for top in tops}
    wanted = [seq for seqs in firsts.values() for seq in seqs[:FIRST_REPLIES]]
    replies = _by_seqs(session, thread_id, reader, wanted)
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=[*tops, *replies.values()])
    blocks = [
        Block(
            view_of(top, reader.account_id, clothes),
            tuple(
                view_of(replies[seq], reader.account_id, clothes)
                for seq in firsts[top.seq][:FIRST_REPLIES]
                if seq in replies
            ),
            max(0, len(firsts[top.seq]) - FIRST_REPLIES),
        )
        for top in tops
    ]
    has_older, has_newer = (bool(cursor), more) if backward else (more, bool(cursor))
    return PostsPage(
        blocks,
        older=_cursor(tops[-1]) if tops and has_older else "",
        newer=_cursor(tops[0]) if tops and has_newer else "",
    )


def read_replies(
    session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, seq: int, after: int
) -> tuple[Block, int]:
    """A top post with fifty of its replies, and the number after which the next ones come, 0 for none.

    Raises `NotFound` for what is no top post the reader may see.
    """
    where = {**_where(thread_id, reader), "parent": seq, "after": after}
    top = _by_seqs(session, thread_id, reader, [seq]).get(seq)
    if top is None or top.parent_seq:
        raise NotFound(N_("没有找到这条发言"))
    rows = session.connection().execute(_REPLIES_AFTER, where).all()
    shown = rows[:PER_REPLIES]
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=[top, *shown])
    block = Block(
        view_of(top, reader.account_id, clothes),
        tuple(view_of(row, reader.account_id, clothes) for row in shown),
    )
    return block, shown[-1].seq if len(rows) > PER_REPLIES else 0


def read_post(session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, seq: int) -> PostView:
    """One post by its number; raises `NotFound` for what this person may not see."""
    row = _by_seqs(session, thread_id, reader, [seq]).get(seq)
    if row is None:
        raise NotFound(N_("没有找到这条发言"))
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=[row])
    return view_of(row, reader.account_id, clothes)


def read_new(
    session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, after: int
) -> list[PostView]:
    """What neighbours wrote after a number, tops and replies alike, in order."""
    where = {"thread_id": thread_id, "me": reader.account_id, "after": after}
    rows = session.connection().execute(_NEW, where).all()
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=rows)
    return [view_of(row, reader.account_id, clothes) for row in rows]


def read_part(
    session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, part: int
) -> list[Block]:
    """Part 1, 2, … of a thread to print: two thousand numbers each, replies under their top post where it is here."""
    first = (part - 1) * PRINTED + 1
    where = {"thread_id": thread_id, "first": first, "last": first + PRINTED - 1}
    rows = session.connection().execute(_PART, where).all()
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=rows, likes=False)
    blocks: dict[int, tuple[PostView, list[PostView]]] = {}
    for row in rows:
        # What waits for its moderator is printed by nobody, and on paper nobody is "me".
        view = replace(view_of(row, reader.account_id, clothes), mine=False)
        if view.parent_seq in blocks:
            blocks[view.parent_seq][1].append(view)
        else:
            blocks[view.seq] = (view, [])
    return [Block(top, tuple(replies)) for top, replies in blocks.values()]


def place_of(session: Session, *, thread_id: UUID, reader: Reader, seq: int) -> tuple[int, bool]:
    """The top post under which a post stands, and whether it is among the replies shown there at once.

    Raises `NotFound` for a number the reader may not see.
    """
    where = _where(thread_id, reader)
    found = session.connection().execute(_PLACE, {**where, "seq": seq}).one_or_none()
    if found is None:
        raise NotFound(N_("没有找到这条发言"))
    if not found.parent_seq:
        return seq, True
    query = {**where, "parent": found.parent_seq, "after": 0}
    first = session.connection().execute(_REPLIES_AFTER.limit(FIRST_REPLIES), query).all()
    return found.parent_seq, seq in {row.seq for row in first}


def read_up_to(session: Session, *, thread_id: UUID, account_id: UUID) -> int:
    """The last number the person has read; 0 before the first time."""
    where = {"thread_id": thread_id, "me": account_id}
    return session.connection().execute(_UP_TO, where).scalar_one_or_none() or 0


def _where(thread_id: UUID, reader: Reader) -> dict[str, Any]:
    return {"thread_id": thread_id, "me": reader.account_id, "moderates": reader.moderates}


def _by_seqs(session: Session, thread_id: UUID, reader: Reader, seqs: Sequence[int]) -> Mapping[int, Any]:
    if not seqs:
        return {}
    where = {**_where(thread_id, reader), "seqs": list(seqs)}
    return {row.seq: row for row in session.connection().execute(_BY_SEQS, where)}


def _cursor(row: Any) -> str:
    return f"{row.seq}-{row.likes}"


def _read_cursor(text: str) -> tuple[int, int] | None:
    """Where a page goes on; nothing for text that is no cursor."""
    seq, _, likes = text.partition("-")
    if not (seq.isascii() and seq.isdigit() and len(seq) <= 9):
        return None
    return int(seq), int(likes) if likes.isascii() and likes.isdigit() and len(likes) <= 9 else 0
