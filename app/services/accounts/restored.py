"""What a restored backup would bring back to life at the door: sessions that had ended, codes, and browsers once known."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from app.models.accounts import Account, LoginSession, SecondFactor
from app.services.accounts.codes import void_all


def end_everything(session: Session, *, now: datetime) -> int:
    """Sign everybody out, take every code that waits for its use, and know no browser any more; how many sessions ended.

    Who had signed out, or had been signed out, after the backup was taken is indistinguishable here from who had not.
    """
    connection = session.connection()
    alive = sa.update(LoginSession).where(col(LoginSession.ended_at).is_(None))
    ended = connection.execute(alive.values(ended_at=now)).rowcount
    void_all(session)
    connection.execute(sa.update(Account).values(forgotten_at=now))
    connection.execute(sa.update(SecondFactor).values(pending=None, pending_session_id=None, pending_at=None))
    return ended
