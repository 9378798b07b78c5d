"""Votes: keys of a vote and the sealing of ballots; what is sealed can be read only with the installation's secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.rules.votes.questions import Answers
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED

_NONCE = 12
_CODES: dict[str, int] = {Choice.FOR: 1, Choice.AGAINST: 2, Choice.ABSTAIN: 3, SPOILED: 4}
_WORDS = {code: word for word, code in _CODES.items()}


@dataclass(frozen=True)
class Keyring:
    """The two keys of one vote: `pseudonym` hides which home an event is for, `box` seals contents (AES-256-GCM)."""

    pseudonym: bytes
    box: AESGCM

    def seal(self, plain: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self.box.encrypt(nonce, plain, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Raises `cryptography.exceptions.InvalidTag` when the bytes or their context were altered."""
        return self.box.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)

    def seal_answers(self, answers: Answers, unit_id: UUID) -> bytes:
        """One byte per item: every ballot of a vote has the same length, whatever it says."""
        return self.seal(bytes(_CODES[answer] for answer in answers), unit_id.bytes)

    def unseal_answers(self, sealed: bytes, unit: bytes) -> Answers:
        """Bound to the unit's id, so sealed answers moved to another home's row do not open."""
        return tuple(map(_WORDS.__getitem__, self.unseal(sealed, unit)))


@lru_cache(maxsize=256)
def keyring(secret: bytes, vote_id: UUID) -> Keyring:
    """The keys of a vote, derived from the installation's secret (HKDF-SHA-256, RFC 5869)."""

    def derive(purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=vote_id.bytes, info=b"haoshangliang/" + purpose + b"/v1").derive(
            secret
        )

    return Keyring(pseudonym=derive(b"pseudonym"), box=AESGCM(derive(b"box")))
