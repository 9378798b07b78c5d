"""Grants: give and end roles, and ask who holds which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account, Grant, LoginSession
from app.models.base import NO_ID, table_of
from app.rules.accounts import STAFF_ROLES, Duty, Role
from app.services.trail import Actor, record


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A live grant and its holder; name and phone are in the clear."""

    id: UUID
    account_id: UUID
    name: str
    phone: str | None
    role: Role
    duty: Duty
    granted_at: datetime


def grant_role(
    session: Session,
    *,
    account_id: UUID,
    estate_id: UUID,
    role: Role,
    duty: Duty,
    actor: Actor,
    now: datetime,
    grant_id: UUID | None = None,
    reason: str = "",
) -> UUID:
    """Give a role; the new grant's id.

    An operator's estate is `NO_ID`; a party member has one duty per grant. Raises `NotAllowed` for a grant to
    oneself, `NotFound` without such an account, `Invalid` for a duty or an estate that does not go with the
    role, `Conflict` when the role is held already. The person signs in anew: a session of before may be that of a
    clerk who printed a code for a neighbour, and gives nobody a role.
    """
    _check_shape(role=role, duty=duty, estate_id=estate_id)
    if account_id == actor.id:
        raise NotAllowed(N_("不能给自己授予身份，请另一位管理人员来办理"), code="own_grant")
    if session.get(Account, account_id) is None:
        raise NotFound(N_("没有找到这个账户"))
    grant = Grant(
        id=grant_id or uuid4(),
        account_id=account_id,
        estate_id=estate_id,
        role=role,
        duty=duty,
        granted_at=now,
    )
    try:
        with session.begin_nested():
            session.add(grant)
    except IntegrityError:
        raise Conflict(N_("这个人已经有这个身份了"), code="already_granted") from None
    _end_sessions(session, account_id=account_id, now=now)
    record(
        session,
        tag="accounts:grant:give",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        new=_shown(grant),
        reason=reason,
    )
    return grant.id


def _end_sessions(session: Session, *, account_id: UUID, now: datetime) -> None:
    ending = sa.update(LoginSession).where(
        col(LoginSession.account_id) == account_id, col(LoginSession.ended_at).is_(None)
    )
    session.connection().execute(ending.values(ended_at=now))


def _check_shape(*, role: Role, duty: Duty, estate_id: UUID) -> None:
    if (role is Role.PARTY_MEMBER) == (duty is Duty.NONE):
        raise Invalid(N_("党员身份要选一项职责，其他身份不选职责"), field="duty")
    if (role is Role.OPERATOR) != (estate_id == NO_ID):
        raise Invalid(N_("运维人员管理整个系统，其他身份只属于一个小区"), field="role")


def _shown(grant: Grant) -> dict[str, object]:
    return {"grant": str(grant.id), "role": grant.role.value, "duty": grant.duty.value}


def find_grant(session: Session, *, account_id: UUID, estate_id: UUID, role: Role, duty: Duty) -> UUID:
    """The live grant of that role and duty; raises `NotFound` when there is none."""
    query = select(Grant.id).where(
        Grant.account_id == account_id,
        Grant.estate_id == estate_id,
        Grant.role == role,
        Grant.duty == duty,
        col(Grant.ended_at).is_(None),
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(N_("没有找到这项授权"))
    return found


def end_grant(
    session: Session, *, grant_id: UUID, estate_id: UUID, actor: Actor, now: datetime, reason: str = ""
) -> None:
    """End a grant of this estate (`NO_ID` for operators); the right is gone with the next request.

    Raises `NotFound` for a grant of another estate, `Conflict` when it has ended already or is the last operator's.
    """
    if estate_id == NO_ID:
        _ensure_not_last(session, grant_id)
    query = select(Grant).where(Grant.id == grant_id, Grant.estate_id == estate_id).with_for_update()
    grant = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if grant is None:
        raise NotFound(N_("没有找到这项授权"))
    if grant.ended_at is not None:
        raise Conflict(N_("这项授权已经结束了"), code="grant_ended")
    grant.ended_at = now
    session.add(grant)
    record(
        session,
        tag="accounts:grant:end",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=grant.account_id,
        old=_shown(grant),
        reason=reason,
    )


def _ensure_not_last(session: Session, grant_id: UUID) -> None:
    """Two operators who end each other at once queue here, and the second is refused.

    Whoever has no number any more keeps nothing running: he does not count.
    """
    query = select(Grant).where(Grant.role == Role.OPERATOR, col(Grant.ended_at).is_(None)).with_for_update()
    live = {grant.id: grant.account_id for grant in session.exec(query.order_by(col(Grant.id)))}
    others = [account_id for held, account_id in live.items() if held != grant_id]
    reached = select(Account.id).where(col(Account.id).in_(others), col(Account.phone).is_not(None))
    if grant_id in live and session.exec(reached).first() is None:
        raise Conflict(N_("这是最后一位系统管理员。请先授予另一位，再收回这一位的身份"), code="last_operator")


_GRANT = table_of(Grant).c


def reaches(estate_id: sa.ColumnElement[UUID], account_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """A live grant of this account that holds in this estate; an operator's holds in every one."""
    return sa.and_(
        _GRANT.account_id == account_id,
        _GRANT.ended_at.is_(None),
        sa.or_(
            _GRANT.estate_id == estate_id,
            sa.and_(_GRANT.estate_id == NO_ID, _GRANT.role == Role.OPERATOR),
        ),
    )


_ROLES = sa.select(_GRANT.role).where(reaches(sa.bindparam("estate_id"), sa.bindparam("account_id")))


_WITHHELD = "staff_roles_withheld"


def withhold(session: Session, *, account_id: UUID) -> None:
    """For the rest of this transaction's request, whoever asks has no staff role: he has not shown his second factor.

    Use cases look roles up themselves, by account; kept with the session, the answer is the same for all of them.
    """
    session.info[_WITHHELD] = account_id


def is_withheld(session: Session, *, account_id: UUID) -> bool:
    return session.info.get(_WITHHELD) == account_id


def roles_of(session: Session, *, account_id: UUID, estate_id: UUID) -> frozenset[Role]:
    """The roles that reach this estate; an operator's reaches every one, and one that is withheld none."""
    where = {"account_id": account_id, "estate_id": estate_id}
    roles = frozenset(session.connection().execute(_ROLES, where).scalars())
    return roles - STAFF_ROLES if is_withheld(session, account_id=account_id) else roles


def ensure_shown(session: Session, *, account_id: UUID, estate_id: UUID) -> None:
    """What the committee's people publish carries their badge: raises `NotAllowed` while the factor is not shown."""
    withheld = is_withheld(session, account_id=account_id)
    where = {"account_id": account_id, "estate_id": estate_id}
    if withheld and Role.COMMITTEE in session.connection().execute(_ROLES, where).scalars():
        raise NotAllowed(
            N_("您发表的内容会带居委会／业委会的标记，请先填动态口令再发表"), code="badge_withheld"
        )


def duties_of(session: Session, *, account_id: UUID, estate_id: UUID) -> frozenset[Duty]:
    """The duties a party member was given in this estate."""
    query = select(col(Grant.duty)).where(
        col(Grant.account_id) == account_id,
        col(Grant.estate_id) == estate_id,
        col(Grant.ended_at).is_(None),
        col(Grant.role) == Role.PARTY_MEMBER,
    )
    return frozenset(session.exec(query))


def has_grant(session: Session, *, account_id: UUID) -> bool:
    """Whether the account holds any role anywhere."""
    query = select(Grant.id).where(col(Grant.account_id) == account_id, col(Grant.ended_at).is_(None))
    return session.exec(query.limit(1)).first() is not None


def list_grants(session: Session, *, estate_id: UUID) -> Sequence[GrantLine]:
    """The live grants of an estate, oldest first; `NO_ID` lists the operators."""
    query = (
        select(Grant, Account)
        .join(Account, col(Account.id) == col(Grant.account_id))
        .where(col(Grant.estate_id) == estate_id, col(Grant.ended_at).is_(None))
        .order_by(col(Grant.granted_at), col(Grant.id))
    )
    return [
        GrantLine(grant.id, account.id, account.name, account.phone, grant.role, grant.duty, grant.granted_at)
        for grant, account in session.exec(query)
    ]


def holders_of(session: Session, *, role: Role, estate_id: UUID, but: UUID) -> list[UUID]:
    """The accounts that hold a role in an estate (`NO_ID` for operators), without this one."""
    query = select(Grant.account_id).where(Grant.role == role, Grant.estate_id == estate_id)
    query = query.where(col(Grant.ended_at).is_(None), Grant.account_id != but)
    return list(session.exec(query.distinct()))


def operators(session: Session) -> Sequence[GrantLine]:
    """Who keeps the installation."""
    return list_grants(session, estate_id=NO_ID)
