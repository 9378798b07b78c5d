"""Deliberations: who moderates a thread, in which duty, and whether he lives in what is talked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid
from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import Thread, ThreadModerator
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.deliberations.moderation import Place, has_interest
from app.services import outbox, trail
from app.services.accounts.grants import duties_of, list_grants
from app.services.deliberations.threads import lock_thread
from app.services.proposals.moving import lock_proposal
from app.services.trail import Actor


@dataclass(frozen=True, slots=True)
class Appointment:
    """A party member and the duty he is asked to moderate in."""

    account_id: UUID
    duty: Duty


@dataclass(frozen=True, slots=True)
class Moderator:
    """One moderator as the thread's pages show him; `interest`: he lives or owns in the proposal's own scope."""

    account_id: UUID
    name: str
    duty: Duty
    interest: bool


_OWNER, _OWNERSHIP, _UNIT, _LIVES = (table_of(model) for model in (Owner, Ownership, Unit, Residence))
_PEOPLE: sa.BindParameter[list[UUID]] = sa.bindparam("account_ids", expanding=True)
_OWNED = (
    sa.select(_OWNER.c.account_id, _UNIT.c.building, _UNIT.c.entrance)
    .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
    .where(_OWNER.c.account_id.in_(_PEOPLE), _UNIT.c.estate_id == sa.bindparam("estate_id"))
)
_LIVED = (
    sa.select(_LIVES.c.account_id, _UNIT.c.building, _UNIT.c.entrance)
    .select_from(_LIVES.join(_UNIT))
    .where(_LIVES.c.account_id.in_(_PEOPLE), _UNIT.c.estate_id == sa.bindparam("estate_id"))
)
_HOMES = sa.union(_OWNED, _LIVED)


def list_candidates(session: Session, *, estate_id: UUID) -> list[Moderator]:
    """The estate's party members, one line for each duty; the interest is not known without a proposal."""
    return [
        Moderator(line.account_id, line.name, line.duty, interest=False)
        for line in list_grants(session, estate_id=estate_id)
        if line.role is Role.PARTY_MEMBER
    ]


def list_moderators(session: Session, *, thread_id: UUID) -> list[Moderator]:
    query = (
        select(ThreadModerator, Account.name)
        .join(Account, col(Account.id) == ThreadModerator.account_id)
        .where(ThreadModerator.thread_id == thread_id)
        .order_by(col(ThreadModerator.duty), col(Account.name))
    )
    return [Moderator(row.account_id, name, row.duty, row.interest) for row, name in session.exec(query)]


def homes_in(session: Session, *, estate_id: UUID, account_ids: Sequence[UUID]) -> dict[UUID, list[Place]]:
    """Where these people own or live, by person."""
    homes: dict[UUID, list[Place]] = {}
    for account_id, building, entrance in session.connection().execute(
        _HOMES, {"estate_id": estate_id, "account_ids": list(account_ids)}
    ):
        homes.setdefault(account_id, []).append(Place(building, entrance))
    return homes


def appoint(
    session: Session,
    *,
    thread: Thread,
    appointments: Sequence[Appointment],
    scope: Proposal,
    actor: Actor,
    now: datetime,
) -> None:
    """Make these the thread's moderators in place of all before. Raises `Invalid` (field `moderators`)."""
    if len({one.account_id for one in appointments}) != len(appointments):
        raise Invalid(N_("同一个人在一次协商里只担任一项职责"), field="moderators")
    for one in appointments:
        duties = duties_of(session, account_id=one.account_id, estate_id=thread.estate_id)
        if one.duty not in duties:
            raise Invalid(N_("主持人要从本小区有这项职责的党员里选"), field="moderators")
    old = {row.account_id: row for row in _rows(session, thread.id)}
    homes = homes_in(
        session, estate_id=thread.estate_id, account_ids=[one.account_id for one in appointments]
    )
    place = Place(scope.scope_building, scope.scope_entrance)
    if {one.account_id: one.duty for one in appointments} == {who: row.duty for who, row in old.items()}:
        return  # the same form once more
    for row in old.values():
        session.delete(row)
    session.flush()
    for one in appointments:
        interest = has_interest(homes.get(one.account_id, []), place)
        session.add(
            ThreadModerator(thread_id=thread.id, account_id=one.account_id, duty=one.duty, interest=interest)
        )
    session.flush()
    trail.record(
        session,
        tag="deliberations:thread:appoint",
        actor=actor,
        now=now,
        estate_id=thread.estate_id,
        subject_kind="thread",
        subject_id=thread.id,
        old={str(row.account_id): row.duty.value for row in old.values()},
        new={str(one.account_id): one.duty.value for one in appointments},
    )
    _tell_appointed(session, thread, [one for one in appointments if one.account_id not in old], now)


def reappoint(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    appointments: Sequence[Appointment],
    actor: Actor,
    now: datetime,
) -> None:
    """The same for a thread that is open already. Raises `NotFound` for another estate's."""
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=thread.proposal_id)
    appoint(session, thread=thread, appointments=appointments, scope=proposal, actor=actor, now=now)


def _rows(session: Session, thread_id: UUID) -> Sequence[ThreadModerator]:
    return session.exec(select(ThreadModerator).where(ThreadModerator.thread_id == thread_id)).all()


def _tell_appointed(
    session: Session, thread: Thread, appointed: Sequence[Appointment], now: datetime
) -> None:
    drafts = [
        outbox.Draft(
            key=f"moderator:{thread.id}:{one.account_id}",
            template="thread_moderator",
            now=now,
            account_id=one.account_id,
            estate_id=thread.estate_id,
            values={"title": thread.title},
            link=f"deliberations/{thread.id}",
        )
        for one in appointed
    ]
    outbox.post_all(session, drafts)
