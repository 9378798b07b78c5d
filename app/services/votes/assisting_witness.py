"""Votes: the witness of an assisted ballot: another person of the staff, who reads the confirmation code on his own signed-in page.

The code is kept nowhere: only this installation can make it, for this vote, home, owner and witness, and the ballot that the
home has now; so it serves one ballot. It is good for a quarter to half an hour.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotAllowed
from app.models.accounts import Account, Grant
from app.models.votes import BallotCurrent
from app.rules.accounts import Duty, Role
from app.services.accounts.hashing import keyed_hash
from app.services.trail import Actor
from app.services.votes.principals import Principal, principals

WINDOW_SECONDS = 900
# Nobody tries a million million numbers, so no try needs to be counted.
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Witness:
    """A person of the staff who may see an assisted ballot beside the helper."""

    account_id: UUID
    name: str


def witnesses(
    session: Session, *, estate_id: UUID, owners: Sequence[Principal], helper: UUID
) -> list[Witness]:
    """The committee and the supervising party members, but the helper and whoever owns the home himself."""
    query = (
        select(Account.id, Account.name)
        .join(Grant, col(Grant.account_id) == Account.id)
        .where(
            Grant.estate_id == estate_id,
            col(Grant.ended_at).is_(None),
            sa.or_(
                col(Grant.role) == Role.COMMITTEE,
                sa.and_(col(Grant.role) == Role.PARTY_MEMBER, col(Grant.duty) == Duty.SUPERVISOR),
            ),
        )
        .distinct()
        .order_by(Account.name, col(Account.id))
    )
    barred = {helper, *(owner.account_id for owner in owners)}
    return [Witness(account_id, name) for account_id, name in session.exec(query) if account_id not in barred]


def witness_code(
    session: Session,
    *,
    vote_id: UUID,
    unit_id: UUID,
    owner_id: UUID,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> str:
    """The code for the witness who is signed in and sees the owner before him; in three groups, as it is read out.

    Raises `Invalid` (`owner`) for somebody who may not cast for the home, `NotAllowed` (`own_ballot`) for one of its owners.
    """
    owners = principals(session, vote_id, unit_id=unit_id)
    if all(owner.owner_id != owner_id for owner in owners):
        raise Invalid(N_("请选择是哪一位业主"), field="owner")
    if any(owner.account_id == actor.id for owner in owners):
        raise NotAllowed(N_("您是这套房屋的业主，不能做见证人，请另一位工作人员来"), code="own_ballot")
    digits = _code(session, vote_id, unit_id, owner_id, actor.id, _window(now), secret)
    return f"{digits[:4]} {digits[4:8]} {digits[8:]}"


def ensure_witnessed(
    session: Session,
    *,
    vote_id: UUID,
    unit_id: UUID,
    owner_id: UUID,
    witness_id: UUID,
    code: str,
    now: datetime,
    secret: bytes,
) -> None:
    """Raises `Invalid` (`witness_code`) for a code that this witness does not read on his page now, or that served already."""
    typed = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    for window in (_window(now), _window(now) - 1):
        known = _code(session, vote_id, unit_id, owner_id, witness_id, window, secret)
        if hmac.compare_digest(typed, known):
            return
    raise Invalid(
        N_("见证码不对或者已经过期。请见证人在自己的手机上重新打开见证页，读出新的见证码"),
        code="wrong_witness_code",
        field="witness_code",
    )


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def _code(
    session: Session,
    vote_id: UUID,
    unit_id: UUID,
    owner_id: UUID,
    witness_id: UUID,
    window: int,
    secret: bytes,
) -> str:
    query = select(BallotCurrent.seq).where(
        BallotCurrent.vote_id == vote_id, BallotCurrent.unit_id == unit_id
    )
    standing = session.exec(query).one_or_none() or 0
    text = f"{vote_id}|{unit_id}|{owner_id}|{witness_id}|{standing}|{window}"
    return f"{int(keyed_hash(secret, 'witness', text), 16) % 10**_DIGITS:0{_DIGITS}d}"
