"""Holders: who had a number before, shown by home and name; or a new holder, who begins with an account of his own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Refusal
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.models.estates import Claim, ClaimState, Estate, Owner, Residence, Unit
from app.rules.accounts import Role, mask_name, mask_phone
from app.services import outbox
from app.services.accounts.grants import holders_of
from app.services.accounts.people import ensure_account
from app.services.accounts.proofs import Proof, lock_open
from app.services.accounts.registered import has_phone
from app.services.accounts.sessions import end_all
from app.services.estates.saying import Bound, find_bound, homes_where
from app.services.estates.units import label_of
from app.services.trail import SYSTEM, record


def confirm_by_home(session: Session, *, proof: Proof, home: str, name: str, now: datetime) -> Refusal | None:
    """None when home and name are the register's for this account; commit whatever comes back: tries are counted.

    One sentence for everything that does not agree, so that nothing about the account can be found out in parts.
    Raises `Conflict` when the proof waits no more.
    """
    account = lock_open(session, proof=proof, now=now)
    if account is None:
        raise run_out()
    known = _homes_of(session, account)
    found = find_bound(session, account, known, home=home, name=name, now=now)
    return None if isinstance(found, Bound) else found


def run_out() -> Conflict:
    return Conflict(N_("这一步放得太久了，或者已经办好了。请重新获取验证码登录"), code="proof_run_out")


def _homes_of(session: Session, account: Account) -> Iterator[Bound]:
    """His homes, and those of owners with his number whom nobody has confirmed yet: a register is older than accounts."""
    meant = col(Owner.account_id) == account.id
    if account.phone and not account.reissued_at:
        meant = sa.or_(meant, sa.and_(col(Owner.account_id).is_(None), has_phone(account.phone)))
    for unit, owner in homes_where(session, meant):
        yield Bound(unit, owner.name)
    lived = select(Unit).join(Residence, col(Residence.unit_id) == Unit.id)
    for unit in session.exec(lived.where(Residence.account_id == account.id)).all():
        if account.name:
            yield Bound(unit, account.name)
    granted = select(Unit, Claim.name).join(Claim, col(Claim.unit_id) == Unit.id)
    granted = granted.join(Residence, col(Residence.unit_id) == Unit.id)
    mine = granted.where(Claim.account_id == account.id, Residence.account_id == account.id)
    for unit, name in session.exec(mine.where(Claim.state == ClaimState.APPROVED)):
        yield Bound(unit, name)


def hand_over(session: Session, *, proof: Proof, now: datetime) -> UUID:
    """The number goes from the old account to a fresh one, whose id comes back; homes and all else stay where they are.

    The old account's sessions end, its browsers are forgotten, its roles stay. The committees of its estates are told,
    of a person with a role the operators too. Raises `Conflict` when the proof waits no more, so twice is one deed.
    """
    account = lock_open(session, proof=proof, now=now)
    if account is None:
        raise run_out()
    homes = list(_homes_of(session, account))
    end_all(session, account_id=account.id, now=now)
    account.phone = None
    session.add(account)
    session.flush()
    fresh_id = ensure_account(session, phone=proof.phone, name="", now=now)
    fresh = session.get_one(Account, fresh_id)
    fresh.reissued_at = now
    session.add(fresh)
    _tell(session, account, homes, proof, now)
    return fresh_id


def _tell(session: Session, account: Account, bounds: list[Bound], proof: Proof, now: datetime) -> None:
    homes: defaultdict[UUID, dict[UUID, Bound]] = defaultdict(dict)
    for bound in bounds:
        homes[bound.unit.estate_id].setdefault(bound.unit.id, bound)
    held = select(Grant).where(Grant.account_id == account.id, col(Grant.ended_at).is_(None))
    grants = session.exec(held).all()
    claimed = select(Claim.estate_id).where(Claim.account_id == account.id, Claim.state == ClaimState.PENDING)
    estates = {*homes, *(grant.estate_id for grant in grants), *session.exec(claimed)}
    # In order: the heads of two trails are locked, and another hand-over may lock the same two.
    for estate_id in sorted(estates or {NO_ID}):
        record(
            session,
            tag="accounts:phone:hand_over",
            actor=SYSTEM,
            now=now,
            estate_id=estate_id,
            subject_kind="account",
            subject_id=account.id,
            old={"phone": mask_phone(proof.phone)},
            new={"phone": ""},
        )
        if estate_id in homes:
            _tell_committee(session, account, list(homes[estate_id].values()), now)
    if grants:
        _tell_operators(session, account, now)


def _tell_committee(session: Session, account: Account, homes: list[Bound], now: datetime) -> None:
    estate = session.get_one(Estate, homes[0].unit.estate_id)
    values: dict[str, object] = {
        "homes": "、".join(label_of(bound.unit) for bound in homes[:3]),
        "name": mask_name(homes[0].name),
    }
    link = f"/desk/{estate.slug}/register"
    for staff_id in holders_of(session, role=Role.COMMITTEE, estate_id=estate.id, but=account.id):
        _post(session, "phone_changed_hands", staff_id, account, values, link, now, estate.id)


def _tell_operators(session: Session, account: Account, now: datetime) -> None:
    for operator_id in holders_of(session, role=Role.OPERATOR, estate_id=NO_ID, but=account.id):
        _post(
            session,
            "phone_changed_hands_staff",
            operator_id,
            account,
            {"name": mask_name(account.name)},
            "",
            now,
        )


def _post(
    session: Session,
    template: str,
    to: UUID,
    account: Account,
    values: dict[str, object],
    link: str,
    now: datetime,
    estate_id: UUID | None = None,
) -> None:
    # An account gives a number up once only: nothing brings one back to it.
    draft = outbox.Draft(
        key=f"{template}:{account.id}:{estate_id or NO_ID}:{to}",
        template=template,
        now=now,
        values=values,
        account_id=to,
        estate_id=estate_id,
        link=link,
    )
    outbox.post(session, draft)
