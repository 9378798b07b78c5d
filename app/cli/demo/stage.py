"""Where and when the demo's story plays, and the owners it gives accounts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session

from app.clock import BEIJING
from app.database import Database
from app.models.estates import Owner
from app.services.accounts.people import ensure_account
from app.services.trail import Actor


@dataclass(frozen=True)
class Stage:
    """The estate, the hour it is told, and the committee's worker who acts."""

    database: Database
    secret: bytes
    estate_id: UUID
    now: datetime
    actor: Actor


def bind(session: Session, owner: Owner, now: datetime) -> UUID:
    """The owner's account, made and bound when there is none."""
    if owner.account_id is None:
        owner.account_id = ensure_account(session, phone=owner.phone or "", name=owner.name, now=now)
        owner.bound_at = now
        session.add(owner)
        session.flush()
    return owner.account_id


def at(now: datetime, days: int, hour: int) -> datetime:
    """That hour of a day by Beijing time, counted from today."""
    day = (now.astimezone(BEIJING) + timedelta(days=days)).date()
    return datetime.combine(day, time(hour), BEIJING).astimezone(now.tzinfo)
