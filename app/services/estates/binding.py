"""Binding: an account becomes an owner of the register, because the phone agrees or because the desk saw the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotFound, Refusal
from app.models.accounts import Account
from app.models.estates import BindingCause, Estate, Owner, Ownership, Unit
from app.rules.accounts import mask_name
from app.rules.estates.reasons import clean_reason
from app.services import outbox
from app.services.accounts.desk import print_desk_code
from app.services.accounts.people import open_account
from app.services.accounts.phones import is_mobile
from app.services.accounts.registered import has_phone, is_by_number
from app.services.estates.checking import Act, act_of_account, act_of_phone, rest_account_on, rest_on
from app.services.estates.ownership import find_owner
from app.services.estates.saying import Bound, find_bound, homes_where
from app.services.estates.units import label_of, lock_register, owners_of, phones_of
from app.services.trail import Actor, record


@dataclass(frozen=True, slots=True)
class Match:
    """An unbound owner whose number is the person's own, with his homes as labels; `name` in the clear."""

    owner_id: UUID
    name: str
    homes: tuple[str, ...]


def find_matches(session: Session, *, estate_id: UUID, phone: str | None) -> Sequence[Match]:
    """Whom the register knows by this number and who is not bound yet; several names may share one.

    Nobody for a number that changed hands: the register knows its holder before. And nobody whom it knew by the number
    long before the account came: his name and home are for who can say them (`prove_home`).
    """
    return [match for match, by_number in _matches(session, estate_id, phone) if by_number]


def asks_home(session: Session, *, estate_id: UUID, phone: str | None) -> bool:
    """Whether the register has known the number for so long that its holder is asked for home and name first."""
    return any(not by_number for _, by_number in _matches(session, estate_id, phone))


def _matches(session: Session, estate_id: UUID, phone: str | None) -> Sequence[tuple[Match, bool]]:
    """Each with whether the number alone shows that the account of this number is the owner."""
    account = session.exec(select(Account).where(Account.phone == phone)).one_or_none() if phone else None
    if phone is None or account is None or account.reissued_at:
        return []
    query = (
        select(Owner, Unit)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .join(Unit, col(Unit.id) == Ownership.unit_id)
        .where(Owner.estate_id == estate_id, col(Owner.account_id).is_(None), has_phone(phone))
        .order_by(col(Owner.name), col(Owner.id), col(Unit.building), col(Unit.entrance), col(Unit.room))
    )
    homes: dict[UUID, tuple[Owner, list[str]]] = {}
    for owner, unit in session.exec(query):
        homes.setdefault(owner.id, (owner, []))[1].append(label_of(unit))
    return [
        (Match(owner.id, owner.name, tuple(labels)), is_by_number(session, owner=owner, account=account))
        for owner, labels in homes.values()
    ]


def prove_home(
    session: Session, *, estate_id: UUID, account_id: UUID, home: str, name: str, now: datetime
) -> Refusal | None:
    """As `confirm_home` for who says home and name as registered; None when it is done.

    Commit whatever comes back: tries are counted, with those at the door. One sentence for everything that does not agree.
    """
    account = session.get_one(Account, account_id)
    lock_register(session, estate_id=estate_id)
    waiting = {match.owner_id for match, _ in _matches(session, estate_id, account.phone)}
    known = [
        Bound(unit, owner.name, owner.id) for unit, owner in homes_where(session, col(Owner.id).in_(waiting))
    ]
    found = find_bound(session, account, known, home=home, name=name, now=now)
    if not isinstance(found, Bound):
        return found
    if found.owner_id is not None:
        confirm_home(
            session, estate_id=estate_id, account_id=account_id, owner_id=found.owner_id, now=now, said=True
        )
    return None


def confirm_home(
    session: Session,
    *,
    estate_id: UUID,
    account_id: UUID,
    owner_id: UUID,
    now: datetime,
    said: bool = False,
) -> None:
    """The person says that he is this owner, and the number agrees; all owner rows of that name and number are his.

    Confirming twice is one deed. Raises `NotFound` when the number does not agree, `Conflict` when somebody else is
    bound already, or when the person has confirmed under another name with the same number. Unless he `said` home and
    name, a number that the register knew long before the account came does not agree.
    """
    lock_register(session, estate_id=estate_id)
    account = session.get_one(Account, account_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    if not account.phone or account.reissued_at:
        raise NotFound(N_("您登录用的不是名册里登记的手机号，请改用证件照片认领"))
    query = select(Owner).where(Owner.estate_id == estate_id, has_phone(account.phone))
    sharing = session.exec(query.with_for_update().execution_options(populate_existing=True)).all()
    if owner not in sharing:
        raise NotFound(N_("您登录用的不是名册里登记的手机号，请改用证件照片认领"))
    if not said and owner.account_id is None and not is_by_number(session, owner=owner, account=account):
        raise NotFound(N_("名册里的这个号码登记得很久了，请先填房屋和姓名"))
    if any(other.account_id == account_id and other.name != owner.name for other in sharing):
        raise Conflict(
            N_("您已经用这个号码确认为另一位业主。如有错误，请联系居委会"), code="already_confirmed"
        )
    for other in sharing:
        if other.name == owner.name:
            act = act_of_phone(session, other, account.phone)
            bind_owner(session, owner=other, account_id=account_id, now=now, act=act)
    if not account.name:
        account.name = owner.name
        session.add(account)
    actor = Actor(account_id, account.name)
    _record(session, owner, "confirm", actor, now, new={"account": str(account_id)})
    for unit in units_of(session, owner_id=owner.id):
        tell_household(session, unit=unit, newcomer=account_id, name=owner.name, relation=N_("业主"), now=now)


def bind_owner(
    session: Session, *, owner: Owner, account_id: UUID, now: datetime, act: Act | None = None
) -> None:
    """Bind unless somebody else is bound: the first stays until the desk parts him from it.

    `act` is the clerk's act that the binding rests on; None when the owner proved himself.
    """
    if owner.account_id == account_id:
        return
    if owner.account_id is not None:
        raise Conflict(
            N_("这位业主已经绑定了另一个账户。请先核实，在房屋页解除原来的绑定后再办理"), code="already_bound"
        )
    owner.account_id, owner.bound_at, owner.waits_since = account_id, now, None
    session.add(owner)
    session.flush()
    act = act or act_of_account(session, account_id)
    if act is not None:
        rest_on(session, owner, act)
    tell_numbers(session, owner=owner, account_id=account_id, now=now)


def tell_numbers(session: Session, *, owner: Owner, account_id: UUID, now: datetime) -> None:
    """The register's own numbers learn that another account was bound: the owner may have no account to be told at."""
    account = session.get_one(Account, account_id)
    estate = session.get_one(Estate, owner.estate_id)
    for phone in phones_of(owner):
        if phone != account.phone and is_mobile(phone):
            outbox.post(
                session,
                outbox.Draft(
                    key=f"owner_bound:{owner.id}:{account_id}:{phone}:{now.isoformat()}",
                    template="owner_bound",
                    now=now,
                    values={"estate": estate.name, "phone": estate.desk_phone},
                    phone=phone,
                    estate_id=owner.estate_id,
                ),
            )


def units_of(session: Session, *, owner_id: UUID) -> Sequence[Unit]:
    query = (
        select(Unit).join(Ownership, col(Ownership.unit_id) == Unit.id).where(Ownership.owner_id == owner_id)
    )
    return session.exec(query).all()


def tell_household(
    session: Session, *, unit: Unit, newcomer: UUID, name: str, relation: str, now: datetime
) -> None:
    """Owners already bound to the home learn who has joined it; the name is masked."""
    for owner in owners_of(session, unit_id=unit.id):
        if owner.account_id and owner.account_id != newcomer:
            outbox.post(
                session,
                outbox.Draft(
                    key=f"home_joined:{unit.id}:{newcomer}:{owner.account_id}:{now.isoformat()}",
                    template="home_joined",
                    now=now,
                    values={"home": label_of(unit), "name": mask_name(name), "relation": relation},
                    account_id=owner.account_id,
                    estate_id=unit.estate_id,
                ),
            )


def print_owner_code(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    owner_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> str:
    """A one-time code for an owner who stands at the desk and has shown who he is; `reason` says how.

    Without an account he gets one without a phone, bound to him. The code is shown this once. Raises `Invalid`
    without a reason, `NotFound` when he owns nothing of the home, `NotAllowed` for an account with a role.
    """
    lock_register(session, estate_id=estate_id)
    owner = find_owner(session, estate_id=estate_id, owner_id=owner_id)
    units = {unit.id: unit for unit in units_of(session, owner_id=owner_id)}
    if unit_id not in units:
        raise NotFound(N_("这套房屋没有登记这位业主"))
    why = clean_reason(reason)
    if owner.account_id is None:
        account_id = open_account(session, name=owner.name, actor=actor, estate_id=estate_id, now=now)
        act = Act(BindingCause.DESK, actor.id, now)
        bind_owner(session, owner=owner, account_id=account_id, now=now, act=act)
        for unit in units.values():
            tell_household(
                session, unit=unit, newcomer=account_id, name=owner.name, relation=N_("业主"), now=now
            )
    else:
        # Whoever holds the paper acts as this account, wherever it owns.
        act = Act(BindingCause.DESK_CODE, actor.id, now)
        rest_account_on(session, account_id=owner.account_id, act=act)
    account = owner.account_id
    if account is None:  # pragma: no cover — bound just above
        raise NotFound(N_("名册里没有这位业主"))
    _record(session, owner, "desk_code", actor, now, new={"account": str(account)}, reason=why)
    return print_desk_code(
        session, account_id=account, actor=actor, estate_id=estate_id, now=now, secret=secret
    )


def _record(
    session: Session,
    owner: Owner,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    new: dict[str, object],
    reason: str = "",
) -> None:
    record(
        session,
        tag=f"estates:owner:{verb}",
        actor=actor,
        now=now,
        estate_id=owner.estate_id,
        subject_kind="owner",
        subject_id=owner.id,
        new=new,
        reason=reason,
    )
