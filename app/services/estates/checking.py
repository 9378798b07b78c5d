"""Bindings that rest on a clerk's act: kept with who did it, and checked by a second person, so that no clerk alone votes for an owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.confinement import everywhere
from app.errors import N_, NotAllowed, NotFound
from app.models.estates import BindingCause, Owner, OwnerPhone, StaffBinding
from app.rules.estates.reasons import clean_reason
from app.services.estates.ownership import tell_owner
from app.services.estates.units import lock_register
from app.services.trail import Actor, record


@dataclass(frozen=True, slots=True)
class Act:
    """What a clerk did, and when, that an account acts for an owner."""

    cause: BindingCause
    by: UUID
    at: datetime


def act_of_phone(session: Session, owner: Owner, phone: str) -> Act | None:
    """Who put this number to the owner; None for one older than the question."""
    later = session.get(OwnerPhone, (owner.id, phone))
    if later is not None:
        return Act(BindingCause.PHONE, later.entered_by, later.entered_at)
    if owner.entered_by is None or owner.entered_at is None:
        return None
    return Act(BindingCause.PHONE, owner.entered_by, owner.entered_at)


def rest_on(session: Session, owner: Owner, act: Act) -> None:
    """Keep that the owner's binding rests on this act; until somebody else has checked it, it opens no earlier notice."""
    if owner.account_id is None:
        return
    lock_owner(session, owner.id)
    session.add(
        StaffBinding(
            estate_id=owner.estate_id,
            owner_id=owner.id,
            account_id=owner.account_id,
            cause=act.cause,
            acted_by=act.by,
            acted_at=act.at,
        )
    )
    owner.waits_since = max(owner.waits_since or act.at, act.at)
    session.add(owner)
    session.flush()


def lock_owner(session: Session, owner_id: UUID) -> Owner | None:
    """The row as it is now, held: a check and a code that another estate's desk prints change what the owner waits for."""
    query = select(Owner).where(Owner.id == owner_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def act_of_account(session: Session, account_id: UUID) -> Act | None:
    """The latest code that any desk printed for this account and nobody checked: what it binds now rests on that."""
    query = (
        select(StaffBinding)
        .where(
            StaffBinding.account_id == account_id,
            col(StaffBinding.checked_at).is_(None),
            col(StaffBinding.cause).in_((BindingCause.DESK, BindingCause.DESK_CODE)),
        )
        .order_by(col(StaffBinding.acted_at).desc())
    )
    with everywhere(session):
        row = session.exec(query.limit(1)).first()
    return Act(BindingCause.DESK_CODE, row.acted_by, row.acted_at) if row else None


def rest_account_on(session: Session, *, account_id: UUID, act: Act) -> None:
    """As `rest_on`, for every owner that the account is, in all estates: whoever signs in with a desk's code is all of them."""
    query = select(Owner).where(Owner.account_id == account_id).order_by(col(Owner.id))
    with everywhere(session):
        for owner in session.exec(query).all():
            rest_on(session, owner, act)


def check_binding(
    session: Session, *, estate_id: UUID, binding_id: UUID, looked_at: str, actor: Actor, now: datetime
) -> None:
    """A second person says that this account is the owner, and what he looked at; twice is one deed.

    With it the older acts of the same person for the same account and owner are checked too: what was looked at is the binding.

    Raises `NotAllowed` (`own_act`) for who acted and for the account itself, `Invalid` without words, `NotFound`.
    """
    lock_register(session, estate_id=estate_id)
    query = select(StaffBinding).where(StaffBinding.id == binding_id, StaffBinding.estate_id == estate_id)
    row = session.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这件核对"))
    if actor.id in {row.acted_by, row.account_id}:
        raise NotAllowed(N_("这是您自己办的，或者就是您自己，请另一位工作人员核对"), code="own_act")
    if row.checked_at is not None:
        return
    said = clean_reason(looked_at)
    owner = lock_owner(session, row.owner_id)
    for settled in (row, *_older(session, row)):
        settled.looked_at, settled.checked_by, settled.checked_at = said, actor.id, now
        session.add(settled)
    session.flush()
    if owner is not None and owner.account_id == row.account_id:
        owner.waits_since = _latest_unchecked(session, row)
        session.add(owner)
        session.flush()
        if owner.waits_since is None:
            tell_owner(
                session,
                owner=owner,
                template="binding_checked",
                key=f"binding_checked:{row.id}",
                now=now,
                values={},
            )
    record(
        session,
        tag="estates:binding:check",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="owner",
        subject_id=row.owner_id,
        old={"cause": row.cause.value, "by": str(row.acted_by), "at": row.acted_at.isoformat()},
        new={"account": str(row.account_id)},
        reason=row.looked_at,
    )


def _older(session: Session, row: StaffBinding) -> Sequence[StaffBinding]:
    query = select(StaffBinding).where(
        StaffBinding.owner_id == row.owner_id,
        StaffBinding.account_id == row.account_id,
        StaffBinding.acted_by == row.acted_by,
        StaffBinding.acted_at <= row.acted_at,
        StaffBinding.id != row.id,
        col(StaffBinding.checked_at).is_(None),
    )
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).all()


def _latest_unchecked(session: Session, row: StaffBinding) -> datetime | None:
    query = select(sa.func.max(StaffBinding.acted_at)).where(
        StaffBinding.owner_id == row.owner_id,
        StaffBinding.account_id == row.account_id,
        col(StaffBinding.checked_at).is_(None),
    )
    return session.exec(query).one()
