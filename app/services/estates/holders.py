"""Holders: who had a number before, shown by home and name; or a new holder, who begins with an account of his own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, Refusal, TooMany
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.models.estates import Claim, ClaimState, Estate, Owner, Ownership, Residence, Unit
from app.rules.accounts import CONFIRM_TRIES, Role, mask_name, mask_phone
from app.rules.estates.addresses import Home, read_home
from app.rules.estates.cells import compact
from app.services import outbox
from app.services.accounts import limits as tries
from app.services.accounts.guesses import HOUR
from app.services.accounts.people import ensure_account
from app.services.accounts.proofs import Proof, lock_open
from app.services.accounts.sessions import end_all
from app.services.estates.units import home_of, label_of
from app.services.trail import SYSTEM, record

MOST_TYPED = 100


@dataclass(frozen=True, slots=True)
class _Bound:
    """A home that an account has, and under which name the register or a claim knows the person there."""

    unit: Unit
    name: str


def confirm_by_home(session: Session, *, proof: Proof, home: str, name: str, now: datetime) -> Refusal | None:
    """None when home and name are the register's for this account; commit whatever comes back: tries are counted.

    One sentence for everything that does not agree, so that nothing about the account can be found out in parts.
    Raises `Conflict` when the proof waits no more.
    """
    account = lock_open(session, proof=proof, now=now)
    if account is None:
        raise run_out()
    if not compact(home[:MOST_TYPED]) or not compact(name[:MOST_TYPED]):
        return Invalid(N_("请把房屋和姓名都填上"), field="home")
    key = f"confirm:account:{account.id}"
    try:
        tries.lock(session, key=key)
        tries.check(session, key=key, limit=CONFIRM_TRIES, window=HOUR, now=now)
    except TooMany as refusal:
        return refusal
    if any(_agrees(bound, home, name) for bound in _homes_of(session, account)):
        return None
    tries.add(session, key=key, now=now)
    return Invalid(
        N_("房屋或姓名和登记的不一致。请按不动产权证填写，或者到居委会办理"),
        code="not_the_same",
        field="home",
    )


def run_out() -> Conflict:
    return Conflict(N_("这一步放得太久了，或者已经办好了。请重新获取验证码登录"), code="proof_run_out")


def _agrees(bound: _Bound, home: str, name: str) -> bool:
    typed = compact(home[:MOST_TYPED])
    known = home_of(bound.unit)
    same = typed in {compact(str(known)), compact(label_of(bound.unit))} or _read(typed) == known
    return same and compact(name[:MOST_TYPED]) == compact(bound.name)


def _read(typed: str) -> Home | None:
    try:
        return read_home("", "", "", typed)
    except Invalid:
        return None


def _homes_of(session: Session, account: Account) -> Iterator[_Bound]:
    owned = (
        select(Unit, Owner)
        .join(Ownership, col(Ownership.unit_id) == Unit.id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Owner.account_id == account.id)
    )
    for unit, owner in session.exec(owned):
        yield _Bound(unit, owner.name)
    lived = select(Unit).join(Residence, col(Residence.unit_id) == Unit.id)
    for unit in session.exec(lived.where(Residence.account_id == account.id)).all():
        if account.name:
            yield _Bound(unit, account.name)
    granted = select(Unit, Claim.name).join(Claim, col(Claim.unit_id) == Unit.id)
    granted = granted.join(Residence, col(Residence.unit_id) == Unit.id)
    mine = granted.where(Claim.account_id == account.id, Residence.account_id == account.id)
    for unit, name in session.exec(mine.where(Claim.state == ClaimState.APPROVED)):
        yield _Bound(unit, name)


def hand_over(session: Session, *, proof: Proof, now: datetime) -> UUID:
    """The number goes from the old account to a fresh one, whose id comes back; homes and all else stay where they are.

    The old account's sessions end, its browsers are forgotten, its roles stay. The committees of its estates are told,
    of a person with a role the operators too. Raises `Conflict` when the proof waits no more, so twice is one deed.
    """
    account = lock_open(session, proof=proof, now=now)
    if account is None:
        raise run_out()
    end_all(session, account_id=account.id, now=now)
    account.phone = None
    session.add(account)
    session.flush()
    fresh_id = ensure_account(session, phone=proof.phone, name="", now=now)
    fresh = session.get_one(Account, fresh_id)
    fresh.reissued_at = now
    session.add(fresh)
    _tell(session, account, proof, now)
    return fresh_id


def _tell(session: Session, account: Account, proof: Proof, now: datetime) -> None:
    homes: defaultdict[UUID, dict[UUID, _Bound]] = defaultdict(dict)
    for bound in _homes_of(session, account):
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


def _tell_committee(session: Session, account: Account, homes: list[_Bound], now: datetime) -> None:
    estate = session.get_one(Estate, homes[0].unit.estate_id)
    values: dict[str, object] = {
        "homes": "、".join(label_of(bound.unit) for bound in homes[:3]),
        "name": mask_name(homes[0].name),
    }
    link = f"/desk/{estate.slug}/register"
    for staff_id in _holders(session, Role.COMMITTEE, estate.id, but=account.id):
        _post(session, "phone_changed_hands", staff_id, account, values, link, now, estate.id)


def _tell_operators(session: Session, account: Account, now: datetime) -> None:
    for operator_id in _holders(session, Role.OPERATOR, NO_ID, but=account.id):
        _post(
            session,
            "phone_changed_hands_staff",
            operator_id,
            account,
            {"name": mask_name(account.name)},
            "",
            now,
        )


def _holders(session: Session, role: Role, estate_id: UUID, *, but: UUID) -> list[UUID]:
    query = select(Grant.account_id).where(Grant.role == role, Grant.estate_id == estate_id)
    query = query.where(col(Grant.ended_at).is_(None), Grant.account_id != but)
    return list(session.exec(query.distinct()))


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
