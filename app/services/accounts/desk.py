"""Sign-in without SMS: a one-time code printed for a person who stands in front of the desk, or of the operator."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.confinement import everywhere
from app.errors import N_, Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Account, CodeKind, Grant, SignInCode
from app.models.base import NO_ID
from app.rules.accounts import DESK_CODE_LIFE, STAFF_ROLES
from app.services import outbox
from app.services.accounts import limits as tries
from app.services.accounts.grants import has_grant
from app.services.accounts.guesses import HOUR, CodeLimits, Redeemed, address_tag, read_digits
from app.services.accounts.hashing import keyed_hash
from app.services.accounts.second_factor import read_state
from app.services.trail import Actor, record

DIGITS = 10

_FAILURES_SITE = "desk:site"


def print_desk_code(
    session: Session, *, account_id: UUID, actor: Actor, estate_id: UUID, now: datetime, secret: bytes
) -> str:
    """A new code as it is printed, "48217 73105"; it is shown this once and only its keyed hash is kept.

    Earlier codes of the account end. The person is told by message, because whoever holds the paper can act
    in his name. Raises `NotFound` without such an account, `NotAllowed` for an account with a role: the desk
    could otherwise sign in as the second person of a two-person step. The caller has made sure that `actor`
    works at this estate's desk and that the account belongs to the estate.
    """
    if session.get(Account, account_id) is None:
        raise NotFound(N_("没有找到这个账户"))
    if has_grant(session, account_id=account_id):
        raise NotAllowed(
            N_("这个账户有工作身份，居委会不能为他打印登录码，请联系系统管理员"), code="staff_account"
        )
    given = _Given(account_id, actor, now, "desk_code_printed")
    return _print(session, given, estates=(estate_id,), reason="", secret=secret)


def print_staff_code(
    session: Session, *, account_id: UUID, actor: Actor, reason: str, now: datetime, secret: bytes
) -> str:
    """The same for somebody with a role; it stands in the trail of every estate where he has one.

    The caller has made sure that `actor` keeps the installation and may print for this account.
    """
    held = select(Grant.estate_id).where(Grant.account_id == account_id, col(Grant.ended_at).is_(None))
    given = _Given(account_id, actor, now, "staff_code_printed")
    return _print(session, given, estates=sorted(set(session.exec(held))), reason=reason, secret=secret)


@dataclass(frozen=True, slots=True)
class _Given:
    """For whom a code is printed, by whom and when, and the message that tells him."""

    account_id: UUID
    actor: Actor
    now: datetime
    template: str


def _print(session: Session, given: _Given, *, estates: Sequence[UUID], reason: str, secret: bytes) -> str:
    _end_codes(session, account_id=given.account_id, now=given.now)
    digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    row = SignInCode(
        kind=CodeKind.DESK,
        subject=keyed_hash(secret, "desk", digits),
        account_id=given.account_id,
        code_hash="",  # the keyed hash in `subject` is the code's hash: it is looked up by it
        sent_at=given.now,
        expires_at=given.now + DESK_CODE_LIFE,
    )
    session.add(row)
    session.flush()
    with everywhere(session):
        for estate_id in estates:
            record(
                session,
                tag="accounts:desk_code:print",
                actor=given.actor,
                now=given.now,
                estate_id=estate_id,
                subject_kind="account",
                subject_id=given.account_id,
                new={"code": str(row.id), "expires_at": row.expires_at.isoformat()},
                reason=reason,
            )
    draft = outbox.Draft(
        key=f"desk_code:{row.id}",
        template=given.template,
        now=given.now,
        account_id=given.account_id,
        estate_id=estates[0] if len(estates) == 1 else NO_ID,
    )
    outbox.post(session, draft)
    return f"{digits[:5]} {digits[5:]}"


def _end_codes(session: Session, *, account_id: UUID, now: datetime) -> None:
    session.connection().execute(
        sa.update(SignInCode)
        .where(
            col(SignInCode.kind) == CodeKind.DESK,
            col(SignInCode.account_id) == account_id,
            col(SignInCode.used_at).is_(None),
            col(SignInCode.expires_at) > now,
        )
        .values(expires_at=now)
    )


def redeem_desk_code(
    session: Session, *, code: str, address: str, now: datetime, secret: bytes, limits: CodeLimits
) -> Redeemed:
    """Check a printed code; the account or a refusal. Raises nothing; commit whatever comes back.

    Its failures are counted apart from those of SMS codes, so that noise on one way in does not close the
    other.
    """
    digits = read_digits(code)
    if len(digits) != DIGITS:
        return Redeemed(None, Invalid(N_("请填写纸条上的 10 位数字"), field="code"))
    address_key = f"desk:address:{address_tag(secret, address)}"
    try:
        tries.lock(session, key=address_key)
        tries.check(session, key=address_key, limit=limits.failures_address_hour, window=HOUR, now=now)
        tries.check(session, key=_FAILURES_SITE, limit=limits.failures_site_hour, window=HOUR, now=now)
    except TooMany as refusal:
        return Redeemed(None, refusal)
    row = _take(session, subject=keyed_hash(secret, "desk", digits), now=now)
    if row is None or row.account_id is None or not _holds(session, row.account_id, printed_at=row.sent_at):
        tries.add(session, key=address_key, now=now)
        tries.add(session, key=_FAILURES_SITE, now=now)
        wrong = N_("这个登录码不对或已失效，请核对，或者到居委会重新打印")
        return Redeemed(None, Invalid(wrong, code="wrong_code", field="code"))
    row.used_at = now
    session.add(row)
    session.flush()
    return Redeemed(row.account_id)


def _holds(session: Session, account_id: UUID, *, printed_at: datetime) -> bool:
    """Whether a paper still stands for its person, who may have been given a role since.

    One printed before he had it was printed by a desk, for a neighbour. And where the role asks for a second factor,
    there has to be one: whoever holds the paper could otherwise set up his own.
    """
    query = select(Grant.role, Grant.granted_at).where(Grant.account_id == account_id)
    held = session.exec(query.where(col(Grant.ended_at).is_(None))).all()
    if any(granted_at >= printed_at for _, granted_at in held):
        return False
    if STAFF_ROLES.isdisjoint(role for role, _ in held):
        return True
    return read_state(session, account_id=account_id).confirmed_at is not None


def _take(session: Session, *, subject: str, now: datetime) -> SignInCode | None:
    query = (
        select(SignInCode)
        .where(
            SignInCode.kind == CodeKind.DESK,
            SignInCode.subject == subject,
            col(SignInCode.used_at).is_(None),
            col(SignInCode.expires_at) > now,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.exec(query).one_or_none()
