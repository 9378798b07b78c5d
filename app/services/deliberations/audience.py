"""Deliberations: tell everybody who stands behind a proposal or took part in talking about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from app.models.deliberations import Post, PostState, Thread
from app.models.proposals import Proposal, Seconding
from app.services import outbox

_PROPOSAL: sa.BindParameter[UUID] = sa.bindparam("proposal_id")
_PEOPLE = sa.union(
    sa.select(col(Proposal.author_id)).where(col(Proposal.id) == _PROPOSAL),
    sa.select(col(Seconding.account_id)).where(col(Seconding.proposal_id) == _PROPOSAL),
    sa.select(col(Post.author_id))
    .join(Thread, col(Thread.id) == Post.thread_id)
    .where(col(Thread.proposal_id) == _PROPOSAL, col(Post.state) == PostState.VISIBLE),
)


def tell_people(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    subject_id: UUID,
    template: str,
    values: Mapping[str, object],
    link: str,
    now: datetime,
) -> None:
    """One message to author, seconders and everyone with a visible post, once per template and subject."""
    people = session.connection().execute(_PEOPLE, {"proposal_id": proposal_id}).scalars()
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"{template}:{subject_id}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                estate_id=estate_id,
                values=values,
                link=link,
            )
            for account_id in people
        ],
    )
