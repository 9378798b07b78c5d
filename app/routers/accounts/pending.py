"""Pending: what a browser keeps, signed, between the page that asks for the phone and the one that asks for the code."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime

from app.rules.accounts import CODE_LIFE

COOKIE = "pending"


@dataclass(frozen=True, slots=True)
class Pending:
    """Never in an address: the phone is personal, and the token ties the code to this browser."""

    phone: str
    token: str
    onward: str
    sent_at: str

    def is_live(self, now: datetime) -> bool:
        return now < datetime.fromisoformat(self.sent_at) + CODE_LIFE


def seal(pending: Pending, secret: bytes) -> str:
    body = urlsafe_b64encode(json.dumps(asdict(pending)).encode()).decode()
    return f"{body}.{_signature(body, secret)}"


def unseal(text: str, secret: bytes) -> Pending | None:
    """What was sealed; None for anything that this installation did not write."""
    body, _, signature = text.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(body, secret).encode()):
        return None
    return Pending(**json.loads(urlsafe_b64decode(body)))


def _signature(body: str, secret: bytes) -> str:
    return hmac.new(secret, f"pending|{body}".encode(), hashlib.sha256).hexdigest()
