"""Pending: what a browser keeps, signed, between the page that asks for the phone and the one that asks for the code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from app.routers.accounts import sealed
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
    return sealed.seal(COOKIE, asdict(pending), secret)


def unseal(text: str, secret: bytes) -> Pending | None:
    """What was sealed; None for anything that this installation did not write."""
    values = sealed.unseal(COOKIE, text, secret)
    return Pending(**values) if values else None
