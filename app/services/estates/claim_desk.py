"""Claims at the desk: what waits, one claim with what the register says beside it, and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.accounts import Account
from app.models.estates import BindingCause, Claim, ClaimState, Owner, Relation, Residence, Unit
from app.rules.estates.reasons import clean_reason
from app.services import outbox
from app.services.estates.binding import bind_owner, tell_household
from app.services.estates.checking import Act
from app.services.estates.claims import WITH_PHOTO, drop_photo, find_claim
from app.services.estates.homes import RELATION_NAMES
from app.services.estates.ownership import find_namesake, set_owners
from app.services.estates.register import OwnerLine, owner_line
from app.services.estates.units import find_unit, label_of, lock_register, owners_of
from app.services.trail import Actor, record


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim in the desk's list."""

    id: UUID
    home: str
    name: str
    relation: Relation
    state: ClaimState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimSheet:
    """One claim in the clear; `photo_id` until it is decided, `owners` as the register has them now."""

    id: UUID
    home: str
    unit_id: UUID
    name: str
    phone: str | None
    relation: Relation
    note: str
    photo_id: UUID | None
    state: ClaimState
    reason: str
    created_at: datetime
    decided_at: datetime | None
    heirs_proving: bool
    owners: tuple[OwnerLine, ...]


def list_claims(session: Session, *, estate_id: UUID, pending: bool, limit: int = 100) -> Sequence[ClaimLine]:
    """Those that wait, the oldest first; or those decided, the latest first."""
    waiting = col(Claim.state) == ClaimState.PENDING
    query = (
        select(Claim, Unit)
        .join(Unit, col(Unit.id) == Claim.unit_id)
        .where(Claim.estate_id == estate_id, waiting if pending else ~waiting)
        .order_by(col(Claim.created_at) if pending else col(Claim.created_at).desc())
        .limit(limit)
    )
    return [
        ClaimLine(claim.id, label_of(unit), claim.name, claim.relation, claim.state, claim.created_at)
        for claim, unit in session.exec(query)
    ]


def get_claim(session: Session, *, estate_id: UUID, claim_id: UUID) -> ClaimSheet:
    """One claim for the committee; raises `NotFound` for another estate's."""
    claim = find_claim(session, estate_id=estate_id, claim_id=claim_id, lock=False)
    unit = find_unit(session, estate_id=estate_id, unit_id=claim.unit_id)
    account = session.get_one(Account, claim.account_id)
    return ClaimSheet(
        id=claim.id,
        home=label_of(unit),
        unit_id=unit.id,
        name=claim.name,
        phone=account.phone,
        relation=claim.relation,
        note=claim.note,
        photo_id=claim.photo_id,
        state=claim.state,
        reason=claim.reason,
        created_at=claim.created_at,
        decided_at=claim.decided_at,
        heirs_proving=unit.heirs_proving,
        owners=tuple(owner_line(owner, masked=False) for owner in owners_of(session, unit_id=unit.id)),
    )


def approve_claim(
    session: Session,
    *,
    estate_id: UUID,
    claim_id: UUID,
    owner_id: UUID | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Let the person in: bound to the owner picked, added as an heir without one, or as a resident.

    Approving twice is one deed. Raises `Invalid` without a pick where one is needed, `Conflict` when the owner is
    bound to somebody else or the claim has been decided otherwise, `NotAllowed` for one's own claim.
    """
    lock_register(session, estate_id=estate_id)
    claim = find_claim(session, estate_id=estate_id, claim_id=claim_id)
    if claim.state is ClaimState.APPROVED:
        return
    _check_open(claim, actor)
    unit = find_unit(session, estate_id=estate_id, unit_id=claim.unit_id)
    adding = claim.relation is Relation.HEIR and owner_id is None
    why = clean_reason(reason) if adding or reason.strip() else ""
    owner = None
    if claim.relation in WITH_PHOTO:
        owner = _add_heir(session, claim, unit, actor, now) if adding else _picked(session, unit, owner_id)
        act = Act(BindingCause.CLAIM, actor.id, now)
        bind_owner(session, owner=owner, account_id=claim.account_id, now=now, act=act)
    else:
        session.add(
            Residence(account_id=claim.account_id, unit_id=unit.id, relation=claim.relation, since=now)
        )
    _close(session, claim, ClaimState.APPROVED, why, actor, now)
    relation = RELATION_NAMES[claim.relation]
    tell_household(session, unit=unit, newcomer=claim.account_id, name=claim.name, relation=relation, now=now)
    _tell_claimant(session, claim, unit, now)
    _record(session, claim, unit, actor, now, owner=owner)


def refuse_claim(
    session: Session, *, estate_id: UUID, claim_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Turn a claim down with the reason the claimant reads; refusing twice is one deed."""
    claim = find_claim(session, estate_id=estate_id, claim_id=claim_id)
    if claim.state is ClaimState.REFUSED:
        return
    _check_open(claim, actor)
    why = clean_reason(reason)
    unit = find_unit(session, estate_id=estate_id, unit_id=claim.unit_id)
    _close(session, claim, ClaimState.REFUSED, why, actor, now)
    _tell_claimant(session, claim, unit, now)
    _record(session, claim, unit, actor, now)


def _check_open(claim: Claim, actor: Actor) -> None:
    if claim.state is not ClaimState.PENDING:
        raise Conflict(N_("这个认领已经处理过了，请刷新页面查看结果"))
    if claim.account_id == actor.id:
        raise NotAllowed(N_("不能核实自己的认领，请另一位工作人员来办理"), code="own_claim")


def _picked(session: Session, unit: Unit, owner_id: UUID | None) -> Owner:
    owner = next((owner for owner in owners_of(session, unit_id=unit.id) if owner.id == owner_id), None)
    if owner is None:
        raise Invalid(
            N_("请选择名册里的哪一位业主。名册里没有这个人的，请先在房屋页添加业主"), field="owner_id"
        )
    return owner


def _add_heir(session: Session, claim: Claim, unit: Unit, actor: Actor, now: datetime) -> Owner:
    account = session.get_one(Account, claim.account_id)
    owner = find_namesake(session, estate_id=claim.estate_id, name=claim.name, phone=account.phone)
    owner = owner or Owner(
        estate_id=claim.estate_id,
        name=claim.name,
        phone=account.phone,
        entered_by=actor.id,
        entered_at=now,
    )
    session.add(owner)
    session.flush()
    present = [other.id for other in owners_of(session, unit_id=unit.id)]
    set_owners(session, unit=unit, owner_ids=[*present, owner.id], now=now)
    return owner


def _close(
    session: Session, claim: Claim, state: ClaimState, reason: str, actor: Actor, now: datetime
) -> None:
    claim.state, claim.reason, claim.decided_by, claim.decided_at = state, reason, actor.id, now
    drop_photo(session, claim)


def _tell_claimant(session: Session, claim: Claim, unit: Unit, now: datetime) -> None:
    outbox.post(
        session,
        outbox.Draft(
            key=f"claim:{claim.id}:{claim.state}",
            template=f"claim_{claim.state}",
            now=now,
            values={"home": label_of(unit), "reason": claim.reason},
            account_id=claim.account_id,
            estate_id=claim.estate_id,
        ),
    )


def _record(
    session: Session, claim: Claim, unit: Unit, actor: Actor, now: datetime, owner: Owner | None = None
) -> None:
    verb = "approve" if claim.state is ClaimState.APPROVED else "refuse"
    record(
        session,
        tag=f"estates:claim:{verb}",
        actor=actor,
        now=now,
        estate_id=claim.estate_id,
        subject_kind="claim",
        subject_id=claim.id,
        new={
            "home": label_of(unit),
            "relation": claim.relation.value,
            "account": str(claim.account_id),
            "owner": str(owner.id) if owner else "",
        },
        reason=claim.reason,
    )
