"""Hashes: slow ones for codes that can be guessed, keyed ones for what must be found again."""

from __future__ import annotations

import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's second Argon2id setting: 19 MiB and two passes, about a tenth of a second on a small server.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when there is no code to check, so that the answer takes as long as with one.
NO_CODE = "$argon2id$v=19$m=19456,t=2,p=1$+6+7f/5L/Z+Z2zdpgJRlMQ$jTpwlBnjVQdU6F2dmNDX6MJQKtjKcQmdCvvnO2qYLiw"


def keyed_hash(secret: bytes, label: str, text: str) -> str:
    """A hash that only this installation can make; `label` keeps a phone's hash from being a code's."""
    return hmac.new(secret, f"{label}|{text}".encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """The stored form of a token that is too long to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def slow_hash(code: str) -> str:
    return HASHER.hash(code)


def slow_match(code_hash: str | None, code: str) -> bool:
    """Whether the code is the hashed one; without a hash it works as long and says no."""
    try:
        fits = HASHER.verify(code_hash or NO_CODE, code)
    except (VerificationError, InvalidHashError):
        return False
    return fits and code_hash is not None
