"""Proposals: write down what the clock has decided: a gathering that ended short, an answer overdue, the street told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.models.base import table_of
from app.models.estates import Estate
from app.models.proposals import ConsultationSettings, EventKind, Proposal, ProposalEvent
from app.rules.calendar import BEIJING
from app.rules.proposals.states import Cause, ProposalState
from app.services import outbox, trail
from app.services.estates.standing import get_estate
from app.services.proposals.backers import tell_backers
from app.services.proposals.moving import lock_proposal, move_proposal, note_event
from app.services.proposals.settings import read_settings
from app.services.trail import SYSTEM

MOST_AT_ONCE = 200

_P, _EVENT, _SETTINGS = table_of(Proposal), table_of(ProposalEvent), table_of(ConsultationSettings)


def _has(kind: EventKind) -> sa.Exists:
    return sa.exists().where(_EVENT.c.proposal_id == _P.c.id, _EVENT.c.kind == kind)


_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_STREET_HAS_PHONE = sa.exists().where(_SETTINGS.c.estate_id == _P.c.estate_id, _SETTINGS.c.street_phone != "")
# Asked every second. Naming the estates lets the index of states serve, which begins with the estate.
_DUE = (
    sa.select(_P.c.estate_id, _P.c.id)
    .where(
        _P.c.estate_id.in_(sa.select(table_of(Estate).c.id)),
        _P.c.state == ProposalState.GATHERING,
        sa.or_(
            sa.and_(_P.c.reached_at.is_(None), _P.c.gathering_until <= _NOW),
            sa.and_(_P.c.answer_due_at <= _NOW, ~_has(EventKind.OVERDUE)),
            sa.and_(
                _P.c.street_due_at <= _NOW,
                _P.c.street_told_at.is_(None),
                sa.or_(~_has(EventKind.ESCALATED), _STREET_HAS_PHONE),
            ),
        ),
    )
    .limit(MOST_AT_ONCE)
)


def due_proposals(session: Session, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Estate and id of proposals whose record lags behind the clock."""
    return [(row.estate_id, row.id) for row in session.connection().execute(_DUE, {"now": now})]


def settle(session: Session, *, estate_id: UUID, proposal_id: UUID, now: datetime) -> bool:
    """Record what has become true of one proposal; False when another worker was first, or an answer."""
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.state is not ProposalState.GATHERING:
        return False
    if proposal.reached_at is None:
        return _end_gathering(session, proposal, now)
    overdue = _note_overdue(session, proposal, now)
    return _tell_street(session, proposal, now) or overdue


def _end_gathering(session: Session, proposal: Proposal, now: datetime) -> bool:
    if proposal.gathering_until is None or now < proposal.gathering_until:
        return False
    last = proposal.gathering_until.astimezone(BEIJING)
    reason = (
        f"征集附议到 {last.year} 年 {last.month} 月 {last.day} 日 0 点结束，"
        f"共 {proposal.supporters} 户附议，没有达到需要的 {proposal.needed} 户。"
    )
    proposal = move_proposal(
        session,
        estate_id=proposal.estate_id,
        proposal_id=proposal.id,
        to=ProposalState.DECLINED,
        by=Cause.SYSTEM,
        actor=SYSTEM,
        now=now,
        reason=reason,
    )
    proposal.answer = reason
    session.add(proposal)
    session.flush()
    values: dict[str, object] = {"supporters": proposal.supporters, "needed": proposal.needed}
    tell_backers(session, proposal, template="proposal_lapsed", cause="lapsed", now=now, values=values)
    return True


def _is_noted(session: Session, proposal: Proposal, kind: EventKind) -> bool:
    query = select(ProposalEvent.seq).where(
        ProposalEvent.proposal_id == proposal.id, ProposalEvent.kind == kind
    )
    return session.exec(query.limit(1)).first() is not None


def _note_overdue(session: Session, proposal: Proposal, now: datetime) -> bool:
    due = proposal.answer_due_at
    if due is None or now < due or _is_noted(session, proposal, EventKind.OVERDUE):
        return False
    note_event(session, proposal, kind=EventKind.OVERDUE, now=now, actor_name=SYSTEM.name)
    _record(session, proposal, "overdue", now, {"answer_due_at": due.isoformat()})
    tell_backers(session, proposal, template="proposal_overdue", cause="overdue", now=now)
    return True


def _tell_street(session: Session, proposal: Proposal, now: datetime) -> bool:
    """Escalate once; where the street office left no number that is said, and it is told as soon as there is one."""
    if proposal.street_due_at is None or now < proposal.street_due_at or proposal.street_told_at is not None:
        return False
    settings = read_settings(session, estate_id=proposal.estate_id)
    if not settings.street_phone and _is_noted(session, proposal, EventKind.ESCALATED):
        return False
    office = settings.street_name or "街道办事处"
    note = f"已短信告知{office}" if settings.street_phone else f"{office}没有登记手机号，系统没有发出短信"
    if settings.street_phone:
        _text_street(session, proposal, settings.street_phone, now)
        proposal.street_told_at = now
        session.add(proposal)
    note_event(session, proposal, kind=EventKind.ESCALATED, now=now, actor_name=SYSTEM.name, note=note)
    _record(session, proposal, "escalate", now, {"told": bool(settings.street_phone)})
    return True


def _text_street(session: Session, proposal: Proposal, phone: str, now: datetime) -> None:
    assert proposal.answer_due_at is not None  # who is due to the street was due an answer before
    outbox.post(
        session,
        outbox.Draft(
            key=f"proposal_escalated:{proposal.id}",
            template="proposal_escalated",
            now=now,
            phone=phone,
            estate_id=proposal.estate_id,
            values={
                "number": proposal.number or 0,
                "title": "" if proposal.hidden_at else proposal.title,
                "estate": get_estate(session, estate_id=proposal.estate_id).name,
                "supporters": proposal.supporters,
                "due": proposal.answer_due_at.isoformat(),
            },
        ),
    )


def _record(session: Session, proposal: Proposal, verb: str, now: datetime, new: dict[str, object]) -> None:
    trail.record(
        session,
        tag=f"proposals:proposal:{verb}",
        actor=SYSTEM,
        now=now,
        estate_id=proposal.estate_id,
        subject_kind="proposal",
        subject_id=proposal.id,
        new={"number": proposal.number, **new},
    )
