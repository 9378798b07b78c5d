"""Votes: mandates on paper: a letter, an heir's or a guardian's proof. One of the staff enters it, another checks it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.base import NO_ID
from app.models.estates import Owner, Ownership
from app.models.votes import RollEntry
from app.models.votes.mandates import Mandate, MandateKind, MandateState
from app.rules.estates.names import MAX_NAME
from app.rules.text import clean_line
from app.services import files
from app.services.accounts.people import ensure_account
from app.services.accounts.phones import read_phone
from app.services.trail import Actor
from app.services.votes.mandates import (
    LIVE,
    add_mandate,
    ensure_may_be_agent,
    get_mandate,
    note,
    read_reason,
    tell_agent,
    tell_owner,
)
from app.services.votes.principals import Principal, lock_running, principals
from app.services.votes.roll import ON_ROLL, home_label

PAPER_KINDS = (MandateKind.LETTER, MandateKind.GUARDIAN, MandateKind.HEIR)


def owners_to_name(session: Session, vote_id: UUID, unit_id: UUID) -> Sequence[Principal]:
    """Whose right a paper about this home can be about: those who vote for it, or, while heirs prove theirs, its owners.

    Raises `NotFound` for a home that is not on the roll.
    """
    entry = _entry(session, vote_id, unit_id)
    voters = principals(session, vote_id, unit_id=unit_id)
    if voters or not entry.heirs_proving:
        return voters
    query = (
        select(Owner)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .where(Ownership.unit_id == unit_id)
        .order_by(col(Ownership.position))
    )
    label = home_label(entry)
    return [
        Principal(owner.id, owner.name, owner.account_id, (label,), (unit_id,))
        for owner in session.exec(query)
    ]


def awaits_heirs(session: Session, vote_id: UUID, unit_id: UUID) -> bool:
    """Whether nobody may cast for the home because its heirs have not proved their right yet."""
    return _entry(session, vote_id, unit_id).heirs_proving


def _entry(session: Session, vote_id: UUID, unit_id: UUID) -> RollEntry:
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, RollEntry.unit_id == unit_id, *ON_ROLL)
    entry = session.exec(query).one_or_none()
    if entry is None:
        raise NotFound(N_("这套房屋不在本次表决的名册上。如有疑问，请联系居委会"))
    return entry


def enter_paper(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    mandate_id: UUID,
    kind: str,
    unit_id: UUID,
    owner_id: UUID | None,
    phone: str,
    name: str,
    scan: bytes,
    scan_name: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep a paper with its scan until another of the staff has checked it; the same id a second time is the same deed.

    Heirs vote on proof (Civil Code art. 230: the right passes with the death), for that home alone; a minor's or ward's guardian
    votes by law (arts. 23, 34). Raises `Invalid` (`kind`, `owner`, `phone`, `name`, `scan`), `NotAllowed` (`own_agent`), `Conflict`.
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    known = session.get(Mandate, mandate_id)
    if known is not None and known.given_by == actor.id:
        return
    what = _kind(session, vote_id, unit_id, kind)
    owner = next((one for one in owners_to_name(session, vote_id, unit_id) if one.owner_id == owner_id), None)
    if owner is None:
        raise Invalid(N_("请选择是哪一位业主"), field="owner")
    called, agent_id = _read_agent(session, estate_id, owner, phone=phone, name=name, actor=actor, now=now)
    if not scan:
        raise Invalid(N_("请上传委托书或证明的照片"), field="scan")
    if what is MandateKind.HEIR:
        _ensure_single_heir(session, vote_id, unit_id)
    mandate = Mandate(
        id=mandate_id,
        vote_id=vote_id,
        owner_id=owner.owner_id,
        unit_id=unit_id if what is MandateKind.HEIR else NO_ID,
        kind=what,
        agent_id=agent_id,
        agent_name=called,
        file_id=files.store_image(
            session,
            estate_id=estate_id,
            name=scan_name,
            content=scan,
            uploaded_by=actor.id,
            now=now,
            private=True,
            field="scan",
        ),
        state=MandateState.OFFERED,
        given_by=actor.id,
        given_at=now,
    )
    ensure_may_be_agent(session, vote, mandate)
    add_mandate(session, mandate)
    note(session, vote, mandate, "enter", actor, now)
    tell_owner(session, vote, mandate, "mandate_entered", now)


def _kind(session: Session, vote_id: UUID, unit_id: UUID, kind: str) -> MandateKind:
    if kind not in PAPER_KINDS:
        raise Invalid(N_("请选择是哪一种书面材料"), field="kind")
    if (kind == MandateKind.HEIR) != awaits_heirs(session, vote_id, unit_id):
        raise Invalid(
            N_("继承证明只用于名册上注明“继承办理中”的房屋；这样的房屋也只能凭继承证明投票"),
            code="not_heirs",
            field="kind",
        )
    return MandateKind(kind)


def _read_agent(
    session: Session, estate_id: UUID, owner: Principal, *, phone: str, name: str, actor: Actor, now: datetime
) -> tuple[str, UUID]:
    """His name and account: neither the owner himself nor who enters the paper."""
    called = clean_line(name, most=MAX_NAME, field="name")
    if not called:
        raise Invalid(N_("请填写代理人的姓名"), field="name")
    agent_id = _agent(session, estate_id, phone, called, now)
    if agent_id == actor.id:
        raise _own()
    if agent_id == owner.account_id:
        raise Invalid(N_("代理人和业主是同一个人，不用委托"), code="own_number", field="phone")
    return called, agent_id


def _agent(session: Session, estate_id: UUID, phone: str, name: str, now: datetime) -> UUID:
    """By his number; without one, an owner of the estate who has an account and whose name no other such owner has."""
    if phone.strip():
        if read_phone(phone) is None:
            raise Invalid(N_("这不是一个手机号码，请检查后再填"), field="phone")
        return ensure_account(session, phone=phone, name=name, now=now)
    query = select(Owner.account_id).where(
        Owner.estate_id == estate_id, Owner.name == name, col(Owner.account_id).is_not(None)
    )
    found = [account for account in session.exec(query.distinct()) if account]
    if len(found) != 1:
        raise Invalid(
            N_("凭这个姓名找不到唯一一位有账户的业主，请填写代理人的手机号"), code="no_agent", field="phone"
        )
    return found[0]


def _ensure_single_heir(session: Session, vote_id: UUID, unit_id: UUID) -> None:
    query = select(sa.func.count()).where(
        col(Mandate.vote_id) == vote_id, col(Mandate.unit_id) == unit_id, col(Mandate.state).in_(LIVE)
    )
    if session.exec(query).one():
        raise Conflict(
            N_("这套房屋已经有一位继承人的证明。几位继承人请共同推举一人投票"), code="already_given"
        )


def _own() -> NotAllowed:
    return NotAllowed(N_("代理人是您自己，请由另外两位工作人员办理"), code="own_agent")


def check_paper(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    mandate_id: UUID,
    approve: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """A second person reads the scan and puts the mandate in force, or refuses it with a reason; twice is one deed.

    Raises `NotAllowed` (`same_person` for who entered it, `own_agent`), `Conflict` (`mandate_over`, `proxy_limit`), `Invalid`.
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    mandate = get_mandate(session, vote_id, mandate_id)
    if mandate.kind is MandateKind.DIGITAL:
        raise NotFound(N_("没有找到这份委托"))
    if mandate.decided_by == actor.id and mandate.state is not MandateState.OFFERED:
        return
    if mandate.state is not MandateState.OFFERED:
        raise Conflict(N_("这份委托已经结束了或已经核对过"), code="mandate_over")
    if mandate.given_by == actor.id:
        raise NotAllowed(N_("这是您登记的，请由另一位工作人员核对"), code="same_person")
    if mandate.agent_id == actor.id:
        raise _own()
    if approve:
        ensure_may_be_agent(session, vote, mandate)
        mandate.state = MandateState.IN_FORCE
    else:
        mandate.reason = read_reason(reason)
        mandate.state, mandate.ended_at = MandateState.REFUSED, now
    mandate.decided_by, mandate.decided_at = actor.id, now
    session.add(mandate)
    session.flush()
    note(session, vote, mandate, "check" if approve else "reject", actor, now, reason=mandate.reason)
    tell_owner(session, vote, mandate, "mandate_checked" if approve else "mandate_rejected", now)
    tell_agent(session, vote, mandate, "mandate_in_force" if approve else "mandate_rejected_agent", now)
