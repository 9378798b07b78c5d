"""Proposals: messages to those whom one concerns: its author, everybody who gave it a home's voice, and the committee."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Grant
from app.models.outbox import Channel
from app.models.proposals import Proposal, Seconding
from app.rules.accounts import Role
from app.services import outbox


def seconders_of(session: Session, *, proposal_id: UUID) -> list[UUID]:
    """The accounts whose voices the proposal has, each once."""
    query = select(Seconding.account_id).where(Seconding.proposal_id == proposal_id).distinct()
    return list(session.exec(query))


def committee_of(session: Session, *, estate_id: UUID) -> list[UUID]:
    """The accounts that work at the estate's desk."""
    query = select(Grant.account_id).where(
        Grant.estate_id == estate_id, Grant.role == Role.COMMITTEE, col(Grant.ended_at).is_(None)
    )
    return list(session.exec(query))


def tell(
    session: Session,
    proposal: Proposal,
    accounts: Iterable[UUID],
    *,
    template: str,
    key: str,
    now: datetime,
    values: dict[str, object] | None = None,
    link: str = "",
    channel: Channel = Channel.INBOX,
) -> None:
    """One message to each, once per proposal and `key`; a hidden proposal goes by its number alone."""
    title = "" if proposal.hidden_at else proposal.title
    drafts = [
        outbox.Draft(
            key=f"proposal:{proposal.id}:{key}:{account_id}",
            template=template,
            now=now,
            account_id=account_id,
            channel=channel,
            estate_id=proposal.estate_id,
            values={"number": proposal.number or 0, "title": title, **(values or {})},
            link=link or f"proposals/{proposal.id}",
        )
        for account_id in accounts
    ]
    outbox.post_all(session, drafts)


def tell_seconders(
    session: Session,
    proposal: Proposal,
    *,
    template: str,
    key: str,
    now: datetime,
    values: dict[str, object] | None = None,
    link: str = "",
) -> None:
    """Everybody whose voice the proposal has, on the message page."""
    accounts = seconders_of(session, proposal_id=proposal.id)
    tell(session, proposal, accounts, template=template, key=key, now=now, values=values, link=link)
