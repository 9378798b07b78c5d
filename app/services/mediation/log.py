"""Mediation: what happened in a case, kept with the case.

The trail of the estate is read by the committee, the auditor and the operator, and leaves the house with the evidence. So it
gets no row of this room: not its persons, not its cases, not even that there is one. Each case has a log of its own that
only grows and is read in its room.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

from app.models.mediation import MediationCase, MediationLog
from app.rules.mediation.cases import Verb, move


def note_act(
    session: Session, case: MediationCase, act: str, *, account_id: UUID | None, now: datetime, note: str = ""
) -> None:
    """Append one act; the case is locked by whoever acts, so the numbers have no gaps."""
    last = session.exec(select(func.max(col(MediationLog.seq))).where(MediationLog.case_id == case.id)).one()
    session.add(
        MediationLog(
            case_id=case.id, seq=(last or 0) + 1, account_id=account_id, act=act, note=note[:300], at=now
        )
    )
    session.flush()


def last_act(session: Session, case_id: UUID, *verbs: Verb) -> tuple[int, str]:
    """The number and the name of the latest of these acts, (0, "") where none was. Numbers order what a clock cannot."""
    found = session.exec(
        select(MediationLog.seq, MediationLog.act)
        .where(MediationLog.case_id == case_id, col(MediationLog.act).in_([verb.value for verb in verbs]))
        .order_by(col(MediationLog.seq).desc())
        .limit(1)
    ).first()
    return found or (0, "")


def move_case(
    session: Session,
    case: MediationCase,
    verb: Verb,
    *,
    account_id: UUID | None,
    now: datetime,
    note: str = "",
) -> None:
    """The one way a case changes its state; raises `Conflict` where the table has no such step."""
    case.state = move(case.state, verb)
    session.add(case)
    session.flush()
    note_act(session, case, verb.value, account_id=account_id, now=now, note=note)
