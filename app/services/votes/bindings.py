"""Votes: bindings that a clerk made after a notice and a second person has to check: the desk's pile, the owner's, the public's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed
from app.models.accounts import Account
from app.models.estates import BindingCause, Claim, Owner, Ownership, StaffBinding, Unit
from app.models.trail import TrailRow
from app.models.votes import RollVoter, Vote
from app.models.votes.mandates import Mandate
from app.rules.accounts import mask_name, mask_phone
from app.rules.votes.states import State
from app.services.estates.units import label_of
from app.services.trail import Actor
from app.services.votes.rights import awaits_check

CAUSES = {
    BindingCause.CLAIM: N_("核实了认领"),
    BindingCause.PHONE: N_("在名册里填了电话，本人用这个电话确认"),
    BindingCause.DESK: N_("在窗口开了账户"),
    BindingCause.DESK_CODE: N_("在窗口打印了登录码"),
    BindingCause.MERGE: N_("在名册里合并了两条业主"),
    BindingCause.LETTER: N_("单独打印了这一户的信"),
}
_RUNNING = (State.NOTICED, State.OPEN)


@dataclass(frozen=True, slots=True)
class BindingLine:
    """One thing to check: whose account acts for which owner, and who on the staff did what; `phone` is masked."""

    id: UUID
    owner: str
    homes: tuple[str, ...]
    cause: BindingCause
    acted_by: UUID
    acted_name: str
    acted_at: datetime
    account_id: UUID
    phone: str
    looked_at: str
    checked_name: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """What an owner waits for: who did what when, with a masked name."""

    cause: BindingCause
    acted_name: str
    acted_at: datetime


def _after_a_notice() -> sa.ColumnElement[bool]:
    """Whether a vote was announced before the act in which the account waits: one that runs in the estate, one the account
    is an agent in, and any, over too, that has the owner on its roll: what he cast there he sees after the check.
    """
    agent = sa.exists().where(
        col(Mandate.vote_id) == Vote.id, col(Mandate.agent_id) == StaffBinding.account_id
    )
    voter = sa.exists().where(
        col(RollVoter.vote_id) == Vote.id, col(RollVoter.owner_id) == StaffBinding.owner_id
    )
    here = sa.or_(col(Vote.estate_id) == StaffBinding.estate_id, agent.correlate(Vote, StaffBinding))
    return (
        sa.exists()
        .where(
            col(Vote.noticed_at) < StaffBinding.acted_at,
            sa.or_(sa.and_(col(Vote.state).in_(_RUNNING), here), voter.correlate(Vote, StaffBinding)),
        )
        .correlate(StaffBinding)
    )


def waiting_bindings(session: Session, *, estate_id: UUID) -> list[BindingLine]:
    """What waits for a second person, the oldest first."""
    return _lines(
        session,
        estate_id,
        (col(StaffBinding.checked_at).is_(None), _after_a_notice()),
        col(StaffBinding.acted_at),
    )


def checked_bindings(session: Session, *, estate_id: UUID) -> list[BindingLine]:
    """What was checked lately, the last first."""
    return _lines(
        session, estate_id, (col(StaffBinding.checked_at).is_not(None),), col(StaffBinding.checked_at).desc()
    )


def count_bindings(session: Session, *, estate_id: UUID) -> int:
    """How many wait."""
    query = select(sa.func.count()).where(
        StaffBinding.estate_id == estate_id, col(StaffBinding.checked_at).is_(None), _after_a_notice()
    )
    return int(session.exec(query).one())


def count_checked(session: Session, *, vote_id: UUID) -> int:
    """How many bindings made after this vote's notice a second person has checked, of owners on its roll: public."""
    query = (
        select(sa.func.count(sa.distinct(col(StaffBinding.id))))
        .join(RollVoter, col(RollVoter.owner_id) == StaffBinding.owner_id)
        .join(Vote, col(Vote.id) == RollVoter.vote_id)
        .where(
            Vote.id == vote_id,
            col(StaffBinding.checked_at).is_not(None),
            col(StaffBinding.acted_at) > Vote.noticed_at,
        )
    )
    return int(session.exec(query).one())


def awaited(session: Session, *, vote_id: UUID, account_id: UUID) -> Awaited | None:
    """The latest act after this vote's notice that keeps the account waiting; asked only for one that waits."""
    query = (
        select(StaffBinding, Account.name)
        .join(Account, col(Account.id) == StaffBinding.acted_by)
        .join(Vote, col(Vote.id) == vote_id)
        .where(
            StaffBinding.account_id == account_id,
            col(StaffBinding.checked_at).is_(None),
            col(StaffBinding.acted_at) > Vote.noticed_at,
        )
        .order_by(col(StaffBinding.acted_at).desc())
    )
    row = session.exec(query.limit(1)).first()
    return Awaited(row[0].cause, mask_name(row[1]), row[0].acted_at) if row else None


def ensure_checked(session: Session, *, vote_id: UUID, owner_id: UUID) -> None:
    """Raises `NotAllowed` (`awaits_check`) for an owner whose binding a clerk made after the vote's notice."""
    query = (
        select(Owner.id)
        .join(Vote, col(Vote.id) == vote_id)
        .where(Owner.id == owner_id, col(Owner.waits_since) > Vote.noticed_at)
    )
    if session.exec(query).first() is not None:
        raise awaits_check()


def ensure_others_hand(session: Session, *, vote: Vote, unit_id: UUID, actor: Actor) -> None:
    """Who changed a home or its owners since the notice does not also change its line of the posted roll, in whatever way.

    Raises `NotAllowed` (`own_change`). Every act at the register stands on the trail under the home, an owner that it has or
    that its line ever had, the claim or the upload; an upload may hold any home. A check of a binding changes nothing there.
    """
    subjects = sa.union(
        sa.select(col(Claim.id)).where(col(Claim.unit_id) == unit_id),
        sa.select(col(Ownership.owner_id)).where(col(Ownership.unit_id) == unit_id),
        sa.select(col(RollVoter.owner_id)).where(
            col(RollVoter.vote_id) == vote.id, col(RollVoter.unit_id) == unit_id
        ),
    )
    query = select(TrailRow.seq).where(
        TrailRow.estate_id == vote.estate_id,
        TrailRow.actor_id == actor.id,
        col(TrailRow.at) > vote.noticed_at,
        col(TrailRow.tag).startswith("estates:"),
        col(TrailRow.tag) != "estates:binding:check",
        sa.or_(
            col(TrailRow.subject_id) == unit_id,
            col(TrailRow.subject_id).in_(subjects),
            col(TrailRow.tag) == "estates:import:apply",
        ),
    )
    if session.exec(query.limit(1)).first() is not None:
        raise NotAllowed(N_("这一户是您在公告以后改的，请另一位工作人员来答复这条更正"), code="own_change")


def _lines(
    session: Session,
    estate_id: UUID,
    where: Sequence[sa.ColumnElement[bool]],
    order: Any,
) -> list[BindingLine]:
    actor, checker, holder = aliased(Account), aliased(Account), aliased(Account)
    query = (
        sa.select(StaffBinding, col(Owner.name), col(actor.name), col(holder.phone), col(checker.name))
        .join(Owner, col(Owner.id) == StaffBinding.owner_id, isouter=True)
        .join(actor, col(actor.id) == StaffBinding.acted_by)
        .join(holder, col(holder.id) == StaffBinding.account_id)
        .join(checker, col(checker.id) == StaffBinding.checked_by, isouter=True)
        .where(col(StaffBinding.estate_id) == estate_id, *where)
        .order_by(order)
        .limit(100)
    )
    rows = session.execute(query).all()
    homes = _homes(session, [row[0].owner_id for row in rows])
    return [
        BindingLine(
            id=row.id,
            owner=owner or "",
            homes=tuple(homes.get(row.owner_id, ())),
            cause=row.cause,
            acted_by=row.acted_by,
            acted_name=name,
            acted_at=row.acted_at,
            account_id=row.account_id,
            phone=mask_phone(phone),
            looked_at=row.looked_at,
            checked_name=checker_name or "",
            checked_at=row.checked_at,
        )
        for row, owner, name, phone, checker_name in rows
    ]


def _homes(session: Session, owner_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    query = (
        select(Ownership.owner_id, Unit)
        .join(Unit, col(Unit.id) == Ownership.unit_id)
        .where(col(Ownership.owner_id).in_(owner_ids))
        .order_by(col(Unit.building), col(Unit.entrance), col(Unit.room))
    )
    found: dict[UUID, list[str]] = {}
    for owner_id, unit in session.exec(query):
        found.setdefault(owner_id, []).append(label_of(unit))
    return found
