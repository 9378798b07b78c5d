"""Proposals: one message to all who stand behind a proposal, its author first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.models.outbox import Channel
from app.models.proposals import Proposal
from app.services.proposals.telling import seconders_of, tell


def tell_backers(
    session: Session,
    proposal: Proposal,
    *,
    template: str,
    cause: str,
    now: datetime,
    values: dict[str, object] | None = None,
    more: Iterable[UUID] = (),
    link: str = "",
) -> None:
    """The author by text message, the seconders and `more` on their message pages; once per cause and second."""
    key = f"{cause}:{int(now.timestamp())}"
    others = {*seconders_of(session, proposal_id=proposal.id), *more} - {proposal.author_id}
    for accounts, channel in (({proposal.author_id}, Channel.SMS), (others, Channel.INBOX)):
        tell(
            session,
            proposal,
            accounts,
            template=template,
            key=key,
            now=now,
            values=values,
            link=link,
            channel=channel,
        )
