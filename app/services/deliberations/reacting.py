"""Deliberations: 同感, how far one has read, a question marked answered, and the pinned summary."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.deliberations import Post, PostLike, PostState, Thread, ThreadRead
from app.models.outbox import Channel
from app.rules.accounts import Duty
from app.rules.deliberations.stages import Verb, ensure_open, stage_at
from app.rules.deliberations.stances import Stance
from app.rules.text import clean_line, clean_text
from app.services import outbox, trail
from app.services.deliberations.threads import (
    Seat,
    ensure_may_write,
    get_thread,
    lock_thread,
    plan_of,
    seat_of,
)
from app.services.trail import Actor

MOST_SOURCE, MOST_SUMMARY = 200, 2000
_POST, _LIKE, _READ = table_of(Post), table_of(PostLike), table_of(ThreadRead)


def get_visible(session: Session, *, thread_id: UUID, seq: int) -> Post:
    """The post as everyone can read it; `NotFound` for none, `Conflict` (`hidden`) for one that is not to be read."""
    post = session.exec(select(Post).where(Post.thread_id == thread_id, Post.seq == seq)).one_or_none()
    if post is None:
        raise NotFound(N_("没有找到这条发言"))
    if post.state is not PostState.VISIBLE:
        raise Conflict(N_("这条发言已被隐藏或还在等待审核，现在不能这样做"), code="hidden")
    return post


def set_like(
    session: Session, *, estate_id: UUID, thread_id: UUID, seq: int, account_id: UUID, on: bool, now: datetime
) -> None:
    """Give 同感 or take it back; twice the same is one deed.

    Raises `Conflict` outside the stage or for a hidden post, `NotAllowed` for one's own post or while muted.
    """
    _, seat = _enter(session, estate_id, thread_id, account_id, Verb.LIKE, now)
    ensure_may_write(seat, now)
    post = get_visible(session, thread_id=thread_id, seq=seq)
    if post.author_id == account_id:
        raise NotAllowed(N_("不能给自己的发言点同感"), code="own_post")
    connection = session.connection()
    if on:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        deed: sa.Executable = (
            insert(_LIKE)
            .values(post_id=post.id, account_id=account_id, at=now)
            .on_conflict_do_nothing(index_elements=["post_id", "account_id"])
            .execution_options(preserve_rowcount=True)
        )
    else:
        deed = sa.delete(_LIKE).where(_LIKE.c.post_id == post.id, _LIKE.c.account_id == account_id)
    if connection.execute(deed).rowcount == 1:
        change = _POST.c.likes + (1 if on else -1)
        connection.execute(sa.update(_POST).where(_POST.c.id == post.id).values(likes=change))
        session.expire(post)


def mark_read(
    session: Session, *, estate_id: UUID, thread_id: UUID, seq: int, account_id: UUID, now: datetime
) -> None:
    """Note how far a person has read; it never goes back, and never past the last post."""
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    reached = max(0, min(seq, thread.last_seq))
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(_READ).values(thread_id=thread_id, account_id=account_id, seq=reached, at=now)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["thread_id", "account_id"],
            set_={"seq": reached, "at": now},
            where=_READ.c.seq < reached,
        )
    )


def may_answer(seat: Seat) -> bool:
    """Explaining policy is a duty of its own; a mediator's word is not a source."""
    return seat.is_committee or Duty.EXPLAINER in seat.duties


def mark_answered(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    seq: int,
    answer_seq: int,
    source: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Mark a question answered by a post of this thread, with the paper the answer rests on; later marks replace it.

    Raises `NotAllowed` for others than explainers and the committee, `Conflict` outside the stage or for what is no
    question, `Invalid` without a source or an answer.
    """
    thread, seat = _enter(session, estate_id, thread_id, actor.id, Verb.ANSWER, now)
    if not may_answer(seat):
        raise NotAllowed(N_("只有政策宣讲员和居委会可以把问题标为已解答"))
    ensure_may_write(seat, now)
    question = get_visible(session, thread_id=thread_id, seq=seq)
    if question.stance is not Stance.QUESTION:
        raise Conflict(N_("这条发言不是疑问，不用标为已解答"), code="no_question")
    cleaned = clean_line(source, most=MOST_SOURCE, field="source")
    if not cleaned:
        raise Invalid(N_("请写明依据，例如文件名称和条款"), field="source")
    if answer_seq == seq or answer_seq < 1:
        raise Invalid(N_("请填写解答所在发言的编号"), field="answer_seq")
    try:
        get_visible(session, thread_id=thread_id, seq=answer_seq)
    except (NotFound, Conflict):
        raise Invalid(N_("没有这个编号的发言，请检查"), field="answer_seq") from None
    old = {"answer": question.answer_seq, "source": question.answer_source}
    question.answer_seq, question.answer_source = answer_seq, cleaned
    question.answered_by, question.answered_at = actor.name[:50], now
    session.add(question)
    session.flush()
    _record_answer(session, thread, question, actor, now, old)


def _record_answer(
    session: Session, thread: Thread, question: Post, actor: Actor, now: datetime, old: dict[str, object]
) -> None:
    trail.record(
        session,
        tag="deliberations:post:answer",
        actor=actor,
        now=now,
        estate_id=thread.estate_id,
        subject_kind="post",
        subject_id=question.id,
        old=old,
        new={"answer": question.answer_seq, "source": question.answer_source},
    )
    if question.author_id != actor.id:
        draft = outbox.Draft(
            key=f"answered:{question.id}",
            template="question_answered",
            now=now,
            account_id=question.author_id,
            channel=Channel.INBOX,
            estate_id=thread.estate_id,
            values={"title": thread.title},
            link=f"deliberations/{thread.id}/posts/{question.seq}",
        )
        outbox.post(session, draft)


def write_summary(
    session: Session, *, estate_id: UUID, thread_id: UUID, text: str, actor: Actor, now: datetime
) -> None:
    """Pin a summary above the posts, or take it away with an empty text.

    Raises `NotAllowed` for others than the moderators of this thread, `Conflict` once it is closed, `Invalid` when too long.
    """
    _, seat = _enter(session, estate_id, thread_id, actor.id, Verb.SUMMARISE, now)
    if not seat.is_moderator:
        raise NotAllowed(N_("只有这次协商的主持人和居委会可以写小结"))
    ensure_may_write(seat, now)
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    old, new = thread.summary, clean_text(text, most=MOST_SUMMARY, field="summary")
    if new == old:
        return  # the same form once more
    thread.summary = new
    thread.summary_by, thread.summary_at = actor.name[:50], now
    session.add(thread)
    trail.record(
        session,
        tag="deliberations:thread:summarise",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="thread",
        subject_id=thread_id,
        old={"summary": old},
        new={"summary": thread.summary},
    )


def _enter(
    session: Session, estate_id: UUID, thread_id: UUID, account_id: UUID, verb: Verb, now: datetime
) -> tuple[Thread, Seat]:
    """The thread, its stage checked, and what the person is in it."""
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    ensure_open(stage_at(plan_of(session, thread_id), now), verb)
    where = {"estate_id": estate_id, "thread_id": thread_id, "account_id": account_id}
    return thread, seat_of(session, **where, now=now)
