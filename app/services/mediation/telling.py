"""Mediation: messages that say that there is something, and nothing of what it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from app.models.estates import Estate
from app.models.mediation import MediationCase
from app.models.outbox import Channel
from app.services import outbox


def tell(
    session: Session,
    case: MediationCase,
    accounts: Iterable[UUID],
    *,
    cause: str,
    now: datetime,
    but: UUID | None = None,
    channel: Channel = Channel.SMS,
) -> None:
    """One message to each, once per case and `cause`.

    Somebody else may hold the phone or read the outbox: neither the words, nor the link, nor the key name a case.
    """
    estate = session.get_one(Estate, case.estate_id)
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key="matter:" + sha256(f"{case.id}|{cause}|{account_id}".encode()).hexdigest()[:40],
                template="matter_news",
                now=now,
                account_id=account_id,
                channel=channel,
                estate_id=case.estate_id,
                values={"estate": estate.name},
                link="matters",
            )
            for account_id in dict.fromkeys(accounts)
            if account_id != but
        ],
    )
