"""What is done from the command line to the account of a telephone number, with a reason that stands in the trail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import Refusal
from app.models.base import NO_ID
from app.services.accounts.people import find_account
from app.services.trail import Actor


class Deed(Protocol):
    """A use case on one account."""

    def __call__(
        self, session: Session, *, account_id: UUID, actor: Actor, reason: str, now: datetime
    ) -> None: ...


def act_at_number(deed: Deed, *, phone: str, reason: str, said: str) -> int:
    """Prints `said` when it was done; 1, and the sentence on standard error, when it was refused."""

    def act(session: Session) -> str:
        account_id = find_account(session, phone=phone)
        deed(session, account_id=account_id, actor=Actor(NO_ID, "命令行"), reason=reason, now=utc_now())
        return said

    return carry_out(act, Settings())


def carry_out(act: Callable[[Session], str], settings: Settings) -> int:
    """One transaction, and what came of it printed; 1, and the sentence on standard error, when it was refused."""
    database = Database(settings.resolved_database_url())
    try:
        with database.transaction() as session:
            said = act(session)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(said)
    return 0
