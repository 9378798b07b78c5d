"""One-time codes for whoever is no owner: the committee prints a resident's, the operator that of a colleague of the staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotAllowed, NotFound, Refusal
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.models.estates import BindingCause, Residence
from app.rules.accounts import STAFF_ROLES, Role
from app.rules.estates.reasons import clean_reason
from app.services.accounts.desk import print_desk_code
from app.services.accounts.desk import print_staff_code as print_for_staff
from app.services.accounts.grants import roles_of
from app.services.accounts.people import find_account
from app.services.accounts.second_factor import read_state
from app.services.estates.checking import Act, rest_account_on
from app.services.estates.roles import find_holder
from app.services.estates.units import find_unit, label_of, lock_register
from app.services.trail import Actor, record

# Roles that a session has to show the second factor for, and that an estate's page gives: a paper alone opens none of them.
_PRINTED_ON_A_PAGE = STAFF_ROLES - {Role.OPERATOR}


def print_resident_code(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    account_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> str:
    """A one-time code for somebody who lives in this home and has shown at the desk who he is; `reason` says how.

    Whatever the account owns, here or elsewhere, waits for a second person in running votes, as after an owner's code.
    Raises `NotFound` for another estate's home and for who does not live in it, `Invalid` without a reason,
    `NotAllowed` for an account with a role.
    """
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    if session.get(Residence, (account_id, unit.id)) is None:
        raise NotFound(N_("这套房屋没有登记这位住户"))
    why = clean_reason(reason)
    code = print_desk_code(
        session, account_id=account_id, actor=actor, estate_id=estate_id, now=now, secret=secret
    )
    rest_account_on(session, account_id=account_id, act=Act(BindingCause.DESK_CODE, actor.id, now))
    record(
        session,
        tag="estates:resident:desk_code",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        new={"home": label_of(unit)},
        reason=why,
    )
    return code


def find_hindrance(session: Session, *, account_id: UUID) -> Refusal | None:
    """Why an operator's page prints no code for this account; None when it may.

    A paper opens no role by itself: every role that the account has asks for the second factor, and he has one.
    """
    if _roles(session, account_id) - _PRINTED_ON_A_PAGE:
        return NotAllowed(
            N_("他是系统管理员，或者有不用动态口令的身份（党员、服务单位）。登录码请在服务器上用命令打印"),
            code="printed_on_the_server",
        )
    if read_state(session, account_id=account_id).confirmed_at is None:
        return Conflict(N_("他还没有设置动态口令。设置好以后，收不到短信时才能用登录码"), code="no_factor")
    return None


def print_staff_code(
    session: Session,
    *,
    estate_id: UUID,
    grant_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> str:
    """A one-time code for who holds this role; the second factor is asked for as ever. `reason` says how he was recognised.

    Raises `NotFound` for a grant of another estate, `NotAllowed` for oneself and for roles without a second factor,
    `Conflict` while none is set up, `Invalid` without a reason. The caller has made sure that `actor` is an operator.
    """
    lock_register(session, estate_id=estate_id)
    holder = find_holder(session, estate_id=estate_id, grant_id=grant_id)
    if holder.account_id == actor.id:
        raise NotAllowed(N_("不能给自己打印登录码，请另一位管理人员来办理"), code="own_code")
    hindrance = find_hindrance(session, account_id=holder.account_id)
    if hindrance:
        raise hindrance
    return _print(session, holder.account_id, actor, clean_reason(reason), now, secret)


def print_server_code(
    session: Session, *, phone: str, by: str, reason: str, now: datetime, secret: bytes
) -> str:
    """The same from the server's command line, for any role; `by` is the number of the operator who answers for it.

    Who has the server has everything in it. It is kept under an account all the same, so that what the code's holder owns
    waits for another person than the one who printed it. Raises `NotFound` without such accounts, `NotAllowed` when `by`
    is no operator, `Conflict` for an account without a role and for staff without a second factor, `Invalid` without a reason.
    """
    account_id, by_id = find_account(session, phone=phone), find_account(session, phone=by)
    if Role.OPERATOR not in roles_of(session, account_id=by_id, estate_id=NO_ID):
        raise NotAllowed(N_("这个号码不是系统管理员的"), code="no_operator")
    held = _roles(session, account_id)
    if not held:
        raise Conflict(N_("这个账户没有工作身份，登录码由居委会在名册里打印"), code="no_role")
    if held & STAFF_ROLES and read_state(session, account_id=account_id).confirmed_at is None:
        raise Conflict(N_("他还没有设置动态口令。设置好以后，收不到短信时才能用登录码"), code="no_factor")
    actor = Actor(by_id, session.get_one(Account, by_id).name)
    return _print(session, account_id, actor, clean_reason(reason), now, secret)


def _roles(session: Session, account_id: UUID) -> frozenset[Role]:
    """All that the account holds, in whichever estate."""
    held = select(col(Grant.role)).where(col(Grant.account_id) == account_id, col(Grant.ended_at).is_(None))
    return frozenset(session.exec(held).all())


def _print(session: Session, account_id: UUID, actor: Actor, why: str, now: datetime, secret: bytes) -> str:
    # Staff who own a home are neighbours with the paper alone.
    rest_account_on(session, account_id=account_id, act=Act(BindingCause.DESK_CODE, actor.id, now))
    return print_for_staff(session, account_id=account_id, actor=actor, reason=why, now=now, secret=secret)
