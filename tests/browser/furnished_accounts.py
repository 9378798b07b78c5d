"""What the demo lacks of accounts: a second factor, and a number that the register has known for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.config import Settings
from app.models.accounts import Account, Grant, SecondFactor
from app.models.estates import Owner
from app.rules.accounts import Role
from app.services.accounts.second_factor_codes import seal
from tests.browser.stops_accounts import SHARED

Facts = dict[str, str]
# Whose numbers may have changed hands; their readers come in by the demo's own door.
NOT_SEEN_FOR_LONG = ("钱小雨", "吴新")


def furnish_accounts(
    session: Session, settings: Settings, estate_id: UUID, people: dict[str, UUID], now: datetime
) -> Facts:
    """Put it there, and return what the addresses of its pages need."""
    auditor = people["周丽"]
    sealed = seal(SHARED, account_id=auditor, secret=settings.resolved_secret())
    session.add(SecondFactor(account_id=auditor, sealed=sealed, confirmed_at=now, created_at=now))
    for name in NOT_SEEN_FOR_LONG:
        account = session.get_one(Account, people[name])
        account.created_at = account.proved_at = now - timedelta(days=90)
        session.add(account)
    _known_for_long(session, estate_id, session.get_one(Account, people["马超"]))
    grant = select(Grant.id).where(Grant.account_id == auditor, Grant.role == Role.AUDITOR)
    return {"grant-auditor": str(session.exec(grant).one()), "tenant": str(people["钱小雨"])}


def _known_for_long(session: Session, estate_id: UUID, account: Account) -> None:
    """The register had the number as an owner's long before the account came: its holder says home and name first."""
    unbound = select(Owner).where(Owner.estate_id == estate_id, col(Owner.account_id).is_(None))
    owner = session.exec(unbound.order_by(col(Owner.id)).limit(1)).one()
    owner.phone, owner.entered_at = account.phone, account.created_at - timedelta(days=100)
    session.add(owner)
    session.flush()
