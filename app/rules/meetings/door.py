"""The code at the door: it changes every minute, belongs to one meeting, and a photograph of it is soon worth nothing."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256
from uuid import UUID

SLOT_SECONDS = 60
# The slot before and the one after count too: a hand is slow, and two clocks are never quite one.
SLACK = 1
_LENGTH = 24


def slot_of(now: datetime) -> int:
    """The number of the minute since 1970."""
    return int(now.timestamp()) // SLOT_SECONDS


def door_token(secret: bytes, meeting_id: UUID, now: datetime) -> str:
    """What the code shows at `now`."""
    return _token(secret, meeting_id, slot_of(now))


def fits(secret: bytes, meeting_id: UUID, token: str, now: datetime) -> bool:
    """Whether the token is this meeting's, of this minute or the one beside it."""
    here = slot_of(now)
    given = token.encode()
    slots = range(here - SLACK, here + SLACK + 1)
    return any(hmac.compare_digest(given, _token(secret, meeting_id, slot).encode()) for slot in slots)


def _token(secret: bytes, meeting_id: UUID, slot: int) -> str:
    said = f"meeting-door|{meeting_id}|{slot}"
    return hmac.new(secret, said.encode(), sha256).hexdigest()[:_LENGTH]
