"""Guides: residents ask, and each answer is published together with its question and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.errors import N_, Conflict, NotFound
from app.models.accounts import Account
from app.models.base import table_of
from app.models.guides import Guide, GuideQuestion, GuideRevision
from app.models.outbox import Channel
from app.rules.accounts import mask_name
from app.rules.guides import questions as rules
from app.rules.guides.cards import MOST_REASON, GuideState, read_reason
from app.rules.guides.questions import QuestionState
from app.rules.text import clean_line, clean_text
from app.services import outbox
from app.services.guides.staff import Explainer
from app.services.trail import Actor, record

SHOWN = 100
# A message is one line of a text message's length.
_TOLD = 40

_QUESTION, _GUIDE, _REVISION, _ACCOUNT = (
    table_of(model) for model in (GuideQuestion, Guide, GuideRevision, Account)
)


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as its reader may see it: the asker by a masked name, "" for a passer-by; `title` is the card's or ""."""

    id: UUID
    guide_id: UUID | None
    title: str
    asker: str
    mine: bool
    text: str
    at: datetime
    state: QuestionState
    answer: str
    source: str
    refused_reason: str
    settled_name: str
    settled_badge: str
    settled_at: datetime | None


_QUESTIONS = sa.select(
    _QUESTION, _ACCOUNT.c.name.label("asker"), sa.func.coalesce(_REVISION.c.title, "").label("title")
).select_from(
    _QUESTION.join(_ACCOUNT, _ACCOUNT.c.id == _QUESTION.c.asker_id)
    .outerjoin(_GUIDE, _GUIDE.c.id == _QUESTION.c.guide_id)
    .outerjoin(
        _REVISION,
        sa.and_(_REVISION.c.guide_id == _GUIDE.c.id, _REVISION.c.revision == _GUIDE.c.published_revision),
    )
)


def _view(row: Any, reader: UUID | None) -> QuestionView:
    return QuestionView(
        id=row.id,
        guide_id=row.guide_id,
        title=row.title,
        asker=mask_name(row.asker) if reader else "",
        mine=row.asker_id == reader,
        text=row.text,
        at=row.at,
        state=row.state,
        answer=row.answer,
        source=row.source,
        refused_reason=row.refused_reason,
        settled_name=row.settled_name,
        settled_badge=row.settled_badge,
        settled_at=row.settled_at,
    )


def list_answered(
    session: Session, *, estate_id: UUID, guide_id: UUID | None, reader: UUID | None
) -> Sequence[QuestionView]:
    """Questions with their answers, of one card or of none, the newest first; the reader's own unanswered ones lead."""
    about = _QUESTION.c.guide_id == guide_id if guide_id else _QUESTION.c.guide_id.is_(None)
    seen = _QUESTION.c.state == QuestionState.ANSWERED
    if reader is not None:
        seen = sa.or_(seen, _QUESTION.c.asker_id == reader)
    query = _QUESTIONS.where(_QUESTION.c.estate_id == estate_id, about, seen)
    newest = sa.func.coalesce(_QUESTION.c.settled_at, _QUESTION.c.at).desc()
    rows = session.connection().execute(query.order_by(newest, _QUESTION.c.id).limit(SHOWN)).all()
    found = [_view(row, reader) for row in rows]
    return sorted(found, key=lambda one: one.state is QuestionState.ANSWERED)


def waiting_questions(session: Session, *, estate_id: UUID) -> Sequence[QuestionView]:
    """What nobody has answered yet, the oldest first; masked for the staff too, who answer all alike."""
    query = _QUESTIONS.where(
        _QUESTION.c.estate_id == estate_id, _QUESTION.c.state == QuestionState.WAITING
    ).order_by(_QUESTION.c.at, _QUESTION.c.id)
    staff = UUID(int=0)
    return [_view(row, staff) for row in session.connection().execute(query.limit(SHOWN))]


def read_question(session: Session, *, estate_id: UUID, question_id: UUID) -> QuestionView:
    """A question for whoever is to settle it."""
    query = _QUESTIONS.where(_QUESTION.c.id == question_id, _QUESTION.c.estate_id == estate_id)
    row = session.connection().execute(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这个提问"))
    return _view(row, UUID(int=0))


def ask(
    session: Session,
    *,
    estate_id: UUID,
    question_id: UUID,
    guide_id: UUID | None,
    text: str,
    asker_id: UUID,
    now: datetime,
) -> None:
    """Put a question about a published card, or about policy at large; sent twice it is one question.

    Raises `Invalid` for one that says too little, `Conflict` for one who has `MOST_WAITING` unanswered already.
    """
    text = clean_text(text, most=rules.MOST_QUESTION, field="text")
    rules.ensure_asks(text)
    if guide_id is not None:
        _ensure_published(session, estate_id, guide_id)
    if _is_asked(session, question_id, asker_id):
        return
    _ensure_room(session, estate_id, asker_id)
    question = GuideQuestion(
        id=question_id,
        estate_id=estate_id,
        guide_id=guide_id,
        asker_id=asker_id,
        text=text,
        at=now,
        state=QuestionState.WAITING,
    )
    try:
        with session.begin_nested():
            session.add(question)
    except IntegrityError:
        # Twice at the same moment: the other was first.
        _is_asked(session, question_id, asker_id)


def _is_asked(session: Session, question_id: UUID, asker_id: UUID) -> bool:
    """Whether this very person put this very question; raises `Conflict` when the id is another's."""
    known = session.get(GuideQuestion, question_id)
    if known is None:
        return False
    if known.asker_id == asker_id:
        return True
    raise Conflict(N_("请刷新页面，再提一次"), code="id_taken")


def _ensure_published(session: Session, estate_id: UUID, guide_id: UUID) -> None:
    guide = session.get(Guide, guide_id)
    if guide is None or guide.estate_id != estate_id or not guide.published_revision:
        raise NotFound(N_("没有找到这张政策卡"))
    if guide.state is not GuideState.PUBLISHED:
        raise Conflict(N_("这张政策卡已经撤下，请到政策问答里提问"), code="withdrawn")


def _ensure_room(session: Session, estate_id: UUID, asker_id: UUID) -> None:
    query = sa.select(sa.func.count()).where(
        _QUESTION.c.estate_id == estate_id,
        _QUESTION.c.asker_id == asker_id,
        _QUESTION.c.state == QuestionState.WAITING,
    )
    if session.connection().execute(query).scalar_one() >= rules.MOST_WAITING:
        raise Conflict(
            N_("您有 %(most)s 个问题还在等解答，请等一等再问。急的话，可以打居委会电话"),
            code="too_many_waiting",
            most=rules.MOST_WAITING,
        )


def answer(
    session: Session,
    *,
    estate_id: UUID,
    question_id: UUID,
    text: str,
    source: str,
    explainer: Explainer,
    now: datetime,
) -> None:
    """Publish a question together with its answer and tell the asker; the same answer sent twice is one.

    Raises `Invalid` without an answer or what it rests on, `Conflict` when somebody settled it otherwise before.
    """
    question = _lock(session, estate_id, question_id)
    text = clean_text(text, most=rules.MOST_ANSWER, field="answer")
    source = clean_line(source, most=rules.MOST_SOURCE, field="source")
    rules.ensure_answers(text, source)
    if _is_settled(question, explainer.actor, text == question.answer and source == question.source):
        return
    question.answer, question.source = text, source
    _settle(session, question, QuestionState.ANSWERED, explainer, now)


def refuse(
    session: Session, *, estate_id: UUID, question_id: UUID, reason: str, explainer: Explainer, now: datetime
) -> None:
    """Do not answer, with a reason that only the asker and the staff read. As `answer` otherwise."""
    question = _lock(session, estate_id, question_id)
    reason = read_reason(clean_line(reason, most=MOST_REASON, field="reason"))
    if _is_settled(question, explainer.actor, reason == question.refused_reason):
        return
    question.refused_reason = reason
    _settle(session, question, QuestionState.REFUSED, explainer, now)


def _lock(session: Session, estate_id: UUID, question_id: UUID) -> GuideQuestion:
    query = (
        select(GuideQuestion)
        .where(GuideQuestion.id == question_id, GuideQuestion.estate_id == estate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    question = session.exec(query).one_or_none()
    if question is None:
        raise NotFound(N_("没有找到这个提问"))
    return question


def _is_settled(question: GuideQuestion, actor: Actor, alike: bool) -> bool:
    """True when this very deed was done; raises `Conflict` when another was."""
    if question.state is QuestionState.WAITING:
        return False
    if alike and question.settled_by == actor.id:
        return True
    raise Conflict(N_("这个提问已经有人办过了，请回到列表看结果"), code="settled")


def _settle(
    session: Session, question: GuideQuestion, state: QuestionState, explainer: Explainer, now: datetime
) -> None:
    question.state, question.settled_at, question.settled_by = state, now, explainer.actor.id
    question.settled_name, question.settled_badge = explainer.name, explainer.badge
    session.add(question)
    session.flush()
    answered = state is QuestionState.ANSWERED
    page = f"guides/{question.guide_id}" if question.guide_id else "guides/questions"
    outbox.post(
        session,
        outbox.Draft(
            key=f"guide_question:{question.id}",
            template="guide_question_answered" if answered else "guide_question_refused",
            now=now,
            account_id=question.asker_id,
            channel=Channel.INBOX,
            estate_id=question.estate_id,
            values={"text": question.text[:_TOLD], "reason": question.refused_reason[:_TOLD]},
            link=f"{page}#q-{question.id}",
        ),
    )
    record(
        session,
        tag=f"guides:question:{'answer' if answered else 'refuse'}",
        actor=explainer.actor,
        now=now,
        estate_id=question.estate_id,
        subject_kind="guide_question",
        subject_id=question.id,
        reason=question.refused_reason,
    )


def questions_by(
    session: Session, *, estate_id: UUID, since: datetime
) -> Sequence[tuple[UUID, UUID, datetime]]:
    """Each question published since then: its asker, itself, and when it was asked; for whoever thanks residents."""
    query = (
        sa.select(_QUESTION.c.asker_id, _QUESTION.c.id, _QUESTION.c.at)
        .where(
            _QUESTION.c.estate_id == estate_id,
            _QUESTION.c.state == QuestionState.ANSWERED,
            _QUESTION.c.settled_at >= since,
        )
        .order_by(_QUESTION.c.settled_at, _QUESTION.c.id)
    )
    return [(row.asker_id, row.id, row.at) for row in session.connection().execute(query)]
