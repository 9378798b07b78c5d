"""Sign-in by SMS code: send one to a phone, and take it back from the browser that asked."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, TooMany
from app.models.accounts import CodeKind, SignInCode
from app.models.outbox import Message
from app.rules.accounts import CODE_LIFE, CODE_TRIES
from app.services import outbox
from app.services.accounts import limits as tries
from app.services.accounts.alarm import (
    FAILURES_SITE,
    SENDS_SITE,
    is_attacked,
    needs_picture,
    note_used,
    send_keys,
)
from app.services.accounts.guesses import DAY, HOUR, CodeLimits, Redeemed, address_tag, read_digits
from app.services.accounts.hashing import keyed_hash, slow_hash, slow_match, token_hash
from app.services.accounts.people import ensure_account
from app.services.accounts.phones import is_mobile, read_phone

SIGN_IN_CODE = "sign_in_code"
BLANK = "******"
DIGITS = 6
# Once the whole site has seen too many wrong codes, somebody tries one code on many phones: six digits are
# too few then.
DIGITS_UNDER_ATTACK = 8


def send_sms_code(
    session: Session,
    *,
    phone_text: str,
    address: str,
    request_token: str,
    now: datetime,
    secret: bytes,
    limits: CodeLimits,
    picture_read: bool = False,
) -> None:
    """Put a code for this phone in the outbox; it works only together with `request_token`.

    No account is looked up, so nobody learns whether the phone is known. Raises `Invalid` for anything but a
    mobile number of the mainland, and (field `digits`) when a picture must be read first, `TooMany` at a limit.
    """
    phone = _read_mobile(phone_text)
    needs = needs_picture(session, address=address, limits=limits, now=now, secret=secret)
    if needs and not picture_read:
        raise Invalid(N_("请填写图里的 4 个数字"), code="picture", field="digits")
    tag = keyed_hash(secret, "phone", phone)
    _count_send(session, send_keys(phone=phone, address=address, secret=secret), limits=limits, now=now)
    length = DIGITS_UNDER_ATTACK if is_attacked(session, limits=limits, now=now) else DIGITS
    code = "".join(secrets.choice("0123456789") for _ in range(length))
    row = SignInCode(
        kind=CodeKind.SMS,
        subject=tag,
        phone=phone,
        code_hash=slow_hash(code),
        request_hash=token_hash(request_token),
        sent_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(row)
    session.flush()
    outbox.post(
        session,
        outbox.Draft(
            key=_message_key(row.id), template=SIGN_IN_CODE, now=now, values={"code": code}, phone=phone
        ),
    )


def _read_mobile(text: str) -> str:
    phone: str | None = read_phone(text)
    if phone is None or not is_mobile(phone):
        raise Invalid(N_("这不是一个大陆手机号码，请检查后再填"), field="phone")
    return phone


def _count_send(session: Session, keys: tuple[str, str], *, limits: CodeLimits, now: datetime) -> None:
    phone_key, address_key = keys
    # Always phone, address, site: one order of locks, so two senders never wait for each other.
    tries.lock(session, key=phone_key)
    tries.check(session, key=phone_key, limit=1, window=timedelta(seconds=limits.resend_seconds), now=now)
    tries.hit(session, key=phone_key, limit=limits.sends_phone_day, window=DAY, now=now)
    tries.hit(session, key=address_key, limit=limits.sends_address_day, window=DAY, now=now)
    tries.hit(session, key=SENDS_SITE, limit=limits.sends_site_day, window=DAY, now=now)


def redeem_sms_code(
    session: Session,
    *,
    phone_text: str,
    code: str,
    request_token: str,
    address: str,
    now: datetime,
    secret: bytes,
    limits: CodeLimits,
) -> Redeemed:
    """Check a typed code; the account, made at the first right code, or a refusal. Raises nothing.

    Commit whatever comes back: a wrong code is counted in this transaction.
    """
    try:
        phone = _read_mobile(phone_text)
    except Invalid as refusal:
        return Redeemed(None, refusal)
    digits = read_digits(code)
    if len(digits) not in {DIGITS, DIGITS_UNDER_ATTACK}:
        return Redeemed(None, Invalid(N_("请填写短信里的验证码，只有数字"), field="code"))
    tag = keyed_hash(secret, "phone", phone)
    phone_key, address_key = f"fail:phone:{tag}", f"fail:address:{address_tag(secret, address)}"
    try:
        tries.lock(session, key=phone_key)
        tries.check(session, key=phone_key, limit=limits.failures_phone_hour, window=HOUR, now=now)
        tries.check(session, key=address_key, limit=limits.failures_address_hour, window=HOUR, now=now)
    except TooMany as refusal:
        return Redeemed(None, refusal)
    if len(digits) == DIGITS and is_attacked(session, limits=limits, now=now):
        return Redeemed(None, _wrong_code())
    row = _live_code(session, tag=tag, request_hash=token_hash(request_token), now=now)
    if not slow_match(row.code_hash if row else None, digits):
        _count_failure(session, row=row, phone_key=phone_key, address_key=address_key, now=now)
        return Redeemed(None, _wrong_code())
    assert row is not None  # without a row nothing matches
    row.used_at = now
    session.add(row)
    _blank(session, code_ids=[row.id])
    note_used(session, now=now)
    return Redeemed(ensure_account(session, phone=phone, name="", now=now))


def _wrong_code() -> Invalid:
    # One sentence for wrong, used, expired, worn out and never sent: which of them it was helps only a
    # guesser.
    return Invalid(N_("验证码不对或已失效。请核对短信，或者重新获取一个"), code="wrong_code", field="code")


def _live_code(session: Session, *, tag: str, request_hash: str, now: datetime) -> SignInCode | None:
    """The newest code this browser asked for, locked; older ones end when a new one is sent."""
    query = (
        select(SignInCode)
        .where(
            SignInCode.kind == CodeKind.SMS,
            SignInCode.subject == tag,
            SignInCode.request_hash == request_hash,
        )
        .order_by(col(SignInCode.sent_at).desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.exec(query).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now or row.tries >= CODE_TRIES:
        return None
    return row


def _count_failure(
    session: Session, *, row: SignInCode | None, phone_key: str, address_key: str, now: datetime
) -> None:
    tries.add(session, key=address_key, now=now)
    if row is None:
        # Nothing could have matched. Counting it would let a stranger lock a phone, or the whole site,
        # without a code.
        return
    row.tries += 1
    session.add(row)
    tries.add(session, key=phone_key, now=now)
    tries.add(session, key=FAILURES_SITE, now=now)
    if row.tries >= CODE_TRIES:
        _blank(session, code_ids=[row.id])


def clear_old(session: Session, *, now: datetime) -> int:
    """Delete codes past their time and blank the messages that carried them; how many."""
    gone = sa.delete(SignInCode).where(col(SignInCode.expires_at) <= now).returning(col(SignInCode.id))
    code_ids = session.connection().execute(gone).scalars().all()
    _blank(session, code_ids=code_ids)
    return len(code_ids)


def void_all(session: Session) -> None:
    """Delete every code there is, sent or printed, and blank the messages that carry one."""
    gone = sa.delete(SignInCode).returning(col(SignInCode.id))
    _blank(session, code_ids=session.connection().execute(gone).scalars().all())


def blank_message(session: Session, *, message_id: UUID) -> None:
    """Take the code out of a message that has been handed over."""
    carrying = sa.update(Message).where(col(Message.id) == message_id, col(Message.template) == SIGN_IN_CODE)
    session.connection().execute(carrying.values(values={"code": BLANK}))


def _message_key(code_id: UUID) -> str:
    return f"{SIGN_IN_CODE}:{code_id}"


def _blank(session: Session, *, code_ids: Collection[UUID]) -> None:
    if code_ids:
        keys = [_message_key(code_id) for code_id in code_ids]
        carrying = sa.update(Message).where(col(Message.key).in_(keys))
        session.connection().execute(carrying.values(values={"code": BLANK}))
