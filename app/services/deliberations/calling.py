"""Deliberations: tell those whose role a post calls upon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.accounts import Grant
from app.models.deliberations import Post, Thread
from app.models.outbox import Channel
from app.rules.accounts import Duty, Role
from app.rules.deliberations.stances import Called, mentions
from app.services import outbox

_HELD = {
    Called.COMMITTEE: (Role.COMMITTEE, Duty.NONE),
    Called.INITIATOR: (Role.PARTY_MEMBER, Duty.INITIATOR),
    Called.EXPLAINER: (Role.PARTY_MEMBER, Duty.EXPLAINER),
    Called.MEDIATOR: (Role.PARTY_MEMBER, Duty.MEDIATOR),
    Called.SUPERVISOR: (Role.PARTY_MEMBER, Duty.SUPERVISOR),
    Called.PROPERTY: (Role.PARTY_STAFF, Duty.NONE),
}


def holders_of(session: Session, *, estate_id: UUID, called: Iterable[Called]) -> list[UUID]:
    """Everyone who holds one of the roles in this estate, each once."""
    held = [sa.and_(col(Grant.role) == _HELD[one][0], col(Grant.duty) == _HELD[one][1]) for one in called]
    if not held:
        return []
    query = (
        select(Grant.account_id)
        .where(Grant.estate_id == estate_id, col(Grant.ended_at).is_(None), sa.or_(*held))
        .distinct()
    )
    return list(session.exec(query))


def tell_called(session: Session, *, thread: Thread, post: Post, now: datetime) -> None:
    """A message on their page to all whom the post calls, but its author; once per post and person."""
    called = holders_of(session, estate_id=thread.estate_id, called=mentions(post.text))
    drafts = [
        outbox.Draft(
            key=f"called:{post.id}:{account_id}",
            template="post_calls",
            now=now,
            account_id=account_id,
            channel=Channel.INBOX,
            estate_id=thread.estate_id,
            values={"title": thread.title, "seq": post.seq},
            link=f"deliberations/{thread.id}/posts/{post.seq}",
        )
        for account_id in called
        if account_id != post.author_id
    ]
    outbox.post_all(session, drafts)
