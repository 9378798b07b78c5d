"""Codes of a second factor: the sealed secret, the six digits it makes, and the codes for a lost phone."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import pyotp
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlmodel import Session, col, select

from app.models.accounts import RecoveryCode
from app.rules.accounts import RECOVERY_CODES, SECOND_FACTOR_STEP
from app.services.accounts.hashing import keyed_hash

ISSUER = "好商量"
DIGITS = 6
# Without what is read as something else: 0 O, 1 I L. Ten of these are about fifty bits.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 10
_NONCE = 12


@lru_cache(maxsize=64)
def _box(secret: bytes, account_id: UUID) -> AESGCM:
    key = HKDF(SHA256(), 32, salt=account_id.bytes, info=b"haoshangliang/second-factor/v1").derive(secret)
    return AESGCM(key)


def seal(shared: str, *, account_id: UUID, secret: bytes) -> bytes:
    """AES-256-GCM under a key of this account (HKDF-SHA-256, RFC 5869); in another account's row it does not open."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _box(secret, account_id).encrypt(nonce, shared.encode(), account_id.bytes)


def unseal(sealed: bytes, *, account_id: UUID, secret: bytes) -> str:
    """Raises `cryptography.exceptions.InvalidTag` when it was altered, or sealed under another secret."""
    return _box(secret, account_id).decrypt(sealed[:_NONCE], sealed[_NONCE:], account_id.bytes).decode()


def new_shared_secret() -> str:
    """160 bits in base32, as RFC 4226 asks for."""
    return pyotp.random_base32()


def uri_of(shared: str, called: str) -> str:
    """What the QR code holds; `called` tells entries of one app apart."""
    return pyotp.TOTP(shared, interval=SECOND_FACTOR_STEP).provisioning_uri(name=called, issuer_name=ISSUER)


def find_step(shared: str, digits: str, *, now: datetime, after: int) -> int | None:
    """The step these digits belong to: this one or a neighbour, for clocks that differ, and later than `after`."""
    maker = pyotp.TOTP(shared, interval=SECOND_FACTOR_STEP)
    current = int(now.timestamp()) // SECOND_FACTOR_STEP
    for step in (current - 1, current, current + 1):
        if step > after and hmac.compare_digest(maker.generate_otp(step), digits):
            return step
    return None


def fold(text: str) -> str:
    """A typed code without gaps, full-width signs as plain ones, capitals."""
    folded = "".join(unicodedata.normalize("NFKC", text[:60]).split()).replace("-", "").upper()
    return folded if folded.isascii() else ""


def make_recovery_codes(session: Session, *, account_id: UUID, secret: bytes) -> tuple[str, ...]:
    """Ten new codes as they are shown, "K7P2M-9XQ4D"; earlier ones are gone. Only keyed hashes stay here."""
    session.connection().execute(sa.delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    plain = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(account_id=account_id, code_hash=_hash(code, account_id, secret)) for code in plain
    )
    session.flush()
    return tuple(f"{code[:5]}-{code[5:]}" for code in plain)


def take_recovery_code(
    session: Session, typed: str, *, account_id: UUID, secret: bytes, now: datetime
) -> bool:
    """Use one up, whoever comes first; whether there was one."""
    taking = (
        sa.update(RecoveryCode)
        .where(
            col(RecoveryCode.account_id) == account_id,
            col(RecoveryCode.code_hash) == _hash(typed, account_id, secret),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
    )
    return session.connection().execute(taking).rowcount == 1


def drop_recovery_codes(session: Session, *, account_id: UUID) -> None:
    session.connection().execute(sa.delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))


def count_recovery_codes(session: Session, *, account_id: UUID) -> int:
    """Those not used yet."""
    query = select(sa.func.count()).where(
        col(RecoveryCode.account_id) == account_id, col(RecoveryCode.used_at).is_(None)
    )
    return int(session.exec(query).one())


def _hash(code: str, account_id: UUID, secret: bytes) -> str:
    return keyed_hash(secret, f"recovery|{account_id}", code)
