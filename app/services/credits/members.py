"""Credits: a person joins, leaves, lets his name be shown or not, and has his points deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.credits import Choice, CreditChoice, CreditLook, CreditMember, CreditRedemption
from app.rules.credits.reasons import Reason
from app.rules.credits.redemptions import RedemptionState
from app.services.credits.ledger import balance_of, day_of, lock_joined, lock_member, write_entry

_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Membership:
    """What a person decided about his credits in an estate, and what he has."""

    joined: bool
    ever_joined: bool
    shown: bool
    balance: int


@dataclass(frozen=True, slots=True)
class Look:
    """Who on the staff opened the person's ledger, and why."""

    staff_name: str
    reason: str
    at: datetime


def read_membership(session: Session, *, estate_id: UUID, account_id: UUID) -> Membership:
    member = session.get(CreditMember, (estate_id, account_id))
    return Membership(
        joined=member is not None and member.left_at is None,
        ever_joined=member is not None,
        shown=member is not None and member.shown_since is not None,
        balance=balance_of(session, estate_id=estate_id, account_id=account_id),
    )


def join(
    session: Session, *, estate_id: UUID, account_id: UUID, is_resident: bool, agreed: bool, now: datetime
) -> None:
    """Begin to earn, from now on and for nothing that was before (PIPL arts. 13 and 14); twice is once.

    Raises `NotAllowed` (`not_resident`) for staff who do not live here, `Invalid` (`not_agreed`) without his consent.
    """
    if not is_resident:
        raise NotAllowed(N_("积分是给本小区居民的。请先认领您的房屋"), code="not_resident")
    if not agreed:
        raise Invalid(N_("请先看完说明，再勾选“我同意”"), code="not_agreed", field="agree")
    member = lock_member(session, estate_id=estate_id, account_id=account_id)
    if member is None:
        member = CreditMember(estate_id=estate_id, account_id=account_id, joined_at=now)
        try:
            with session.begin_nested():
                session.add(member)
        except IntegrityError:  # joined on two devices at once
            return
    elif member.left_at is None:
        return
    else:
        member.joined_at, member.left_at = now, None
        session.add(member)
    _note(session, member, Choice.JOIN, now)


def leave(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> None:
    """Stop earning; what he has stays until he asks for its deletion, and his name goes from the honour roll."""
    member = lock_member(session, estate_id=estate_id, account_id=account_id)
    if member is None or member.left_at is not None:
        return
    member.left_at, member.shown_since = now, None
    session.add(member)
    _note(session, member, Choice.LEAVE, now)


def set_shown(session: Session, *, estate_id: UUID, account_id: UUID, shown: bool, now: datetime) -> None:
    """Consent to stand by name on the honour roll, or withdraw it (PIPL arts. 15 and 25); it works at once."""
    if shown:
        member = lock_joined(session, estate_id=estate_id, account_id=account_id)
    else:
        found = lock_member(session, estate_id=estate_id, account_id=account_id)
        if found is None:
            return
        member = found
    if (member.shown_since is not None) == shown:
        return
    member.shown_since = now if shown else None
    session.add(member)
    _note(session, member, Choice.SHOW if shown else Choice.HIDE, now)


def erase(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> None:
    """Set what a person who left has to nothing, at his own word (PIPL art. 47); twice is once.

    Raises `Conflict`: `joined` while he still takes part, `waiting` while something he asked for waits to be collected.
    """
    member = lock_member(session, estate_id=estate_id, account_id=account_id)
    if member is None:
        return
    if member.left_at is None:
        raise Conflict(N_("请先退出积分，再清零"), code="joined")
    waiting = select(CreditRedemption.id).where(
        CreditRedemption.estate_id == estate_id,
        CreditRedemption.account_id == account_id,
        CreditRedemption.state == RedemptionState.WAITING,
    )
    if session.exec(waiting.limit(1)).first() is not None:
        raise Conflict(N_("您还有没领取的兑换，请先领取或取消，再清零"), code="waiting")
    balance = balance_of(session, estate_id=estate_id, account_id=account_id)
    if balance == 0:
        return
    write_entry(
        session,
        member,
        reason=Reason.ERASED,
        subject=f"erased:{uuid4()}",
        amount=-balance,
        now=now,
        on_day=day_of(now),
    )
    _note(session, member, Choice.ERASE, now)


def looks_at(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[Look]:
    """The last times staff opened this person's ledger, for himself to read (PIPL art. 44)."""
    query = (
        select(CreditLook)
        .where(CreditLook.estate_id == estate_id, CreditLook.account_id == account_id)
        .order_by(col(CreditLook.at).desc())
        .limit(_LOOKS)
    )
    return [Look(row.staff_name, row.reason, row.at) for row in session.exec(query)]


def _note(session: Session, member: CreditMember, choice: Choice, now: datetime) -> None:
    session.add(CreditChoice(estate_id=member.estate_id, account_id=member.account_id, choice=choice, at=now))
    session.flush()
