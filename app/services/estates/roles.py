"""Roles in an estate by the operator's hand: given by phone number and ended, each with a reason, and the person is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Invalid, NotAllowed, NotFound
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.rules.accounts import DUTY_NAMES, ROLE_NAMES, Duty, Role
from app.rules.estates.names import MAX_NAME
from app.rules.estates.reasons import clean_reason
from app.rules.text import clean_line
from app.services.accounts.grants import GrantLine, end_grant, grant_role, list_grants
from app.services.accounts.people import ensure_account
from app.services.accounts.phones import is_mobile, read_phone
from app.services.accounts.proofs import confirm_phone
from app.services.estates.standing import EstateView
from app.services.estates.units import lock_register
from app.services.outbox import Draft, post
from app.services.trail import Actor

# An operator's role reaches every estate and is given on the server only; a firm's people come with their firm.
GIVEN_HERE = (
    (Role.COMMITTEE, Duty.NONE),
    *((Role.PARTY_MEMBER, duty) for duty in DUTY_NAMES),
    (Role.AUDITOR, Duty.NONE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What the operator typed to give a role; `id` is the new grant's, so that a second arrival is the same deed."""

    id: UUID
    phone: str
    name: str
    role: Role
    duty: Duty
    reason: str


def give_role(
    session: Session, asked: Appointment, *, estate: EstateView, actor: Actor, now: datetime
) -> None:
    """Give a role in this estate to whoever has the number, and tell him; the account is made when there is none.

    The name has to be the account's own where it has one, so that a number tells nobody whose it is. Raises `Invalid`
    naming the field, `NotAllowed` for oneself, `Conflict` for a role that is held already.
    """
    lock_register(session, estate_id=estate.id)
    if (asked.role, asked.duty) not in GIVEN_HERE:
        raise Invalid(N_("请在名单里选一种身份"), field="role")
    why, number = clean_reason(asked.reason), read_phone(asked.phone[:40])
    if number is None or not is_mobile(number):
        raise Invalid(N_("这不是一个大陆手机号码，请检查后再填"), field="phone")
    account_id = _account(session, number, asked.name, now)
    known = session.get(Grant, asked.id)
    if known is not None and (known.estate_id, known.account_id) == (estate.id, account_id):
        return
    grant_role(
        session,
        account_id=account_id,
        estate_id=estate.id,
        role=asked.role,
        duty=asked.duty,
        actor=actor,
        now=now,
        grant_id=asked.id,
        reason=why,
    )
    values: dict[str, object] = {"estate": estate.name, **_words(asked.role, asked.duty)}
    _tell(session, "role_given", asked.id, account_id, estate, values, now)


def _account(session: Session, number: str, name: str, now: datetime) -> UUID:
    called = clean_line(name, most=MAX_NAME, field="name")
    if not called:
        raise Invalid(N_("请填写姓名"), field="name")
    account = session.exec(select(Account).where(Account.phone == number)).one_or_none()
    if account is not None and account.name not in ("", called):
        raise Invalid(N_("这个手机号登记的不是这个姓名，请和本人核对手机号和姓名"), field="name")
    return ensure_account(session, phone=number, name=called, now=now)


def end_role(
    session: Session, *, estate: EstateView, grant_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """End a role of this estate and tell its holder; ending it twice is one deed.

    Raises `NotFound` for a grant of another estate and for an operator's, `Invalid` without a reason.
    """
    lock_register(session, estate_id=estate.id)
    grant = session.get(Grant, grant_id, populate_existing=True)
    if grant is None or grant.estate_id != estate.id:
        raise NotFound(N_("没有找到这项授权"))
    why = clean_reason(reason)
    if grant.ended_at is not None:
        return
    end_grant(session, grant_id=grant_id, estate_id=estate.id, actor=actor, now=now, reason=why)
    values: dict[str, object] = {"estate": estate.name, **_words(grant.role, grant.duty), "reason": why}
    _tell(session, "role_ended", grant_id, grant.account_id, estate, values, now)


def confirm_number(
    session: Session, *, estate: EstateView, grant_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Somebody with a role has not signed in for long; the operator has made sure that the number is still his.

    With his next code he is let in. Raises `NotFound` for a grant of another estate or that has ended, `NotAllowed`
    for oneself, `Invalid` without a reason and for an account without a number.
    """
    holder = find_holder(session, estate_id=estate.id, grant_id=grant_id)
    if holder.account_id == actor.id:
        raise NotAllowed(N_("不能确认自己的号码，请另一位管理人员来办理"), code="own_number")
    confirm_phone(
        session, account_id=holder.account_id, actor=actor, estate_id=estate.id, reason=reason, now=now
    )


def _words(role: Role, duty: Duty) -> dict[str, object]:
    return {"role": ROLE_NAMES[role], "duty": DUTY_NAMES.get(duty, "")}


def _tell(
    session: Session,
    template: str,
    grant_id: UUID,
    account_id: UUID,
    estate: EstateView,
    values: dict[str, object],
    now: datetime,
) -> None:
    draft = Draft(
        key=f"{template}:{grant_id}",
        template=template,
        now=now,
        values=values,
        account_id=account_id,
        estate_id=estate.id,
        link="/me",
    )
    post(session, draft)


def find_holder(session: Session, *, estate_id: UUID, grant_id: UUID) -> GrantLine:
    """A live grant of this estate with its holder; raises `NotFound`."""
    found = next((line for line in list_grants(session, estate_id=estate_id) if line.id == grant_id), None)
    if found is None:
        grant = session.get(Grant, grant_id)
        if grant is not None and grant.estate_id == NO_ID:
            raise NotFound(N_("系统管理员的身份和号码，请在服务器上办理"))
        raise NotFound(N_("没有找到这项授权"))
    return found
