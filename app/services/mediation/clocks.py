"""Mediation: reminders that time alone brings; each is given once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.mediation import MediationCase, MediationCheck, MediationCourt, MediationParty
from app.rules.calendar import BEIJING
from app.rules.mediation.agreements import CourtMark
from app.rules.mediation.cases import ENDED, State
from app.rules.mediation.checks import CheckState
from app.rules.mediation.clocks import COURT_NOTICE
from app.services.mediation.access import seated_mediator
from app.services.mediation.telling import tell


def due_cases(session: Session, *, now: datetime) -> list[UUID]:
    """Cases with a reminder due: past the usual month, a week before the thirty days end, or on the day of a check."""
    today = now.astimezone(BEIJING).date()
    checks = (
        sa.exists()
        .where(
            col(MediationCheck.case_id) == MediationCase.id,
            col(MediationCheck.state) == CheckState.WAITING,
            col(MediationCheck.due_on) <= today,
            col(MediationCheck.told_at).is_(None),
        )
        .correlate(MediationCase)
    )
    query = select(MediationCase.id).where(
        sa.or_(
            sa.and_(
                col(MediationCase.state).not_in(ENDED),
                col(MediationCase.target_at) <= now,
                col(MediationCase.target_told_at).is_(None),
            ),
            sa.and_(
                col(MediationCase.state) == State.AGREED,
                col(MediationCase.court_until) <= now + COURT_NOTICE,
                col(MediationCase.court_told_at).is_(None),
            ),
            checks,
        )
    )
    return list(session.exec(query))


def remind(session: Session, *, case_id: UUID, now: datetime) -> bool:
    """Give what is due of one case; False when somebody else just did."""
    case = session.exec(
        select(MediationCase).where(MediationCase.id == case_id).with_for_update(key_share=True)
    ).one()
    told = [_month(session, case, now), _court(session, case, now), _checks(session, case, now)]
    session.add(case)
    session.flush()
    return any(told)


def _month(session: Session, case: MediationCase, now: datetime) -> bool:
    if case.state in ENDED or case.target_at is None or now < case.target_at or case.target_told_at:
        return False
    case.target_told_at = now
    tell(session, case, seated_mediator(session, case), cause=f"month:{case.target_at.isoformat()}", now=now)
    return True


def _court(session: Session, case: MediationCase, now: datetime) -> bool:
    if case.court_until is None or case.court_told_at or now < case.court_until - COURT_NOTICE:
        return False
    case.court_told_at = now
    applied = session.get(MediationCourt, (case.id, CourtMark.APPLIED)) is not None
    if not applied and now < case.court_until:
        query = select(MediationParty.account_id).where(MediationParty.case_id == case.id)
        tell(session, case, session.exec(query).all(), cause="court_soon", now=now)
    return True


def _checks(session: Session, case: MediationCase, now: datetime) -> bool:
    query = select(MediationCheck).where(
        MediationCheck.case_id == case.id,
        MediationCheck.state == CheckState.WAITING,
        col(MediationCheck.due_on) <= now.astimezone(BEIJING).date(),
        col(MediationCheck.told_at).is_(None),
    )
    due = session.exec(query).all()
    for check in due:
        check.told_at = now
        session.add(check)
        tell(session, case, seated_mediator(session, case), cause=f"due:{check.id}", now=now)
    return bool(due)
