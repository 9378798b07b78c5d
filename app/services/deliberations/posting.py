"""Deliberations: write a post into a thread, and make it public at once or when a moderator has read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.confinement import everywhere
from app.errors import N_, Conflict, Invalid, NotFound
from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import Post, PostState, Thread, ThreadRead
from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.deliberations.pace import ensure_pace, limits_for, longest_window
from app.rules.deliberations.stages import Verb, ensure_open, stage_at
from app.rules.deliberations.stances import Stance
from app.rules.text import clean_text
from app.services.accounts.grants import ensure_shown
from app.services.deliberations.attaching import Upload, attach, ensure_few, store_files
from app.services.deliberations.calling import tell_called
from app.services.deliberations.threads import (
    Seat,
    ensure_may_write,
    get_thread,
    lock_thread,
    plan_of,
    seat_of,
)
from app.services.search import put_in_index

MOST_TEXT = 4000
_POST, _PROPOSAL, _READ = table_of(Post), table_of(Proposal), table_of(ThreadRead)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """What was typed; `id` is the form's, so that sending it twice is one deed. `reply_to` and `quote` are numbers, 0 none."""

    id: UUID
    text: str
    stance: str = ""
    reply_to: int = 0
    quote: int = 0
    photos: tuple[Upload, ...] = ()
    documents: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """Where the post stands now; it may wait for a moderator."""

    seq: int
    waiting: bool


def write_post(
    session: Session, *, estate_id: UUID, thread_id: UUID, post: NewPost, account_id: UUID, now: datetime
) -> Posted:
    """Add a post under the next number of its thread.

    Raises `Conflict` (`stage_closed`) outside the stage, `NotAllowed` (`muted`), `TooMany` (`too_fast`), `Invalid` for
    what cannot be used, and `Conflict` (`hidden`) for an answer to a post that cannot be read any more.
    """
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    joined_at = _lock_author(session, account_id)
    if known := _known(session, thread_id=thread_id, post_id=post.id, account_id=account_id):
        return known
    verb = Verb.REPLY if post.reply_to else Verb.POST
    ensure_open(stage_at(plan_of(session, thread_id), now), verb)
    seat = seat_of(session, estate_id=estate_id, thread_id=thread_id, account_id=account_id, now=now)
    ensure_may_write(seat, now)
    ensure_shown(session, account_id=account_id, estate_id=estate_id)
    text, stance = clean_post(post.text), read_stance(post.stance)
    ensure_few(post.photos, post.documents)
    _keep_pace(session, account_id=account_id, joined_at=joined_at, now=now)
    # Pictures are drawn anew before the thread is locked: neighbours do not wait for that.
    files = store_files(
        session,
        estate_id=estate_id,
        account_id=account_id,
        photos=post.photos,
        documents=post.documents,
        now=now,
    )
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    ensure_open(stage_at(plan_of(session, thread_id), now), verb)
    parent_seq, quote_seq = _answered(session, thread_id=thread_id, reply_to=post.reply_to, quote=post.quote)
    row = Post(
        id=post.id,
        estate_id=estate_id,
        thread_id=thread_id,
        seq=thread.last_seq + 1,
        parent_seq=parent_seq,
        quote_seq=quote_seq,
        author_id=account_id,
        badge=seat.badge,
        stance=stance,
        text=text,
        state=PostState.WAITING,
        created_at=now,
    )
    _add(session, thread, row, seat, now)
    attach(session, post_id=row.id, files=files)
    return Posted(row.seq, row.state is PostState.WAITING)


def clean_post(text: str) -> str:
    """The text of a post; raises `Invalid` when it is empty or too long."""
    cleaned = clean_text(text, most=MOST_TEXT, field="text")
    if not cleaned:
        raise Invalid(N_("请写下您想说的话"), code="empty", field="text")
    return cleaned


def read_stance(typed: str) -> Stance | None:
    if typed and typed not in set(Stance):
        raise Invalid(N_("请在支持、担心、疑问里选一项，或者不选"), code="bad_stance", field="stance")
    return Stance(typed) if typed else None


def publish_post(session: Session, *, thread: Thread, post: Post, now: datetime) -> None:
    """Let everyone read a waiting post: counted, findable, and those it calls are told. The thread is locked."""
    post.state = PostState.VISIBLE
    session.add(post)
    session.flush()
    index_post(session, post)
    thread.post_count += 1
    thread.last_post_at = now
    session.add(thread)
    session.connection().execute(
        sa.update(_PROPOSAL).where(_PROPOSAL.c.id == thread.proposal_id).values(warmth=_PROPOSAL.c.warmth + 1)
    )
    tell_called(session, thread=thread, post=post, now=now)


def index_post(session: Session, post: Post) -> None:
    """Make a visible post findable."""
    put_in_index(
        session,
        estate_id=post.estate_id,
        kind=SubjectKind.POST,
        subject_id=post.id,
        text=post.text,
        at=post.created_at,
        thread_id=post.thread_id,
    )


def _add(session: Session, thread: Thread, row: Post, seat: Seat, now: datetime) -> None:
    thread.last_seq = row.seq
    session.add(thread)
    session.add(row)
    session.flush()
    if not thread.pre_approval or seat.is_moderator:
        publish_post(session, thread=thread, post=row, now=now)
    # Whoever had read everything has still read everything.
    session.connection().execute(
        sa.update(_READ)
        .where(
            _READ.c.thread_id == thread.id,
            _READ.c.account_id == row.author_id,
            _READ.c.seq == row.seq - 1,
        )
        .values(seq=row.seq, at=now)
    )


def _lock_author(session: Session, account_id: UUID) -> datetime:
    """When the person came; his row is locked so that a flood sent at once is counted one by one."""
    query = select(Account.created_at).where(Account.id == account_id).with_for_update(key_share=True)
    return session.exec(query).one()


def _known(session: Session, *, thread_id: UUID, post_id: UUID, account_id: UUID) -> Posted | None:
    row = session.get(Post, post_id)
    if row is None:
        return None
    if row.thread_id != thread_id or row.author_id != account_id:
        raise NotFound(N_("没有找到这条发言"))
    return Posted(row.seq, row.state is PostState.WAITING)


def _keep_pace(session: Session, *, account_id: UUID, joined_at: datetime, now: datetime) -> None:
    limits = limits_for(joined_at, now)
    query = (
        select(Post.created_at)
        .where(Post.author_id == account_id, Post.created_at > now - longest_window(limits))
        .order_by(col(Post.created_at).desc())
        .limit(max(limit.most for limit in limits))
    )
    with everywhere(session):
        written = session.exec(query).all()
    ensure_pace(written, now, limits)


def _answered(session: Session, *, thread_id: UUID, reply_to: int, quote: int) -> tuple[int, int]:
    """The top post to stand under and the post to quote: a reply to a reply stands beside it and quotes it."""
    if not reply_to:
        return 0, _visible(session, thread_id, quote).seq if quote else 0
    parent = _visible(session, thread_id, reply_to)
    if quote and quote != reply_to:
        _visible(session, thread_id, quote)
    if not parent.parent_seq:
        return parent.seq, quote
    _visible(session, thread_id, parent.parent_seq)
    return parent.parent_seq, quote or parent.seq


def _visible(session: Session, thread_id: UUID, seq: int) -> Post:
    post = session.exec(select(Post).where(Post.thread_id == thread_id, Post.seq == seq)).one_or_none()
    if post is None:
        raise NotFound(N_("没有找到您要回复或引用的发言"))
    if post.state is not PostState.VISIBLE:
        raise Conflict(
            N_("您要回复或引用的发言已被隐藏或还在等待审核，不能回复。您可以另发一条"), code="hidden"
        )
    return post
