"""Deliberations: write an act of moderation into the public log, the trail, and the author's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.errors import N_, Conflict, Refusal
from app.models.base import NO_ID
from app.models.deliberations import ModerationAct
from app.models.outbox import Channel
from app.models.search import SubjectKind
from app.rules.accounts import Duty
from app.rules.deliberations.moderation import ACT_NAMES, NEEDS_REASON, REASON_MOST, Act, clean_reason
from app.rules.text import clean_text
from app.services import outbox, trail
from app.services.deliberations.cases import Judge
from app.services.trail import Actor

# What is taken from a neighbour reaches his phone; what is given back waits on his message page.
_CHANNELS = {
    Act.HIDE: Channel.SMS,
    Act.REFUSE: Channel.SMS,
    Act.WARN: Channel.SMS,
    Act.MUTE: Channel.SMS,
    Act.RESTORE: Channel.INBOX,
    Act.APPROVE: Channel.INBOX,
    Act.UNMUTE: Channel.INBOX,
}
# A text message is short; the whole reason stands in the log.
_MOST_TOLD = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a moderator sent. `id` is the form's and becomes the act's, so that a second arrival is the same deed."""

    id: UUID
    actor: Actor
    now: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an act is about; a thread's mode has neither `kind` nor author: its subject is the thread."""

    estate_id: UUID
    author_id: UUID
    title: str
    kind: SubjectKind | None = None
    subject_id: UUID = NO_ID
    thread_id: UUID | None = None
    seq: int = 0


def read_reason(act: Act, text: str) -> str:
    """The reason as the log shows it; raises `Invalid` when it is too long, or too short where one is owed."""
    if act in NEEDS_REASON:
        return clean_reason(text)
    return clean_text(text, most=REASON_MOST, field="reason")


def find_known(session: Session, *, act: Act, about: About, order: Order) -> ModerationAct | None:
    """The act when this very form has arrived before. The caller holds the lock of what it is about."""
    row = session.get(ModerationAct, order.id)
    if row is None:
        return None
    same = (row.estate_id, row.act, row.subject_id, row.moderator_id)
    if same != (about.estate_id, act, about.subject_id, order.actor.id):
        raise Conflict(N_("这个表单已经用过了，请刷新页面再操作"), code="form_used")
    return row


def already(act: Act) -> Conflict:
    """Somebody was first, or there is nothing to do."""
    return Conflict(
        N_("现在不能“%(act)s”：状态已经变了，可能别人刚处理过，请刷新页面"),
        code="already_handled",
        act=Refusal(ACT_NAMES[act]),
    )


def write_act(
    session: Session,
    *,
    act: Act,
    about: About,
    judge: Judge,
    order: Order,
    reason: str,
    days: int = 0,
    values: Mapping[str, object] | None = None,
    tell: bool = True,
) -> ModerationAct:
    """Number the act, log it, and tell the author with the way to appeal; `values` are what his message needs besides."""
    trail.record(
        session,
        tag=f"deliberations:{about.kind.value if about.kind else 'thread'}:{act.value}",
        actor=order.actor,
        now=order.now,
        estate_id=about.estate_id,
        subject_kind=about.kind.value if about.kind else "thread",
        subject_id=about.subject_id,
        new={"act": str(order.id), "days": days} if days else {"act": str(order.id)},
        reason=reason,
    )
    # The trail's head is locked from here on, so no other act of this estate takes the same number.
    highest = session.exec(
        select(sa.func.max(ModerationAct.number)).where(ModerationAct.estate_id == about.estate_id)
    ).one()
    row = ModerationAct(
        id=order.id,
        estate_id=about.estate_id,
        number=(highest or 0) + 1,
        act=act,
        kind=about.kind,
        subject_id=about.subject_id,
        thread_id=about.thread_id,
        seq=about.seq,
        author_id=about.author_id,
        moderator_id=order.actor.id,
        moderator_name=order.actor.name[:50],
        duty=judge.duty,
        interest=judge.interest,
        reason=reason,
        days=days,
        at=order.now,
    )
    session.add(row)
    session.flush()
    if tell and act in _CHANNELS:
        _tell_author(session, row, about, values or {})
    return row


def _tell_author(session: Session, row: ModerationAct, about: About, values: Mapping[str, object]) -> None:
    draft = outbox.Draft(
        key=f"moderation:{row.id}",
        template=f"moderation_{row.act.value}",
        now=row.at,
        account_id=row.author_id,
        estate_id=row.estate_id,
        channel=_CHANNELS[row.act],
        values={
            "title": about.title,
            "reason": shorten(row.reason),
            "number": row.number,
            **values,
        },
        link=f"moderation/{row.number}",
    )
    outbox.post(session, draft)


def shorten(reason: str) -> str:
    """A reason as a text message carries it."""
    line = " ".join(reason.split())
    return line if len(line) <= _MOST_TOLD else f"{line[:_MOST_TOLD]}…"


def badge_of(duty: Duty) -> str:
    """What stands beside a moderator's name."""
    return "committee" if duty is Duty.NONE else duty.value
