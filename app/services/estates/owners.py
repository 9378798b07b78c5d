"""Owners by hand: correct a name or number, part an owner from an account, put two rows of one person together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid
from app.models.estates import BindingCause, Owner, Ownership, Unit
from app.rules.accounts import mask_phone
from app.rules.estates.names import MAX_NAME
from app.rules.estates.reasons import clean_reason
from app.rules.text import clean_line
from app.services.accounts.phones import read_phone
from app.services.estates.checking import Act, rest_on
from app.services.estates.ownership import (
    drop_homeless,
    find_namesake,
    find_owner,
    set_owners,
    set_phones,
    tell_owner,
)
from app.services.estates.rolls import owners_on_rolls
from app.services.estates.units import lock_register, owners_of, phones_of
from app.services.trail import Actor, record


def edit_owner(
    session: Session,
    *,
    estate_id: UUID,
    owner_id: UUID,
    name: str,
    phone: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Correct an owner's name or number, in all his homes; False when nothing differs.

    Raises `Conflict` when another owner has this name and number already: the two must be put together.
    """
    lock_register(session, estate_id=estate_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    why, called, number = clean_reason(reason), clean_owner_name(name), clean_owner_phone(phone)
    if (called, number) == (owner.name, owner.phone):
        return False
    other = find_namesake(session, estate_id=estate_id, name=called, phone=number)
    if other is not None and other.id != owner.id:
        raise Conflict(N_("名册里已有同名同号码的业主。请到他的房屋页，把两条合并为一人"), field="name")
    old = shown_owner(owner)
    kept = [known for known in phones_of(owner) if known != owner.phone]
    owner.name = called
    set_phones(session, owner, [number, *kept] if number else kept, by=actor.id, now=now)
    _record_owner(session, "edit", owner, actor, now, old=old, new=shown_owner(owner), reason=why)
    return True


def unbind_owner(
    session: Session, *, estate_id: UUID, owner_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Part an owner from his account, so that the right person can claim; the account's holder is told."""
    lock_register(session, estate_id=estate_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    why = clean_reason(reason)
    if owner.account_id is None:
        return
    tell_owner(
        session,
        owner=owner,
        template="owner_unbound",
        key=f"owner_unbound:{owner.id}:{now.isoformat()}",
        now=now,
        values={"reason": why},
    )
    old: dict[str, object] = {"account": str(owner.account_id)}
    owner.account_id = owner.bound_at = owner.waits_since = None
    session.add(owner)
    _record_owner(session, "unbind", owner, actor, now, old=old, reason=why)


def merge_owners(
    session: Session,
    *,
    estate_id: UUID,
    owner_id: UUID,
    other_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Staff say that two owners of one name are one person: his homes, numbers and account come together.

    Raises `Conflict` when the names differ or when each is bound to an account of its own.
    """
    lock_register(session, estate_id=estate_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    other = find_owner(session, estate_id=estate_id, owner_id=other_id)
    why = clean_reason(reason)
    if owner.id == other.id:
        return
    if owner.name != other.name:
        raise Conflict(N_("姓名不同的两位业主不能合并，请先改正姓名"))
    old = shown_owner(other)
    join_owners(session, owner=owner, other=other, by=actor.id, now=now)
    _record_owner(session, "merge", owner, actor, now, old=old, new=shown_owner(owner), reason=why)


def join_owners(session: Session, *, owner: Owner, other: Owner, by: UUID, now: datetime) -> None:
    """Move the other row's homes, numbers and account to the first; the other row goes unless a roll names it.

    Raises `Conflict` when each is bound to an account of its own.
    """
    if owner.account_id and other.account_id and owner.account_id != other.account_id:
        raise Conflict(
            N_("两位“%(name)s”绑定了不同的账户，不能合并。请先核实并解除其中一个绑定"), name=owner.name
        )
    set_phones(session, owner, (*phones_of(owner), *phones_of(other)), by=by, now=now)
    act = Act(BindingCause.MERGE, by, now)
    if owner.account_id is None and other.account_id is not None:
        owner.account_id, owner.bound_at = other.account_id, other.bound_at
        rest_on(session, owner, act)
    _move_homes(session, owner, other, now)
    # A posted roll may name the other row; bound to the same account it still opens the same person's ballot.
    kept = other.id in owners_on_rolls(session, [other.id])
    newly = other.account_id is None
    other.account_id, other.bound_at = (owner.account_id, owner.bound_at) if kept else (None, None)
    if newly:
        rest_on(session, other, act)
    session.add_all([owner, other])
    session.flush()
    drop_homeless(session, owner_ids=[other.id])


def _move_homes(session: Session, owner: Owner, other: Owner, now: datetime) -> None:
    query = select(Unit).join(Ownership).where(Ownership.owner_id == other.id)
    for unit in session.exec(query).all():
        represented = unit.representative_id == other.id
        ids = [held.id for held in owners_of(session, unit_id=unit.id)]
        kept = [owner.id if held == other.id else held for held in ids]
        set_owners(session, unit=unit, owner_ids=kept, now=now)
        if represented:
            unit.representative_id = owner.id
            session.add(unit)


def clean_owner_name(name: str) -> str:
    """One line of at most 50 characters; raises `Invalid` (field `name`)."""
    called = clean_line(name, most=MAX_NAME, field="name")
    if not called:
        raise Invalid(N_("请填写业主姓名"), field="name")
    return called


def clean_owner_phone(phone: str) -> str | None:
    """E.164, or None for an empty field; raises `Invalid` (field `phone`)."""
    if not phone.strip():
        return None
    number = read_phone(phone)
    if number is None:
        raise Invalid(N_("电话读不出来，请写成 13800000000 或 0512-65550000"), field="phone")
    return number


def shown_owner(owner: Owner) -> dict[str, object]:
    return {"owner": str(owner.id), "name": owner.name, "phone": mask_phone(owner.phone)}


def _record_owner(
    session: Session,
    verb: str,
    owner: Owner,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
    reason: str,
) -> None:
    record(
        session,
        tag=f"estates:owner:{verb}",
        actor=actor,
        now=now,
        estate_id=owner.estate_id,
        subject_kind="owner",
        subject_id=owner.id,
        old=old,
        new=new,
        reason=reason,
    )
