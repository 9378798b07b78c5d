"""Votes: the key that signs checkpoints and packages, Ed25519, derived from the installation's secret."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.rules.votes import notes


@dataclass(frozen=True)
class Signer:
    """The installation's signing key; the same for all its votes, so that one fingerprint is enough to post."""

    private: Ed25519PrivateKey
    public: bytes

    @property
    def fingerprint(self) -> str:
        return notes.fingerprint(self.public)

    def sign_note(self, text: str, name: str) -> str:
        return notes.signed_note(text, name, self.public, self.private.sign)


@lru_cache(maxsize=8)
def signer(secret: bytes) -> Signer:
    """HKDF-SHA-256 (RFC 5869) of the secret; whoever has that can sign, so a signature says who, and not since when."""
    seed = HKDF(SHA256(), 32, salt=None, info=b"haoshangliang/checkpoint/v1").derive(secret)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(private, private.public_key().public_bytes_raw())


def check_signature(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this key signed this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
